"""Put answers to an exercise — stub, solution, alternatives, wrong ones — through its checks.

Everything runs in this process on a fresh namespace, as a kernel would run the cells. That is for
the author's own answers, which are trusted; a learner's answer is graded elsewhere.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from ..checks import check
from ..checks.verdict import Verdict
from .exercise import Exercise, stub
from .exercise_set import ExerciseSet
from .masters import Cell


@dataclass(frozen=True)
class Trial:
    """What the checks said of one answer: a state and a message each."""

    visible: str
    visible_message: str
    hidden: str
    hidden_message: str

    @property
    def killed_by(self) -> str:
        """``visible``, ``hidden``, or empty where the answer passed or was not written."""
        if self.visible == "failed":
            return "visible"
        return "hidden" if self.hidden == "failed" else ""

    @property
    def message(self) -> str:
        return self.visible_message if self.killed_by == "visible" else self.hidden_message


def put_through(
    grouped: ExerciseSet, exercise: Exercise, answer: str, seeds: Iterable[int] = (0,)
) -> list[Trial]:
    """Run setup, ``answer``, visible check and hidden asserts: one trial for each of ``seeds``.

    A seed draws the inputs of the hidden asserts. Those of the second seed meet what the first
    left behind, so only the first trial is what a grader does.

    Raises:
        LookupError: a check or hidden cell gives no verdict.
    """
    with _untouched_torch():
        check.reset()
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for cell in grouped.setup:
            _run(cell, cell.source, namespace)
        _run(exercise.one("answer"), answer, namespace)
        _run(exercise.one("check"), exercise.one("check").source, namespace)
        # Only now: what the visible check says cannot depend on the seed.
        visible = _verdict(exercise, "visible")
        trials = []
        for seed in seeds:
            namespace["student"], namespace["rng"] = check.student(namespace, seed=seed)
            hidden = _hidden(exercise, namespace)
            trials.append(Trial(visible.state, visible.message, hidden.state, hidden.message))
        check.reset()
    return trials


def _hidden(exercise: Exercise, namespace: dict[str, Any]) -> Verdict:
    """What the first hidden cell says that does not pass, else the last."""
    for cell in exercise.cells["hidden"]:
        _run(cell, cell.source, namespace)
        verdict = _verdict(exercise, "hidden")
        if verdict.state != "passed":
            break
    return verdict


def _verdict(exercise: Exercise, kind: str) -> Verdict:
    verdict = getattr(check.verdicts()[exercise.id], kind)
    if verdict is None:
        raise LookupError(f"exercise {exercise.id} has a {kind} check without a verdict")
    return verdict


def stub_of(exercise: Exercise) -> str:
    return stub(exercise.one("answer").source)


def _run(cell: Cell, source: str, namespace: dict[str, Any]) -> None:
    # Blank lines in front make a traceback name the line of the master.
    code = compile("\n" * (cell.line - 1) + source, f"<{'/'.join(cell.tags)}>", "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, namespace)


@contextlib.contextmanager
def _untouched_torch() -> Iterator[None]:
    """A wrong answer may seed or change torch itself; the next one must not notice."""
    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_rng_state(state)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(True)
