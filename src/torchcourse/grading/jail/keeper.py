"""The parent of one kernel: builds its walls, watches it, carries out orders, ends it whole.

A keeper outlives neither its kernel nor its customer: when the other end of ``line`` closes, it
kills what it keeps. Runs in a fork of the fork server; nothing here may be trusted to return.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from pathlib import Path
from typing import Any

from .isolate import StepFailed, Walls
from .kernel import run_kernel
from .limits import MB, PROCESSES, Limits
from .remove import remove
from .syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, prctl
from .watchdog import disk_of, memory_of, tree

TICK = 0.03  # seconds between two looks at the memory
START = 60.0  # seconds until a kernel must be ready


def keep(request: dict[str, Any], line: socket.socket) -> None:
    """Serve one kernel until it has ended; does not return to the caller's code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    walls = Walls(tuple(request["steps"]), Path(request["base"]), Limits(**request["limits"]))
    _tell(line, {"event": "keeper", "pid": os.getpid()})
    with contextlib.suppress(OSError):
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        walls.before_fork()
    except StepFailed as error:
        _tell(line, {"event": "failed", "step": error.step, "reason": error.reason})
        return
    hear, speak = os.pipe()
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(hear)
        line.close()
        _be_kernel(request, walls, speak, keeper)
    os.close(speak)
    watch = _Watch(line, hear, child, walls)
    try:
        watch.run()
    except BaseException as error:  # of ours; the kernel must not go on unwatched
        watch.reason = f"could not be watched ({type(error).__name__})"
        watch.end(9)


def _be_kernel(request: dict[str, Any], walls: Walls, speak: int, keeper: int) -> None:
    def tell(event: dict[str, Any]) -> None:
        os.write(speak, json.dumps(event).encode() + b"\n")

    status = 1
    try:
        home = walls.after_fork()
        # Changing the uid clears this, so it comes last. In a namespace the parent's pid is 0.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() not in (0, keeper):
            os._exit(1)
        if request.get("probe"):
            tell({"event": "ready"})
            status = 0
        else:

            def ready() -> None:
                tell({"event": "ready"})
                os.close(speak)  # the keeper believes what comes here, so no learner may write it

            run_kernel(walls.connection(request["connection"]), home, walls.limits, ready)
            status = 0
    except StepFailed as error:
        tell({"event": "failed", "step": error.step, "reason": error.reason})
    except BaseException as error:
        with contextlib.suppress(BaseException):
            tell(
                {"event": "failed", "step": "kernel", "reason": f"{type(error).__name__}: {error}"}
            )
    finally:
        os._exit(status)


class _Watch:
    """One loop over orders, the kernel's own words and its death."""

    def __init__(self, line: socket.socket, hear: int, child: int, walls: Walls) -> None:
        self.line, self.hear, self.child, self.walls = line, hear, child, walls
        self.base_memory = memory_of([child], 1 << 62)
        self.folders = [walls.base / "s", walls.base / "w"]
        self.reason = ""
        self.heard = b""

    def run(self) -> None:
        death = os.pidfd_open(self.child) if hasattr(os, "pidfd_open") else -1
        poll = select.poll()
        for handle in (self.line.fileno(), self.hear, death):
            if handle >= 0:
                poll.register(handle, select.POLLIN)
        while True:
            events = dict(poll.poll(TICK * 1000))
            if self.hear in events:
                self._listen(poll)
            if self.line.fileno() in events and not self._obey():
                self._kill()
                break
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.end(status)
                return
            self._measure()
        _, status = os.waitpid(self.child, 0)
        self.end(status)

    def _listen(self, poll: select.poll) -> None:
        data = os.read(self.hear, 65536)
        if not data:
            poll.unregister(self.hear)
            return
        self.heard += data
        *lines, self.heard = self.heard.split(b"\n")
        for line in lines:
            _send(self.line, line)

    def _obey(self) -> bool:
        try:
            order = self.line.recv(16)
        except OSError:
            order = b""
        if order == b"INT":
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGINT)
        return order == b"INT"

    def _measure(self) -> None:
        limits = self.walls.limits
        allowed = limits.memory * MB + self.base_memory
        pids = tree(self.child)
        if len(pids) > 2 * PROCESSES:  # RLIMIT_NPROC does not bind root
            self.reason = f"started more than {2 * PROCESSES} processes"
        elif memory_of(pids, allowed) > allowed:
            self.reason = f"used more than {limits.memory} MB of memory"
        elif disk_of(self.folders) > limits.disk * MB:
            self.reason = f"wrote more than {limits.disk} MB of files"
        if self.reason:
            self._kill()

    def _kill(self) -> None:
        """Everything below the keeper, until nothing is left. A pid namespace ends with its init.

        A stopped process cannot fork while the rest is being found.
        """
        if "pid" in self.walls.steps:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in tree(os.getpid())[1:]:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)

    def end(self, status: int) -> None:
        while True:  # daemons were given to us when their parents died
            self._kill()
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        remove(self.walls.base)
        code = os.waitstatus_to_exitcode(status)
        if not self.reason and code < 0:
            self.reason = f"was ended by {signal.Signals(-code).name}"
        _tell(self.line, {"event": "exit", "code": code, "reason": self.reason})


def _tell(line: socket.socket, event: dict[str, Any]) -> None:
    _send(line, json.dumps(event).encode())


def _send(line: socket.socket, text: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        line.send(text)
