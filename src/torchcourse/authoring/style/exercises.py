"""Rules on exercise sets (S30–S32, S35, S36, and the shared rules on code)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat

from ..exercise import LEAST_WRONG, Exercise
from ..exercise_set import ExerciseSet
from .chapter import plain_markdown
from .code import code_rules
from .prose import Violation, words

STATEMENT, HINT, KINDS = 90, 60, 4


def exercise_rules(grouped: ExerciseSet, solutions: nbformat.NotebookNode) -> list[Violation]:
    """Violations of an exercise set. ``solutions`` is the executed solution notebook."""
    master = grouped.master
    found = list(plain_markdown(master, master.cells))
    kinds = {exercise.kind for exercise in grouped.exercises}
    if len(kinds) < KINDS:
        text = f"{len(kinds)} kinds of exercise; mix at least {KINDS}"
        found.append(Violation("S31", master.path, 1, text))
    outputs = {cell.id: cell.get("outputs", []) for cell in solutions.cells}
    for exercise in grouped.exercises:
        found += _exercise(grouped, exercise)
        shown = "".join(o.get("text", "") for o in outputs.get(f"check-{exercise.slug}", []))
        if shown != f"✓ {exercise.id} solved\n":
            text = (
                f"exercise {exercise.id}: success is one fixed line, and the check shows {shown!r}"
            )
            found.append(Violation("S36", master.path, exercise.one("check").line, text))
    return found


def _exercise(grouped: ExerciseSet, exercise: Exercise) -> Iterator[Violation]:
    master = grouped.master

    def broken(rule: str, line: int, text: str) -> Violation:
        return Violation(rule, master.path, line, f"exercise {exercise.id}: {text}")

    count = words(exercise.statement.source)
    if count > STATEMENT:
        yield broken("S30", exercise.statement.line, f"{count} words; at most {STATEMENT}")
    if not re.search(r"\bline", exercise.statement.source):
        yield broken("S30", exercise.statement.line, "say about how many lines the answer has")
    answer = _region(exercise.one("answer").source)
    for number, cell in enumerate(exercise.cells["hint"], 1):
        if words(cell.source) > HINT:
            text = f"hint {number} has {words(cell.source)} words; at most {HINT}"
            yield broken("S32", cell.line, text)
        if answer and answer in re.sub(r"\s+", " ", cell.source):
            yield broken("S32", cell.line, f"hint {number} gives the answer")
    if "?" not in exercise.cells["hint"][0].source:
        yield broken("S32", exercise.cells["hint"][0].line, "hint 1 asks a question")
    if "..." not in exercise.cells["hint"][2].source:
        yield broken("S32", exercise.cells["hint"][2].line, "hint 3 is code with gaps")
    if len(exercise.cells["wrong"]) < LEAST_WRONG:
        text = f"{len(exercise.cells['wrong'])} wrong answers; at least {LEAST_WRONG}"
        yield broken("S35", exercise.statement.line, text)
    for role in ("answer", "check", "hidden", "wrong", "accepted"):
        for cell in exercise.cells[role]:
            yield from code_rules(master, cell, teaches=False)


def _region(source: str) -> str:
    found = re.search(r"# solution\n(.*?)# end", source, re.S)
    return re.sub(r"\s+", " ", found[1]).strip() if found else ""
