"""What a command is given: which reference, and which answers a notebook holds."""

from __future__ import annotations

from pathlib import Path

from .answers import read_answers
from .plainfile import Submission, Unreadable
from .reference import BadReference, Reference, read_reference


class Unusable(ValueError):
    """Arguments that cannot be used; the message is one line."""


def find_reference(solutions: Path, lesson: str | None) -> Reference:
    """The solution notebook of a lesson, such as ``02`` or ``02_tensors``. Raises Unusable."""
    known = sorted(solutions.glob("*.ipynb"))
    found = [path for path in known if lesson is None or path.stem == lesson]
    found = found or [p for p in known if lesson and p.stem.split("_")[0] == lesson.zfill(2)]
    if not known:
        raise Unusable(f"{solutions}: no solution notebooks there (see --solutions)")
    names = ", ".join(path.stem for path in known)
    if len(found) != 1:
        what = "several lessons: choose one with --lesson" if found else f"no lesson {lesson}"
        raise Unusable(f"{solutions}: {what} ({names})")
    try:
        return read_reference(found[0])
    except BadReference as error:
        raise Unusable(str(error)) from None


def answers_of(submission: Submission, reference: Reference) -> dict[str, str | None]:
    """Answers by exercise. Raises Unreadable, also where there is no answer cell at all."""
    if submission.data is None:
        raise Unreadable(submission.reason)
    anchors = {exercise.id: exercise.answer for exercise in reference.exercises}
    answers = read_answers(submission.data, anchors)
    if not any(answer is not None for answer in answers.values()):
        raise Unreadable(f"no answer cell of lesson {reference.lesson} in it")
    return answers
