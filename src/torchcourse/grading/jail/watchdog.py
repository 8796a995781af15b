"""What a kernel and its children use together: memory, and disk where it has no tmpfs of its own.

Limits of the kernel count one process at a time; this counts the tree.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from .limits import MOST_FILES

DEEPEST = 64  # folders below each other; a path could get too long to be looked into


def tree(pid: int) -> list[int]:
    """``pid`` and every process below it."""
    found, waiting = [], [pid]
    while waiting and len(found) < 4096:
        current = waiting.pop()
        found.append(current)
        waiting += _children(current)
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        except OSError:
            continue
    return found


def resident(pid: int) -> int:
    """Bytes of this process that are no file's pages. Counts what a fork shares, so too much.

    Shared memory without a file counts, too: nothing else bounds it.
    """
    total = 0
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith((b"RssAnon:", b"RssShmem:")):
                    total += int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return 0
    return total


def proportional(pid: int) -> int:
    """Bytes that this process adds to the machine: each shared page divided by its users."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return resident(pid)


def memory_of(pids: list[int], limit: int) -> int:
    """Bytes of all of them together; the costly count is made only where the cheap one is high."""
    cheap = sum(map(resident, pids))
    return cheap if cheap <= limit else sum(map(proportional, pids))


def disk_of(folders: list[Path]) -> int:
    """Bytes of the files below ``folders``; too many or too deep ones count as too many bytes."""
    total = count = 0
    waiting = [(str(folder), 0) for folder in folders]
    while waiting:
        place, depth = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError:
            continue
        count += len(entries)
        if count > MOST_FILES or depth > DEEPEST:
            return 1 << 62
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, depth + 1))
                continue
            with contextlib.suppress(OSError):  # it was there a moment ago
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
