"""Honest notebooks that look strange get full marks: read as they are, graded by a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("nbval")

from attacks.course import reference
from attacks.honest import HONEST

from torchcourse.grading.inputs import answers_of
from torchcourse.grading.jail.limits import Limits
from torchcourse.grading.plainfile import Submission
from torchcourse.grading.pool import Worker
from torchcourse.grading.reference import Reference, parse_reference

LESSON = "01_small"


@pytest.fixture(scope="module")
def lesson() -> Reference:
    return parse_reference(LESSON, json.dumps(reference()))


@pytest.fixture(scope="module")
def worker(lesson: Reference) -> Iterator[Worker]:
    worker = Worker(lesson)
    yield worker
    worker.close()


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_notebook_gets_full_marks(lesson: Reference, worker: Worker, name: str):
    answers = answers_of(Submission(f"{name}.ipynb", HONEST[name]), lesson)
    limits = Limits(memory=300).data()
    task = {"op": "grade", "answers": answers, "seed": 3, "timeout": 10.0, "limits": limits}
    found = worker.ask(task, 120.0)["exercises"]
    assert [v["verdict"] for v in found] == ["passed"] * 4, found
