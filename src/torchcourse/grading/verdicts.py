"""Verdicts of exercises, and the words that a learner gets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from .reference import Exercise

ORDER = ("error", "killed", "timeout", "failed", "not-written", "passed")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST, MOST_LINES = 160, 8


@dataclass(frozen=True)
class Verdict:
    """One exercise of one submission. visible: nbval passed its visible cells."""

    id: str
    verdict: str
    points: int
    max: int
    message: str
    visible: bool = False

    def data(self) -> dict[str, Any]:
        return asdict(self)


def passed(exercise: Exercise) -> Verdict:
    message = f"✓ {exercise.id} solved"
    return Verdict(exercise.id, "passed", exercise.most, exercise.most, message, visible=True)


def worst(states: Iterable[str]) -> str:
    found = set(states)
    return next(state for state in ORDER if state in found)


def message_of_error(exercise: str, item: Any, error: Any) -> tuple[str, str]:
    """State and message of a visible cell that nbval failed.

    What the check printed is the learner's process's word: good for advice, never for points.
    """
    printed, stopped = "", ""
    for output in item.test_outputs or []:
        if output.output_type == "stream":
            printed += output.text
        elif output.output_type == "error":
            stopped = f"{output.ename}: {output.evalue}"
    if stopped.startswith("NotImplementedError"):
        return "not-written", f"○ {exercise} not written yet"
    if stopped:
        return "failed", plain(f"✗ {exercise}\n  the cell stops with {stopped}")
    lines = plain(printed).split("\n")
    for number, line in enumerate(lines):
        if line.startswith((f"○ {exercise} ", f"✗ {exercise} ")):
            state = "not-written" if line[0] == "○" else "failed"
            return state, "\n".join(lines[number:])
    reason = str(error).split("\n")[0]
    if f"✓ {exercise} solved" in printed:
        advice = "prints more than the check's own line: remove the print from your function"
        return "failed", f"✗ {exercise}\n  the check {advice}."
    return "failed", plain(f"✗ {exercise}\n  {reason}")


def plain(text: str) -> str:
    """At most a few lines of text that any file may hold: no colors, no control characters."""
    text = CONTROL.sub("", ANSI.sub("", text[:20_000])).strip("\n")
    return "\n".join(line[:LONGEST] for line in text.split("\n")[:MOST_LINES])
