"""One submission from its answers to its verdicts: nbval's items on a jailed kernel, then asserts.

nbval runs unmodified: its collector, its items and its comparison of outputs. What is ours is the
kernel under it, the order (an exercise's hidden asserts follow its visible check), and what
happens after a crash: the next exercise gets a new kernel.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from ..authoring.rules import violations
from .hidden import Asserts
from .jail.limits import Limits
from .jail.server import JailError
from .kernels import Gone, JailedKernel
from .proxy.protocol import ProtocolError
from .reference import Exercise, Reference
from .source import as_python
from .transplant import transplant
from .verdicts import Verdict, message_of_error, passed, worst

SPARE = 3  # timeouts that a notebook has beyond one for each exercise


class Notebook(IPyNbFile):
    """nbval's notebook on a kernel of ours."""

    def setup(self) -> None:
        self.setup_sanitize_files()

    def get_kernel_message(self, timeout: float | None = None, stream: str = "iopub") -> Any:
        """As nbval's, less what libraries write to stderr: no reference cell has any."""
        while True:
            message = super().get_kernel_message(timeout, stream)
            if message["msg_type"] != "stream" or message["content"].get("name") != "stderr":
                return message


class Grading:
    """Grades one submission."""

    def __init__(
        self,
        session: pytest.Session,
        path: Path,
        asserts: Asserts,
        answers: Mapping[str, str | None],
        seed: int,
        timeout: float,
        limits: Limits,
    ) -> None:
        self.reference: Reference = asserts.reference
        self.asserts, self.answers, self.seed = asserts, answers, seed
        self.timeout = timeout
        self.limits = limits if self.reference.ranks else replace(limits, network="none")
        text = json.dumps(transplant(self.reference, answers))
        path.write_text(text, encoding="utf-8")
        self.file = Notebook.from_parent(session, path=path)
        self.items: dict[str, IPyNbCell] = {}
        self.before: list[IPyNbCell] = []
        for item in self.file.collect():
            self.items[item.cell["id"]] = item
            if not {"answer", "check"} & {*item.cell.metadata.get("tags", [])}:
                self.before.append(item)
        self.solid: list[str] = []  # answers that a new kernel gets again
        self.ends = math.inf

    def run(self) -> list[Verdict]:
        """One verdict an exercise, in order."""
        self.file.setup()
        self.ends = time.monotonic() + self.timeout * (len(self.reference.exercises) + SPARE)
        found = []
        try:
            for exercise in self.reference.exercises:
                verdict = self._exercise(exercise)
                found.append(verdict)
                if verdict.verdict == "passed":
                    self.solid.append(exercise.answer)
        finally:
            self._stop()
        return found

    def _exercise(self, exercise: Exercise) -> Verdict:
        if self.answers.get(exercise.id) is None:
            message = f"○ {exercise.id} has no answer cell in this notebook"
            return Verdict(exercise.id, "missing", 0, exercise.most, message)
        source = as_python(self.answers[exercise.id] or "") if exercise.rules else ""
        broken = violations(source, exercise.rules)
        if broken:
            message = f"✗ {exercise.id}\n  {broken[0]}"
            return Verdict(exercise.id, "failed", 0, exercise.most, message)
        try:
            self._ensure_kernel()
            visible = self._visible(exercise)
            if visible is not None:
                return visible
            hidden = self.asserts.run(exercise, self._asker(exercise), self.seed)
        except Gone as gone:
            self._stop()
            message = f"✗ {exercise.id}\n  {gone.reason}."
            return Verdict(exercise.id, gone.verdict, 0, exercise.most, message)
        points = sum(outcome.state == "passed" for outcome in hidden)
        state = worst(outcome.state for outcome in hidden)
        if state == "passed":
            return passed(exercise)
        message = next(outcome.message for outcome in hidden if outcome.state == state)
        return Verdict(exercise.id, state, points, exercise.most, message, visible=True)

    def _asker(self, exercise: Exercise) -> Callable[[str], str]:
        """How hidden asserts ask the kernel: one timeout for each of the hidden cells."""
        kernel, ends = self.file.kernel, time.monotonic() + self.timeout * exercise.most
        return lambda text: kernel.ask(text, min(self.timeout, ends - time.monotonic()))

    def _visible(self, exercise: Exercise) -> Verdict | None:
        """None where nbval passes the answer and its checks, else the verdict."""
        for id in (exercise.answer, *exercise.checks):
            item = self.items[id]
            try:
                self._execute(item)
            except NbCellError as error:
                state, message = message_of_error(exercise.id, item, error)
                return Verdict(exercise.id, state, 0, exercise.most, message)
        return None

    @staticmethod
    def _execute(item: IPyNbCell) -> None:
        """Raises NbCellError or Gone, also where forged output breaks the comparison itself."""
        try:
            item.runtest()
        except NbCellError:
            raise
        except Exception as error:
            raise Gone("killed", f"its output cannot be read ({type(error).__name__})") from error

    def _ensure_kernel(self) -> None:
        """A kernel on which setup and the solid answers have run; else one with setup only."""
        if self.file.kernel is not None and self.file.kernel.is_alive():
            return
        if time.monotonic() > self.ends:
            raise Gone("timeout", "the notebook took too long in all")
        for answers in (self.solid, []):
            self.file.timed_out = False
            try:
                self.file.kernel = JailedKernel(self.limits, self.timeout, self.ends)
                for item in (*self.before, *(self.items[id] for id in answers)):
                    self._execute(item)
            except (Gone, NbCellError):
                if not answers:
                    raise
                self._stop()
            else:
                return

    def _stop(self) -> None:
        if self.file.kernel is not None:
            self.file.kernel.stop()
        self.file.kernel = None


__all__ = ["Grading", "JailError", "Notebook", "ProtocolError"]
