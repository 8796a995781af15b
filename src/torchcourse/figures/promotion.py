"""dtype promotion: which dtype does ``left + right`` have, and by which rule?

The rule is PyTorch's: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
(the paragraph that starts "When the dtypes of inputs to an arithmetic operation differ"): the
higher of the categories complex > floating > integral > boolean decides; only where a Python number
or a zero-dimensional tensor is of a higher category than the dimensioned tensors does it count; a
Python float counts as ``torch.get_default_dtype()`` and a Python int as int64. For complex dtypes
that page gives the order of the categories and no more: what the figure says there is what the
additions measured here return.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from .figure import Figure

DTYPES = (
    torch.bool,
    torch.uint8,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
)
SHORT = ("bool", "u8", "i32", "i64", "f16", "bf16", "f32", "f64", "c64")
NUMBERS = (True, 1, 1.0, 1j)
CATEGORIES = ("bool", "integer", "floating point", "complex")
# Kind of the right operand: its label, and how the state sentence writes such an operand.
KINDS = (
    ("1-D tensor", "{} tensor"),
    ("0-D tensor", "{} 0-D tensor"),
    ("Python number", "{}"),
)
OPENS_ON = (0, DTYPES.index(torch.int64), DTYPES.index(torch.float16))


def promotion() -> Figure:
    """The figure: a table of result dtypes, left operand by right operand."""
    with torch.device("cpu"), warnings.catch_warnings():
        # float16 with a complex number gives complex32, which PyTorch calls experimental.
        warnings.filterwarnings("ignore", message="ComplexHalf support is experimental")
        default = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)  # what a fresh Python has, and the sentences say
        try:
            modes = [_mode(kind) for kind in range(len(KINDS))]
        finally:
            torch.set_default_dtype(default)
    kind, row, col = OPENS_ON
    reasons = sorted({why for mode in modes for line in mode["cells"] for _, why in line})
    for mode in modes:
        mode["cells"] = [
            [[result, reasons.index(why)] for result, why in line] for line in mode["cells"]
        ]
    names = [_name(dtype) for dtype in DTYPES]
    opening = modes[kind]
    return Figure(
        name="promotion",
        data={
            "categories": CATEGORIES,
            "left": names,
            "modes": modes,
            "reasons": reasons,
            "short": {
                **dict(zip(names, SHORT, strict=True)),
                "complex32": "c32",
                "complex128": "c128",
            },
            "category": {
                name: CATEGORIES.index(_category(getattr(torch, name)))
                for name in [*names, "complex32", "complex128"]
            },
        },
        state={"mode": kind, "row": row, "col": col},
        words=_words(names[row], opening["says"][col], *opening["cells"][row][col], reasons),
        alt="The dtype of left + right for every pair of operands: the higher of the two "
        "categories bool, integer, floating point and complex decides.",
        table=[
            ("left", *(f"left + {mode['says'][pick]}" for mode, pick in _columns(modes, col))),
            *(
                (name, *(mode["cells"][i][pick][0] for mode, pick in _columns(modes, col)))
                for i, name in enumerate(names)
            ),
        ],
    )


def _columns(modes: list[dict[str, Any]], col: int) -> list[tuple[dict[str, Any], int]]:
    """For the static table: one column of each kind, the number being 1.0."""
    return [(modes[0], col), (modes[1], col), (modes[2], NUMBERS.index(1.0))]


def _mode(kind: int) -> dict[str, Any]:
    rights: tuple[Any, ...] = NUMBERS
    if kind < 2:
        rights = tuple(torch.ones(() if kind else 2, dtype=dtype) for dtype in DTYPES)
    return {
        "label": KINDS[kind][0],
        "right": [str(x) if kind == 2 else _name(x.dtype) for x in rights],
        "says": [KINDS[kind][1].format(str(x) if kind == 2 else _name(x.dtype)) for x in rights],
        "own": [_name(torch.result_type(x, x)) for x in rights],
        "cells": [[_cell(dtype, x, kind) for x in rights] for dtype in DTYPES],
    }


def _cell(dtype: torch.dtype, right: Any, kind: int) -> tuple[str, str]:
    """The dtype that a real addition returns, and the rule that gives it."""
    left = torch.ones(2, dtype=dtype)
    result = (left + right).dtype
    assert result == torch.result_type(left, right), (dtype, right, result)
    return _name(result), _why(dtype, torch.result_type(right, right), kind, result)


def _why(left: torch.dtype, right: torch.dtype, kind: int, result: torch.dtype) -> str:
    mine, theirs = (CATEGORIES.index(_category(dtype)) for dtype in (left, right))
    high, low = CATEGORIES[max(mine, theirs)], CATEGORIES[min(mine, theirs)]
    higher = f"{high} is a higher category than {low}"
    if theirs <= mine and kind > 0:
        what = "a Python number" if kind == 2 else "a 0-D tensor"
        return f"{what} counts only if its category is higher than the tensor's"
    if left == right:
        return "both operands have this dtype"
    if theirs == mine:
        if result in (left, right):
            return "within one category the wider dtype wins"
        return "neither dtype holds the other, so the next wider one wins"
    if result not in (left, right):
        return f"{higher}, with parts as precise as the {low} operand's"
    if kind == 2 and high == "integer":
        return f"{higher}, and a Python int counts as int64"
    if kind == 2 and high == "floating point":
        return f"{higher}, and a Python float counts as the default dtype, float32"
    if kind == 2:
        return f"{higher}, and a Python complex counts as complex64"
    return f"{higher}, whatever their sizes"


def _words(left: str, right: str, result: str, why: int, reasons: list[str]) -> str:
    """The sentence of the state that the figure opens on, as ``promotion.mjs`` says it."""
    return f"{left} tensor + {right} → {result}: {reasons[why]}."


def _category(dtype: torch.dtype) -> str:
    if dtype.is_complex:
        return "complex"
    if dtype.is_floating_point:
        return "floating point"
    return "bool" if dtype == torch.bool else "integer"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
