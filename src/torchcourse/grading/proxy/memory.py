"""Memories: runs of bytes that several tensors and arrays may look at."""

from __future__ import annotations

import base64
import binascii
import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .protocol import LARGEST_MEMORY, CannotSend, ProtocolError, expect

WHOLE = 1 << 16  # storages up to this size travel whole, also where a view shows a part


@dataclass
class Memory:
    """Addresses ``start`` to ``start + size``; ``keep`` holds what owns them."""

    start: int
    size: int
    keep: Any
    view: torch.Tensor | None = None  # uint8, the bytes themselves

    def bytes_view(self) -> torch.Tensor:
        if self.view is None:
            if self.size == 0:
                self.view = torch.empty(0, dtype=torch.uint8)
            else:
                buffer = (ctypes.c_ubyte * self.size).from_address(self.start)
                self.view = torch.frombuffer(buffer, dtype=torch.uint8)
        return self.view

    def read(self) -> bytes:
        return ctypes.string_at(self.start, self.size) if self.size else b""

    def write(self, data: bytes) -> None:
        if len(data) != self.size:
            raise ProtocolError("a memory changed its size")
        if data:
            ctypes.memmove(self.start, data, len(data))


@dataclass
class Memories:
    """All memories of one exchange, by number."""

    items: list[Memory] = field(default_factory=list)

    def of_tensor(self, tensor: torch.Tensor) -> tuple[int, int]:
        """Number of the memory below a strided CPU tensor, and the tensor's offset in bytes."""
        storage = tensor.untyped_storage()
        start, size = storage.data_ptr(), storage.nbytes()
        address = tensor.data_ptr()
        if tensor.numel() == 0 or size == 0:
            return self._nothing(), 0
        known = self._first((start, size), (address, _span(tensor)))
        if known is not None:
            return known, address - self.items[known].start
        if size > WHOLE:
            start, size = address, _span(tensor)
        return self._add(start, size, storage), address - start

    def of_array(self, array: np.ndarray) -> tuple[int, int]:
        """The same for an array."""
        if array.size == 0:
            return self._nothing(), 0
        root = array
        while isinstance(root.base, np.ndarray):
            root = root.base
        low, high = np.lib.array_utils.byte_bounds(array)
        start, end = np.lib.array_utils.byte_bounds(root)
        known = self._first((start, end - start), (low, high - low))
        address = array.__array_interface__["data"][0]
        if known is not None:
            return known, address - self.items[known].start
        if end - start > WHOLE or not start <= low <= high <= end:
            start, end = low, high
        return self._add(start, end - start, array), address - start

    def receive(self, text: Any) -> None:
        """A memory from the other side, as a fresh one of ours."""
        data = decoded(text)
        view = torch.empty(len(data), dtype=torch.uint8)
        memory = Memory(view.data_ptr() if data else 0, len(data), view, view)
        memory.write(data)
        self.items.append(memory)
        if self.total() > LARGEST_MEMORY:
            raise ProtocolError("the tensors are too large")

    def total(self) -> int:
        return sum(memory.size for memory in self.items)

    def _nothing(self) -> int:
        empty = (n for n, memory in enumerate(self.items) if not memory.size)
        number = next(empty, None)
        return self._add(0, 0, None) if number is None else number

    def _first(self, *runs: tuple[int, int]) -> int | None:
        return next((n for n in (self._find(*run) for run in runs) if n is not None), None)

    def _find(self, start: int, size: int) -> int | None:
        for number, memory in enumerate(self.items):
            if memory.size and memory.start <= start and start + size <= memory.start + memory.size:
                return number
        return None

    def _add(self, start: int, size: int, keep: Any) -> int:
        self.items.append(Memory(start, size, keep))
        if self.total() > LARGEST_MEMORY:
            raise CannotSend(f"tensors of more than {LARGEST_MEMORY >> 20} MB")
        return len(self.items) - 1


def _span(tensor: torch.Tensor) -> int:
    """Bytes from the first to the last element."""
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    return (sum((n - 1) * step for n, step in steps) + 1) * tensor.element_size()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(expect(text, str), validate=True)
    except (binascii.Error, ValueError):
        raise ProtocolError("bytes are no base64") from None
