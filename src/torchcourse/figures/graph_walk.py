"""The graph behind a tensor, as ``grad_fn.next_functions`` has it: nodes, edges, saved tensors.

Nothing is computed here and nothing is changed; ``graph_gradients`` runs the backward pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.autograd.graph import Node

MOST = 200

FREED = (
    "this graph has been freed: backward() threw away what it had saved; compute the loss again, "
    "or draw the graph before backward(), or call backward(retain_graph=True)"
)
CHANGED = (
    "a tensor that {} saved has been changed in place since, so backward() would raise as well; "
    "replace the method ending in _, the += or the x[...] = by one that makes a new tensor"
)


@dataclass
class Step:
    """One node: what it is, where its edges lead, and what it holds.

    ``edges`` are (number of a node, which of its outputs); ``blocked`` counts the inputs of the
    operation that need no gradient, so that no edge leads to them. ``saved`` are (name, shape, the
    tensor's own name or ""). ``names`` and ``shapes`` are those of the outputs.
    """

    node: Node
    kind: str
    edges: list[tuple[int, int]] = field(default_factory=list)
    blocked: int = 0
    names: dict[int, str] = field(default_factory=dict)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    saved: list[tuple[str, tuple[int, ...], str]] = field(default_factory=list)

    @property
    def is_leaf(self) -> bool:
        return self.kind == "AccumulateGrad"


def walk(loss: Any) -> list[Step]:
    """All nodes behind ``loss``, the loss's own first, in the order of a breadth-first walk.

    TypeError for what is no tensor; ValueError where there is no graph, or one of over 200 nodes.
    """
    if not isinstance(loss, torch.Tensor):
        raise TypeError(
            f"graph() draws what is behind a tensor, and got {_article(type(loss).__name__)}; "
            "pass the loss itself: loss.backward() and loss.item() return no tensor with a graph"
        )
    if loss.grad_fn is None:
        raise ValueError(_no_graph(loss))
    numbers = {loss.grad_fn: 0}  # a node is the same Python object as long as we hold it
    steps = [Step(loss.grad_fn, kind_of(loss.grad_fn))]
    for step in steps:  # grows while we walk
        for node, output in step.node.next_functions:
            if node is None:
                step.blocked += 1
                continue
            if node not in numbers:
                numbers[node] = len(steps)
                steps.append(Step(node, kind_of(node)))
            step.edges.append((numbers[node], output))
        step.shapes = [tuple(one.shape) for one in step.node._input_metadata]
    if len(steps) > MOST:
        raise ValueError(
            f"this graph has {len(steps):,} nodes, and at most {MOST} can be read; draw a smaller "
            "one of the same form: one layer, fewer steps of the loop, or an inner result"
        )
    return steps


def kind_of(node: Node) -> str:
    """The node's type, such as ``MulBackward0``: the same on every system, unlike ``.name()``."""
    kind = type(node).__name__
    return node.name().split("::")[-1].split()[-1] if kind == "CppFunction" else kind


def name_nodes(steps: list[Step], named: Mapping[str, torch.Tensor]) -> list[str]:
    """Write the names into the nodes that made the tensors; answers with those not in the graph.

    Leaves without a name become "leaf 1", "leaf 2" …
    """
    makers = _makers(steps)
    missing = []
    for name, tensor in named.items():
        found, output = makers.get(_maker(tensor)), tensor.output_nr
        if found is not None:
            # tied weights: one leaf, several names
            found.names[output] = " = ".join(filter(None, [found.names.get(output), name]))
        elif tensor.requires_grad:
            missing.append(name)
    unnamed = (step for step in steps if step.is_leaf and not step.names)
    for count, step in enumerate(unnamed, 1):
        step.names[0] = f"leaf {count}"
    return missing


def find_saved(steps: list[Step], named: Mapping[str, torch.Tensor]) -> None:
    """Read the shapes of what each node saved, and whose tensors they are.

    ValueError where a saved tensor has been freed, or was changed in place since.
    """
    makers = _makers(steps)
    for step in steps:
        try:
            saved = [*_saved(step.node)]
        except RuntimeError as error:
            raise refused(error, step.kind) from error
        for label, tensor in saved:
            name = next((key for key, one in named.items() if one is tensor), "")
            maker = makers.get(_maker(tensor))
            if not name and maker is not None:
                name = maker.names.get(tensor.output_nr, "")
            step.saved.append((label, tuple(tensor.shape), name))


def refused(error: RuntimeError, kind: str) -> Exception:
    """Torch's long message in one line, where it is one of the two that we expect."""
    if "second time" in str(error):
        return ValueError(FREED)
    if "modified by an inplace operation" in str(error):
        return ValueError(CHANGED.format(kind))
    return error


def named_tensors(params: Any) -> dict[str, torch.Tensor]:
    """Names of tensors, from a module, a mapping, pairs, or a list of tensors (``params[0]`` …)."""
    if params is None:
        return {}
    if isinstance(params, torch.nn.Module):
        return dict(params.named_parameters(remove_duplicate=False))
    items: list[Any] = [None]
    if isinstance(params, Mapping):
        items = list(params.items())
    elif isinstance(params, Iterable) and not isinstance(params, torch.Tensor | str):
        items = list(params)
    pairs = {}
    for i, item in enumerate(items):
        name, value = item if isinstance(item, tuple) else (f"params[{i}]", item)
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                "params names tensors: pass a Module, a dict from names to tensors, or a list"
            )
        pairs[str(name)] = value
    return pairs


def _makers(steps: list[Step]) -> dict[Any, Step]:
    """Each node's step, by the node; a leaf's by the leaf's identity, for no operation made it."""
    return {id(step.node.variable) if step.is_leaf else step.node: step for step in steps}


def _maker(tensor: torch.Tensor) -> Any:
    return tensor.grad_fn or id(tensor)


def _saved(node: Node) -> Iterable[tuple[str, torch.Tensor]]:
    """(name, tensor) for each ``_saved_…`` attribute, and what a Function of Python saved."""
    found = [name for name in dir(node) if name.startswith("_saved_")]
    for attribute in sorted(found, key=lambda name: (name != "_saved_self", name)):
        value = getattr(node, attribute)
        label = attribute.removeprefix("_saved_")
        if isinstance(value, torch.Tensor):
            yield label, value
        elif isinstance(value, list | tuple):
            tensors = [x for x in value if isinstance(x, torch.Tensor)]
            yield from ((f"{label}[{i}]", x) for i, x in enumerate(tensors))
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        tensors = [x for x in node.saved_tensors if x is not None]
        yield from ((f"saved_tensors[{i}]", x) for i, x in enumerate(tensors))


def _no_graph(loss: torch.Tensor) -> str:
    if loss.requires_grad:
        return (
            "this tensor is a leaf, and no operation made it, so there is no graph behind it; "
            "pass the result of a computation"
        )
    return (
        "there is no graph behind this tensor (its requires_grad is False): nothing that it was "
        "computed from requires grad, or it was computed under no_grad() or detached; compute it "
        "again from tensors with requires_grad=True, outside of no_grad()"
    )


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
