"""A running kernel as nbval knows it, which notices death at once and bounds time and output.

nbval's own ``RunningKernel`` waits for a dead kernel until the timeout, keeps any amount of
output, and does not look at the reply's status. This one does, and nbval's items run on it as
they are.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any

import zmq
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel

from .channel import Channel, Unacceptable
from .jail import server
from .jail.limits import Limits
from .jail.provisioner import NAME, JailSpecs

MB = 1 << 20
LARGEST_MESSAGE = 32 * MB
MOST_WAITING = 8  # messages that the socket itself holds while nobody reads
MOST_REPLIES = 100  # to one request, of which one is asked for
MOST_OUTPUTS = 40_000
FLUSH = 5.0  # seconds that output may come later than the reply
PROXY = "torchcourse.grading.proxy.inside"


class Gone(BaseException):
    """The kernel is of no more use. verdict: ``timeout`` or ``killed``; the message says why.

    No Exception: a check must not take it for something that the learner's function raised.
    """

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


class JailedKernel(RunningKernel):
    """A kernel in a jail. Every wait ends: in an answer, in Gone, or at its deadline.

    timeout: seconds for one cell. ends: when all work on this kernel has to be done, on the clock
    of ``time.monotonic``.
    """

    def __init__(self, limits: Limits, timeout: float, ends: float = math.inf) -> None:
        self.limits, self.timeout, self.ends = limits, timeout, ends
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        self._context.setsockopt(zmq.LINGER, 0)
        self._context.setsockopt(zmq.RCVHWM, MOST_WAITING)
        self._iopub: deque[dict[str, Any]] = deque()
        self._output_by = math.inf
        self.km = KernelManager(
            kernel_name=NAME, kernel_spec_manager=JailSpecs(limits), context=self._context
        )
        try:
            self.km.start_kernel()
            self.kc = self.km.client()
            self.kc.start_channels(stdin=False, hb=False)
            shell, iopub = self.kc.shell_channel.socket, self.kc.iopub_channel.socket
            most, excess = self.limits.output, "sent replies that nobody had asked for"
            self._replies = Channel(shell, self.kc.session, (LARGEST_MESSAGE, MOST_REPLIES), excess)
            self._outputs = Channel(
                iopub, self.kc.session, (most * MB, MOST_OUTPUTS), f"printed more than {most} MB"
            )
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
        self._begin()
        return super().execute_cell_input(cell_input, allow_stdin)

    def _begin(self) -> None:
        """A new request: what an earlier one has left is nobody's any more."""
        self._iopub.clear()
        self._outputs.begin()
        self._replies.begin()

    def await_reply(self, msg_id: str, timeout: float | None = None) -> None:
        self._reply(msg_id, min(self.timeout, timeout or self.timeout))
        self._output_by = time.monotonic() + min(FLUSH, self.timeout)

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """The next output. Its end must come soon after the reply, whatever comes in between."""
        if stream != "iopub":
            raise ValueError("replies come through await_reply")
        while True:
            if time.monotonic() > self._output_by:
                self.stop()
                raise Gone("timeout", "its output did not end with its last line")
            if self._iopub:
                return self._iopub.popleft()
            self._pump(0.05)

    def ask(self, text: str, seconds: float) -> str:
        """Send a request of the proxy, give its reply's text. Raises Gone."""
        self._begin()
        call = f"__import__({PROXY!r}, fromlist=['_']).answer({text!r})"
        message = self.kc.execute(
            "", store_history=False, user_expressions={"reply": call}, allow_stdin=False
        )
        content = self._reply(message, seconds)["content"]
        payloads = content.get("payload")
        for payload in payloads if isinstance(payloads, list) else []:
            if isinstance(payload, dict) and payload.get("source") == "torchcourse":
                return payload.get("reply")
        return ""

    def _reply(self, msg_id: str, seconds: float) -> dict[str, Any]:
        start = time.monotonic()
        while True:
            now = time.monotonic()
            if now > min(self.ends, start + seconds):
                self.stop()
                late = "the notebook took too long in all" if now > self.ends else ""
                raise Gone(
                    "timeout", late or f"no answer within {min(self.timeout, seconds):.3g} s"
                )
            for message in self._pump(0.05):
                if message["parent_header"].get("msg_id") == msg_id:
                    if message["content"].get("status") not in ("ok", "error"):
                        raise Gone("killed", "the kernel did not run the cell")
                    return message

    def _until_idle(self, msg_id: str) -> None:
        self._output_by = time.monotonic() + FLUSH
        while True:
            message = self.get_message("iopub")
            mine = message["parent_header"].get("msg_id") == msg_id
            if mine and message["content"].get("execution_state") == "idle":
                return

    def _pump(self, seconds: float) -> list[dict[str, Any]]:
        """Wait for anything to come; keep output, give replies. Raises Gone for a dead kernel."""
        poller = zmq.Poller()
        poller.register(self._replies.socket, zmq.POLLIN)
        poller.register(self._outputs.socket, zmq.POLLIN)
        jailed = self._jailed()
        if jailed is not None and jailed.fileno() >= 0:
            poller.register(jailed.fileno(), zmq.POLLIN)
        events = dict(poller.poll(seconds * 1000))
        try:
            self._iopub.extend(self._outputs.read())
            replies = self._replies.read()
        except Unacceptable as error:
            self.stop()
            raise Gone("killed", f"the kernel {error}") from None
        told = jailed is None or jailed.fileno() < 0 or jailed.fileno() in events
        if not replies and told and not self.km.is_alive():
            why = jailed.reason if jailed is not None else ""
            self.stop()
            raise Gone("killed", f"the kernel {why or 'ended'}")
        return replies

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
