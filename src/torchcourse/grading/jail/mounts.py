"""A root of its own for one kernel: Python and its libraries to read, two small folders to write.

Called in a fresh mount namespace, by root or by the owner of its user namespace.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path

import torchcourse

from .limits import MOST_FILES
from .syscalls import (
    MNT_DETACH,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    SYS_PIVOT_ROOT,
    make_read_only,
    mount,
    syscall,
    unmount,
)

HOME = "/home/learner"
SOCKETS = "/run/kernel"  # not below a folder that may be written
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
# Which fonts, which time zone, which libraries: nothing about people or this machine's services.
FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/etc/alternatives")
# torch counts the cores there, and prints a warning where it cannot.
PROCESSORS = "/sys/devices/system/cpu"
DEVICES = ("null", "zero", "full", "random", "urandom")
TERMINALS = "/dev/pts"
PASSWD = "learner:x:1000:1000::/home/learner:/bin/sh\n"


def readable() -> list[str]:
    """What Python needs: its prefixes, the folders it imports from, this package; no more."""
    package = Path(torchcourse.__file__).resolve().parent
    found = [Path(sys.base_prefix), Path(sys.prefix), package]
    for entry in sys.path:
        folder = Path(entry)
        # A source tree holds more than the package: solutions, tests, other people's work.
        if entry and folder.is_dir() and folder.resolve() != package.parent:
            found.append(folder)
    kept: list[str] = []
    for path in sorted({p.absolute() for p in found}, key=lambda p: len(p.parts)):
        covered = any(path.is_relative_to(k) for k in (*SYSTEM, *kept))
        if not covered and len(path.parts) > 1:
            kept.append(str(path))
    return kept


def build_root(base: Path, owner: tuple[int, int], disk: int) -> None:
    """Pivot into a new root below ``base/r``. owner: uid and gid of the kernel. disk: MB."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    root = str(base / "r")
    mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m")
    # Before the rest: a virtual environment may lie below /tmp.
    for path in (HOME, "/tmp", "/dev/shm"):
        os.makedirs(root + path, exist_ok=True)
        # An empty file takes memory, too, and counts as no bytes.
        options = f"mode=0700,size={disk}m,nr_inodes={MOST_FILES}"
        mount("tmpfs", root + path, "tmpfs", MS_NOSUID | MS_NODEV, options)
        os.chown(root + path, *owner)
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            _show(root, path)
    for path in (*readable(), *FILES, PROCESSORS):
        if os.path.exists(path):
            _show(root, path)
    Path(root, "etc").mkdir(exist_ok=True)
    Path(root, "etc", "passwd").write_text(PASSWD, encoding="ascii")
    _devices(root)
    os.makedirs(f"{root}/proc", exist_ok=True)
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.makedirs(root + SOCKETS)
    mount(str(base / "s"), root + SOCKETS, None, MS_BIND)
    mount("none", root, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir(root)
    syscall(SYS_PIVOT_ROOT, b".", b".")
    unmount(".", MNT_DETACH)
    os.chdir(HOME)


def _show(root: str, path: str) -> None:
    """The same path, read-only, inside."""
    target = root + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    mount(path, target, None, MS_BIND | MS_REC)
    make_read_only(target)


def _devices(root: str) -> None:
    os.makedirs(f"{root}/dev", exist_ok=True)
    for name in DEVICES:
        Path(f"{root}/dev/{name}").touch()
        mount(f"/dev/{name}", f"{root}/dev/{name}", None, MS_BIND)
    for name, target in {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0"}.items():
        os.symlink(target, f"{root}/dev/{name}")
    with contextlib.suppress(OSError):  # IPython's !command wants a terminal; some hosts have none
        os.mkdir(root + TERMINALS)
        options = "newinstance,ptmxmode=0666,mode=0620,max=8"
        mount("devpts", root + TERMINALS, "devpts", MS_NOSUID | MS_NOEXEC, options)
        os.symlink("pts/ptmx", f"{root}/dev/ptmx")


def build_folder(base: Path, owner: tuple[int, int]) -> None:
    """Without a mount namespace: a folder of its own, which the keeper measures and removes."""
    work = base / "w"
    work.mkdir(mode=0o700)
    shutil.chown(work, *owner)
    os.chdir(work)
