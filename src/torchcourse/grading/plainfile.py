"""One file that was handed in, as bytes: nothing is followed, and no pipe is waited for."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LARGEST = 20 << 20  # bytes of one notebook
SUFFIX = ".ipynb"
IGNORED = {".ipynb_checkpoints", "__MACOSX", ".git"}


class Unreadable(Exception):
    """Why a submission cannot be graded, in a few words."""


@dataclass(frozen=True)
class Submission:
    """One notebook. file: where it was found. data: its bytes, or None with a reason."""

    file: str
    data: bytes | None
    reason: str = ""
    learner: str = ""


def shown(path: Path) -> str:
    """The path as text that any file may hold; a name on disk need not be UTF-8."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def open_plain(path: Path, most: int) -> BinaryIO:
    """A regular file of at most ``most`` bytes. Raises Unreadable."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise Unreadable("a symbolic link")
        if path.is_dir():
            raise Unreadable("a folder")
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be opened") from None
    file = os.fdopen(handle, "rb")
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode) and status.st_size <= most:
        return file
    file.close()
    too_large = stat.S_ISREG(status.st_mode)
    raise Unreadable(f"larger than {most >> 20} MB" if too_large else "no regular file")


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a regular file. Raises Unreadable; never waits for a pipe's other end."""
    with open_plain(path, most) as file:
        try:
            return file.read(most)
        except OSError as error:
            raise Unreadable(error.strerror or "cannot be read") from None
