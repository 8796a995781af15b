"""What a kernel and its children use together: memory, and disk where it has no tmpfs of its own.

Limits of the kernel count one process at a time; this counts the tree.
"""

from __future__ import annotations

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


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
    """Bytes of this process that are no file's pages. Counts what a fork shares, so too much."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            _, pages, shared = map(int, file.read().split()[:3])
    except (OSError, ValueError):
        return 0
    return (pages - shared) * PAGE


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
    """Bytes of the files below ``folders``; more than 10,000 files count as too many bytes."""
    total = count = 0
    waiting = [str(folder) for folder in folders]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        count += len(entries)
        if count > 10_000:
            return 1 << 62
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
