"""One check block: calls the answer, keeps the layers in order, and ends in one verdict."""

import re
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from . import describe, invocation
from .calls import Tee, first_line, is_stub, raised_here, truth
from .memory import change, snapshot
from .mistakes import from_cell, mistake_of, side_effect, stopped
from .registry import Registry
from .result import Call, Result
from .student import missing
from .verdict import (
    CheckError,
    Kind,
    Mistake,
    NotWritten,
    Verdict,
    failed,
    not_written,
    passed,
    shorten,
    show,
)


class Block:
    """``with check("2.4") as ex:`` - see ``torchcourse.checks`` for what ``ex`` offers.

    The learner's mistakes end the block and are printed; an author's mistakes raise CheckError;
    KeyboardInterrupt and SystemExit pass. ``verdict`` is None until the block has ended.
    """

    def __init__(self, exercise: str, kind: Kind, registry: Registry, quiet: bool = False) -> None:
        self.exercise = exercise
        self.kind: Kind = kind
        self.verdict: Verdict | None = None
        self._registry = registry
        self._quiet = quiet
        self._comparisons = 0
        self._calls: list[Call] = []

    def __enter__(self) -> "Block":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> bool:
        if isinstance(error, CheckError) or not isinstance(error, (Exception, type(None))):
            return False
        if error is None and not self._comparisons:
            raise CheckError(
                f"the check of {self.exercise} compares nothing, so no answer can fail it: "
                "use ex.call(...).equals(...), ex.that(...) or ex.raises(...)"
            )
        self.verdict = self._judge(error)
        self._registry.record(self.verdict)
        if not self._quiet:
            show(self.verdict.message)
        return True

    def call(self, f: Callable, /, *args: Any, **kwargs: Any) -> Result:
        """Call the answer. Its own exceptions are the layer "runs", a stub's is "written"."""
        call = self._prepare(f, args, kwargs)
        before = {name: snapshot(value) for name, value in call.inputs.items()}
        tee = sys.stdout = Tee(sys.stdout)
        try:
            value = f(*args, **kwargs)
        except Exception as error:
            raise stopped(error, call) from error
        finally:
            if sys.stdout is tee:
                sys.stdout = tee.target
        call.printed = tee.used
        for name, now in call.inputs.items():
            difference = change(before[name], now, name)
            if difference is not None:
                call.changes[name] = difference
        call.before = before
        return Result(value, call)

    def value(self, name: str, value: Any) -> Result:
        """An answer that is a value and no call. ``...`` in its place means not written yet."""
        if value is ...:
            raise NotWritten(f"`{name}` is still `...`.")
        subject = f"{name}, {describe.aside(value)}"
        call = Call(subject, len(self._calls), self, name=name, root=name)
        self._calls.append(call)
        return Result(value, call)

    def that(self, condition: Any, says: str, next: str | None = None) -> None:
        """An invariant: where ``condition`` is not true, ``says`` tells what is the case."""
        self.compared()
        if not truth(condition):
            question = next or "which line of your function decides this?"
            latest = self._calls[-1] if self._calls else None
            raise mistake_of("value", says, None, question, latest)

    def raises(
        self,
        expected: type[Exception],
        f: Callable,
        /,
        *args: Any,
        match: str | None = None,
        **kwargs: Any,
    ) -> None:
        """The call raises ``expected``, with a message in which the pattern ``match`` is found."""
        self.compared()
        call = self._prepare(f, args, kwargs)
        question = "which input must be refused, and at which line?"
        try:
            value = f(*args, **kwargs)
        except Exception as error:
            if is_stub(error) and not issubclass(expected, NotImplementedError):
                raise NotWritten from None
            if not isinstance(error, expected):
                facts = f"expected a {expected.__name__}, got {first_line(error)}"
                raise mistake_of("runs", facts, error, question, call) from error
            if match is not None and not re.search(match, str(error)):
                facts = f"the message of the {expected.__name__} should match {match!r}:"
                facts = f"{facts} {shorten(str(error), 60)!r} does not."
                helps = "what helps its reader?"
                raise mistake_of("value", facts, None, helps, call) from None
        else:
            facts = f"expected a {expected.__name__}, got {describe.kind(value)}."
            raise mistake_of("runs", facts, None, question, call)

    def compared(self) -> None:
        """A result tells that something has been asked of it."""
        self._comparisons += 1

    def right(self, function: str, answer: Any) -> None:
        """A result tells a right answer, kept to recognize it when it is hard-coded."""
        if isinstance(answer, (torch.Tensor, np.ndarray)) and function:
            size = answer.numel() if isinstance(answer, torch.Tensor) else answer.size
            if 1 < size <= 4096:
                self._registry.remember(self.exercise, function, snapshot(answer))

    def _prepare(self, f: Any, args: tuple, kwargs: dict[str, Any]) -> Call:
        if f is None or f is ...:
            raise NotWritten
        order = len(self._calls)
        if not callable(f):
            question = "is the function's name used for something else in a later cell?"
            raise Mistake(
                "written",
                f"expected a function, got {describe.kind(f)}.",
                None,
                question,
                order=order,
            )
        name = invocation.function_name(f)
        inputs = invocation.named_arguments(f, args, kwargs)
        call = Call(
            invocation.call(f, args, kwargs), order, self, f, name, args, kwargs, inputs,
            earlier=self._registry.earlier(self.exercise, name),
        )  # fmt: skip
        self._calls.append(call)
        return call

    def _judge(self, error: Exception | None) -> Verdict:
        if isinstance(error, NotWritten):
            return not_written(self.exercise, self.kind, error.says)
        if error is not None and is_stub(error):
            return not_written(self.exercise, self.kind)
        if isinstance(error, NameError) and error.name and raised_here(error):
            return not_written(self.exercise, self.kind, missing(error.name).says)
        mistake = error if isinstance(error, Mistake) else None
        if error is not None and mistake is None:
            mistake = from_cell(error, self._calls)
        mistake = side_effect(self._calls, mistake.order if mistake else None) or mistake
        if mistake is None:
            return passed(self.exercise, self.kind)
        return failed(self.exercise, self.kind, mistake)
