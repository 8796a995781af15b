"""Checks: got against expected, and one message that teaches.

    from torchcourse import check

    with check("2.4") as ex:                     # in the exercise's own notebook
        ex.call(to_numpy, x).equals(np.array([1.0, 2.0], dtype=np.float32))

    student, rng = check.student(globals(), seed=0)
    with check.hidden("2.4") as ex:              # on inputs that the learner has not seen
        x = torch.randn(5, 7, generator=rng)
        ex.call(student.to_numpy, x).equals(x.numpy())

In a block:

- ``ex.call(f, *args, **kwargs)`` calls the answer and gives a ``Result``: ``.value``,
  ``.equals(expected)``, ``.shares_memory_with(x)``, ``.does_not_share_memory_with(x)``,
  ``.gradient("x", expected)``, ``.may_change("x")``;
- ``ex.value("name", value)`` gives a ``Result`` for an answer that is a value;
- ``ex.that(condition, "what is the case", "what to ask next")`` states an invariant;
- ``ex.raises(ValueError, f, x, match="shape")`` expects an exception.

The layers are written → runs → type → shape → dtype/device → finite → value → gradient → side
effects; the first that fails ends the block and is printed in at most six lines.

Imports go one way: verdict ← registry, describe, close ← memory, misconceptions, invocation ←
layers ← compare ← gradient ← result ← calls ← mistakes ← block.
"""

from collections.abc import Mapping
from typing import Any

import torch

from .block import Block
from .misconceptions.context import Misconception
from .registry import Outcome, Progress, Registry
from .result import Result
from .student import Student, make_student
from .verdict import CheckError, Mistake, NotWritten, Verdict

__all__ = [
    "Block",
    "CheckError",
    "Checks",
    "Misconception",
    "Mistake",
    "NotWritten",
    "Outcome",
    "Result",
    "Student",
    "Verdict",
    "check",
]


class Checks:
    """What ``check`` is: called, it opens a block; its verdicts last as long as the process."""

    Misconception = Misconception
    """``known=[check.Misconception(wrong_value, "what it is", "what to ask next")]``"""

    def __init__(self) -> None:
        self._registry = Registry()

    def __call__(self, exercise: str, *, quiet: bool = False) -> Block:
        """A visible check. quiet: print nothing; the verdict is in ``ex.verdict`` afterwards."""
        return Block(exercise, "visible", self._registry, quiet)

    def hidden(self, exercise: str, *, quiet: bool = False) -> Block:
        """A hidden check, with a line of success and a verdict of its own."""
        return Block(exercise, "hidden", self._registry, quiet)

    def student(
        self, namespace: Mapping[str, Any], seed: int = 0
    ) -> tuple[Student, torch.Generator]:
        """The learner's names, looked up when they are used, and a seeded CPU generator."""
        return make_student(namespace, seed)

    def verdicts(self) -> dict[str, Outcome]:
        """The last verdicts by exercise: ``check.verdicts()["2.4"].visible.state``."""
        return dict(self._registry.outcomes)

    def progress(self) -> Progress:
        """A table of the exercises checked so far, one line each."""
        return self._registry.progress()

    def reset(self) -> None:
        """Forget every verdict."""
        self._registry.reset()


check = Checks()
