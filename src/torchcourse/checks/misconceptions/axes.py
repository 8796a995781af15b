"""Right shape, wrong axis: normalized, reduced or laid out along another dim."""

from collections.abc import Callable

import torch

from ..close import mismatch
from ..describe import number
from .context import Context, Finding, Same

DOWN_OR_ALONG = {(2, 0): "down each column", (2, 1): "along each row"}


def wrong_sums(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    """Normalization over another axis: softmax, or a division by a sum."""

    def one(t: torch.Tensor, dim: int) -> bool:
        ones = torch.ones_like(t.sum(dim))
        return mismatch(t.sum(dim), ones, 1e-3, 1e-3) is None

    for right in range(e.dim() if e.dim() > 1 else 0):
        for wrong in range(e.dim()):
            if wrong != right and one(e, right) and not one(g, right) and one(g, wrong):
                sums = g.sum(right).flatten()
                at = int((sums - 1).abs().gt(1e-3).nonzero()[0])
                if e.dim() == 2:
                    line, others = (("row", "column"), ("column", "row"))[right == 0]
                    facts = (
                        f"{line}s should sum to 1; {line} {at} sums to {number(_short(sums[at]))}, "
                        f"and every {others} sums to 1."
                    )
                    reason = f"That is what dim={wrong} does: it normalizes {_words(e, wrong)}."
                    return Finding(reason, f"which axis should sum to 1 in each {line}?", facts)
                facts = f"the sum over dim {right} should be 1; it is 1 over dim {wrong} instead."
                return Finding(
                    f"That is what dim={wrong} does.", "what does each axis count?", facts
                )
    return None


def _short(value: torch.Tensor) -> float:
    return round(float(value), 4)


def _words(t: torch.Tensor, dim: int) -> str:
    return DOWN_OR_ALONG.get((t.dim(), dim), f"along dim {dim}")


REDUCTIONS: tuple[Callable[..., torch.Tensor], ...] = (
    torch.sum,
    torch.mean,
    torch.amax,
    torch.amin,
    torch.argmax,
    torch.argmin,
    torch.std,
    torch.var,
    torch.cumsum,
    torch.softmax,
    torch.sort,
)


def wrong_dim(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    for name, x in context.tensors().items():
        if x.dim() < 2 or (len(set(x.shape)) == x.dim() and g.dim() < x.dim()):
            continue
        for reduce in REDUCTIONS:
            results = [_reduce(reduce, x, dim) for dim in range(x.dim())]
            right = [d for d, r in enumerate(results) if same(r.reshape(-1), e.reshape(-1))]
            wrong = [d for d, r in enumerate(results) if same(r.reshape(-1), g.reshape(-1))]
            if right and wrong and right != wrong:
                return Finding(
                    f"That is the result for dim {wrong[0]} of {name}: "
                    f"it works {_words(x, wrong[0])}.",
                    "along which axis do the numbers belong together?",
                )
    return None


def _reduce(reduce: Callable[..., torch.Tensor], x: torch.Tensor, dim: int) -> torch.Tensor:
    if x.size(dim) < 2 and reduce in (torch.std, torch.var):
        return x.new_empty(0)  # undefined, and torch would warn
    result = reduce(x, dim=dim)
    return (result if isinstance(result, torch.Tensor) else result[0]).to(torch.float64)


def transposed(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    if g.dim() > 1 and same(g.mT, e):
        return Finding(
            "The result is transposed: element [i, j] holds what belongs at [j, i].",
            "which index runs over the rows of the result?",
        )
    return None


def reshaped(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    """The input's numbers regrouped, where its axes should have moved."""
    for name, x in context.tensors().items():
        if x.dim() < 2 or x.numel() != g.numel() or not same(g.reshape(-1), x.reshape(-1)):
            continue
        if same(g.flatten().sort().values, e.flatten().sort().values):
            return Finding(
                f"The numbers of {name} are still in their order: reshape regroups, no axis moves.",
                "which axis should go where, and what moves an axis?",
            )
    return None
