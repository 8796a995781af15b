"""How the tests, run as root, grade as an ordinary user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NOBODY = 65534

# Python may live in a home that nobody else may enter: shown there, in mounts of its own.
OPEN = """mount -t tmpfs -o mode=755 none /mnt && mkdir -p "/mnt/$2" &&
mount --bind "$1/$2" "/mnt/$2" && mount --rbind /mnt "$1" && shift 2 && exec "$@" """


def other_user() -> tuple[list[str], str]:
    """How to run as an ordinary user, or why that cannot be done here."""
    if os.getuid() != 0:
        return [], "this is an ordinary user already"
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        return [], "there is no setpriv and unshare to become an ordinary user with"
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    python = Path(sys.base_prefix).resolve()
    closed = [p for p in reversed(python.parents) if not p.stat().st_mode & 0o001]
    if closed:
        inside = str(python.relative_to(closed[0]))
        shell = ["unshare", "--mount", "sh", "-c", OPEN, "sh", str(closed[0]), inside]
        prefix = [*shell, *prefix]
    probe = subprocess.run(
        [*prefix, sys.executable, "-c", "import torchcourse.cli"], capture_output=True, cwd="/"
    )
    said = probe.stderr.decode(errors="replace").strip().split("\n")[-1]
    return prefix, f"no other user can run this Python: {said}" if probe.returncode else ""
