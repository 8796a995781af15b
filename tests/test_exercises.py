"""The checks are checked: stubs, solutions, alternatives and wrong answers of every exercise."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from conftest import EXERCISES, ROOT, lesson_of

from torchcourse.authoring.exercise import Exercise, without_markers
from torchcourse.authoring.exercise_set import ExerciseSet, read_exercises
from torchcourse.authoring.masters import Cell
from torchcourse.authoring.trial import Trial, put_through, stub_of

SETS = {lesson_of(path): read_exercises(path) for path in EXERCISES}
SEEDS = (0, 1, 2)
MATRIX = ROOT / "_build" / "kill-matrix"
# The seed draws the inputs of the hidden asserts alone, and `put_through` keeps it from the rest.
SEEDS_OF = {"visible": SEEDS[:1], "hidden": SEEDS}


def exercises() -> list[object]:
    return [
        pytest.param(grouped, exercise, id=f"{lesson}-{exercise.id}")
        for lesson, grouped in SETS.items()
        for exercise in grouped.exercises
    ]


def answers(role: str) -> list[object]:
    return [
        pytest.param(grouped, exercise, cell, id=f"{lesson}-{exercise.id}-{number}")
        for lesson, grouped in SETS.items()
        for exercise in grouped.exercises
        for number, cell in enumerate(exercise.cells[role], 1)
    ]


def test_there_are_exercises():
    assert SETS, "no lessons/*/exercises.md was found"
    assert len(answers("wrong")) >= 4 * len(exercises())


@cache
def wrong_trials(path: Path, exercise_id: str, number: int) -> list[Trial]:
    """What the checks say of a wrong answer, for its own test and for the kill matrix."""
    grouped = SETS[lesson_of(path)]
    (exercise,) = (exercise for exercise in grouped.exercises if exercise.id == exercise_id)
    cell = exercise.cells["wrong"][number]
    return put_through(grouped, exercise, cell.source, SEEDS_OF[cell.options["by"]])


@pytest.mark.parametrize(("grouped", "exercise"), exercises())
def test_a_stub_is_not_written(grouped: ExerciseSet, exercise: Exercise):
    [trial] = put_through(grouped, exercise, stub_of(exercise))
    states = (trial.visible, trial.hidden)
    rule = f"{grouped.master.path}: exercise {exercise.id}: a stub is “not written yet”,"
    assert states == ("not-written", "not-written"), (
        f"{rule} never right or wrong; here it is {states}"
    )


@pytest.mark.parametrize(("grouped", "exercise"), exercises())
def test_the_solution_passes(grouped: ExerciseSet, exercise: Exercise):
    answer = without_markers(exercise.one("answer").source)
    for seed, trial in zip(SEEDS, put_through(grouped, exercise, answer, SEEDS), strict=True):
        assert (trial.visible, trial.hidden) == ("passed", "passed"), (seed, trial)


@pytest.mark.parametrize(("grouped", "exercise", "cell"), answers("accepted"))
def test_an_alternative_passes(grouped: ExerciseSet, exercise: Exercise, cell: Cell):
    for seed, trial in zip(SEEDS, put_through(grouped, exercise, cell.source, SEEDS), strict=True):
        assert (trial.visible, trial.hidden) == ("passed", "passed"), (seed, trial)


@pytest.mark.parametrize(("grouped", "exercise", "cell"), answers("wrong"))
def test_a_wrong_answer_is_rejected_with_its_message(
    grouped: ExerciseSet, exercise: Exercise, cell: Cell
):
    number = exercise.cells["wrong"].index(cell)
    for trial in wrong_trials(grouped.master.path, exercise.id, number):
        where = f"{grouped.master.path}:{cell.line}: {cell.options['name']!r}"
        assert trial.killed_by, f"{where} passes: no check can tell it from the solution"
        assert trial.killed_by == cell.options["by"], f"{where}: {trial}"
        said = " ".join(trial.message.split())
        expected = " ".join(str(cell.options["says"]).split())
        assert expected in said, f"{where} is told:\n{trial.message}"
        assert len(trial.message.splitlines()) <= 6, trial.message


@pytest.mark.parametrize(("grouped", "exercise"), exercises())
def test_hidden_asserts_kill_what_the_visible_check_cannot(
    grouped: ExerciseSet, exercise: Exercise
):
    killers = {cell.options["by"] for cell in exercise.cells["wrong"]}
    assert killers >= {"hidden"}, f"exercise {exercise.id}: no wrong answer needs a hidden assert"


@pytest.mark.parametrize("lesson", SETS)
def test_the_kill_matrix_is_written(lesson: str):
    path = SETS[lesson].master.path
    rows = [
        {
            "exercise": exercise.id,
            "wrong answer": cell.options["name"],
            "killed by": wrong_trials(path, exercise.id, number)[0].killed_by,
        }
        for exercise in SETS[lesson].exercises
        for number, cell in enumerate(exercise.cells["wrong"])
    ]
    MATRIX.mkdir(parents=True, exist_ok=True)
    table = ["| exercise | wrong answer | killed by |", "|---|---|---|"]
    table += [f"| {' | '.join(row.values())} |" for row in rows]
    (MATRIX / f"{lesson}.md").write_text("\n".join(table) + os.linesep, encoding="utf-8")
    (MATRIX / f"{lesson}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    assert all(row["killed by"] for row in rows)
