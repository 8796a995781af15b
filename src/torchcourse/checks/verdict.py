"""What a check says: mistakes, verdicts, and their at most six printed lines.

A ``Mistake`` is raised inside a check block when a layer fails, and the block turns it into a
``Verdict``. Nothing here knows about tensors.
"""

import sys
import textwrap
from dataclasses import dataclass
from typing import Literal

LAYERS = (
    "written",
    "runs",
    "type",
    "shape",
    "dtype/device",
    "finite",
    "value",
    "gradient",
    "side effects",
)
"""The order in which one call is examined; the first failing layer is the only one reported."""

MAX_LINES = 6
WIDTH = 100

State = Literal["passed", "failed", "not-written"]
Kind = Literal["visible", "hidden"]

# A Windows console with code page 1252 has none of these; printing them would raise
# UnicodeEncodeError in the middle of a lesson.
ASCII_MARKS = str.maketrans({"✓": "[ok]", "✗": "[x]", "○": "[ ]", "…": "...", "·": "-", "→": "->"})


class CheckError(Exception):
    """A defect of the check itself, for its author: it is never shown as a learner's mistake."""


class NotWritten(NameError):
    """The answer does not exist yet. ``says`` is a line of advice, or empty."""

    def __init__(self, says: str = "") -> None:
        super().__init__(says or "not written yet")
        self.says = says


class Mistake(Exception):
    """One failing layer, in words.

    layer: one of ``LAYERS``. facts: what was expected and what was got. reason: the misconception,
    where it is recognized. question: what to ask oneself next. subject: the call, as the learner
    would write it. order: number of the call in its block, from 0.
    """

    def __init__(
        self,
        layer: str,
        facts: str,
        reason: str | None = None,
        question: str | None = None,
        *,
        subject: str = "",
        order: int = 0,
    ) -> None:
        super().__init__(facts)
        if layer not in LAYERS:
            raise CheckError(f"unknown layer {layer!r}")
        self.layer = layer
        self.facts = facts
        self.reason = reason
        self.question = question
        self.subject = subject
        self.order = order


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check block. ``message`` is what was printed, without a final newline."""

    exercise: str
    kind: Kind
    state: State
    message: str
    layer: str | None = None


def passed(exercise: str, kind: Kind) -> Verdict:
    """The one fixed line of success, the same on every machine."""
    ending = "solved" if kind == "visible" else "hidden asserts pass"
    return Verdict(exercise, kind, "passed", f"✓ {exercise} {ending}")


def not_written(exercise: str, kind: Kind, says: str = "") -> Verdict:
    """The state of an untouched stub: neither right nor wrong."""
    message = "\n  ".join([f"○ {exercise} not written yet", *([says] if says else [])])
    return Verdict(exercise, kind, "not-written", message, "written")


def failed(exercise: str, kind: Kind, mistake: Mistake) -> Verdict:
    """The mistake in at most ``MAX_LINES`` lines; the next question is never cut."""
    label = exercise if kind == "visible" else f"{exercise} hidden"
    head = shorten(f"✗ {label}  {mistake.subject}".rstrip())
    ending = cut(wrapped(f"Next: {mistake.question}"), 2) if mistake.question else []
    room = MAX_LINES - 1 - len(ending)
    reason = cut(wrapped(mistake.reason), 2) if mistake.reason else []
    body = cut(wrapped(mistake.facts), room - len(reason)) + reason
    message = "\n".join([head, *("  " + line for line in body + ending)])
    return Verdict(exercise, kind, "failed", message, mistake.layer)


def wrapped(text: str) -> list[str]:
    """Lines of at most ``WIDTH`` characters, counting the indent of two."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, WIDTH - 2) or [""]
    return lines


def cut(lines: list[str], room: int) -> list[str]:
    """At most ``room`` of the lines; the last one ends in … where some were left out."""
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], lines[room - 1][: WIDTH - 4] + " …"]


def shorten(text: str, width: int = WIDTH) -> str:
    """At most ``width`` characters of the first line, ending in … where something was cut."""
    first = text.strip().split("\n")[0]
    return first if len(first) <= width else first[: width - 1].rstrip() + "…"


def show(message: str) -> None:
    """Print, with ASCII marks where the output's encoding lacks ours."""
    print(encodable(message, getattr(sys.stdout, "encoding", None) or "utf-8"))


def encodable(message: str, encoding: str) -> str:
    """The message itself, or its nearest form that ``encoding`` can hold."""
    try:
        message.encode(encoding)
    except UnicodeEncodeError:
        message = message.translate(ASCII_MARKS)
        return message.encode(encoding, "replace").decode(encoding)
    except LookupError:
        pass
    return message
