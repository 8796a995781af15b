"""Where each element of a view lies in its storage, and which ``.view(...)`` of it is possible.

Nothing here is typed from memory: each layout's text is the code that runs on twelve numbers that
are their own places, so the numbers that a view shows are the places that it reads. Whether
``t.view(shape)`` works is tried out; the steps that the figure writes beside a refused view are
those from its first element to the next one along each axis. A view exists exactly where these
steps reach every element, which is the rule of
https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import torch

from .figure import Figure

SOURCE = "line = torch.arange(12); X = line.view(3, 4)"
LAYOUTS: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...] = (
    ("X", ((12,), (2, 6), (3, 2, 2))),
    ("X.t()", ((12,), (2, 6), (2, 2, 3))),
    ("X[:, 1]", ((3, 1), (1, 3))),
    ("X[:, :2]", ((6,), (2, 3), (3, 2, 1))),
    ("X[:, ::2]", ((6,), (2, 3))),
    ("X[1:, 1:3]", ((4,), (2, 1, 2))),
    ("X.diagonal()", ((3, 1),)),
    ("X[1].expand(3, 4)", ((12,), (3, 2, 2))),
    ("line.unfold(0, 4, 2)", ((2, 10), (5, 2, 2))),
    ("line.view(2, 3, 2).permute(2, 0, 1)", ((2, 6), (4, 3))),
)
OPENS_ON = ("X.t()", (1, 2))


def strides() -> Figure:
    """The figure: pick a layout of one storage, an element of it, and a shape to view it in."""
    with torch.device("cpu"):
        line = torch.arange(12)
        layouts = [_layout(line, code, shapes) for code, shapes in LAYOUTS]
    code, index = OPENS_ON
    at = next(i for i, layout in enumerate(layouts) if layout["code"] == code)
    cell = _flat(index, layouts[at]["shape"])
    return Figure(
        name="strides",
        data={"source": SOURCE, "size": 12, "layouts": layouts},
        state={"layout": at, "view": 0, "cell": cell},
        words=_words(layouts[at], index),
        alt="The places in a storage of 12 numbers that a slice, a transpose or a window reads, "
        "found from shape, stride and offset, and the shapes in which it can be viewed.",
        table=[
            ("t = …", "shape", "stride", "offset", "t.view(…)"),
            *(
                (
                    layout["code"],
                    str(tuple(layout["shape"])),
                    str(tuple(layout["stride"])),
                    str(layout["offset"]),
                    "; ".join(_verdict(view) for view in layout["views"]),
                )
                for layout in layouts
            ),
        ],
    )


def _layout(line: torch.Tensor, code: str, shapes: Sequence[tuple[int, ...]]) -> dict[str, Any]:
    """What torch says of a layout; its values are places, for the storage holds 0, 1, 2 …"""
    t = eval(code, {"line": line, "X": line.view(3, 4)})
    assert t.untyped_storage().data_ptr() == line.untyped_storage().data_ptr(), code
    places = t.flatten().tolist()
    return {
        "code": code,
        "shape": list(t.shape),
        "stride": list(t.stride()),
        "offset": t.storage_offset(),
        "places": places,
        "views": [_view(t, shape, places) for shape in shapes],
    }


def _view(t: torch.Tensor, shape: tuple[int, ...], places: list[int]) -> dict[str, Any]:
    try:
        stride, works = list(t.view(shape).stride()), True
    except RuntimeError:
        # The first step along each axis: what the stride would have to be.
        ahead = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        steps = zip(shape, ahead, strict=True)
        stride = [places[n] - places[0] if size > 1 else 0 for size, n in steps]
        works = False
    return {"shape": list(shape), "stride": stride, "works": works}


def _flat(index: Sequence[int], shape: Sequence[int]) -> int:
    """The number of an element in reading order."""
    number = 0
    for i, size in zip(index, shape, strict=True):
        number = number * size + i
    return number


def _words(layout: dict[str, Any], index: Sequence[int]) -> str:
    """The sentence of the state that the figure opens on, as ``strides.mjs`` says it."""
    terms = [f"{i}·{step}" for i, step in zip(index, layout["stride"], strict=True)]
    place = layout["places"][_flat(index, layout["shape"])]
    return f"t{list(index)} lies at place {' + '.join([str(layout['offset']), *terms])} = {place}."


def _verdict(view: dict[str, Any]) -> str:
    shape = ", ".join(map(str, view["shape"]))
    says = f"works, stride {tuple(view['stride'])}" if view["works"] else "is refused"
    return f"view({shape}) {says}"
