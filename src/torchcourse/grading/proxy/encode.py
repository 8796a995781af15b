"""Values to nodes. Exact types only: a subclass may answer for itself, so it crosses as a name."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .memory import Memories, encoded
from .protocol import (
    ARRAY_KINDS,
    DEEPEST,
    DTYPES,
    LONGEST_TEXT,
    MOST_NODES,
    CannotSend,
    is_short,
    name_of,
)

Node = dict[str, Any]
TENSORS = (torch.Tensor, torch.nn.Parameter)
SEQUENCES = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset", torch.Size: "size"}
MAPPINGS = (dict, OrderedDict, defaultdict)
MUTABLE = (*TENSORS, np.ndarray, list, dict, set, bytearray, torch.Generator)


class Encoder:
    """One message's values. other: what becomes of a value that has no plain form.

    known: numbers of objects that the other side has; they cross as references.
    """

    def __init__(self, memories: Memories, other: Callable[[Any], Node]) -> None:
        self.memories = memories
        self.known: dict[int, int] = {}
        self.objects: list[Any] = []
        self.numbering = False
        self.count = 0
        self._open: set[int] = set()
        self._other = other

    def node(self, value: Any, depth: int = 0, top: bool = False) -> Node:
        """The value as a node. top: do not answer with a reference to the value itself."""
        self.count += 1
        if depth > DEEPEST or self.count > MOST_NODES:
            raise CannotSend("a value nested too deeply or with too many parts")
        if not top and id(value) in self.known:
            if id(value) in self._open:
                raise CannotSend("a value that contains itself")
            return {"t": "ref", "n": self.known[id(value)]}
        if self.numbering and type(value) in MUTABLE:
            self.known[id(value)] = len(self.objects)
            self.objects.append(value)
        kind = type(value)
        if kind in SEQUENCES or kind in MAPPINGS:
            return self._container(value, depth)
        if kind is slice:
            parts = (value.start, value.stop, value.step)
            return {"t": "slice", "v": [self.node(part, depth + 1) for part in parts]}
        return self._scalar(value) or self._with_memory(value) or self._other(value)

    def _container(self, value: Any, depth: int) -> Node:
        if self.numbering:
            self._open.add(id(value))
        if type(value) in MAPPINGS:
            pairs = list(value.items())
            items = [[self.node(x, depth + 1) for x in pair] for pair in pairs]
        else:
            items = [self.node(item, depth + 1) for item in value]
        self._open.discard(id(value))
        return {"t": SEQUENCES.get(type(value), "dict"), "v": items}

    def _scalar(self, value: Any) -> Node | None:
        kind = type(value)
        if value is None or value is ...:
            return {"t": "none" if value is None else "ellipsis"}
        if kind is bool:
            return {"t": "bool", "v": value}
        if kind is int:
            if value.bit_length() > 10_000:
                raise CannotSend("an integer of more than 10,000 bits")
            return {"t": "int", "v": hex(value)}
        if kind is float:
            return {"t": "float", "v": value.hex()}
        if kind is complex:
            return {"t": "complex", "v": [value.real.hex(), value.imag.hex()]}
        if kind is str:
            if len(value) > LONGEST_TEXT:
                raise CannotSend("a text of more than a million characters")
            return {"t": "str", "v": value.encode("utf-8", "replace").decode("utf-8")}
        if kind in (bytes, bytearray):
            return {"t": kind.__name__, "v": encoded(bytes(value))}
        if kind is range:
            if not is_short(value):
                raise CannotSend("a range of more than a million numbers")
            return {"t": "range", "v": [hex(n) for n in (value.start, value.stop, value.step)]}
        if kind in (torch.dtype, torch.device, torch.layout):
            return {"t": kind.__name__, "v": str(value).removeprefix("torch.")}
        if isinstance(value, np.dtype):
            return {"t": "npdtype", "v": value.str}
        if isinstance(value, np.generic) and value.dtype.kind in ARRAY_KINDS:
            return {"t": "npscalar", "dtype": value.dtype.str, "v": encoded(value.tobytes())}
        if kind is torch.Generator and value.device.type == "cpu":
            return {"t": "generator", "v": encoded(value.get_state().numpy().tobytes())}
        return None

    def _with_memory(self, value: Any) -> Node | None:
        if type(value) in TENSORS:
            return self._tensor(value)
        if type(value) is np.ndarray and value.dtype.kind in ARRAY_KINDS:
            value = value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))
            number, offset = self.memories.of_array(value)
            return {
                "t": "array",
                "m": number,
                "at": offset,
                "shape": list(value.shape),
                "steps": list(value.strides),
                "dtype": value.dtype.str,
            }
        return None

    def _tensor(self, value: torch.Tensor) -> Node | None:
        dtype = str(value.dtype).removeprefix("torch.")
        if value.layout != torch.strided or dtype not in DTYPES or value.is_quantized:
            return None
        node = {
            "t": "tensor",
            "shape": list(value.shape),
            "dtype": dtype,
            "grad": value.requires_grad,
            "leaf": value.is_leaf,
            "parameter": type(value) is torch.nn.Parameter,
            "device": value.device.type,
        }
        if value.device.type == "meta":
            return node
        plain = value.detach().resolve_conj().resolve_neg().cpu()
        number, offset = self.memories.of_tensor(plain)
        return node | {"m": number, "at": offset, "steps": list(plain.stride())}


def opaque(value: Any) -> Node:
    """A value without a plain form: its class's name, for the message that refuses it."""
    base = next((c.__name__ for c in type(value).__mro__ if c in (torch.Tensor, np.ndarray)), "")
    return {"t": "opaque", "class": name_of(type(value).__name__), "base": base}
