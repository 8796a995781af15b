"""``torchcourse check``: one learner, one notebook, one line an exercise."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from ..authoring.files import write_whole
from .inputs import Unusable, answers_of, find_reference
from .jail.limits import Limits
from .plainfile import LARGEST, Submission, Unreadable, read_plain
from .pool import Worker, WorkerLost, grade_one
from .reference import Reference

WORDS = {
    "passed": "✓ {id} solved",
    "not-written": "○ {id} not written yet",
    "missing": "○ {id} has no answer cell",
    "failed": "✗ {id} {where}",
    "timeout": "✗ {id} did not end in time",
    "killed": "✗ {id} stopped the kernel",
    "error": "✗ {id} could not be checked",
}
ASCII = str.maketrans({"✓": "[ok]", "✗": "[x]", "○": "[ ]", "…": "...", "·": "-"})
POLL = 0.3  # seconds between two looks at the file


def check_notebook(
    notebook: Path,
    solutions: Path | None = None,
    hint: bool = False,
    watch: bool = False,
    timeout: float = 20.0,
    memory: int = 1024,
) -> int:
    """Print one line an exercise; 0 where all are solved, 1 where not. Raises Unusable."""
    reference = find_reference(solutions or _solutions(notebook), _lesson(notebook))
    worker: Worker | None = None
    seen = _Hints(notebook)
    try:
        while True:
            stamp = _stamp(notebook)
            try:
                worker, verdicts = _verdicts(worker, reference, notebook, timeout, memory)
            except Unusable as error:
                if not watch:
                    raise
                _say(str(error))
            else:
                _show(reference, verdicts, hint, seen.given)
                seen.keep()
                if not watch:
                    return int(any(verdict["verdict"] != "passed" for verdict in verdicts))
                _say(_next(verdicts))
            while _stamp(notebook) == stamp:
                time.sleep(POLL)
    except KeyboardInterrupt:
        return 0
    finally:
        if worker is not None:
            worker.close()


class _Hints:
    """How many hints of each exercise this notebook's learner has read, between two commands."""

    def __init__(self, notebook: Path) -> None:
        home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        name = hashlib.sha256(str(notebook.absolute()).encode()).hexdigest()[:16]
        self._file = home / "torchcourse" / f"hints-{name}.json"
        self.given: dict[str, int] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            known = json.loads(self._file.read_text(encoding="utf-8"))
            self.given = {str(key): int(value) for key, value in known.items()}

    def keep(self) -> None:
        if self.given:
            with contextlib.suppress(OSError):  # a read-only home: the first hint each time
                write_whole(self._file, json.dumps(self.given))


def _verdicts(
    worker: Worker | None, reference: Reference, notebook: Path, timeout: float, memory: int
) -> tuple[Worker | None, list[dict[str, Any]]]:
    try:
        data = read_plain(notebook, LARGEST)
        answers = answers_of(Submission(notebook.as_posix(), data), reference)
    except Unreadable as error:
        raise Unusable(f"{notebook}: {error}") from None
    task = {
        "op": "grade",
        "answers": answers,
        "seed": time.time_ns() % (1 << 48),
        "timeout": timeout,
        "limits": Limits(memory=memory, network="any").data(),
    }
    try:
        worker, answer = grade_one(worker, reference, task)
    except WorkerLost as error:
        raise Unusable(str(error)) from None
    if "error" in answer:
        raise Unusable(answer["error"])
    return worker, answer["exercises"]


def _show(
    reference: Reference, verdicts: list[dict[str, Any]], hint: bool, hinted: dict[str, int]
) -> None:
    for verdict in verdicts:
        where = "passes its visible check, and fails on other inputs"
        if not verdict["visible"]:
            where = "fails its visible check"
        _say(WORDS[verdict["verdict"]].format(id=verdict["id"], where=where))
    visible = sum(bool(verdict["visible"]) for verdict in verdicts)
    points, most = (sum(v[key] for v in verdicts) for key in ("points", "max"))
    _say(f"visible {visible} of {len(verdicts)}, hidden {points} of {most}")
    open_ = next((v for v in verdicts if v["verdict"] not in ("passed", "not-written")), None)
    if open_ is not None:
        _say("\n" + open_["message"])
    open_ = open_ or next((v for v in verdicts if v["verdict"] != "passed"), None)
    if hint and open_ is not None:
        exercise = next(e for e in reference.exercises if e.id == open_["id"])
        if exercise.hints:
            number = min(hinted.get(exercise.id, 0), len(exercise.hints) - 1)
            hinted[exercise.id] = number + 1
            _say("\n" + exercise.hints[number])


def _next(verdicts: list[dict[str, Any]]) -> str:
    left = [verdict["id"] for verdict in verdicts if verdict["verdict"] != "passed"]
    ending = "save the notebook to check again; Ctrl+C ends"
    return f"next: {left[0]} ({ending})" if left else f"all solved ({ending})"


def _say(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:  # a console with code page 1252
        text = text.translate(ASCII).encode(encoding, "replace").decode(encoding)
    print(text, flush=True)


def _lesson(notebook: Path) -> str:
    return notebook.name.removesuffix(".ipynb")


def _solutions(notebook: Path) -> Path:
    """Beside the notebook's folder in the course's tree, else below this one."""
    beside = notebook.absolute().parent.parent / "solutions"
    return beside if beside.is_dir() else Path("solutions")


def _stamp(notebook: Path) -> tuple[int, int]:
    try:
        status = notebook.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
