"""How the axes of a result differ from the expected ones."""

from collections.abc import Sequence

import torch

from ..close import mismatch
from ..describe import shape_text
from .context import Context, Finding


def shape_finding(got: torch.Tensor, expected: torch.Tensor, context: Context) -> Finding:
    """Why the shape may differ. Both are float64 tensors on the CPU, of unequal shapes."""

    def same(a: torch.Tensor, b: torch.Tensor) -> bool:
        return a.shape == b.shape and mismatch(a, b, 1e-4, 1e-6) is None

    g, e = tuple(got.shape), tuple(expected.shape)
    for dim in range(len(e)):
        if e[:dim] + e[dim + 1 :] == g and e[dim] == 1:
            question = "which axis of size 1 should stay, and what keeps it?"
            if e == (*g, 1) and len(g) == 1:
                reason = "A column (N, 1) is expected; (N,) has one axis, neither row nor column."
            elif dim == 0 and len(e) > 1:
                reason = "The batch axis is missing: a batch of one is still a batch."
            else:
                reason = "A reduction drops its axis unless it is told to keep it."
            return Finding(reason, question)
    for dim in range(len(g)):
        if g[:dim] + g[dim + 1 :] == e and g[dim] == 1:
            if g == (*e, 1) and len(e) == 1:
                reason = "That is a column (N, 1); combined with (N,), it broadcasts to (N, N)."
            elif dim == 0 and len(g) > 1:
                reason = "There is an extra axis of size 1 in front, as of a batch of one."
            else:
                reason = "There is an axis of size 1 too many."
            return Finding(reason, f"which operation adds axis {dim}, or should have dropped it?")
    if len(g) > 1 and same(got.mT, expected):
        question = f"which axis should come first in {shape_text(e)}?"
        return Finding("The values are right, but transposed.", question)
    if got.numel() == expected.numel() and same(got.reshape(-1), expected.reshape(-1)):
        return Finding(
            "The values are right and in order; only the axes differ.",
            f"which sizes should the axes of the result have, and why {len(e)} of them?",
        )
    if len(g) == len(e) and sorted(g) == sorted(e):
        return Finding(
            "The sizes are right, but their order is not: axes are swapped.",
            f"which axis should come first in {shape_text(e)}?",
        )
    if len(g) == 2 and len(e) in (1, 2) and g[0] == g[1] == expected.numel() > 1:
        return Finding(
            f"({g[0]}, 1) with ({g[0]},) broadcasts to {shape_text(g)}: every pair, not N results.",
            "which two shapes meet in your operation, aligned from the right?",
        )
    left = f"{shape_text(g)} is left"
    for name, x in context.tensors().items():
        wrong, right = _reduced(g, x.shape), _reduced(e, x.shape)
        if g == () and e:
            return Finding(
                f"One number for all of {name}: every axis was reduced.",
                f"which axis should be reduced, so that {shape_text(e)} remains?",
            )
        if wrong is not None and right is not None and wrong != right:
            return Finding(
                f"That reduces dim {wrong} of {name} {shape_text(x.shape)}: {left}.",
                f"which axis has to go, so that {shape_text(e)} is left?",
            )
        if g == tuple(x.shape) and right is not None:
            return Finding(
                f"{shape_text(g)} is the shape of {name} itself: nothing was reduced.",
                "which axis should be reduced?",
            )
    return Finding(None, f"what does each axis of {shape_text(e)} count?")


def _reduced(shape: tuple[int, ...], full: Sequence[int]) -> int | None:
    """The one dim without which ``full`` is ``shape``, if there is one."""
    full = tuple(full)
    dims = [d for d in range(len(full)) if full[:d] + full[d + 1 :] == shape]
    return dims[0] if len(dims) == 1 else None
