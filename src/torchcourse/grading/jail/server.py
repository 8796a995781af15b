"""The customer's side of the fork server: start it once a process, ask it for kernels."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from .jailed import READY, Jailed, JailError
from .kernel import ENVIRONMENT
from .level import WHY_PROCESS, Level
from .limits import Limits

LONGEST_SOCKET = 80  # characters of a folder: a Unix socket's path ends at 107
# Names of walls to leave out, so that the weaker levels can be tested on a strong host.
WITHOUT = "TORCHCOURSE_JAIL_WITHOUT"


def can_fork() -> bool:
    return sys.platform == "linux"


class Server:
    """One fork server. ``level`` says what its kernels are isolated by."""

    def __init__(self) -> None:
        without = os.environ.get(WITHOUT, "").split()
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.set_inheritable(there.fileno(), True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.forkserver", str(there.fileno()), *without],
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT | {"HOME": "/", "MPLBACKEND": "agg"},
            cwd="/",
        )
        there.close()
        self._control = here
        self._lock = threading.Lock()
        here.settimeout(READY)
        try:
            answer = json.loads(here.recv(1 << 16) or b"{}")
        except (OSError, ValueError):
            answer = {}
        if "steps" not in answer:
            here.close()
            said = answer.get("error") or self._last_words()
            self.close()
            raise JailError(f"the fork server did not start: {said}")
        self.steps: list[str] = answer["steps"]
        self.level = Level(tuple(answer["steps"]), answer["skipped"])
        here.settimeout(None)

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no answer"

    def spawn(self, base: Path, connection: dict[str, Any], limits: Limits) -> Jailed:
        """A kernel on ``connection``, which is ready. Raises JailError where it is not."""
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {
            "steps": self.steps,
            "base": str(base),
            "connection": connection,
            "limits": limits.data(),
        }
        with there, self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], [there.fileno()])
            except OSError as error:
                here.close()
                raise JailError(f"the fork server is gone: {error.strerror}") from None
        return Jailed(here, base)

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if self.alive():
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


_server: Server | None = None
_starting = threading.Lock()


def server() -> Server:
    """This process's fork server, started at its first use and ended with the process."""
    global _server
    with _starting:
        if _server is None or not _server.alive():
            _server = Server()
            atexit.register(_server.close)
        return _server


def level() -> Level:
    """The isolation that kernels of this process get."""
    if can_fork():
        return server().level
    return Level((), {"fork": WHY_PROCESS}, forked=False)


def make_base() -> Path:
    """A folder for one kernel: ``s`` for its sockets, ``r`` where its root is mounted."""
    parent = tempfile.gettempdir()
    if len(parent) > LONGEST_SOCKET:
        parent = "/tmp"
    base = Path(tempfile.mkdtemp(prefix="tcj-", dir=parent))
    for part in ("s", "r"):
        (base / part).mkdir(mode=0o700)
    return base
