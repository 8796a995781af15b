"""The real graph: drawn from a tensor's ``grad_fn``, with what every node saved and its gradient.

    figures.graph(loss, params=model)                      # a Module: its parameters' names
    figures.graph(z, params={"x": x, "a": a, "y": y})      # names of leaves, and of results
    figures.graph(out, gradient=torch.ones_like(out))      # more than one number: where to start

Each part has its module: ``graph_walk`` reads nodes, edges and saved tensors, ``graph_gradients``
runs one backward pass and watches it, ``graph_layout`` places the nodes, ``graph_words`` tells.
"""

from __future__ import annotations

from typing import Any

import torch

from .figure import Figure
from .graph_gradients import capture
from .graph_layout import lay_out
from .graph_walk import find_saved, name_nodes, named_tensors, walk
from .graph_words import label, saved_words, says, short

EXAMPLE: Any = object()


def graph(loss: Any = EXAMPLE, params: Any = None, *, gradient: Any = None) -> Figure:
    """The figure: the graph behind ``loss``, to be stepped through in the order of backward.

    loss: a tensor that an operation made; without it, z = x * (a + b). params: a Module, a dict
    from names to tensors, or a list; a result may have a name as well as a leaf. gradient: what
    ``backward`` starts from, in the shape of ``loss``; needed unless that has one element.

    Nothing of the learner's changes: no ``.grad``, and the graph is not freed. But one backward
    pass does run, and with it hooks and custom Functions. TypeError or ValueError, in one line,
    where there is no graph, where it was freed or changed in place, and beyond 200 nodes.
    """
    if loss is EXAMPLE:
        loss, params = _example()
    steps = walk(loss)
    named = named_tensors(params)
    missing = name_nodes(steps, named)
    find_saved(steps, named)
    flow = capture(loss, steps, gradient)
    place = lay_out([[target for target, _ in step.edges] for step in steps])
    at = {number: i for i, number in enumerate(flow.order)}
    told = [says(number, steps, flow) for number in flow.order]
    nodes: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    for number in flow.order:
        step = steps[number]
        arrived = [one.brief if one else "none" for one in flow.arrived.get(number, [None])]
        node = {
            "kind": step.kind,
            "name": label(step),
            "x": place.x[number],
            "y": place.row[number],
            "to": [[at[target], output] for target, output in step.edges],
            "grad": arrived[0] if len(arrived) == 1 else f"{len(arrived)} outputs",
        }
        if number in place.lanes:
            node["lane"] = [place.lanes[number][0], *place.lanes[number][1]]
        nodes.append(node)
        targets = ", ".join(short(steps[target]) for target, _ in step.edges)
        kept = ", ".join(saved_words(step)) or "nothing"
        title = f"{label(step)} {step.kind}".strip()
        rows.append([title, "; ".join(arrived), kept, targets or ".grad"])
    opens = _opening([node["to"] for node in nodes])
    return Figure(
        name="graph",
        data={
            "nodes": nodes,
            "says": told,
            "columns": place.columns,
            "rows": place.rows,
            "missing": missing,
        },
        state={"step": opens},
        words=_words(opens, told),
        alt=f"The graph that autograd has recorded for a result: {len(nodes)} nodes, what each has "
        "saved, and the gradient that arrives at each.",
        table=[
            ["node", "gradient", "saved", "leads to"],
            *rows,
            *([name, "none", "nothing", "not in this graph"] for name in missing),
        ],
    )


def _opening(targets: list[list[list[int]]]) -> int:
    """The first node where several edges meet, for there gradients add up; else the second."""
    seen = set()
    doubled = set()
    for edges in targets:
        for target, _ in edges:
            (doubled if target in seen else seen).add(target)
    return min(doubled, default=min(1, len(targets) - 1))


def _words(at: int, told: list[str]) -> str:
    """The sentence of the state that the figure opens on, as ``graph.mjs`` says it."""
    return f"Step {at + 1} of {len(told)}. {told[at]}"


def _example() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    def leaf(value: float) -> torch.Tensor:
        return torch.tensor(value, dtype=torch.float32, device="cpu", requires_grad=True)

    with torch.inference_mode(False), torch.enable_grad():
        x, a, b = leaf(2.0), leaf(3.0), leaf(4.0)
        y = a + b
        return x * y, {"x": x, "a": a, "b": b, "y": y}
