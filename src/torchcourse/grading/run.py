"""``torchcourse grade``: a class's submissions to verdicts and files."""

from __future__ import annotations

import itertools
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .cluster import NoCluster, connect, grade_on_cluster
from .inputs import Unusable, answers_of, find_reference
from .jail.level import Level
from .jail.limits import Limits
from .plainfile import Submission, Unreadable
from .pool import Worker, WorkerLost, grade_all
from .reference import Reference
from .report import write_results
from .resume import Unfinished, key_of
from .submission import find_submissions

NO_ISOLATION = {"level": "none", "held": [], "skipped": {}}


@dataclass(frozen=True)
class Options:
    """Everything that a run of ``torchcourse grade`` is told."""

    submissions: list[Path]
    solutions: Path = Path("solutions")
    lesson: str | None = None
    out: Path = Path("grades")
    jobs: int = 2
    dask: str | None = None
    timeout: float = 20.0
    memory: int = 1024
    seed: int | None = None
    require_isolation: bool = False


def grade(options: Options) -> list[dict[str, Any]]:
    """Grade everything, write the files, give the rows. Raises Unusable."""
    _check(options)
    reference = find_reference(options.solutions, options.lesson)
    found = find_submissions(options.submissions)
    some = next(found, None)
    if some is None:
        raise Unusable("no notebooks there: name .ipynb files, folders or .zip archives")
    options.out.mkdir(parents=True, exist_ok=True)
    limits = Limits(memory=options.memory, network="own")
    settings = {"seed": options.seed, "timeout": options.timeout, "limits": limits.data()}
    unfinished = Unfinished(options.out, reference, settings)
    seed = unfinished.seed if unfinished.seed is not None else secrets.randbelow(1 << 48)
    unfinished.begin(seed)
    print(f"seed {seed}", file=sys.stderr)
    submissions: list[Submission] = []
    keys: list[str] = []
    rows: list[dict[str, Any] | None] = []
    tasks = []
    for number, submission in enumerate(itertools.chain([some], found)):
        submissions.append(replace(submission, data=None))  # a class of them is too much memory
        keys.append(key_of(submission.file, submission.data))
        rows.append(unfinished.row(keys[-1]))
        if rows[number] is not None:
            continue
        try:
            answers = answers_of(submission, reference)
        except Unreadable as error:
            rows[number] = unreadable(submission, reference, str(error), seed)
            continue
        task = {"op": "grade", "answers": answers, "seed": seed, "timeout": options.timeout}
        tasks.append((number, {**task, "limits": limits.data()}))
    resumed = sum(row is not None for row in rows)
    first = _first_worker(options, reference) if tasks and options.dask is None else None
    with tqdm(total=len(rows), initial=resumed, unit="notebook", smoothing=0.1) as bar:
        for number, answer in _answers(options, reference, tasks, first):
            row = graded(submissions[number], reference, answer, seed)
            rows[number] = row
            if row["status"] == "graded" and "error" not in answer:
                unfinished.keep(keys[number], row)
            bar.update()
    complete = [row for row in rows if row is not None]
    for row, submission in zip(complete, submissions, strict=True):
        row["learner"] = submission.learner
    write_results(options.out, reference, complete)
    unfinished.complete()
    return complete


def _answers(
    options: Options,
    reference: Reference,
    tasks: list[tuple[int, dict[str, Any]]],
    first: Worker | None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    if not tasks:
        return
    if options.dask is not None:
        try:
            client = connect(options.dask)
        except NoCluster as error:
            raise Unusable(str(error)) from None
        with client:
            yield from grade_on_cluster(client, reference, tasks)
        return
    yield from grade_all(reference, tasks, options.jobs, first)


def _first_worker(options: Options, reference: Reference) -> Worker:
    """It knows how it is isolated. Raises Unusable where that is not enough, or nothing starts."""
    try:
        first = Worker(reference)
    except WorkerLost as error:
        raise Unusable(str(error)) from None
    level = Level.of(first.level)
    print(level.sentence(), file=sys.stderr)
    if options.require_isolation and level.name != "full":
        first.close()
        raise Unusable(f"--require-isolation: this host gives {level.sentence()}")
    return first


def _check(options: Options) -> None:
    for path in options.submissions:
        if not path.exists() and not path.is_symlink():
            raise Unusable(f"{path}: no such file or folder")
    for name, value in (("--jobs", options.jobs), ("--memory", options.memory)):
        if value < 1:
            raise Unusable(f"{name} {value}: must be at least 1")
    if not 0 < options.timeout < 1e6:
        raise Unusable(f"--timeout {options.timeout:g}: must be a number of seconds above 0")
    if options.seed is not None and options.seed < 0:
        raise Unusable(f"--seed {options.seed}: must not be negative")
    if options.out.exists() and not options.out.is_dir():
        raise Unusable(f"{options.out}: is no folder")


def unreadable(
    submission: Submission, reference: Reference, reason: str, seed: int
) -> dict[str, Any]:
    return _row(submission, "unreadable", reason, 0, reference.most, [], seed, NO_ISOLATION)


def graded(
    submission: Submission, reference: Reference, answer: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The row of a submission that a worker has looked at, or has failed to."""
    reason = answer.get("error", "")
    verdicts = answer.get("exercises") or [
        {"id": e.id, "verdict": "error", "points": 0, "max": e.most, "message": reason}
        for e in reference.exercises
    ]
    verdicts = [{k: v for k, v in verdict.items() if k != "visible"} for verdict in verdicts]
    if not reason:
        solved = sum(verdict["verdict"] == "passed" for verdict in verdicts)
        reason = f"{solved} of {len(verdicts)} exercises solved"
    score = sum(verdict["points"] for verdict in verdicts)
    isolation = answer.get("isolation", NO_ISOLATION)
    most = reference.most
    return _row(submission, "graded", reason, score, most, verdicts, seed, isolation)


def _row(
    submission: Submission,
    status: str,
    reason: str,
    score: int,
    most: int,
    verdicts: list[dict[str, Any]],
    seed: int,
    isolation: dict[str, Any],
) -> dict[str, Any]:
    return {
        "file": submission.file,
        "learner": submission.learner,
        "status": status,
        "reason": reason,
        "score": score,
        "max": most,
        "exercises": verdicts,
        "seed": seed,
        "isolation": isolation,
    }
