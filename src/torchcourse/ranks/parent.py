"""The side that starts the ranks, hears from them, and ends them."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

# DDP imports torch._dynamo when it is first used: seconds, in every rank of every run.
PRELOAD = ["torch.nn.parallel", "torch._dynamo", "torchcourse.ranks.inside"]

ENDED = "the process ended without a result"
GRACE = 0.5  # seconds from the last connection of a dying process to its end


class RanksTimeout(TimeoutError):
    """Not every rank came to its end. The message says, rank by rank, where it stood."""


def run(
    function: Callable[..., Any], world_size: int, *args: Any, timeout: float = 60.0
) -> list[Any]:
    """Call ``function(*args)`` once a rank and return the results in the order of the ranks.

    function: may be written in a notebook; `torch.distributed` is initialized when it is called.
    args: the same for every rank, each rank with a copy of its own. timeout: seconds for all.
    What the ranks print appears afterwards, rank by rank.

    Raises what the first failing rank raised, with a note that names the rank; RanksTimeout where
    a rank is still waiting at the end of the time; ValueError for a world size below 1. In every
    case no process is left.
    """
    if world_size < 1:
        raise ValueError(f"world_size is {world_size}, and a world has at least one rank")
    if importlib.util.find_spec("cloudpickle") is None:
        raise ModuleNotFoundError("ranks need cloudpickle: run `pip install cloudpickle`")
    import cloudpickle

    from . import inside

    work = cloudpickle.dumps((function, args))
    context = _context()
    with tempfile.TemporaryDirectory(prefix="ranks-") as folder:
        store = os.path.join(folder, "store")
        lines: list[Connection] = []
        processes = []
        try:
            for rank in range(world_size):
                here, there = context.Pipe()
                lines.append(here)
                place = (rank, world_size, store, timeout)
                process = context.Process(
                    target=inside.be_rank, args=(work, place, there), daemon=True
                )
                processes.append(process)
                process.start()
                there.close()
            found = _gather(lines, timeout)
            found = _cause_first(found, [process.sentinel for process in processes])
        finally:
            for process in processes:
                if process.pid is not None:
                    process.kill()
                    process.join()
            for line in lines:
                line.close()
    for rank, (_, _, printed) in sorted(found.items()):
        for text in printed.splitlines():
            print(f"[rank {rank}] {text}")
    for rank, (state, value, _) in found.items():
        if state == "raised":
            value.add_note(f"raised by rank {rank} of {world_size}")
            raise value
    if any(state == "stood" for state, _, _ in found.values()):
        raise RanksTimeout(_where(found, timeout))
    return [found[rank][1] for rank in range(world_size)]


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)  # counts when the server starts, the first time
    return context


def _gather(lines: list[Connection], timeout: float) -> dict[int, tuple[str, Any, str]]:
    """Each rank's (state, value, what it printed), in the order of arrival.

    state: returned | raised | stood. The first rank that raises ends the wait: the others cannot
    go on without it, and what they would raise is only that it has gone.
    """
    import cloudpickle

    ends = time.monotonic() + timeout
    found: dict[int, tuple[str, Any, str]] = {}
    asked = False
    while len(found) < len(lines):
        waiting = [line for rank, line in enumerate(lines) if rank not in found]
        ready = wait(waiting, max(0.0, ends - time.monotonic()))
        if not ready:
            if asked:  # it does not even say where it stands
                for line in waiting:
                    found[lines.index(line)] = ("stood", "somewhere outside Python", "")
                break
            for line in waiting:
                line.send_bytes(b"where?")
            asked, ends = True, time.monotonic() + 5
        for line in ready:
            rank = lines.index(line)
            try:
                found[rank] = cloudpickle.loads(line.recv_bytes())
            except (EOFError, ConnectionError):
                found[rank] = ("raised", RuntimeError(ENDED + _guard()), "")
            if found[rank][0] == "raised":
                return found
    return found


def _cause_first(
    found: dict[int, tuple[str, Any, str]], ends: list[Any]
) -> dict[int, tuple[str, Any, str]]:
    """The ranks that have died before those that only lost their connection to them.

    ends: one for each rank, ready when its process has ended. A rank that is well stays.
    """
    if not any(state == "raised" and "gloo" in str(value) for state, value, _ in found.values()):
        return found
    died = [ends.index(end) for end in wait(ends, GRACE)]
    return {rank: ("raised", RuntimeError(ENDED + _guard()), "") for rank in died} | found


def _guard() -> str:
    """What a script may lack: a new process imports it once more, down to the call of `run`."""
    script = hasattr(sys.modules["__main__"], "__file__")
    return '; a script has to call run below `if __name__ == "__main__":`' if script else ""


def _where(found: dict[int, tuple[str, Any, str]], timeout: float) -> str:
    places = [
        f"rank {rank} {'waits in ' + value if state == 'stood' else 'has returned'}"
        for rank, (state, value, _) in sorted(found.items())
    ]
    return f"after {timeout:g} s " + ", ".join(places)
