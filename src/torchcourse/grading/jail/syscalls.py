"""Linux system calls that Python's standard library lacks, through ctypes."""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 38, 36

SYS_CAPSET = {"x86_64": 126, "aarch64": 91}.get(platform.machine(), -1)
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine(), -1)
SYS_MOUNT_SETATTR = 442  # one number on every architecture
AT_FDCWD, AT_RECURSIVE = -100, 0x8000

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(number: int, *arguments: object) -> int:
    """Raises OSError with the call's errno; a number below 0 is unknown on this machine."""
    if number < 0:
        raise OSError(38, "no such system call on this architecture")
    # Every integer as a long: ctypes would pass an int in 32 bits, and the kernel reads 64.
    return _checked(
        _libc.syscall(
            ctypes.c_long(number),
            *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments),
        )
    )


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags))


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    flags_ = ctypes.c_ulong(flags)
    _checked(_libc.mount(encoded[0], encoded[1], encoded[2], flags_, encoded[3]))


def unmount(target: str, flags: int) -> None:
    _checked(_libc.umount2(os.fsencode(target), flags))


def open_loopback() -> None:
    """Bring up the one interface of a new network namespace (netdevice(7))."""
    import fcntl

    get, put, up = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        name, flags = struct.unpack(
            "16sH14x", fcntl.ioctl(handle, get, struct.pack("16s16x", b"lo"))
        )
        fcntl.ioctl(handle, put, struct.pack("16sH14x", name, flags | up))


def prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, *(ctypes.c_ulong(v) for v in (value, 0, 0, 0))))


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def make_read_only(path: str) -> None:
    """The mount at ``path`` and all below it: read-only, no set-uid, no devices (Linux 5.12)."""
    attributes = _MountAttributes(set=MS_RDONLY | MS_NOSUID | MS_NODEV)
    size = ctypes.sizeof(attributes)
    where = ctypes.c_char_p(os.fsencode(path))
    syscall(SYS_MOUNT_SETATTR, AT_FDCWD, where, AT_RECURSIVE, ctypes.byref(attributes), size)


def drop_capabilities() -> None:
    """None now, and none to come by a later exec."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    empty = (ctypes.c_uint32 * 6)()
    syscall(SYS_CAPSET, header, empty)
