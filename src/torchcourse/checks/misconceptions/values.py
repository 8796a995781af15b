"""Misconceptions recognized by the numbers: right shape, wrong values.

Each recognizer gets two float64 tensors of one shape on the CPU and the inputs of the call, and
answers with a ``Finding`` or None; the first answer counts. They run only after a comparison has
failed, and only on results of at most ``LARGEST`` elements, to stay within a few milliseconds.
"""

import torch

from ..close import mismatch
from .axes import reshaped, transposed, wrong_dim, wrong_sums
from .context import Context, Finding, Same, plain
from .scales import correction, factor, transformed

LARGEST = 50_000


def value_finding(got: torch.Tensor, expected: torch.Tensor, context: Context) -> Finding | None:
    """The first misconception that explains ``got``; None if none does."""
    g, e = plain(got), plain(expected)
    if g is None or e is None or not 0 < g.numel() <= LARGEST or not torch.isfinite(g).all():
        return None
    dtype = expected.dtype if expected.is_floating_point() else torch.float64

    def same(a: torch.Tensor, b: torch.Tensor) -> bool:
        if a.shape != b.shape:
            return False
        return mismatch(a.to(dtype), b.to(dtype), context.rtol, context.atol) is None

    for recognizer in OF_MASKS if expected.dtype == torch.bool else RECOGNIZERS:
        finding = recognizer(g, e, same, context)
        if finding is not None:
            return finding
    return None


def _earlier(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    # A constant answer coincides with others too often to conclude anything.
    if g.numel() < 2 or bool((g == g.flatten()[0]).all()):
        return None
    for answer in context.earlier:
        known = plain(answer)
        if known is not None and same(g, known) and not same(e, known):
            return Finding(
                "That is the right answer for an earlier input: it does not depend on this one.",
                "which numbers in your function should be computed from its arguments?",
            )
    return None


def _zeros(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if g.numel() > 1 and (g == 0).all():
        return Finding(
            "Every element is 0: nothing was written into the result, or it was overwritten.",
            "which line puts the computed values in?",
        )
    return None


def _unchanged(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if context.of_gradient:
        return None
    for name, x in context.tensors().items():
        if g.shape == x.shape and torch.equal(g, x):
            return Finding(
                f"That is {name} itself, unchanged: an operation gives a new tensor, to be kept.",
                "what happens to the value that your operation gives back?",
            )
    return None


def _sign(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if same(-g, e):
        reason = "Every sign is flipped." if g.numel() > 1 else "The sign is flipped."
        return Finding(reason, "what is subtracted from what?")
    return None


def _rows_close(g: torch.Tensor, e: torch.Tensor) -> torch.Tensor:
    """``g (..., K), e (..., K) -> (...)`` bool. Rough: it only looks for a reason."""
    return torch.isclose(g, e, rtol=1e-4, atol=1e-6).all(-1)


def _order(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if g.dim() == 0 or not 1 < g.size(0) <= 256 or g.numel() > 4096:
        return None
    rows = "rows" if g.dim() > 1 else "values"
    if same(g.flip(0), e):
        return Finding(f"The right {rows}, in reverse order.", "which end should come first?")
    if same(g.flatten().sort().values, e.flatten().sort().values):
        pairs = _rows_close(g.reshape(len(g), 1, -1), e.reshape(1, len(e), -1))
        if pairs.any(0).all() and pairs.any(1).all():
            question = "what decides the order of the result?"
            return Finding(f"The right {rows}, in another order.", question)
        if g.dim() == 2 and same(g.flip(1), e):
            return Finding("The right columns, in reverse order.", "which end should come first?")
    return None


def _first_only(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if g.dim() == 0 or g.size(0) < 2:
        return None
    right = _rows_close(g.reshape(len(g), -1, 1), e.reshape(len(e), -1, 1)).double()
    # One slip in the second of two rows is no matter of the batch.
    if right[0].all() and right[1:].mean() < 0.5 and not right[1:].all(1).any():
        what = "row" if g.dim() > 1 else "element"
        return Finding(
            f"Only {what} 0 is right: the rest of the batch is not treated like it.",
            f"what does your code do for {what} 1?",
        )
    return None


def _opposite(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if g.numel() > 1 and same(1 - g, e):
        return Finding("Every answer is the opposite.", "which way does the comparison go?")
    return None


RECOGNIZERS = (
    _zeros,
    _unchanged,
    _earlier,
    _sign,
    wrong_sums,
    wrong_dim,
    transposed,
    reshaped,
    correction,
    factor,
    transformed,
    _order,
    _first_only,
)

OF_MASKS = (_opposite, _unchanged, _earlier, transposed, _order, _first_only)
