"""Modules that learners write: a frame in a lesson's folder, filled in with the solutions.

``lessons/NN_name/<module>.py`` is such a frame. Its line ``# solutions`` stands for the functions
that the answers of ``exercises.md`` name in their option ``module: [f, g]``, in their order. The
whole becomes ``src/torchcourse/<module>.py``, where ``<module>.f`` is called ``f``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from .exercise import without_markers
from .exercise_set import ExerciseSet, read_exercises
from .masters import Cell, MasterError, Mistake

MARK = "# solutions\n"
LINT = re.compile(r"# ruff: noqa: F821\n")  # a frame alone uses names that it does not define
NOTE = "# From {lesson}: {frame} and the solutions, by `torchcourse build`. Edit there.\n"


def assemble_modules(root: Path, only: tuple[str, ...] = ()) -> Iterator[tuple[Path, str]]:
    """Path and text of each module that lessons carry; ``only`` names lessons, none means all.

    Raises:
        MasterError: an answer without a function that it names; the mistakes of exercises.md.
    """
    for frame in sorted((root / "lessons").glob("[0-9][0-9]_*/*.py")):
        if not only or frame.parent.name in only:
            grouped = read_exercises(frame.with_name("exercises.md"))
            text = frame.read_text(encoding="utf-8")
            note = NOTE.format(lesson=frame.parent.relative_to(root).as_posix(), frame=frame.name)
            whole = text.replace(MARK, "\n" + "\n\n".join(_solutions(grouped, frame.stem)))
            yield root / "src" / "torchcourse" / frame.name, LINT.sub(note, whole, count=1)


def _solutions(grouped: ExerciseSet, module: str) -> Iterator[str]:
    for exercise in grouped.exercises:
        cell = exercise.one("answer")
        for name in cell.options.get("module", ()):
            source = _definition(grouped, cell, name)
            yield re.sub(rf"\b{module}\.(?=\w)", "", without_markers(source)) + "\n"


def _definition(grouped: ExerciseSet, cell: Cell, name: str) -> str:
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return "\n".join(cell.source.split("\n")[node.lineno - 1 : node.end_lineno])
    what = f"this answer defines no {name!r}, which its option `module` names"
    place = Path(*grouped.master.path.parts[-3:])  # lessons/NN_name/exercises.md
    raise MasterError([Mistake(place, cell.line, what, "correct the name")])
