"""A running kernel as nbval knows it, which notices death at once and bounds time and output.

nbval's own ``RunningKernel`` waits for a dead kernel until the timeout, keeps any amount of
output, and does not look at the reply's status. This one does, and nbval's items run on it as
they are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from queue import Empty
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel

from .jail import server
from .jail.limits import Limits
from .jail.provisioner import NAME

MB = 1 << 20
LARGEST_MESSAGE = 32 * MB
FLUSH = 5.0  # seconds that output may come later than the reply
PROXY = "torchcourse.grading.proxy.inside"


class Gone(BaseException):
    """The kernel is of no more use. verdict: ``timeout`` or ``killed``; the message says why.

    No Exception: a check must not take it for something that the learner's function raised.
    """

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


class JailSpecs(KernelSpecManager):
    """The one kernelspec that a grader uses, whatever a notebook or this machine names."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        import sys

        config = {key: getattr(self.limits, key) for key in ("memory", "cpu", "disk")}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="jail",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
        )


class JailedKernel(RunningKernel):
    """A kernel in a jail. Every wait ends: in an answer, in Gone, or at its deadline."""

    def __init__(self, limits: Limits, timeout: float) -> None:
        self.limits, self.timeout = limits, timeout
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self._context.setsockopt(zmq.LINGER, 0)
        self._iopub: deque[dict[str, Any]] = deque()
        self._received = 0
        self.km = KernelManager(
            kernel_name=NAME, kernel_spec_manager=JailSpecs(limits), context=self._context
        )
        try:
            self.km.start_kernel()
            self.kc = self.km.client()
            self.kc.start_channels(stdin=False, hb=False)
            self._greet()
        except BaseException:
            self.stop()
            raise

    def _greet(self) -> None:
        """Until one message has come over each channel, output could be lost."""
        deadline = time.monotonic() + server.READY
        while time.monotonic() < deadline:
            message = self.kc.kernel_info()
            self._reply(message, 10.0)
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                if any(m["parent_header"].get("msg_id") == message for m in self._iopub):
                    self._until_idle(message)
                    return
                self._pump(0.02)
        raise Gone("killed", "the kernel did not start in time")

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        self._received = 0
        self._iopub.clear()
        return super().execute_cell_input(cell_input, allow_stdin)

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        self._reply(msg_id, min(self.timeout, timeout or self.timeout))

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        if stream != "iopub":
            raise ValueError("replies come through await_reply")
        deadline = time.monotonic() + (FLUSH if timeout is None else timeout)
        while not self._iopub:
            if time.monotonic() > deadline:
                raise Empty
            self._pump(0.05)
        return self._iopub.popleft()

    def ask(self, text: str, seconds: float) -> str:
        """Send a request of the proxy, give its reply's text. Raises Gone."""
        self._received = 0
        self._iopub.clear()
        call = f"__import__({PROXY!r}, fromlist=['_']).answer({text!r})"
        message = self.kc.execute(
            "", store_history=False, user_expressions={"reply": call}, allow_stdin=False
        )
        content = self._reply(message, seconds)["content"]
        for payload in content.get("payload") or []:
            if isinstance(payload, dict) and payload.get("source") == "torchcourse":
                return payload.get("reply")
        return ""

    def _reply(self, msg_id: str, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            if time.monotonic() > deadline:
                self.stop()
                raise Gone("timeout", f"no answer within {seconds:g} s")
            for message in self._pump(0.05):
                if message["parent_header"].get("msg_id") == msg_id:
                    if message["content"].get("status") not in ("ok", "error"):
                        raise Gone("killed", "the kernel did not run the cell")
                    return message

    def _until_idle(self, msg_id: str) -> None:
        end = time.monotonic() + FLUSH
        while time.monotonic() < end:
            message = self.get_message("iopub", 1.0)
            mine = message["parent_header"].get("msg_id") == msg_id
            if mine and message["content"].get("execution_state") == "idle":
                return

    def _pump(self, seconds: float) -> list[dict[str, Any]]:
        """Wait for anything to come; keep output, give replies. Raises Gone for a dead kernel."""
        shell, iopub = self.kc.shell_channel.socket, self.kc.iopub_channel.socket
        poller = zmq.Poller()
        poller.register(shell, zmq.POLLIN)
        poller.register(iopub, zmq.POLLIN)
        jailed = self._jailed()
        if jailed is not None and jailed.fileno() >= 0:
            poller.register(jailed.fileno(), zmq.POLLIN)
        events = dict(poller.poll(seconds * 1000))
        self._drain(iopub, self._iopub.append)
        replies: list[dict[str, Any]] = []
        self._drain(shell, replies.append)
        told = jailed is None or jailed.fileno() < 0 or jailed.fileno() in events
        if not replies and told and not self.km.is_alive():
            why = jailed.reason if jailed is not None else ""
            self.stop()
            raise Gone("killed", f"the kernel {why or 'ended'}")
        return replies

    def _drain(self, socket: zmq.Socket, take: Callable[[dict[str, Any]], Any]) -> None:
        """Everything that waits on a socket. A message that is none ends the kernel."""
        session = self.kc.session
        while True:
            try:
                parts = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._received += sum(map(len, parts))
            try:
                _, frames = session.feed_identities(parts)
                message = session.deserialize(frames)
                valid = isinstance(message["content"], dict)
                valid = valid and isinstance(message["parent_header"], dict)
            except Exception:
                valid = False
            if not valid:
                self.stop()
                raise Gone("killed", "the kernel sent a message that is none")
            if socket is self.kc.iopub_channel.socket and self._received > self._most():
                self.stop()
                raise Gone("killed", f"printed more than {self.limits.output} MB")
            take(message)

    def _most(self) -> int:
        return self.limits.output * MB

    def _jailed(self) -> server.Jailed | None:
        return getattr(self.km.provisioner, "jailed", None)

    def is_alive(self) -> bool:
        return hasattr(self, "km") and self.km.has_kernel and self.km.is_alive()

    def stop(self) -> None:
        """End the kernel with all that it started. May be called twice."""
        if hasattr(self, "kc"):
            self.kc.stop_channels()
        if self.km.has_kernel:
            self.km.shutdown_kernel(now=True)
        self._context.destroy(linger=0)
