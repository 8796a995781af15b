"""The gradient at every node, captured by hooks while a real backward pass runs.

``torch.autograd.grad`` runs it, so ``.grad`` of leaves stays as it is, and ``retain_graph`` keeps
what the graph has saved. It does add to the ``.grad`` of tensors with ``retain_grad()`` (torch
2.13.0; their hook hangs on the graph), so that is put back. Hooks of the learner run once more.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import torch
from torch.autograd.graph import GradientEdge

from .graph_walk import Step, refused

FEW = 4


@dataclass
class Flow:
    """What ran when, and what was seen: texts, for the tensors may be large.

    ``order`` has the numbers of the nodes as they ran, a leaf right after the last that sent to it.
    ``arrived[n]`` has the gradient of each output of node n, ``sent[n]`` one for each of its edges;
    None where none was defined.
    """

    order: list[int] = field(default_factory=list)
    arrived: dict[int, list[Value | None]] = field(default_factory=dict)
    sent: dict[int, list[Value | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """A gradient in words: ``brief`` for a small box, ``full`` for a sentence."""

    brief: str
    full: str


def capture(loss: torch.Tensor, steps: list[Step], gradient: Any) -> Flow:
    """Run the backward pass of ``loss`` once, and look at every node.

    gradient: as of ``backward``, in the shape of ``loss``; needed unless that has one element.
    ValueError without it, and where the graph was freed.
    """
    start = _start(loss, gradient)
    flow = Flow()
    ran: list[int] = []
    handles = []

    def watch(number: int) -> None:
        def see(sent: tuple, arrived: tuple) -> None:
            ran.append(number)
            flow.arrived[number] = [value_of(one) for one in arrived]
            edges = zip(sent, steps[number].node.next_functions, strict=True)
            flow.sent[number] = [value_of(one) for one, (node, _) in edges if node is not None]

        handles.append(steps[number].node.register_hook(see))

    ends = [number for number, step in enumerate(steps) if not step.edges]
    for number, step in enumerate(steps):
        if step.edges:
            watch(number)
    try:
        with torch.inference_mode(False), _retained_as_before(steps):
            edges = [GradientEdge(steps[number].node, 0) for number in ends]
            found = torch.autograd.grad(loss, edges, start, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        raise refused(error, "an operation") from error
    finally:
        for handle in handles:
            handle.remove()
    for number, one in zip(ends, found, strict=True):
        flow.arrived[number], flow.sent[number] = [value_of(one)], []
    flow.order = _order(steps, ran)
    return flow


def value_of(gradient: torch.Tensor | None) -> Value | None:
    """Up to four elements in full, else shape and norm; rounded to 3 digits."""
    if gradient is None:
        return None
    shape = tuple(gradient.shape)
    if gradient.device.type == "meta" or gradient.is_nested:
        return Value(str(shape), f"{shape} without numbers")
    dense = gradient.detach().to_dense().cpu()
    dense = dense.to(torch.complex128 if dense.is_complex() else torch.float64)
    if dense.numel() == 0:
        return Value(str(shape), f"{shape}, empty")
    if dense.numel() <= FEW:
        text = _nested(dense.tolist())
        return Value(text if len(text) <= 12 else str(shape), text)
    return Value(str(shape), f"{shape} of norm {_number(dense.norm().item())}")


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return _number(value)


def _number(x: complex) -> str:
    if isinstance(x, float) and isfinite(x):
        near = round(x)
        if (near or not x) and abs(x - near) <= 1e-6 * max(1, abs(x)) < 1:
            return str(near)
        return f"{float(f'{x:.3g}'):g}"  # 1230, not 1.23e+03
    return f"{x + 0.0:.3g}"


def _start(loss: torch.Tensor, gradient: Any) -> torch.Tensor | None:
    shape = tuple(loss.shape)
    if gradient is None:
        if loss.numel() == 1:
            return None
        raise ValueError(
            f"a tensor of shape {shape} is no single number to take the gradient of; pass "
            "gradient=, a tensor of its shape, or draw a scalar such as its sum()"
        )
    if not isinstance(gradient, torch.Tensor) or tuple(gradient.shape) != shape:
        has = tuple(getattr(gradient, "shape", ())) if hasattr(gradient, "shape") else "no shape"
        raise ValueError(f"gradient= needs the shape {shape} of the tensor drawn, and has {has}")
    return gradient


def _order(steps: list[Step], ran: list[int]) -> list[int]:
    """Numbers of all nodes in the order in which they have their gradient."""
    when = {number: (rank, -1) for rank, number in enumerate(ran)}
    for number, step in enumerate(steps):
        for target, _ in step.edges:
            if target not in when or when[target][1] >= 0:
                known = when.get(target, (-1, target))
                when[target] = (max(known[0], when.get(number, (-1, 0))[0]), target)
    return sorted(range(len(steps)), key=lambda number: when.get(number, (len(steps), number)))


@contextmanager
def _retained_as_before(steps: list[Step]) -> Iterator[None]:
    """``.grad`` of tensors with retain_grad() in this graph is the learner's: put it back."""
    nodes = {step.node for step in steps}
    tensors = {torch.Tensor}
    waiting = [torch.Tensor]
    for kind in waiting:  # grows while we walk
        waiting += [one for one in type.__subclasses__(kind) if one not in tensors]
        tensors.update(waiting)
    kept = [
        (one, one.grad)
        for one in gc.get_objects()
        if type(one) in tensors and not one.is_leaf and one.retains_grad and one.grad_fn in nodes
    ]
    for tensor, _ in kept:
        tensor.grad = None  # else the sum would be written into the learner's own tensor
    try:
        yield
    finally:
        for tensor, grad in kept:
            tensor.grad = grad
