"""What has been checked so far in this process: verdicts by exercise, and a learner's progress."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .verdict import Verdict

MARKS = {"passed": "✓", "failed": "✗", "not-written": "○"}
REMEMBERED_ANSWERS = 16


@dataclass(frozen=True)
class Outcome:
    """The last visible and the last hidden verdict of one exercise; None where it has not run."""

    visible: Verdict | None = None
    hidden: Verdict | None = None


class Progress(str):
    """Text that a notebook shows as text, not as a quoted string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass
class Registry:
    """Verdicts in the order of first appearance. A block that runs again replaces its verdict."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    answers: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def record(self, verdict: Verdict) -> None:
        old = self.outcomes.get(verdict.exercise, Outcome())
        new = (
            Outcome(verdict, old.hidden)
            if verdict.kind == "visible"
            else Outcome(old.visible, verdict)
        )
        self.outcomes[verdict.exercise] = new

    def remember(self, exercise: str, function: str, answer: Any) -> None:
        """Keep a right answer, so that it is recognized when it comes back for another input."""
        kept = self.answers.setdefault((exercise, function), [])
        kept.append(answer)
        del kept[:-REMEMBERED_ANSWERS]

    def earlier(self, exercise: str, function: str) -> list[Any]:
        return self.answers.get((exercise, function), [])

    def reset(self) -> None:
        self.outcomes.clear()
        self.answers.clear()

    def progress(self) -> Progress:
        """One line an exercise that has been run, then how many of them are solved."""
        if not self.outcomes:
            return Progress("No exercise has been checked yet.")
        width = max(map(len, self.outcomes))
        rows = list(self._rows(width))
        solved = sum(self._state(outcome) == "passed" for outcome in self.outcomes.values())
        return Progress("\n".join([*rows, f"{solved} of {len(rows)} solved"]))

    def _rows(self, width: int) -> Iterator[str]:
        for exercise, outcome in self.outcomes.items():
            state = self._state(outcome)
            text = {"passed": "solved", "failed": "look again", "not-written": "not written yet"}
            layer = next(
                (f": {v.layer}" for v in (outcome.visible, outcome.hidden) if _failed(v)), ""
            )
            yield f"{exercise:<{width}}  {MARKS[state]} {text[state]}{layer}"

    @staticmethod
    def _state(outcome: Outcome) -> str:
        """The worse of both kinds: an answer that fails on unseen inputs is not solved."""
        states = [v.state for v in (outcome.visible, outcome.hidden) if v is not None]
        return next((s for s in ("failed", "not-written") if s in states), "passed")


def _failed(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.state == "failed"
