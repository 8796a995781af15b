"""Right shape, wrong scale: a factor, a power, a logarithm, N or N - 1."""

from collections.abc import Callable, Iterator

import torch

from ..describe import number
from .context import Context, Finding, Same


def correction(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    """Variance or standard deviation divided by N in the place of N - 1, or the reverse."""
    for x in context.tensors().values():
        for dim in (None, *range(x.dim())):
            n = x.numel() if dim is None else x.size(dim)
            if n < 2:
                continue
            for spread in (torch.var, torch.std):
                biased, corrected = (spread(x, dim=dim, correction=c).flatten() for c in (0, 1))
                for wrong, right, a, b in (
                    (biased, corrected, f"N = {n}", f"N - 1 = {n - 1}"),
                    (corrected, biased, f"N - 1 = {n - 1}", f"N = {n}"),
                ):
                    if same(wrong, g.flatten()) and same(right, e.flatten()):
                        reason = f"That divides by {a}; the other convention divides by {b}."
                        return Finding(reason, "which of the two does the statement ask for?")
    return None


def factor(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    nonzero = e != 0
    if not nonzero.any() or (g[~nonzero] != 0).any():
        return None
    ratio = float((g[nonzero] / e[nonzero]).median())
    if ratio == 0 or not same(g / ratio, e):
        return None
    every = "Every value" if g.numel() > 1 else "The value"
    for size, where in _sizes(context):
        for times, word in ((size, "large"), (1 / size, "small")):
            if abs(ratio - times) < 1e-3 * times:
                reason = f"{every} is {size} times too {word}, and {where}."
                return Finding(reason, "sum or mean: which is asked for?")
    if int(nonzero.sum()) < 2:
        return None
    rounded = float(f"{ratio:.4g}")
    if rounded == 1:  # too close to be called a factor
        return None
    return Finding(
        f"Every value is {number(rounded)} times the expected one.",
        "which factor is missing, or counted twice?",
    )


def _sizes(context: Context) -> Iterator[tuple[int, str]]:
    for name, x in context.tensors().items():
        for dim, size in enumerate(x.shape):
            if size > 1:
                yield size, f"{size} is the size of dim {dim} of {name}"
        if x.dim() > 1:
            yield x.numel(), f"{name} has {x.numel()} elements"


TRANSFORMS: tuple[tuple[Callable[[torch.Tensor], torch.Tensor], str, str], ...] = (
    (torch.square, "Every value is the square of the expected one.", "is a root missing?"),
    (
        lambda t: t.abs().sqrt(),
        "Every value is the root of the expected one.",
        "is a root too many?",
    ),
    (torch.exp, "Every value is exp of the expected one.", "is a logarithm missing?"),
    (
        lambda t: t.clamp_min(1e-300).log(),
        "Every value is the logarithm of the expected one.",
        "are probabilities or their logarithms asked for?",
    ),
    (
        torch.trunc,
        "The fractions are cut off: a conversion to whole numbers.",
        "at which line do the numbers lose their fraction?",
    ),
)


def transformed(g: torch.Tensor, e: torch.Tensor, same: Same, context: Context) -> Finding | None:
    # Two different elements at least: 2 and 4 alone could be many things.
    if e.numel() < 2 or bool((e == e.flatten()[0]).all()):
        return None
    for transform, reason, question in TRANSFORMS:
        if same(g, transform(e)):
            return Finding(reason, question)
    return None
