"""One class of hostile learners on disk, graded by the command that a teacher would type."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graded import submission, write

from torchcourse.grading.jail.remove import remove
from torchcourse.grading.jail.watchdog import tree

from .around import places
from .files import FILES, READABLE
from .model import Attack, placed
from .notebooks import NOTEBOOKS

HONEST = ("honest", "later-honest", "zz-honest")
LIMITS = ("--timeout", "3", "--memory", "200", "--seed", "5", "--jobs", "2")


@dataclass
class Graded:
    """What a run left. rows: by learner. by_file: rows by the place below the class's folder."""

    rows: dict[str, dict[str, Any]]
    by_file: dict[str, dict[str, Any]]
    said: str
    seconds: float
    status: int
    remaining: list[str]
    changed: list[str]
    litter: list[str]
    calls: int


def plant(base: Path, found: dict[str, object], attacks: list[Attack], files: bool) -> None:
    """Attacks as submissions, and honest neighbors between them. files: broken ones, too."""
    folder = base / "class"
    for name in HONEST:
        write(folder / f"{name}.ipynb", submission())
    for attack in attacks:
        key = f"e{attack.exercise.replace('.', '')}"
        content = submission(**{key: placed(attack.source, found)})
        write(folder / f"{attack.name}.ipynb", content)
    if not files:
        return
    for name, (content, _) in NOTEBOOKS.items():
        write(folder / f"{name}.ipynb", content)
    for name, (build, _) in FILES.items():
        build(folder / name.split("/")[0])
    for name, build in READABLE.items():
        build(folder / name)


def run(attacks: Iterable[Attack], prefix: Sequence[str] = (), owner: int | None = None) -> Graded:
    """Grade them. prefix: what goes before the command, to be another user, the ``owner``."""
    base = Path(tempfile.mkdtemp(prefix="tca-", dir="/tmp"))
    temporary = base / "tmp"
    temporary.mkdir()
    base.chmod(0o755)
    try:
        with places(base) as (found, calls):
            plant(base, found, list(attacks), files=owner is None)
            if owner is not None:
                subprocess.run(["chown", "-hR", f"{owner}:{owner}", str(base)], check=True)
            before = _state(base)
            start = time.monotonic()
            done, remaining = _command(base, temporary, list(prefix))
            seconds = time.monotonic() - start
            after = _state(base)
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        litter = sorted(path.name for path in temporary.iterdir())
        rows = json.loads((base / "out" / "grades.json").read_text(encoding="utf-8"))["submissions"]
        top = f"{base}/class/"
        return Graded(
            {row["learner"]: row for row in rows},
            {row["file"].removeprefix(top): row for row in rows},
            done.stdout + done.stderr,
            seconds,
            done.returncode,
            remaining,
            changed,
            litter,
            len(calls),
        )
    finally:
        remove(base)


def _command(
    base: Path, temporary: Path, prefix: list[str]
) -> tuple[subprocess.CompletedProcess, list[str]]:
    """The command's end, and the processes that it left: they become children of this one."""
    environment = os.environ | {
        "PYTHONIOENCODING": "utf-8",
        "TMPDIR": str(temporary),
        "HOME": str(base),
        "TORCHCOURSE_SECRET": "1",
    }
    command = [sys.executable, "-m", "torchcourse.cli", "grade", str(base / "class"), *LIMITS]
    command += ["--solutions", str(base / "solutions"), "--out", str(base / "out")]
    before = set(tree(os.getpid()))
    libc = ctypes.CDLL(None)
    libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    try:
        done = subprocess.run(
            [*prefix, *command],
            cwd=base,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=900,  # a hang, not a measure
        )
        end = time.monotonic() + 5
        while (left := _running(before)) and time.monotonic() < end:
            time.sleep(0.1)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return done, [f"{pid} {name}" for pid, name in left.items()]
    finally:
        libc.prctl(36, 0, 0, 0, 0)


def _running(known: set[int]) -> dict[int, str]:
    """Processes below this one that are new and have not ended."""
    found = {}
    for pid in set(tree(os.getpid())) - known:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                name, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        if rest.split()[0] not in "ZX":
            found[pid] = name
            continue
        try:  # given to us when its parent died
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue
    return found


def _state(base: Path) -> dict[str, str]:
    """Digests of the files in all places but the results' and the temporary ones."""
    found = {}
    for folder in ("class", "solutions"):
        for path in sorted((base / folder).iterdir()):
            plain = path.is_file() and not path.is_symlink() and path.stat().st_size < 30 << 20
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if plain else ""
            found[f"{folder}/{path.name!r}"] = digest
    found["gradebook"] = (base / "gradebook.csv").read_text(encoding="utf-8")
    found["top"] = " ".join(sorted(p.name for p in base.iterdir() if p.name not in ("out", "tmp")))
    return found
