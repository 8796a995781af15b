"""Landlock: files, TCP ports, signals and abstract sockets that a process may still reach.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel, ABI 1 to 7.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable

from .syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall

CREATE, ADD, RESTRICT = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
MAKE_SOCK, REMOVE_FILE, TRUNCATE = 1 << 9, 1 << 5, 1 << 14
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
SOCKETS = MAKE_SOCK | REMOVE_FILE | READ_FILE | READ_DIR | WRITE_FILE
RIGHTS_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
RIGHTS_SINCE_5 = (1 << 16) - 1
CHARACTER_DEVICES, BLOCK_DEVICES = 1 << 6, 1 << 11


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "net", "scoped")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def abi() -> int:
    """The kernel's version of Landlock. Raises OSError where it has none."""
    return syscall(CREATE, None, 0, 1)


def restrict(
    read: Iterable[str],
    write: Iterable[str],
    sockets: Iterable[str],
    listed: Iterable[str] = (),
    tcp: bool = False,
) -> None:
    """From now on this process reaches these paths only, no TCP, and no process outside.

    read: may be read and executed. write: everything but devices. sockets: Unix sockets may be
    made there, and nothing else. listed: folders whose names may be read. tcp: leave TCP open.
    Paths that do not exist are left out.
    """
    version = abi()
    every = RIGHTS_OF_ABI.get(version, RIGHTS_SINCE_5)
    ruleset = _Ruleset(every, 3 if version >= 4 and not tcp else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    handle = syscall(CREATE, ctypes.byref(ruleset), size, 0)
    everything = every & ~CHARACTER_DEVICES & ~BLOCK_DEVICES
    given = ((read, READ), (write, everything), (sockets, SOCKETS), (listed, READ_DIR))
    try:
        for paths, rights in given:
            for path in paths:
                _allow(handle, path, rights & every)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        syscall(RESTRICT, handle, 0)
    finally:
        os.close(handle)


def _allow(handle: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= OF_FILES
        syscall(ADD, handle, 1, ctypes.byref(_PathRule(rights, parent)), 0)
    finally:
        os.close(parent)
