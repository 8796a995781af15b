"""What a fixture is: a few lines that a learner hands in, and the verdict that they must get."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """An answer to one exercise; the learner's other answers are right.

    source: the answer. ``{solutions}``, ``{neighbor}``, ``{port}``, ``{socket}`` and ``{mark}``
    stand for places of the test's own. verdict: one or several, of which each gives no points that
    the answer has not earned. spares: whether the other exercises keep their points. naive: what
    the same lines get from a grader without defenses (``passed``, ``hangs`` or ``dies``), where
    that can be shown without harm. needs: the level of isolation without which it may succeed.
    """

    name: str
    source: str
    verdict: str
    why: str
    naive: str = ""
    exercise: str = "1.1"
    spares: bool = True
    needs: str = ""


WRONG = "\ndef double(x):\n    return x\n"
RIGHT = "\ndef double(x):\n    return 2 * x\n"
TWICE = "\ndef double(x):\n    return 2 * x if x.numel() == 1 else x.clone()\n"
"""Passes the visible check, whose input everyone can read, and nothing else."""


def placed(source: str, places: dict[str, object]) -> str:
    """The source with the places of one test in it."""
    for name, value in places.items():
        source = source.replace(f"{{{name}}}", str(value))
    return source
