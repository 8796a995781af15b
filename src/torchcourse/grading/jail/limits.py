"""Resource limits of one kernel; what they cannot bound, the watchdog does."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

MB = 1 << 20
PROCESSES = 64
OPEN_FILES = 256
FILE_SIZE = 32 * MB
MOST_FILES = 10_000
# Thread stacks and malloc arenas reserve addresses that nobody ever touches.
ADDRESS_SLACK = 1024 * MB


@dataclass(frozen=True)
class Limits:
    """memory: MB beyond what the kernel has at its start. cpu: seconds. disk: MB of files.

    network: ``none``; ``own``, the loopback of a namespace of its own, for lessons whose ranks talk
    to each other; ``any``, the same, and this machine's where there are no namespaces: for code
    that its author runs on their own machine.
    """

    memory: int = 1024
    cpu: int = 600
    disk: int = 64
    output: int = 4
    network: str = "none"

    def data(self) -> dict[str, Any]:
        return asdict(self)


def address_space() -> int:
    """Bytes of address space of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def processes_of_this_user() -> int:
    """Threads of this real uid on the whole host, which RLIMIT_NPROC counts outside namespaces."""
    me, count = os.getuid(), 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            if os.stat(f"/proc/{name}").st_uid == me:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            continue
    return count


def apply_limits(limits: Limits, addresses: int, others: int) -> None:
    """Set what this operating system has. others: processes that count but are not ours."""
    wanted: dict[str, Any] = {
        "RLIMIT_AS": addresses + limits.memory * MB + ADDRESS_SLACK if addresses else None,
        "RLIMIT_CPU": limits.cpu,
        "RLIMIT_FSIZE": FILE_SIZE,
        "RLIMIT_NPROC": others + PROCESSES,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": MB,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None or value is None:
            continue
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))
