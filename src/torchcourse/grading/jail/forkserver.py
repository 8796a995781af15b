"""The process that has imported everything and forks kernels: ``python -m …jail.forkserver FD``.

It only *imports* torch. A parent that ran ``backward()`` or a large parallel operation leaves
locks and thread pools behind that make its children hang, so nothing is computed here, and a
second thread is refused.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from .isolate import STEPS, wanted
from .keeper import keep
from .limits import Limits

# sympy and torch.distributed.tensor come with the first assert_close or grad_outputs: 0.5 s.
WARM = (
    *("torch", "torch.testing", "torchcourse.checks", "torchcourse.grading.proxy.inside"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "IPython"),
    *("torchcourse.figures", "numpy", "sympy", "torch.distributed.tensor"),
    *("matplotlib.pyplot", "matplotlib_inline.backend_inline"),
)


def serve(handle: int, without: list[str]) -> None:
    """Answer spawn requests on ``handle``, a Unix socket, until its other end closes."""
    control = socket.socket(fileno=handle)
    # ipykernel loads the debugger into every kernel that it starts, and no kernel here has one.
    cast(dict[str, Any], sys.modules)["debugpy"] = None
    for name in WARM:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if sys.platform == "linux" and len(os.listdir("/proc/self/task")) > 1:
        control.send(json.dumps({"error": "an import started a thread"}).encode())
        return
    gc.collect()
    gc.freeze()
    steps, skipped = probe(without)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(json.dumps({"steps": steps, "skipped": skipped}).encode())
    _close_stderr()
    while True:
        text, handles, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not text:
            return
        request = json.loads(text)
        line = socket.socket(fileno=handles[0])
        if _forked():
            control.close()
            _run(request, line)
        line.close()


def _close_stderr() -> None:
    """Nobody reads that pipe any more: what one kernel had filled would block every other one."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


def _forked() -> bool:
    return os.fork() == 0


def _run(request: dict[str, Any], line: socket.socket) -> None:
    try:
        keep(request, line)
    finally:
        os._exit(0)


def probe(without: list[str]) -> tuple[list[str], dict[str, str]]:
    """Try every wall on a child that does nothing else; what fails is left out, with its reason.

    without: walls that are not even tried.
    """
    steps = [step for step in wanted() if step not in without]
    skipped = {step: "switched off" for step in wanted() if step in without}
    for _ in STEPS:
        event = _attempt(steps)
        if event.get("event") == "ready":
            break
        step, reason = event.get("step", ""), str(event.get("reason", "no answer"))
        if step not in steps or step == "rlimits":
            raise SystemExit(f"no kernel can be isolated here: {step} {reason}")
        steps.remove(step)
        skipped[step] = reason
    return steps, skipped


def _attempt(steps: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tcj-") as name:
        base = Path(name)
        for part in ("s", "r"):
            (base / part).mkdir(mode=0o700)
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        limits = Limits().data()
        request = {"probe": True, "steps": steps, "base": name, "limits": limits}
        child = os.fork()
        if child == 0:
            here.close()
            _run(request, there)
        there.close()
        found: dict[str, Any] = {}
        while text := here.recv(1 << 16):
            event = json.loads(text)
            if event["event"] in ("ready", "failed") and not found:
                found = event
        here.close()
        os.waitpid(child, 0)
        return found


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
    os._exit(0)  # taking torch apart would need a second, and nothing here is left to close
