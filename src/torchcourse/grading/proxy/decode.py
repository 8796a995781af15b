"""Nodes to values, trusting nothing: every number is checked before memory is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .memory import Memories, decoded
from .protocol import (
    ARRAY_KINDS,
    DEEPEST,
    DTYPES,
    LARGEST_MEMORY,
    LONGEST_TEXT,
    MOST_DIMENSIONS,
    MOST_HASHED,
    MOST_NODES,
    ProtocolError,
    expect,
    is_short,
    name_of,
    whole,
)

GROUPS: dict[str, Callable[[list], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "size": torch.Size,
}
HASHED = ("set", "frozenset", "dict")
NUMBERED = ("tensor", "array", "list", "dict", "set", "bytearray", "generator")


class Decoder:
    """One message's nodes. other: makes handles and opaque values."""

    def __init__(self, memories: Memories, other: Callable[[dict[str, Any]], Any]) -> None:
        self.memories = memories
        self.known: list[Any] = []
        self.objects: list[Any] = []
        self.graded: list[tuple[torch.Tensor, dict[str, Any]]] = []
        self.count = self.hashed = 0
        self._other = other

    def value(self, node: Any, depth: int = 0) -> Any:
        """What the node says. Raises ProtocolError for anything else than the protocol's nodes."""
        self.count += 1
        if depth > DEEPEST or self.count > MOST_NODES:
            raise ProtocolError("a value is nested too deeply or has too many parts")
        kind = expect(expect(node, dict).get("t"), str)
        slot = len(self.objects) if kind in NUMBERED else -1
        if slot >= 0:
            self.objects.append(None)
        try:
            value = self._value(kind, node, depth)
        except (TypeError, ValueError, OverflowError, RuntimeError, KeyError) as error:
            raise ProtocolError(f"a {kind[:20]} makes no sense: {type(error).__name__}") from None
        if slot >= 0:
            self.objects[slot] = value
        return value

    def _value(self, kind: str, node: dict[str, Any], depth: int) -> Any:
        raw = node.get("v")
        if kind in HASHED:
            self.hashed += len(expect(raw, list))
            if self.hashed > MOST_HASHED:
                raise ProtocolError("a set or a dictionary has too many items")
        if kind in GROUPS:
            return GROUPS[kind]([self.value(item, depth + 1) for item in expect(raw, list)])
        if kind == "dict":
            pairs = [[self.value(x, depth + 1) for x in expect(p, list)] for p in expect(raw, list)]
            return dict(pairs)
        if kind == "slice":
            return slice(*(self.value(part, depth + 1) for part in expect(raw, list)))
        if kind == "ref":
            return self.known[whole(node.get("n"), 0, len(self.known) - 1)]
        if kind == "tensor":
            return self._tensor(node)
        if kind == "array":
            return self._array(node)
        if kind in ("handle", "opaque"):
            return self._other(node)
        if kind in ("none", "ellipsis"):
            return None if kind == "none" else ...
        return _scalar(kind, node, raw)

    def _tensor(self, node: dict[str, Any]) -> torch.Tensor:
        if node.get("dtype") not in DTYPES:
            raise ProtocolError("unknown dtype")
        dtype = getattr(torch, node["dtype"])
        shape = _sizes(node.get("shape"), 0)
        # A sum over an empty axis has all the others' size.
        if math.prod(n for n in shape if n) * dtype.itemsize > LARGEST_MEMORY:
            raise ProtocolError("a tensor is too large")
        if node.get("device") == "meta":
            tensor = torch.empty(shape, dtype=dtype, device="meta")
        else:
            tensor = self._strided(node, shape, dtype)
        if node.get("parameter") is True:
            return torch.nn.Parameter(tensor, requires_grad=node.get("grad") is True)
        if node.get("grad") is True:
            self.graded.append((tensor, node))
        return tensor

    def _strided(self, node: dict[str, Any], shape: list[int], dtype: torch.dtype) -> torch.Tensor:
        memory = self.memories.items[whole(node.get("m"), 0, len(self.memories.items) - 1)]
        steps = _sizes(node.get("steps"), 0)
        at = whole(node.get("at"), 0, memory.size)
        if len(steps) != len(shape):
            raise ProtocolError("shape and strides disagree")
        if 0 in shape:
            return torch.empty(0, dtype=dtype).new_empty_strided(shape, steps)
        last = sum((n - 1) * step for n, step in zip(shape, steps, strict=True)) + 1
        if at % dtype.itemsize or at + last * dtype.itemsize > memory.size:
            raise ProtocolError("a tensor reaches beyond its memory")
        if dtype is torch.bool:
            _truths(memory.bytes_view()[at : at + last])
        tensor = torch.empty(0, dtype=dtype)
        view = memory.bytes_view()
        start = view.storage_offset() + at
        return tensor.set_(view.untyped_storage(), start // dtype.itemsize, shape, steps)

    def _array(self, node: dict[str, Any]) -> np.ndarray:
        dtype = _array_dtype(node.get("dtype"))
        memory = self.memories.items[whole(node.get("m"), 0, len(self.memories.items) - 1)]
        shape, steps = _sizes(node.get("shape"), 0), _sizes(node.get("steps"), -(1 << 40))
        at = whole(node.get("at"), 0, memory.size)
        size = math.prod(n for n in shape if n) * dtype.itemsize
        if len(steps) != len(shape) or size > LARGEST_MEMORY:
            raise ProtocolError("an array's shape makes no sense")
        if 0 in shape:
            return np.empty(shape, dtype)
        reach = [(n - 1) * step for n, step in zip(shape, steps, strict=True)]
        low, high = at + sum(min(r, 0) for r in reach), at + sum(max(r, 0) for r in reach)
        if low < 0 or high + dtype.itemsize > memory.size:
            raise ProtocolError("an array reaches beyond its memory")
        if dtype.kind == "b":
            _truths(memory.bytes_view()[low : high + 1])
        return np.ndarray(shape, dtype, memory.bytes_view().numpy(), at, steps)


def _sizes(value: Any, least: int) -> list[int]:
    if len(expect(value, list)) > MOST_DIMENSIONS:
        raise ProtocolError("too many dimensions")
    return [whole(n, least) for n in value]


def _truths(data: torch.Tensor) -> None:
    """A byte of 2 would be neither True nor False."""
    if bool((data > 1).any()):
        raise ProtocolError("a truth value is neither true nor false")


def _array_dtype(text: Any) -> np.dtype:
    dtype = np.dtype(expect(text, str)[:8])
    if dtype.kind not in ARRAY_KINDS or dtype.itemsize > 32:
        raise ProtocolError("an array holds no numbers")
    return dtype


def _scalar(kind: str, node: dict[str, Any], raw: Any) -> Any:
    if kind == "bool":
        return expect(raw, bool)
    if kind == "int":
        return int(expect(raw, str)[:3000], 16)
    if kind == "float":
        return float.fromhex(expect(raw, str)[:40])
    if kind == "complex":
        return complex(*(float.fromhex(expect(part, str)[:40]) for part in raw))
    if kind == "str":
        return expect(raw, str)[:LONGEST_TEXT]
    if kind in ("bytes", "bytearray"):
        return (bytes if kind == "bytes" else bytearray)(decoded(raw))
    if kind == "range":
        numbers = range(*(int(expect(part, str)[:3000], 16) for part in expect(raw, list)))
        if not is_short(numbers):
            raise ProtocolError("a range is too long")
        return numbers
    if kind in ("dtype", "layout"):
        found = getattr(torch, name_of(raw), None)
        return expect(found, getattr(torch, kind))
    if kind == "device":
        return torch.device(expect(raw, str)[:20])
    if kind == "npdtype":
        return _array_dtype(raw)
    if kind == "npscalar":
        return np.frombuffer(decoded(raw), _array_dtype(node.get("dtype")))[0]
    if kind == "generator":
        state = torch.frombuffer(bytearray(decoded(raw)), dtype=torch.uint8)
        generator = torch.Generator()
        generator.set_state(state)
        return generator
    raise ProtocolError(f"unknown kind {kind[:20]!r}")
