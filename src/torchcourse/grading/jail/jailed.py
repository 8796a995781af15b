"""One kernel and its keeper, seen from the process that has asked for it."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from pathlib import Path
from typing import Any

from .remove import remove

READY = 90.0  # seconds; importing torch on a cold disk takes most of them


class JailError(RuntimeError):
    """No kernel could be started; the message is one line."""


class Jailed:
    """A kernel that is ready. ``code`` is None while it runs."""

    def __init__(self, line: socket.socket, base: Path) -> None:
        self._line, self.base = line, base
        self.code: int | None = None
        self.reason = ""
        self.keeper = 0
        self._await_ready()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY
        while True:
            event = self._event(deadline - time.monotonic())
            if event is None:
                self.kill()
                raise JailError("the kernel did not start in time")
            if event["event"] == "ready":
                return
            if event["event"] in ("failed", "exit"):
                self.kill()
                raise JailError(f"the kernel did not start: {event.get('reason') or 'it ended'}")

    def fileno(self) -> int:
        """Readable when the kernel has ended."""
        return self._line.fileno()

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        while self.code is None and self._event(0) is not None:
            pass
        return self.code

    def wait(self, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        while self.code is None and self._event(deadline - time.monotonic()) is not None:
            pass
        return self.code

    def interrupt(self) -> None:
        self._order(b"INT")

    def kill(self) -> None:
        """Ends the kernel and every process that it started; returns when they are gone."""
        self._order(b"KILL")
        if self.code is None:
            self.wait(10)
        self._line.close()
        if self.code is None:
            self.code = -9
        remove(self.base)

    def _order(self, order: bytes) -> None:
        with contextlib.suppress(OSError):
            self._line.send(order)

    def _event(self, seconds: float) -> dict[str, Any] | None:
        """The next event; None where none comes in time."""
        if self._line.fileno() < 0:
            return None
        ready, _, _ = select.select([self._line], [], [], max(0.0, seconds))
        if not ready:
            return None
        try:
            text = self._line.recv(1 << 16)
        except OSError:
            text = b""
        if not text:  # the keeper itself is gone
            self.code = -9 if self.code is None else self.code
            return None
        event = json.loads(text)
        if event["event"] == "exit":
            self.code, self.reason = event["code"], event["reason"]
        elif event["event"] == "keeper":
            self.keeper = event["pid"]
        return event
