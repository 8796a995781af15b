"""Group an exercise master by exercise, and find what is missing or doubled in it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from .complete import incomplete
from .exercise import CODE_ROLES, HEADING, ROLES, Exercise
from .masters import Cell, Master, MasterError, Mistake, read_master


@dataclass
class ExerciseSet:
    """All exercises of one chapter, with the cells that stand before the first."""

    master: Master
    introduction: list[Cell]
    setup: list[Cell]
    exercises: list[Exercise]


def read_exercises(path: Path) -> ExerciseSet:
    """Parse and prove complete an ``exercises.md``.

    Raises:
        MasterError: every mistake found, each with its line and mend.
    """
    master = read_master(path)
    mistakes: list[Mistake] = []
    grouped = ExerciseSet(master, [], [], [])
    for cell in master.cells:
        mistakes += _place(grouped, cell)
    seen: dict[str, int] = {}
    for exercise in grouped.exercises:
        mistakes += incomplete(master, exercise)
        line = exercise.statement.line
        if exercise.id in seen:
            mistakes.append(
                master.mistake(
                    line,
                    f"exercise {exercise.id} stands twice (first at line {seen[exercise.id]})",
                    "give it the next free number",
                )
            )
        seen.setdefault(exercise.id, line)
        if not exercise.id.startswith(f"{master.number}."):
            mistakes.append(
                master.mistake(
                    line,
                    f"exercise {exercise.id} stands in chapter {master.number}",
                    f"number it {master.number}.k",
                )
            )
    if not grouped.introduction or not grouped.introduction[0].source.startswith("# Exercises"):
        mistakes.append(master.mistake(1, "no introduction", "begin with an H1 `# Exercises …`"))
    if not grouped.exercises:
        mistakes.append(master.mistake(1, "no exercise", "begin one with `### Exercise N.k · …`"))
    if mistakes:
        raise MasterError(sorted(mistakes, key=lambda m: m.line))
    return grouped


def _place(grouped: ExerciseSet, cell: Cell) -> list[Mistake]:
    """Put one cell where it belongs; answer with what is wrong about it."""
    master = grouped.master
    if cell.kind == "markdown" and cell.source.startswith("### Exercise"):
        found = HEADING.match(cell.source)
        if not found:
            return [
                master.mistake(
                    cell.line,
                    "the exercise's heading cannot be read",
                    "write `### Exercise 2.4 · Title   ★★☆ · 10 min · after section 2.3`",
                )
            ]
        parts = found.groupdict()
        parts["minutes"] = int(parts["minutes"])
        grouped.exercises.append(Exercise(**parts, statement=cell))
        return []
    roles = [tag for tag in cell.tags if tag in ROLES]
    unknown = [tag for tag in cell.tags if tag not in ROLES]
    if unknown:
        return [
            master.mistake(
                cell.line, f"unknown role {unknown[0]!r}", f"use one of {', '.join(ROLES)}"
            )
        ]
    if not grouped.exercises:
        if not roles and cell.kind == "markdown":
            grouped.introduction.append(cell)
            return []
        if roles == ["setup"]:
            grouped.setup.append(cell)
            return []
    if len(roles) != 1 or not grouped.exercises or roles == ["setup"]:
        what = "a cell with no role" if not roles else f"a cell with role {', '.join(roles)}"
        where = "" if grouped.exercises else " before the first exercise"
        return [
            master.mistake(cell.line, what + where, f"tag it with one of {', '.join(ROLES[1:])}")
        ]
    role = roles[0]
    if (cell.kind == "code") != (role in CODE_ROLES):
        return [
            master.mistake(
                cell.line,
                f"role {role!r} on a {cell.kind} cell",
                "use a code cell" if role in CODE_ROLES else "use a Markdown cell (`+++`)",
            )
        ]
    grouped.exercises[-1].cells[role].append(cell)
    return _parses(master, cell) if cell.kind == "code" else []


def _parses(master: Master, cell: Cell) -> list[Mistake]:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        return [master.mistake(line, f"not Python ({error.msg})", "mend the line")]
    return []
