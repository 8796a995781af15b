"""Memory that a process has for itself, of each process below one, from Linux's smaps_rollup."""

from __future__ import annotations

from pathlib import Path

from torchcourse.grading.jail.watchdog import tree


def private(pid: int) -> list[tuple[str, int]]:
    """Bytes that no other process shares: of each running submission (its kernel, the kernel's
    keeper and whatever they started), each worker and each fork server below ``pid``."""
    found = []
    for worker in tree(pid)[1:]:
        if "torchcourse.grading.worker" not in _command(worker):
            continue
        found.append(("worker", _private(worker)))
        for server in _children(worker):
            found.append(("fork server", _private(server)))
            for keeper in _children(server):
                found.append(("submission", sum(map(_private, tree(keeper)))))
    return found


def _children(pid: int) -> list[int]:
    below = set(tree(pid)[1:])
    return [child for child in below if not any(child in tree(other)[1:] for other in below)]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    # A kernel is a fork and keeps the words of its server.
    return words[2].decode() if len(words) > 2 else ""


def _private(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    lines = [line.split() for line in text.splitlines() if line.startswith("Private_")]
    return sum(int(words[1]) * 1024 for words in lines)
