"""The learner's side: objects that have no plain form stay here and cross as numbers."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from .encode import Node, opaque
from .protocol import ProtocolError, name_of


class Handles:
    """What was given out, by number; the same object keeps its number."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def node(self, value: Any) -> Node:
        """A handle for what has no plain form, unless it only pretends to have one."""
        if isinstance(value, (torch.Tensor, str, bytes, int, float, complex)):
            return opaque(value)
        number = next((n for n, kept in enumerate(self.items) if kept is value), None)
        if number is None:
            number = len(self.items)
            self.items.append(value)
        node = opaque(value) | {"t": "handle", "n": number, "callable": callable(value)}
        if isinstance(value, torch.nn.Module):
            return node | {"module": True, "parameters": parameters_of(value.forward)}
        if callable(value):
            return node | {
                "function": name_of(getattr(value, "__name__", "")),
                "parameters": parameters_of(value),
            }
        return node

    def value(self, node: dict[str, Any]) -> Any:
        if node["t"] != "handle":
            raise ProtocolError("an opaque value cannot come back")
        return self.items[node["n"]]


def parameters_of(value: Any) -> list[list[Any]] | None:
    """Names and kinds of the parameters; None where there is no signature."""
    try:
        found = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in list(found)[:32]]
