"""The logit playground: what do three logits cost, and where does the loss push each of them?

Every number comes from torch in float64: probabilities from ``softmax``, the price from
``cross_entropy``, gradients from ``backward``. Only differences of logits count, and softmax does
the same to any order of the classes, so the data hold each pair of distances from the largest
logit once; the module looks states up and computes nothing but p − y.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from .figure import Figure

CLASSES = ("cat", "dog", "bird")  # the picture shows the first
STEP, REACH = 0.5, 4.0
OPENS_ON = (0.0, 3.0, -1.0)
SMALL = 20  # thousandths: a gradient below it moves nothing that a reader could see
IN_THE_TABLE = (
    (0.0, 0.0, 0.0), (0.0, 3.0, -1.0), (-4.0, 4.0, -4.0), (2.0, 0.0, 0.0), (4.0, -4.0, -4.0),
    (4.0, 2.0, 2.0), (2.0, 1.5, -1.0),
)  # fmt: skip


def logits() -> Figure:
    """The figure: a slider for each of three logits; probabilities, price and gradient follow."""
    with torch.device("cpu"), torch.enable_grad():
        last = round(2 * REACH / STEP)
        apart = [[_apart(far, near) for near in range(far + 1)] for far in range(last + 1)]
        rows = [_row(z) for z in IN_THE_TABLE]
        words = _words(OPENS_ON)
    return Figure(
        name="logits",
        data={"classes": CLASSES, "step": STEP, "reach": REACH, "small": SMALL, "apart": apart},
        state={f"z{i}": z for i, z in enumerate(OPENS_ON)},
        words=words,
        alt="Three logits, for cat, dog and bird, become probabilities; the picture shows a cat. "
        "Cross-entropy is minus the logarithm of the cat's probability, and its gradient is the "
        "probabilities minus 1, 0, 0.",
        table=[("logits", "probabilities", "cross-entropy", "gradient"), *rows],
    )


def _state(z: tuple[float, ...]) -> tuple[list[int], int, list[int]]:
    """Probabilities, the price of the first class and its gradient, all in thousandths."""
    leaf = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    price = F.cross_entropy(leaf, torch.tensor(0))
    (grad,) = torch.autograd.grad(price, leaf)
    probs = torch.softmax(leaf, dim=0)
    return [_thousandths(p) for p in probs], _thousandths(price), [_thousandths(g) for g in grad]


def _thousandths(x: torch.Tensor) -> int:
    return round(1000 * x.item())


def _apart(far: int, near: int) -> list[int]:
    """Of logits 0, −near and −far (in steps): the probabilities, and the price of the largest."""
    probs, price, _ = _state((0.0, -near * STEP, -far * STEP))
    return [*probs, price]


def _number(x: float) -> str:
    return f"{x:g}".replace("-", "−")


def _signed(thousandths: int) -> str:
    sign = "−" if thousandths < 0 else "+" if thousandths > 0 else ""
    return f"{sign}{abs(thousandths) / 1000:.3f}"


def _row(z: tuple[float, ...]) -> tuple[str, str, str, str]:
    probs, price, grad = _state(z)
    return (
        ", ".join(map(_number, z)),
        ", ".join(f"{p / 1000:.3f}" for p in probs),
        f"{price / 1000:.3f}",
        ", ".join(map(_signed, grad)),
    )


def _words(z: tuple[float, ...]) -> str:
    """The sentence of a state, as ``logits.mjs`` says it."""
    probs, price, grad = _state(z)
    best = max(z)
    first = [name for name, one in zip(CLASSES, z, strict=True) if one == best]
    says = {1: f"The model says {first[0]}", 3: "The model cannot decide"}.get(
        len(first), f"The model hesitates between {' and '.join(first)}"
    )
    pulls = ", ".join(f"{name} {_signed(g)}" for name, g in zip(CLASSES, grad, strict=True))
    step = "goes the other way" if max(map(abs, grad)) >= SMALL else "finds almost nothing to mend"
    return (
        f"{says}; the picture shows a {CLASSES[0]}, which got {probs[0] / 1000:.3f}: "
        f"cross-entropy {price / 1000:.3f}. Gradient: {pulls}. A step of gradient descent {step}."
    )
