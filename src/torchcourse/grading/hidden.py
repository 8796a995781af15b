"""Hidden asserts: the author's cells, run in this process against a ``student`` elsewhere."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ..checks import check
from .kernels import Gone
from .proxy.protocol import ProtocolError
from .proxy.student import RemoteStudent
from .reference import Exercise, Reference
from .verdicts import plain


@dataclass(frozen=True)
class Hidden:
    """One hidden cell's outcome. state: passed, failed, not-written, error, timeout, killed."""

    state: str
    message: str


class Asserts:
    """Runs the hidden cells of one reference."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        names = ((f"<setup {n}>", source) for n, source in enumerate(reference.setup, 1))
        self._setup = [compile(source, name, "exec") for name, source in names]
        self._fresh()  # its imports take their time now, and not a learner's

    def _fresh(self) -> dict[str, Any]:
        """Names of the setup cells, made anew: an answer may have changed what it was given."""
        namespace: dict[str, Any] = {"__name__": "hidden"}
        for code in self._setup:
            exec(code, namespace)
        return namespace

    def run(self, exercise: Exercise, ask: Callable[[str], str], seed: int) -> list[Hidden]:
        """The outcome of each hidden cell. Raises Gone where the learner's process ended."""
        namespace = self._fresh()
        number = seed_of(seed, exercise.id)
        namespace["rng"] = torch.Generator().manual_seed(number)
        torch.manual_seed(number)
        check.reset()
        found = []
        for source in exercise.hidden:
            namespace["student"] = RemoteStudent(ask, exercise.rules)
            found.append(self._cell(exercise, source, namespace))
        return found

    @staticmethod
    def _cell(exercise: Exercise, source: str, namespace: dict[str, Any]) -> Hidden:
        code = compile(source, f"<hidden {exercise.id}>", "exec")
        check.reset()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, namespace)
        except Gone:
            raise
        except ProtocolError as error:
            text = f"✗ {exercise.id} hidden\n  the answer's process sent no plain data: {error}."
            return Hidden("failed", text)
        except Exception as error:
            text = f"the check itself failed: {type(error).__name__}: {error}"
            return Hidden("error", plain(text))
        outcome = check.verdicts().get(exercise.id)
        if outcome is None or outcome.hidden is None:
            return Hidden("error", f"the hidden cell of {exercise.id} gave no verdict")
        return Hidden(outcome.hidden.state, plain(outcome.hidden.message))


def seed_of(seed: int, exercise: str) -> int:
    """A seed for each exercise, so that a crash in one leaves the inputs of the next alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{exercise}".encode()).digest()[:6], "big")
