"""One check block: calls the answer, keeps the layers in order, and ends in one verdict."""

import re
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from . import describe
from .calls import Tee, first_line, is_stub, next_after, raised_here, source_line, truth
from .memory import change, snapshot
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
            raise self._stopped(error, call) from error
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
            subject, order = self._latest()
            question = next or "which line of your function decides this?"
            raise Mistake("value", says, None, question, subject=subject, order=order)

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
                raise self._mistake("runs", facts, error, question, call) from error
            if match is not None and not re.search(match, str(error)):
                facts = f"the message of the {expected.__name__} should match {match!r}:"
                facts = f"{facts} {shorten(str(error), 60)!r} does not."
                raise self._mistake("value", facts, None, "what helps its reader?", call) from None
        else:
            facts = f"expected a {expected.__name__}, got {describe.kind(value)}."
            raise self._mistake("runs", facts, None, question, call)

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
        name = describe.function_name(f)
        inputs = describe.named_arguments(f, args, kwargs)
        call = Call(
            describe.call(f, args, kwargs), order, self, f, name, args, kwargs, inputs,
            earlier=self._registry.earlier(self.exercise, name),
        )  # fmt: skip
        self._calls.append(call)
        return call

    def _stopped(self, error: Exception, call: Call) -> Exception:
        if isinstance(error, (NotWritten, CheckError)):
            return error
        if isinstance(error, Mistake):  # a grader's proxy has found it in another process
            error.subject, error.order = call.subject, call.order
            return error
        if is_stub(error):
            return NotWritten()
        facts = f"stops with {first_line(error)}"
        return self._mistake("runs", facts, error, next_after(error), call)

    def _mistake(
        self, layer: str, facts: str, error: Exception | None, question: str, call: Call | None
    ) -> Mistake:
        subject, order = (call.subject, call.order) if call else self._latest()
        at = describe.location_of(error) if error is not None else None
        return Mistake(layer, facts, at, question, subject=subject, order=order)

    def _latest(self) -> tuple[str, int]:
        return (self._calls[-1].subject, self._calls[-1].order) if self._calls else ("", 0)

    def _judge(self, error: Exception | None) -> Verdict:
        if isinstance(error, NotWritten):
            return not_written(self.exercise, self.kind, error.says)
        if error is not None and is_stub(error):
            return not_written(self.exercise, self.kind)
        if isinstance(error, NameError) and error.name and raised_here(error):
            return not_written(self.exercise, self.kind, missing(error.name).says)
        mistake = error if isinstance(error, Mistake) else None
        if error is not None and mistake is None:
            mistake = self._from_cell(error)
        side_effect = self._side_effect(mistake.order if mistake else None)
        if side_effect is not None:
            mistake = side_effect
        if mistake is None:
            return passed(self.exercise, self.kind)
        return failed(self.exercise, self.kind, mistake)

    def _from_cell(self, error: Exception) -> Mistake:
        """An exception of the check cell outside of ex.call: a plain assert, or a follow-up."""
        if isinstance(error, AssertionError):
            facts = str(error).strip() or source_line(error) or "an assertion of this cell fails."
            return self._mistake("value", facts, None, "which part of it is not so?", None)
        question = "what did your function return, and what is done with it here?"
        return self._mistake("runs", f"stops with {first_line(error)}", error, question, None)

    def _side_effect(self, before: int | None) -> Mistake | None:
        """A changed argument of a call before number ``before``; of any call if that is None.

        A later call may see the changed argument, so its complaint would mislead; the layers of
        one and the same call come first.
        """
        for call in self._calls:
            if call.changes and (before is None or call.order < before):
                return Mistake(
                    "side effects",
                    next(iter(call.changes.values())),
                    "Methods ending in _, += and assignments to x[...] write into the argument.",
                    "which line writes, and what would make a new value instead?",
                    subject=call.subject,
                    order=call.order,
                )
        return None
