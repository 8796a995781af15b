"""What an exercise must have before anything is built from it."""

from __future__ import annotations

from .exercise import BEGIN, END, HINTS, KINDS, LEAST_WRONG, Exercise
from .masters import Cell, Master, Mistake
from .rules import UnknownRule, check_rules, violations


def incomplete(master: Master, exercise: Exercise) -> list[Mistake]:
    """Everything an exercise must have, and what its cells must say."""
    at, found = exercise.statement.line, []

    def missing(condition: bool, what: str, mend: str, line: int = at) -> None:
        if condition:
            found.append(master.mistake(line, f"exercise {exercise.id} {what}", mend))

    for role in ("answer", "check", "hidden", "solution"):
        count = len(exercise.cells[role])
        missing(count == 0, f"has no {role}", f"add a cell with the tag {role}")
        missing(
            count > 1 and role in ("answer", "check"),
            f"has {count} {role} cells",
            "keep one",
        )
    hints, wrong = len(exercise.cells["hint"]), len(exercise.cells["wrong"])
    missing(hints == 0, "has no hint", f"add three: {', '.join(HINTS)}")
    missing(0 < hints != 3, f"has {hints} hints", f"write three: {', '.join(HINTS)}")
    missing(wrong == 0, "has no wrong answer", f"add at least {LEAST_WRONG} tagged wrong")
    for cell in exercise.cells["wrong"]:
        for key in ("name", "says", "by"):
            missing(not cell.options.get(key), f"has a wrong answer without {key}",
                    f"add `{key}: …` to its options", cell.line)  # fmt: skip
        by = cell.options.get("by")
        missing(by not in (None, "visible", "hidden"), f"has a wrong answer killed by {by!r}",
                "write `by: visible` or `by: hidden`", cell.line)  # fmt: skip
    for cell in exercise.cells["answer"]:
        found += _rules(master, exercise, cell)
        found += _regions(master, exercise, cell)
        missing(exercise.kind not in KINDS, f"is of unknown kind {exercise.kind!r}",
                f"add `kind:` to its answer, one of {', '.join(KINDS)}", cell.line)  # fmt: skip
    return found


def _rules(master: Master, exercise: Exercise, answer: Cell) -> list[Mistake]:
    """Rules that can be checked, and that the answer and its alternatives keep."""
    try:
        rules = check_rules(answer.options.get("rules", []))
    except UnknownRule as error:
        what, mend = f"exercise {exercise.id} has an unusable rule", str(error)
        return [master.mistake(answer.line, what, mend)]
    return [
        master.mistake(
            cell.line + broken.line - 1,
            f"exercise {exercise.id} breaks its own rule {broken.rule!r}",
            "change the rule or the code",
        )
        for cell in (answer, *exercise.cells["accepted"])
        for broken in violations(cell.source, rules)
    ]


def _regions(master: Master, exercise: Exercise, cell: Cell) -> list[Mistake]:
    """``# solution`` and ``# end`` come in pairs, inside a function or method body."""
    opened, pairs = 0, 0
    for offset, text in enumerate(cell.source.split("\n")):
        line, word = cell.line + offset, text.strip()
        if word == BEGIN:
            if opened:
                break
            if text == word:
                return [
                    master.mistake(
                        line,
                        f"exercise {exercise.id} has a `{BEGIN}` outside a function",
                        "put the answer into a function body",
                    )
                ]
            opened, pairs = line, pairs + 1
        elif word == END:
            if not opened:
                return [
                    master.mistake(
                        line,
                        f"exercise {exercise.id} has `{END}` without `{BEGIN}`",
                        f"add the line `{BEGIN}`",
                    )
                ]
            opened = 0
    if opened:
        return [
            master.mistake(
                opened,
                f"exercise {exercise.id} has `{BEGIN}` without `{END}`",
                f"close it with the line `{END}`",
            )
        ]
    if not pairs:
        return [
            master.mistake(
                cell.line,
                f"exercise {exercise.id} has no `{BEGIN}` region",
                f"mark the answer with `{BEGIN}` and `{END}`",
            )
        ]
    return []
