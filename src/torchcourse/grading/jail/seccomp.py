"""A filter on system calls: no sockets but Unix ones, no namespaces, no way around the limits.

A lesson of many processes gets internet sockets too, in a namespace where nothing is connected.

Namespaces and Landlock refuse most of this already; the filter holds where they are forbidden, and
closes what neither closes: memory without an address (memfd, System V), io_uring, nested user
namespaces.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from .syscalls import CLONE_NEWUSER, PR_SET_NO_NEW_PRIVS, prctl, syscall

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
X32 = 0x40000000
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000

NAMES = (
    *("socket", "clone", "clone3", "seccomp"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "open_by_handle_at"),
    *("mount", "umount2", "pivot_root", "setns", "unshare", "keyctl", "add_key", "request_key"),
    *("bpf", "perf_event_open", "userfaultfd", "kexec_load", "init_module", "finit_module"),
    *("memfd_create", "memfd_secret", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("shmget", "msgget", "semget"),
)
NUMBERS = {
    "x86_64": (41, 56, 435, 317, 101, 310, 311, 304, 165, 166, 155, 308, 272, 250, 248, 249, 321,
               298, 323, 246, 175, 313, 319, 447, 425, 426, 427, 29, 68, 64),
    "aarch64": (198, 220, 435, 277, 117, 270, 271, 265, 40, 39, 41, 268, 97, 219, 217, 218, 280,
                241, 282, 104, 105, 273, 279, 447, 425, 426, 427, 194, 186, 190),
}  # fmt: skip
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {machine: dict(zip(NAMES, found, strict=True)) for machine, found in NUMBERS.items()}


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _unix_sockets() -> list[bytes]:
    return [
        _instruction(LOAD, 16),  # the first argument: the family
        _instruction(JUMP_EQ, AF_UNIX, 1, 0),
        _instruction(RETURN, ERRNO | errno.EACCES),
        _instruction(RETURN, ALLOW),
    ]


def _internet_sockets() -> list[bytes]:
    """Also those of gloo, which asks NETLINK_ROUTE (protocol 0) what interfaces there are."""
    return [
        _instruction(LOAD, 16),
        _instruction(JUMP_EQ, AF_INET, 6, 0),
        _instruction(JUMP_EQ, AF_INET6, 5, 0),
        _instruction(JUMP_EQ, AF_UNIX, 4, 0),
        _instruction(JUMP_EQ, AF_NETLINK, 0, 2),
        _instruction(LOAD, 32),  # the third argument: the protocol
        _instruction(JUMP_EQ, 0, 1, 0),
        _instruction(RETURN, ERRNO | errno.EACCES),
        _instruction(RETURN, ALLOW),
    ]


def program(machine: str, internet: bool = False) -> bytes:
    """The filter in classic BPF. Raises KeyError for a machine whose numbers we do not know."""
    numbers = CALLS[machine]
    refused = _instruction(RETURN, ERRNO | errno.EPERM)
    sockets = _internet_sockets() if internet else _unix_sockets()
    parts = [
        _instruction(LOAD, 4),  # the architecture
        _instruction(JUMP_EQ, AUDIT[machine], 1, 0),
        refused,
        _instruction(LOAD, 0),  # the call's number
        _instruction(JUMP_GE, X32, 0, 1),
        refused,
        _instruction(JUMP_EQ, numbers["socket"], 0, len(sockets)),
        *sockets,
        _instruction(JUMP_EQ, numbers["clone"], 0, 4),
        _instruction(LOAD, 16),
        _instruction(JUMP_SET, CLONE_NEWUSER, 0, 1),
        refused,
        _instruction(RETURN, ALLOW),
        # glibc falls back to clone, whose flags a filter can read.
        _instruction(JUMP_EQ, numbers["clone3"], 0, 1),
        _instruction(RETURN, ERRNO | errno.ENOSYS),
    ]
    for name in NAMES[4:]:
        parts += [_instruction(JUMP_EQ, numbers[name], 0, 1), refused]
    return b"".join([*parts, _instruction(RETURN, ALLOW)])


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def install(internet: bool = False) -> None:
    """Filter this process and its children for good. internet: leave AF_INET and AF_INET6 open.

    Raises OSError where the kernel or the machine has no such filter.
    """
    machine = platform.machine()
    if machine not in CALLS:
        raise OSError(errno.ENOSYS, f"no call numbers for {machine}")
    code = program(machine, internet)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(CALLS[machine]["seccomp"], 1, 0, ctypes.byref(_Program(len(code) // 8, code)))
