"""Submissions of one lesson to compare graders with: right ones, and each of its wrong answers."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from conftest import ROOT

from torchcourse.authoring.exercise import Exercise, without_markers
from torchcourse.authoring.exercise_set import read_exercises


@dataclass(frozen=True)
class Handed:
    """One submission. answers: source by exercise. wrong: the exercises that must fail."""

    name: str
    answers: dict[str, str]
    wrong: frozenset[str]


def handed_in(lesson: str, count: int) -> list[Handed]:
    """``count`` submissions: a right one, then one for each wrong answer, and again."""
    exercises = read_exercises(ROOT / "lessons" / lesson / "exercises.md").exercises
    right = {e.id: without_markers(e.one("answer").source) for e in exercises}
    variants: list[tuple[Exercise | None, str]] = [(None, "")]
    variants += [(e, cell.source) for e in exercises for cell in e.cells["wrong"]]
    found = []
    for number, (exercise, source) in enumerate(islice(cycle(variants), count)):
        changed = {exercise.id: f"# {number}\n{source}"} if exercise else {}
        found.append(Handed(f"learner{number:04}", right | changed, frozenset(changed)))
    return found


def solution(lesson: str) -> dict[str, Any]:
    notebook = json.loads((ROOT / "solutions" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    notebook["cells"] = [
        cell | {"source": "".join(cell["source"])}
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "bootstrap" not in tags_of(cell)
    ]
    return notebook


def tags_of(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def exercise_of(cell: dict[str, Any]) -> str:
    return next((tag[3:] for tag in tags_of(cell) if tag.startswith("ex-")), "")


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def with_answers(notebook: dict[str, Any], handed: Handed) -> dict[str, Any]:
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        if "answer" in tags_of(cell):
            cell["source"] = handed.answers[exercise_of(cell)]
    return notebook
