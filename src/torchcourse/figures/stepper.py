"""The graph of y = log(x²)·sin x + 1/x, and slopes that walk it forward or backward, edge by edge.

Values come from torch in float64, and each local slope from ``torch.autograd.grad`` of the one
operation at the end of its edge. The contributions are products of these, added up node by node in
the order of the walk; both walks have to end with the slope that autograd finds for the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from .figure import Figure

Operation = Callable[..., torch.Tensor]

NODES: tuple[tuple[str, str, str, Operation | None], ...] = (
    ("x", "", "", None),
    ("a", "x²", "x", lambda x: x**2),
    ("b", "log a", "a", torch.log),
    ("c", "sin x", "x", torch.sin),
    ("d", "b·c", "bc", torch.mul),
    ("e", "1/x", "x", lambda x: 1 / x),
    ("y", "d + e", "de", torch.add),
)
# Start, end, and the local slope as a formula; in an order that forward can walk.
EDGES = (
    ("x", "a", "2x"),
    ("a", "b", "1/a"),
    ("x", "c", "cos x"),
    ("b", "d", "c"),
    ("c", "d", "b"),
    ("x", "e", "−1/x²"),
    ("d", "y", "1"),
    ("e", "y", "1"),
)
WALKS = {"forward": (0, 1, 2, 3, 4, 5, 6, 7), "backward": (6, 7, 5, 3, 4, 2, 1, 0)}
STARTS = {"forward": "x", "backward": "y"}
POINTS = (2.0, 1.0, 3.0)
OPENS_ON = ("backward", 0, 3)  # x has the first of three contributions


def stepper() -> Figure:
    """The figure: pick a direction and an x, and walk the graph one edge a press."""
    with torch.device("cpu"), torch.enable_grad():
        points = [_point(x) for x in POINTS]
    walk, at, done = OPENS_ON
    return Figure(
        name="stepper",
        data={
            "nodes": [[name, formula] for name, formula, *_ in NODES],
            "edges": EDGES,
            "walks": WALKS,
            "starts": STARTS,
            "points": points,
        },
        state={"walk": walk, "point": at, "done": done},
        words=_words(points[at], walk, done),
        alt="The graph of y = log(x²)·sin x + 1/x: seven nodes and eight edges with local slopes. "
        "Three paths lead from x to y, and slopes walk them forward or backward.",
        table=[
            ("edge", "local slope", "at x = 2", "forward adds", "backward adds"),
            *(
                (
                    f"{start} → {end}",
                    formula,
                    points[0]["local"][number],
                    f"{_added(points[0], 'forward', number)} to {end}",
                    f"{_added(points[0], 'backward', number)} to {start}",
                )
                for number, (start, end, formula) in enumerate(EDGES)
            ),
        ],
    )


def _point(x: float) -> dict[str, Any]:
    """At one x: value of each node, local slope of each edge, and what each walk adds where."""
    values = {"x": torch.tensor(x, dtype=torch.float64, requires_grad=True)}
    local: dict[tuple[str, str], float] = {}
    for name, _, inputs, operation in NODES:
        if operation is not None:
            values[name] = operation(*(values[i] for i in inputs))
            slopes = torch.autograd.grad(
                values[name], [values[i] for i in inputs], retain_graph=True
            )
            local |= {(i, name): s.item() for i, s in zip(inputs, slopes, strict=True)}
    slopes = [local[start, end] for start, end, _ in EDGES]
    walks = {walk: _walk(walk, slopes) for walk in WALKS}
    (whole,) = torch.autograd.grad(values["y"], values["x"])
    for steps in walks.values():
        assert math.isclose(steps[-1][1], whole.item(), rel_tol=1e-9), x
    return {
        "values": {name: _short(value.item()) for name, value in values.items()},
        "local": [_short(slope) for slope in slopes],
        **{walk: [[_short(n) for n in step] for step in steps] for walk, steps in walks.items()},
    }


def _walk(walk: str, local: Sequence[float]) -> list[tuple[float, float]]:
    """For each edge in walking order: what it adds, and the sum that its target then has."""
    slope = {STARTS[walk]: 1.0}
    steps = []
    for number in WALKS[walk]:
        source, target = _ends(walk, number)
        added = slope[source] * local[number]
        slope[target] = slope.get(target, 0.0) + added
        steps.append((added, slope[target]))
    return steps


def _ends(walk: str, number: int) -> tuple[str, str]:
    """The edge's nodes in the direction of the walk."""
    start, end, _ = EDGES[number]
    return (start, end) if walk == "forward" else (end, start)


def _added(point: dict[str, Any], walk: str, number: int) -> str:
    return point[walk][WALKS[walk].index(number)][0]


def _short(x: float) -> str:
    """Three decimals at most, a true minus, and no minus in front of 0."""
    x = round(x, 3)
    return (str(int(x)) if x == int(x) else str(x)).replace("-", "−")


def _words(point: dict[str, Any], walk: str, done: int) -> str:
    """The sentence of a state after at least one edge, as ``stepper.mjs`` says it."""
    order = WALKS[walk]
    number = order[done - 1]
    source, target = _ends(walk, number)
    added, total = point[walk][done - 1]
    given = "1"
    for earlier, step in zip(order[: done - 1], point[walk], strict=False):
        if _ends(walk, earlier)[1] == source:
            given = step[1]
    into = [_ends(walk, n)[1] for n in order]
    seen, needed = into[:done].count(target), into.count(target)
    name = f"d{target}/dx" if walk == "forward" else f"dy/d{target}"
    ends = (
        f"so {name} = {total}"
        if seen == needed
        else f"which has {seen} of its {needed} contributions, {total} so far"
    )
    return (
        f"{walk.capitalize()} at x = {point['values']['x']}, edge {done} of {len(order)}: "
        f"{source} hands {given} × {point['local'][number]} = {added} to {target}, {ends}."
    )
