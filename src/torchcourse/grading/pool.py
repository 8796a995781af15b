"""Worker processes: each grades one submission at a time, and is replaced when it breaks."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .reference import Reference

START = 120.0  # seconds for a worker and its fork server to come up
SPARE = 60.0  # seconds beyond all timeouts of a submission


class WorkerLost(Exception):
    """A worker died or did not answer; the message says which."""


class Worker:
    """One ``torchcourse.grading.worker``, with the reference loaded."""

    def __init__(self, reference: Reference) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        environment |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        self._buffer = b""
        try:
            self.level: dict[str, Any] = self.ask({"op": "level"}, START)["level"]
            self.ask({"op": "reference", "lesson": reference.lesson, "text": reference.text}, START)
        except (WorkerLost, KeyError):
            self.close()
            raise

    def ask(self, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One answer. Raises WorkerLost."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._line(time.monotonic() + seconds))
        except (OSError, ValueError):
            raise WorkerLost("the grader's worker ended") from None
        if "error" in answer:
            raise WorkerLost(answer["error"])
        return answer

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            if sys.platform != "win32":  # select knows no pipes there
                ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise WorkerLost("the grader's worker did not answer in time")
            data = os.read(handle, 1 << 16)
            if not data:
                raise WorkerLost("the grader's worker ended")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def close(self) -> None:
        """End it; its kernels and fork server end with it."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def seconds_for(reference: Reference, timeout: float) -> float:
    """An upper bound for one submission: every wait in it at its timeout."""
    cells = sum(1 + len(e.checks) + 4 * len(e.hidden) for e in reference.exercises)
    return timeout * (cells + 5) + SPARE


def grade_one(
    worker: Worker | None, reference: Reference, task: dict[str, Any]
) -> tuple[Worker | None, dict[str, Any]]:
    """Verdicts of one submission; a broken worker is replaced once. Gives the worker back."""
    reason = ""
    for _ in range(2):
        try:
            worker = worker or Worker(reference)
            answer = worker.ask(task, seconds_for(reference, task["timeout"]))
            return worker, {"exercises": answer["exercises"], "isolation": worker.level}
        except WorkerLost as error:
            reason = str(error)
            if worker is not None:
                worker.close()
            worker = None
    return None, {"error": reason}


def grade_all(
    reference: Reference,
    tasks: Iterable[tuple[int, dict[str, Any]]],
    jobs: int,
    first: Worker | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Verdicts of all tasks as they come, each with its number; ``jobs`` workers at once."""
    waiting: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, dict[str, Any]]] = queue.SimpleQueue()
    count = 0
    for task in tasks:
        waiting.put(task)
        count += 1
    stop = threading.Event()

    def work(worker: Worker | None) -> None:
        while not stop.is_set():
            try:
                number, task = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                worker, answer = grade_one(worker, reference, task)
            except Exception as error:
                worker, answer = None, {"error": f"{type(error).__name__}: {error}"}
            done.put((number, answer))
        if worker is not None:
            worker.close()

    threads = [
        threading.Thread(target=work, args=(first if n == 0 else None,), daemon=True)
        for n in range(max(1, min(jobs, count)))
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            yield done.get()
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)


Grade = Callable[..., Iterator[tuple[int, dict[str, Any]]]]
