"""Delete a folder that a learner has filled: however deep it is, and whatever it forbids.

``shutil.rmtree`` calls itself for each level, so a thousand folders below each other stop it, and a
folder without permissions makes it leave everything below.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def remove(folder: Path) -> None:
    """Folders below are moved up to the top one before they are emptied, so depth is no matter.

    Names count relative to an open folder, and no link is followed. Errors are ignored.
    """
    with contextlib.suppress(OSError):
        top = os.open(folder, FOLDER)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(folder)


def _empty(top: int) -> None:
    mark, count = os.urandom(8).hex(), 0
    waiting = _split(top)
    while waiting:
        name = waiting.pop()
        with contextlib.suppress(OSError):
            os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, FOLDER, dir_fd=top)
            try:
                for child in _split(inner):
                    count += 1
                    os.chmod(child, 0o700, dir_fd=inner)  # else it may not be moved
                    os.rename(child, f"{mark}{count}", src_dir_fd=inner, dst_dir_fd=top)
                    waiting.append(f"{mark}{count}")
            finally:
                os.close(inner)
            os.rmdir(name, dir_fd=top)


def _split(handle: int) -> list[str]:
    """The folders in an open folder; whatever else is in it is deleted."""
    folders = []
    with os.scandir(handle) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.name, dir_fd=handle)
    return folders
