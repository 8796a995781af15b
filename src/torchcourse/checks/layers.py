"""The layers of one tensor, array or number: type, shape, dtype/device, finite, value.

Each function returns the first failing layer as a ``Mistake``, or None. Whether values are close
is decided by ``torch.testing``.
"""

from typing import Any

import numpy as np
import torch

from .close import count_mismatches, first_mismatch, mismatch
from .describe import dtype_name, kind, number, shape_text
from .misconceptions.context import Context, Finding, plain
from .misconceptions.kinds import DEVICE_QUESTION, LAYOUT_QUESTION, dtype_finding, type_finding
from .misconceptions.shapes import shape_finding
from .misconceptions.values import value_finding
from .verdict import Mistake

PLAIN_TENSORS = (torch.Tensor, torch.nn.Parameter)


def make_mistake(layer: str, facts: str, finding: Finding, context: Context) -> Mistake:
    """An author's own question replaces ours where shape and values are at stake."""
    question = finding.question
    if context.question and layer in ("shape", "value"):
        question = context.question
    facts = finding.facts or facts
    return Mistake(
        layer, (context.path and f"{context.path}: {facts}") or facts, finding.reason, question
    )


def type_mistake(got: Any, expected: Any, context: Context) -> Mistake:
    facts = f"expected {kind(expected)}, got {kind(got)}."
    return make_mistake("type", facts, type_finding(got, expected, context), context)


def tensor_mistake(got: Any, expected: torch.Tensor, context: Context) -> Mistake | None:
    # A subclass can answer for itself: its __eq__ or __torch_function__ may call anything equal.
    allowed = PLAIN_TENSORS if type(expected) is torch.Tensor else (type(expected),)
    if type(got) not in allowed:
        return type_mistake(got, expected, context)
    if got.shape != expected.shape:
        return _shape_mistake(got, expected, context)
    if got.dtype != expected.dtype:
        return _dtype_mistake(got.dtype, expected.dtype, context)
    for what, a, b, question in (
        ("device", got.device, expected.device, DEVICE_QUESTION),
        ("layout", got.layout, expected.layout, LAYOUT_QUESTION),
    ):
        if a != b:
            facts = f"expected the {what} {b}, got {a}."
            return make_mistake("dtype/device", facts, Finding(None, question), context)
    got, expected = got.detach(), expected.detach()
    if expected.device.type == "meta":
        return None  # a meta tensor has no values
    if expected.layout != torch.strided:
        got, expected = got.to_dense(), expected.to_dense()
    return _finite_mistake(got, expected, context) or _value_mistake(got, expected, context)


def array_mistake(got: Any, expected: np.ndarray, context: Context) -> Mistake | None:
    if type(got) is not np.ndarray:
        return type_mistake(got, expected, context)
    if got.shape != expected.shape:
        return _shape_mistake(got, expected, context)
    if got.dtype != expected.dtype:
        return _dtype_mistake(got.dtype, expected.dtype, context)
    if expected.dtype.kind not in "biufc":
        differ = np.argwhere(np.atleast_1d(got != expected))
        if not len(differ):
            return None
        at = tuple(differ[0])
        values = np.atleast_1d(expected)[at], np.atleast_1d(got)[at]
        a, b = (repr(v.item() if isinstance(v, np.generic) else v) for v in values)
        facts = f"expected {a} at {[int(i) for i in at]}, got {b}."
        return make_mistake("value", facts, by_hand(str([int(i) for i in at])), context)
    # Copies: from_numpy warns about a read-only array and refuses negative strides.
    a, b = (torch.from_numpy(np.array(v, v.dtype.newbyteorder("="))) for v in (got, expected))
    return _finite_mistake(a, b, context) or _value_mistake(a, b, context)


def _shape_mistake(got: Any, expected: Any, context: Context) -> Mistake:
    facts = f"expected shape {shape_text(expected.shape)}, got {shape_text(got.shape)}."
    a, b = plain(got), plain(expected)
    if a is None or b is None:
        finding = Finding(None, f"what does each axis of {shape_text(expected.shape)} count?")
    else:
        finding = _hard_coded(a, context) or shape_finding(a, b, context)
    return make_mistake("shape", facts, finding, context)


def _hard_coded(got: torch.Tensor, context: Context) -> Finding | None:
    """A right answer for another input, whose shape does not even fit this one."""
    for answer in context.earlier:
        known = plain(answer)
        if (
            known is not None
            and known.shape == got.shape
            and mismatch(got, known, 1e-5, 1e-5) is None
        ):
            return Finding(
                "That is the right answer for an earlier input: it does not depend on this one.",
                "which numbers in your function should be computed from its arguments?",
            )
    return None


def _dtype_mistake(got: Any, expected: Any, context: Context) -> Mistake:
    a, b = dtype_name(got), dtype_name(expected)
    return make_mistake("dtype/device", f"expected {b}, got {a}.", dtype_finding(a, b), context)


def _finite_mistake(got: torch.Tensor, expected: torch.Tensor, context: Context) -> Mistake | None:
    if not (got.is_floating_point() or got.is_complex()):
        return None
    bad = torch.isfinite(expected) & ~torch.isfinite(got)
    if not bad.any():
        return None
    flat = int(bad.flatten().nonzero()[0])
    value, right = got.flatten()[flat].item(), expected.flatten()[flat].item()
    where = _where(flat, got)
    facts = f"expected the finite number {number(right)}{where}, got {number(value)}."
    limit = torch.finfo(got.dtype).max
    # exp of more than the logarithm of the largest number is inf; 0 / 0 and inf / inf are nan.
    # An input that is infinite itself says nothing about exp.
    inputs = (x[torch.isfinite(x)].abs() for x in context.tensors().values())
    large = any(bool((x > np.log(limit)).any()) for x in inputs)
    if large:
        end = f"{dtype_name(got.dtype)} ends at {limit:.0e}"
        reason = f"{end}; exp gets there at {np.log(limit):.0f}."
    elif "nan" in number(value):
        reason = "0/0, inf - inf and inf/inf give nan, and every operation passes it on."
    else:
        reason = "A division by 0, log(0) or an overflow gives inf."
    finding = Finding(reason, "which step first leaves the range of finite numbers?")
    return make_mistake("finite", facts, finding, context)


def _value_mistake(got: torch.Tensor, expected: torch.Tensor, context: Context) -> Mistake | None:
    message = mismatch(got, expected, context.rtol, context.atol)
    if message is None:
        return None
    flat = first_mismatch(got, expected, context.rtol, context.atol)
    a, b = got.flatten()[flat].item(), expected.flatten()[flat].item()
    where = _where(flat, got)
    facts = f"expected {number(b, a)}{where}, got {number(a, b)}"
    count = count_mismatches(message)
    if count and got.numel() > 1:
        facts += f"; {count} of {got.numel()} elements {'differs' if count == 1 else 'differ'}"
    facts += "."
    finding = value_finding(got, expected, context)
    finding = finding or by_hand(where.removeprefix(" at ") or "this number")
    if context.changed:
        # The author's expected value may come from the changed input: no other reason is safe.
        finding = Finding(
            f"The call also changed its input: {context.changed}",
            "which line writes into the argument, and what would make a new value instead?",
        )
    return make_mistake("value", facts, finding, context)


def _where(flat: int, tensor: torch.Tensor) -> str:
    if tensor.dim() == 0:
        return ""
    return f" at {[int(i) for i in np.unravel_index(flat, tuple(tensor.shape))]}"


def by_hand(what: str) -> Finding:
    return Finding(None, f"work {what} out by hand: which step gives another value?")


def number_mistake(got: Any, expected: Any, context: Context) -> Mistake | None:
    if isinstance(expected, int):
        if mismatch(got, expected, context.rtol, context.atol) is None:
            return None
        # torch has no integers beyond 64 bits, but Python has.
        a, b = (torch.tensor(float(v), dtype=torch.float64) for v in (got, expected))
        finding = value_finding(a, b, context) or by_hand("this number")
        return make_mistake("value", f"expected {expected}, got {got}.", finding, context)
    dtype = torch.complex128 if isinstance(expected, complex) else torch.float64
    a, b = (torch.tensor(v, dtype=dtype) for v in (got, expected))
    return _finite_mistake(a, b, context) or _value_mistake(a, b, context)
