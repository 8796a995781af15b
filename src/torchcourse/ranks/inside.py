"""What one rank does, in its own process."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
import traceback
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

import torch
import torch.distributed as dist

from ..checks.describe import own_place

SPARE = 30.0  # seconds that the group waits longer than the run, which says more when it ends


def be_rank(work: bytes, place: tuple[int, int, str, float], line: Connection) -> None:
    """Join the group, call the function, send (state, value, printed), and wait to be ended."""
    import cloudpickle

    rank, world_size, store, timeout = place
    threading.Thread(
        target=_answer_where, args=(line, threading.main_thread().ident), daemon=True
    ).start()
    torch.set_num_threads(1)
    loopback = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
    if loopback:  # else gloo asks the network for this machine's name
        os.environ["GLOO_SOCKET_IFNAME"] = loopback
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world_size))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            dist.init_process_group(
                "gloo",
                store=dist.FileStore(store, world_size),
                rank=rank,
                world_size=world_size,
                timeout=timedelta(seconds=timeout + SPARE),
            )
            function, args = cloudpickle.loads(work)
            result = ("returned", function(*args))
    except BaseException as error:
        error.rank_place = own_place(error.__traceback__)  # tracebacks do not travel
        result = ("raised", error)
    line.send_bytes(_packed(result, printed.getvalue()))
    # A rank that leaves takes its connections with it, and others may not have read yet: it stays
    # until its parent, which knows when all have come to their end, stops it.
    threading.Event().wait()


def _packed(result: tuple[str, Any], printed: str) -> bytes:
    import cloudpickle

    state, value = result
    try:
        return cloudpickle.dumps((state, value, printed))
    except Exception as error:
        what = "raised" if state == "raised" else "returned what cannot leave the process"
        text = f"{what} {type(value).__name__}: {value if state == 'raised' else error}"
        return cloudpickle.dumps(("raised", RuntimeError(text), printed))


def _answer_where(line: Connection, thread: int) -> None:
    """Wait for the question where the rank stands; an asker that has died ends the rank."""
    import cloudpickle

    with contextlib.suppress(EOFError, OSError):
        line.recv_bytes()
        line.send_bytes(cloudpickle.dumps(("stood", _place(thread), "")))
    os._exit(1)


def _place(thread: int) -> str:
    """The call in which the thread waits: `all_reduce, line 3 of average_gradients`."""
    frames = traceback.extract_stack(sys._current_frames()[thread])
    own = [frame for frame in frames if not _is_of_torch(frame.filename)]
    torchs = [
        frame.name
        for frame in frames
        if frame.filename.endswith("distributed_c10d.py") and not frame.name.startswith("_")
    ]
    callers = [frame for frame in own if frame.name != "be_rank"]
    called = next((name for name in torchs if name != "wrapper"), "")
    if not callers:
        return called or "the start"
    where = f"line {callers[-1].lineno} of {callers[-1].name}"
    return f"{called}, {where}" if called else where


def _is_of_torch(file: str) -> bool:
    parts = file.replace("\\", "/").split("/")
    return "torch" in parts or "multiprocessing" in parts
