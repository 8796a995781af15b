"""Broadcasting: which shape has ``a + b``, and which element of each does every result read?

The rule is PyTorch's: https://docs.pytorch.org/docs/stable/notes/broadcasting.html. Nothing here
applies it: every pair of shapes is added by torch, results, strides and refusals are what it gave,
and the axis of a refusal is read from torch's own message.
"""

from __future__ import annotations

import re
from math import prod
from typing import Any

import torch

from .figure import Figure

SHAPES = ((), (4,), (3,), (3, 1), (4, 1), (3, 4), (2, 4), (2, 3, 1), (2, 3, 4))
# One element of a counts 1 and one of b 100, so that a sum such as 302 names both its parts.
UNITS = (1, 100)
OPENS_ON = ((3, 1), (4,), 6)
REFUSAL = re.compile(r"\((\d+)\).*\((\d+)\) at non-singleton dimension (\d+)$")

Fit = tuple[list[int], list[int], list[int]]  # result shape, strides of a and of b in it
Refusal = tuple[int, str]  # axis from the right, as -1; torch's message


def broadcasting() -> Figure:
    """The figure: pick two shapes, then an element of the result."""
    with torch.device("cpu"):
        pairs = [[_pair(a, b) for b in SHAPES] for a in SHAPES]
    messages = sorted({p[1] for line in pairs for p in line if len(p) == 2})
    left, right, at = OPENS_ON
    row, col = SHAPES.index(left), SHAPES.index(right)
    return Figure(
        name="broadcasting",
        data={
            "shapes": SHAPES,
            "units": UNITS,
            "pairs": [
                [p if len(p) == 3 else [p[0], messages.index(p[1])] for p in line] for line in pairs
            ],
            "messages": messages,
        },
        state={"left": row, "right": col, "at": at},
        words=_words(left, right, pairs[row][col], at),
        alt="The shape of a + b for pairs of shapes aligned at the right, and which elements of "
        "a and b are repeated.",
        table=[
            ("a + b", *(f"b {shape}" for shape in SHAPES)),
            *(
                (f"a {a}", *(str(tuple(p[0])) if len(p) == 3 else "error" for p in line))
                for a, line in zip(SHAPES, pairs, strict=True)
            ),
        ],
    )


def _counting(shape: tuple[int, ...], unit: int) -> torch.Tensor:
    """``shape`` filled with unit, 2 unit, 3 unit … in the order of memory; int64."""
    return torch.arange(1, prod(shape) + 1).mul(unit).reshape(shape)


def _pair(left: tuple[int, ...], right: tuple[int, ...]) -> Fit | Refusal:
    """What torch makes of the two shapes."""
    a, b = (_counting(shape, unit) for shape, unit in zip((left, right), UNITS, strict=True))
    try:
        result = a + b
    except RuntimeError as error:
        message = str(error)
        found = REFUSAL.search(message)
        assert found, message
        return int(found[3]) - max(len(left), len(right)), message
    wide = torch.broadcast_tensors(a, b)
    assert torch.equal(wide[0] + wide[1], result), (left, right)
    strides = [list(t.stride()) for t in wide]
    return list(result.shape), *strides


def _words(left: tuple[int, ...], right: tuple[int, ...], fit: Any, at: int) -> str:
    """The sentence of the state that the figure opens on, as ``broadcasting.mjs`` says it."""
    shape, *strides = fit
    index = _index(at, shape)
    parts, total = [], 0
    for name, own, unit, steps in zip("ab", (left, right), UNITS, strides, strict=True):
        flat = sum(i * step for i, step in zip(index, steps, strict=True))
        value, times = (flat + 1) * unit, prod(shape) // prod(own)
        total += value
        used = "once" if times == 1 else f"{times} times"
        parts.append(f"{name}{_index(flat, own) or ''} = {value}, used {used}")
    element = f"Element {index}" if index else "The element"
    return f"a {left} + b {right} → {tuple(shape)}. {element} is {total}: {parts[0]}; {parts[1]}."


def _index(flat: int, shape: Any) -> list[int]:
    index = []
    for size in reversed(shape):
        index.insert(0, flat % size)
        flat //= size
    return index
