"""What one call gave, and what an author can ask of it.

Every method either returns the result itself, so that questions chain, or raises a ``Mistake``,
which ends the block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from .compare import find_known, find_mistake
from .describe import is_module
from .gradient import detached_mistake, gradient_mistake, numeric_mistake
from .memory import has_memory, memory_mistake
from .misconceptions.context import Context, Misconception
from .misconceptions.kinds import type_finding
from .verdict import CheckError, Mistake


class Listener(Protocol):
    """What a result tells its block."""

    def compared(self) -> None: ...
    def right(self, function: str, answer: Any) -> None: ...


@dataclass
class Call:
    """One call: the function, its arguments by position and name, and what it did to them.

    before: snapshots of ``inputs``. changes: by argument name, in words.
    """

    subject: str
    order: int
    listener: Listener
    function: Callable | None = None
    name: str = ""
    args: tuple = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    printed: bool = False
    changes: dict[str, str] = field(default_factory=dict)
    earlier: Sequence[Any] = ()
    root: str = "result"

    def context(self, rtol: float | None, atol: float | None, question: str | None) -> Context:
        changed = next(iter(self.changes.values()), None)
        return Context(
            self.before, self.printed, changed, self.earlier, rtol, atol, question, self.root
        )


class Result:
    """The value of a call. ``value`` is what the function returned, for further computation."""

    def __init__(self, value: Any, call: Call) -> None:
        self.value = value
        self._call = call

    def equals(
        self,
        expected: Any,
        *,
        rtol: float | None = None,
        atol: float | None = None,
        known: Sequence[Misconception] = (),
        next: str | None = None,
    ) -> "Result":
        """Type, shape, dtype, device, finiteness and values are those of ``expected``.

        rtol, atol: as in torch.testing.assert_close; if one is given, the other is 0.
        known: wrong answers with the words that each must get. next: the question to end with
        where shape or values are wrong. List and tuple count as the same type.
        """
        self._call.listener.compared()
        context = self._call.context(rtol, atol, next)
        mistake = find_mistake(self.value, expected, context)
        # Asked even where the answer is right: it finds a known wrong answer that is not wrong.
        foreseen = find_known(self.value, expected, tuple(known), context)
        if mistake is None:
            self._call.listener.right(self._call.name, expected)
            return self
        if foreseen is not None:
            question = foreseen.next or next or mistake.question
            mistake = Mistake(mistake.layer, mistake.facts, foreseen.says, question)
        raise self._told(mistake)

    def shares_memory_with(self, other: Any, *, name: str | None = None) -> "Result":
        """The result is a view: writing into it also writes into ``other``."""
        return self._memory(other, name, wanted=True)

    def does_not_share_memory_with(self, other: Any, *, name: str | None = None) -> "Result":
        """The result is a copy: writing into it leaves ``other`` as it is."""
        return self._memory(other, name, wanted=False)

    def _memory(self, other: Any, name: str | None, wanted: bool) -> "Result":
        self._call.listener.compared()
        if not has_memory(other):
            raise CheckError(f"{type(other).__name__} has no memory to share")
        if not has_memory(self.value):
            finding = type_finding(self.value, other, self._call.context(None, None, None))
            facts = f"expected a tensor or array, got a {type(self.value).__name__}."
            raise self._told(Mistake("type", facts, finding.reason, finding.question))
        mistake = memory_mistake(self.value, other, name or self._name_of(other), wanted)
        if mistake is not None:
            raise self._told(mistake)
        return self

    def gradient(
        self,
        wrt: str | torch.Tensor,
        expected: torch.Tensor | None = None,
        *,
        name: str | None = None,
        rtol: float | None = None,
        atol: float | None = None,
        next: str | None = None,
    ) -> "Result":
        """The result is attached to ``wrt``, and its gradient is right.

        wrt: an argument, by parameter name or as the object; with ``expected`` any tensor that
        requires grad. expected: d(result.sum()) / d(wrt). Without it, backward is compared with
        central differences in float64, for which the function is called again, about
        2 numel(wrt) times.
        """
        self._call.listener.compared()
        label, x = self._argument(wrt, name)
        context = self._call.context(rtol, atol, next)
        if x.requires_grad:
            mistake = detached_mistake(self.value, label) or gradient_mistake(
                self.value, x, label, expected, context
            )
            if mistake is not None:
                raise self._told(mistake)
            if expected is not None:
                return self
        with torch.enable_grad():
            if expected is None:
                mistake = numeric_mistake(lambda t: self._again(x, t), x, label, context)
            else:
                copy = x.detach().clone().requires_grad_()
                value = self._again(x, copy)
                mistake = detached_mistake(value, label) or gradient_mistake(
                    value, copy, label, expected, context
                )
        if mistake is not None:
            raise self._told(mistake)
        return self

    def may_change(self, *what: Any) -> "Result":
        """Writing into these arguments (names or objects; none: all of them) is wanted."""
        names = {item for item in what if isinstance(item, str)}
        names |= {n for n, v in self._call.inputs.items() if any(v is item for item in what)}
        for name in list(self._call.changes):
            if not what or name in names:
                del self._call.changes[name]
        return self

    def _argument(self, wrt: str | torch.Tensor, name: str | None) -> tuple[str, torch.Tensor]:
        if isinstance(wrt, str):
            if wrt not in self._call.inputs:
                raise CheckError(f"no argument {wrt!r} among {list(self._call.inputs)}")
            wrt, name = self._call.inputs[wrt], name or wrt
        if not isinstance(wrt, torch.Tensor) or not wrt.is_floating_point():
            raise CheckError("a gradient needs a floating-point tensor")
        among = any(value is wrt for value in self._call.inputs.values())
        if not among and not wrt.requires_grad:
            raise CheckError("this tensor is no argument of the call and requires no grad")
        return name or self._name_of(wrt), wrt

    def _again(self, old: torch.Tensor, new: torch.Tensor) -> Any:
        """The same call with ``new`` in the place of ``old``."""
        if self._call.function is None:
            raise CheckError("without an expected gradient, a call is needed: ex.call(f, x)")
        args = [new if value is old else value for value in self._call.args]
        kwargs = {key: new if v is old else v for key, v in self._call.kwargs.items()}
        return self._call.function(*args, **kwargs)

    def _name_of(self, value: Any) -> str:
        names = (name for name, item in self._call.inputs.items() if item is value)
        return min(
            names, default="the parameter" if is_module(self._call.function) else "the input"
        )

    def _told(self, mistake: Mistake) -> Mistake:
        mistake.subject, mistake.order = self._call.subject, self._call.order
        return mistake
