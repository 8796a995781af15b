"""The walls around one kernel, step by step; each step either stands or says that it does not.

A plan lists the steps that this host allows. ``probe`` finds it once, by trying; afterwards every
kernel gets every step of the plan or does not start.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torchcourse

from . import landlock, mounts, seccomp
from .limits import Limits, address_space, apply_limits, processes_of_this_user
from .syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    drop_capabilities,
    open_loopback,
    prctl,
    unshare,
)

STEPS = ("uid", "user", "pid", "mount", "net", "ipc", "uts", "landlock", "seccomp", "rlimits")
INSIDE = 1000  # the uid that a learner's code sees
NOBODY = 65534
FIRST_UID = 0x60000000  # far from every account; plus the keeper's pid it is one kernel's own


class StepFailed(Exception):
    """One wall does not stand. step: its name in ``STEPS``."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step, self.reason = step, reason


@dataclass
class Walls:
    """How one kernel is isolated. steps: a part of ``STEPS``. base: folder of this kernel."""

    steps: tuple[str, ...]
    base: Path
    limits: Limits = field(default_factory=Limits)
    owner: tuple[int, int] = (0, 0)
    addresses: int = 0

    def before_fork(self) -> None:
        """In the keeper: what the kernel has to be born into."""
        self.owner = os.getuid(), os.getgid()
        if "uid" in self.steps:
            own = FIRST_UID + os.getpid()
            self.owner = (own, own)
            self._step("uid", self._own_sockets)
        elif "user" in self.steps:
            self._step("user", self._enter_user_namespace)
        if "pid" in self.steps:
            self._step("pid", unshare, CLONE_NEWPID)

    def _own_sockets(self) -> None:
        try:
            os.chown(self.base / "s", *self.owner)
        except OSError:  # a container with few ids
            self.owner = (NOBODY, NOBODY)
            os.chown(self.base / "s", *self.owner)
        os.chmod(self.base, 0o711)

    def after_fork(self) -> str:
        """In the kernel's process, before anything else runs there; answers with its home."""
        self.addresses = address_space()
        os.setsid()
        flags = {"net": CLONE_NEWNET, "ipc": CLONE_NEWIPC, "uts": CLONE_NEWUTS}
        for step, flag in flags.items():
            if step in self.steps:
                self._step(step, unshare, flag)
        if self._ranks:
            self._step("net", self._open_loopback)
        if "uts" in self.steps:
            self._step("uts", socket.sethostname, "jail")
        if "mount" in self.steps:
            self._step("mount", unshare, CLONE_NEWNS)
            inside = (INSIDE, INSIDE) if self._born_in_user_namespace else self.owner
            self._step("mount", mounts.build_root, self.base, inside, self.limits.disk)
            home = mounts.HOME
        else:
            self._step("rlimits", mounts.build_folder, self.base, self.owner)
            home = str(self.base / "w")
        if "uid" in self.steps:
            self._step("uid", self._drop_uid)
            if "user" in self.steps:
                self._step("user", self._enter_user_namespace)
        self._step("rlimits", self._limit)
        self._step("rlimits", drop_capabilities)
        self._step("rlimits", prctl, PR_SET_NO_NEW_PRIVS, 1)
        if "landlock" in self.steps:
            self._step("landlock", self._landlock, home)
        if "seccomp" in self.steps:
            self._step("seccomp", seccomp.install, self._ranks)
        return home

    def connection(self, given: dict[str, Any]) -> dict[str, Any]:
        """Where the kernel's sockets are, seen from inside."""
        if "mount" not in self.steps or given.get("transport") != "ipc":
            return given
        return given | {"ip": f"{mounts.SOCKETS}/{Path(given['ip']).name}"}

    @property
    def _ranks(self) -> bool:
        return self.limits.network != "none"

    @property
    def _born_in_user_namespace(self) -> bool:
        return "user" in self.steps and "uid" not in self.steps

    def _open_loopback(self) -> None:
        if "net" in self.steps:
            open_loopback()
        elif self.limits.network == "own":
            why = "this lesson needs a network namespace for its ranks, and this host has none to "
            why += "give: grade it as root, or where user namespaces are allowed"
            raise StepFailed("net", why)

    def _drop_uid(self) -> None:
        uid, gid = self.owner
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        prctl(PR_SET_DUMPABLE, 1)  # else its own /proc/self belongs to root
        # Python may live in a home that nobody else can read, and is imported from later.
        for module in (os, torchcourse):
            with open(str(module.__file__), "rb"):
                pass

    def _enter_user_namespace(self) -> None:
        uid, gid = os.getuid(), os.getgid()
        unshare(CLONE_NEWUSER)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{INSIDE} {uid} 1"),
            ("gid_map", f"{INSIDE} {gid} 1"),
        ):
            Path("/proc/self", name).write_text(text, encoding="ascii")

    def _limit(self) -> None:
        # A user namespace counts its own processes; a uid of its own has none yet.
        alone = "uid" in self.steps or "user" in self.steps
        others = 0 if alone else processes_of_this_user()
        apply_limits(self.limits, self.addresses, others)

    def _landlock(self, home: str) -> None:
        devices = [f"/dev/{name}" for name in mounts.DEVICES]
        if "mount" in self.steps:
            read = ["/"]
            write = [home, "/tmp", "/dev/shm", mounts.TERMINALS, *devices]
            sockets, listed = mounts.SOCKETS, []
        else:
            own = f"/proc/{os.getpid()}"
            machine = ["/proc/cpuinfo", "/proc/meminfo"]  # torch chooses its kernels by them
            system = [*mounts.SYSTEM, *mounts.readable(), *mounts.FILES, mounts.PROCESSORS]
            read, write = [*system, *machine, own], [home, *devices]
            sockets = str(self.base / "s")
            # A process that ranks are forked from imports the course anew, and looks for it.
            listed = [str(Path(torchcourse.__file__).parents[1])]
            if self._ranks:  # gloo asks what hardware a network interface has
                read.append("/sys")
        landlock.restrict(read, write, [sockets], listed, tcp=self._ranks)

    @staticmethod
    def _step(step: str, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            raise StepFailed(step, f"{error.strerror or error}{place}") from None


def wanted() -> tuple[str, ...]:
    """The steps to try on this host."""
    return STEPS if os.getuid() == 0 else tuple(step for step in STEPS if step != "uid")
