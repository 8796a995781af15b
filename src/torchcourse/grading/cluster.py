"""The same work on a Dask scheduler; ``distributed`` is imported only here."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Iterator
from typing import Any

from .pool import Worker, grade_one
from .reference import Reference, parse_reference

ATTEMPTS = 3
_idle: dict[str, queue.SimpleQueue[Worker]] = {}


class NoCluster(Exception):
    """No scheduler can be used; the message is one line."""


def connect(address: str) -> Any:
    """A client of the scheduler. Raises NoCluster."""
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster("--dask needs the package distributed: pip install distributed") from None
    try:
        return Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        text = str(error).split("\n")[0]
        raise NoCluster(f"no Dask scheduler at {address} ({text})") from None


def grade_on_cluster(
    client: Any, reference: Reference, tasks: Iterable[tuple[int, dict[str, Any]]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Verdicts as they come. A task whose worker dies is done again by another one."""
    from distributed import as_completed

    shared = client.scatter([reference.lesson, reference.text], broadcast=True, hash=False)
    numbers = {}
    for number, task in tasks:
        future = client.submit(grade_there, *shared, task, retries=ATTEMPTS, pure=False)
        numbers[future] = number
    for future in as_completed(list(numbers), loop=client.loop):
        error = future.exception()
        answer = {"error": f"{type(error).__name__}: {error}"} if error else future.result()
        yield numbers[future], answer


def grade_there(lesson: str, text: str, task: dict[str, Any]) -> dict[str, Any]:
    """On a Dask worker: one submission, in a grading process that waits for the next."""
    reference = parse_reference(lesson, text)
    idle = _idle.setdefault(reference.digest, queue.SimpleQueue())
    try:
        worker = idle.get_nowait()
    except queue.Empty:
        worker = None
    worker, answer = grade_one(worker, reference, task)
    if worker is not None:
        idle.put(worker)
    return answer
