"""Who shares whose bytes: after ``b = op(a)``, does a write to one show up in the other?

Nothing here is typed from memory: each operation's text is the code that runs, positions come from
addresses, and each write is made on a fresh pair and seen in what changed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from .figure import Figure

Index = int | tuple[int, ...]

SOURCES = (
    ("np.arange(6, dtype=np.float32)", ("torch.tensor(a)", "torch.as_tensor(a)",
                                        "torch.from_numpy(a)")),
    ("[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]", ("torch.tensor(a)", "torch.as_tensor(a)")),
    ("torch.arange(6.0)", ("a.numpy()", "a.tolist()", "a.view(2, 3)", "a[1:4]", "a[[1, 2, 3]]",
                           "a.clone()", "a.detach()", "a.to(torch.float32)",
                           "a.to(torch.float64)")),
    ("torch.arange(6.0).view(2, 3)", ("a.T", "a.T.reshape(6)")),
)  # fmt: skip
OPENS_ON = "a[1:4]"
WRITTEN = 99


def sharing() -> Figure:
    """The figure: pick an operation, then an element of ``a`` or ``b`` to write 99 to."""
    with torch.device("cpu"):
        default = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)  # the pictures say float32, 4 bytes
        try:
            ops = [
                _operation(number, source, code)
                for number, (source, codes) in enumerate(SOURCES)
                for code in codes
            ]
            sources = [{"code": code, **_described(_run(code))} for code, _ in SOURCES]
        finally:
            torch.set_default_dtype(default)
    at = next(i for i, op in enumerate(ops) if op["code"] == OPENS_ON)
    cell = 2
    return Figure(
        name="sharing",
        data={"sources": sources, "ops": ops, "written": WRITTEN},
        state={"op": at, "side": "a", "cell": cell},
        words=_words(ops[at], cell),
        alt="Which operations share memory: the bytes of a and b, "
        f"and what a write of {WRITTEN} to one changes in the other.",
        table=[
            ("b = …", "a = …", f"a write of {WRITTEN} to a"),
            *((op["code"], SOURCES[op["source"]][0], _verdict(op)) for op in ops),
        ],
    )


def _run(code: str, **names: object) -> Any:
    """What a constant of this file evaluates to: so the label is the code that ran."""
    return eval(code, {"np": np, "torch": torch, **names})


def _pair(source: str, code: str) -> tuple[Any, Any]:
    a = _run(source)
    return a, _run(code, a=a)


def _operation(number: int, source: str, code: str) -> dict[str, Any]:
    a, b = _pair(source, code)
    start, end = _span(a)
    shares = start < end and start <= _span(b)[0] < end
    return {
        "code": code,
        "source": number,
        "b": _described(b, since=start if shares else None),
        "shares": shares,
        "why": _why(a, b, shares),
        "hits": {
            "a": [_seen(source, code, i, write=0) for i in range(len(_values(a)))],
            "b": [_seen(source, code, i, write=1) for i in range(len(_values(b)))],
        },
    }


def _seen(source: str, code: str, element: int, write: int) -> int | None:
    """Writes to one of a fresh (a, b); the element of the other that changed, None if none did."""
    pair = _pair(source, code)
    before = [_values(x) for x in pair]
    pair[write][list(_indices(pair[write]))[element]] = WRITTEN
    changed = [
        [i for i, (old, new) in enumerate(zip(was, _values(x), strict=True)) if old != new]
        for was, x in zip(before, pair, strict=True)
    ]
    assert changed[write] == [element], (source, code, element, changed)
    (other,) = changed[1 - write] or [None]
    return other


def _described(x: Any, since: int | None = None) -> dict[str, Any]:
    """Kind, shape, values and byte offsets (None for a list), the last axis fastest."""
    kind = {np.ndarray: "NumPy array", torch.Tensor: "tensor", list: "list"}[type(x)]
    if not isinstance(x, list):
        kind += f", {str(x.dtype).removeprefix('torch.')}"
    where = _addresses(x)
    origin = _span(x)[0] if since is None else since
    return {
        "kind": kind,
        "shape": [len(x)] if isinstance(x, list) else list(x.shape),
        "values": _values(x),
        "itemsize": None if isinstance(x, list) else x.dtype.itemsize,
        "at": [address - origin for address in where] if where else None,
    }


def _indices(x: Any) -> Iterator[Index]:
    """Every element's index, the last axis fastest; plain integers for one axis."""
    if isinstance(x, list) or len(x.shape) == 1:
        return iter(range(len(x)))
    return itertools.product(*map(range, x.shape))


def _values(x: Any) -> list[int]:
    return [int(x[i]) for i in _indices(x)]  # whole numbers in every source


def _addresses(x: Any) -> list[int]:
    """The address of each element, in bytes; nothing for a list, which holds separate objects."""
    if isinstance(x, list):
        return []
    if isinstance(x, np.ndarray):
        first, steps = x.ctypes.data, x.strides
    else:
        first, steps = x.data_ptr(), [n * x.element_size() for n in x.stride()]
    return [
        first + sum(i * step for i, step in zip(index, steps, strict=True))
        for index in itertools.product(*map(range, x.shape))
    ]


def _span(x: Any) -> tuple[int, int]:
    """First address and one past the last; (0, 0) for a list."""
    where = _addresses(x)
    return (min(where), max(where) + x.dtype.itemsize) if where else (0, 0)


def _why(a: Any, b: Any, shares: bool) -> str:
    if b is a:
        return "b is a itself, the same object"
    if isinstance(a, list):
        return "a list holds separate Python numbers, so b gets storage of its own"
    if isinstance(b, list):
        return "b is a list of new Python numbers"
    if not shares:
        return "b has storage of its own, filled with a copy"
    (start, end), (first, past) = _span(a), _span(b)
    if (first, past) != (start, end):
        return f"b looks at bytes {first - start} to {past - start - 1} of a's storage"
    order = ", in another order" if sorted(_addresses(b)) != _addresses(b) else ""
    shape = ", with another shape" if not order and tuple(a.shape) != tuple(b.shape) else ""
    return f"b looks at all {end - start} bytes of a's storage{order}{shape}"


def _words(op: dict[str, Any], cell: int) -> str:
    """The sentence of the state that the figure opens on (a is 1-D), as ``sharing.mjs`` says it."""
    other = op["hits"]["a"][cell]
    effect = "changes nothing in b" if other is None else f"also changes b[{other}]"
    return f"After b = {op['code']}, a[{cell}] = {WRITTEN} {effect}: {op['why']}."


def _verdict(op: dict[str, Any]) -> str:
    seen = [cell is not None for cell in op["hits"]["a"]]
    return (
        "shows in b"
        if all(seen)
        else "shows in b for part of a"
        if any(seen)
        else "does not show in b"
    )
