"""Memory: which values share bytes, and which arguments a call has changed."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from .close import first_mismatch, mismatch
from .describe import dtype_name, is_module, number, shape_text
from .verdict import Mistake


class _Bytes:
    """A window on an address range for NumPy to compare; it is never read."""

    def __init__(self, tensor: torch.Tensor) -> None:
        size = tensor.element_size()
        self.__array_interface__ = {
            "version": 3,
            "shape": tuple(tensor.shape),
            "strides": tuple(step * size for step in tensor.stride()),
            "typestr": f"|V{size}",
            "data": (tensor.data_ptr(), False),
        }


def has_memory(value: Any) -> bool:
    """Whether a value is a plain strided tensor or a plain NumPy array."""
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return value.layout == torch.strided
    return type(value) is np.ndarray


def share_memory(a: torch.Tensor | np.ndarray, b: torch.Tensor | np.ndarray) -> bool:
    """Whether some element of ``a`` and some element of ``b`` lie on the same bytes.

    Exact on the CPU, also for strided views: ``x[::2]`` and ``x[1::2]`` share a storage and no
    element. On another device two tensors share when their storage is the same. Meta tensors have
    no memory.
    """
    devices = {v.device if isinstance(v, torch.Tensor) else torch.device("cpu") for v in (a, b)}
    if len(devices) > 1 or 0 in (*a.shape, *b.shape) or torch.device("meta") in devices:
        return False
    if devices != {torch.device("cpu")}:
        return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
    first, second = (np.asarray(_Bytes(v)) if isinstance(v, torch.Tensor) else v for v in (a, b))
    try:
        return np.shares_memory(first, second, max_work=100_000)
    except np.exceptions.TooHardError:
        return np.may_share_memory(first, second)


def memory_mistake(got: Any, other: Any, name: str, wanted: bool) -> Mistake | None:
    """None where ``got`` shares memory with ``other`` as wanted; else what a write would do."""
    if share_memory(got, other) == wanted:
        return None
    if wanted:
        facts = f"the result is a copy: writing into it leaves {name} as it was."
        reason = f"A view is asked for: the result and {name} on the same bytes."
        return Mistake("value", facts, reason, "which step copies the numbers?")
    if got is other:
        facts = f"the result is {name} itself: writing into it changes {name}."
        reason = "No new object was made."
    else:
        facts = f"the result shares its memory with {name}: writing into it changes {name}."
        reason = "A view has a shape of its own, but not its own numbers."
    return Mistake("value", facts, reason, "what makes a copy with memory of its own?")


def snapshot(value: Any) -> Any:
    """A copy to compare with later; values of other types than these are returned as they are."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad and value.is_leaf)
    if isinstance(value, np.ndarray):
        return value.copy()
    if is_module(value):
        return {name: snapshot(item) for name, item in value.state_dict().items()}
    if isinstance(value, dict):
        return {key: snapshot(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [snapshot(item) for item in value]
    return copy.copy(value) if isinstance(value, (set, bytearray)) else value


def change(before: Any, now: Any, name: str) -> str | None:
    """The first difference between a snapshot and the argument itself, in words, or None."""
    if is_module(now):
        now, name = now.state_dict(), f"{name}.state_dict()"
    if isinstance(now, torch.Tensor):
        return _tensor_change(before, now, name)
    if isinstance(now, np.ndarray):
        return _array_change(before, now, name)
    if isinstance(now, Mapping):
        return _mapping_change(before, now, name)
    if isinstance(now, (list, tuple)):
        if len(before) != len(now):
            return f"{name} had length {len(before)} before the call, and has {len(now)} after it."
        pairs = ((f"{name}[{i}]", b, n) for i, (b, n) in enumerate(zip(before, now, strict=True)))
        return next(filter(None, (change(b, n, key) for key, b, n in pairs)), None)
    if isinstance(now, (set, bytearray, str, int, float, bool)) and (
        type(before) is not type(now) or (before != now and before == before)
    ):
        return f"{name} was {before} before the call, and is {now} after it."
    return None


def _mapping_change(before: Mapping, now: Mapping, name: str) -> str | None:
    for what, keys in (
        ("was added", [key for key in now if key not in before]),
        ("was removed", [key for key in before if key not in now]),
    ):
        if keys:
            return f"{name} was changed by the call: the key {keys[0]!r} {what}."
    pairs = ((f"{name}[{key!r}]", before[key], now[key]) for key in now)
    return next(filter(None, (change(b, n, key) for key, b, n in pairs)), None)


def _tensor_change(before: Any, now: torch.Tensor, name: str) -> str | None:
    if not isinstance(before, torch.Tensor):
        return f"{name} was replaced by the call."
    traits = (
        ("shape", shape_text(before.shape), shape_text(now.shape)),
        ("dtype", dtype_name(before.dtype), dtype_name(now.dtype)),
        ("requires_grad", before.requires_grad, now.requires_grad and now.is_leaf),
    )
    for trait, old, new in traits:
        if old != new:
            return f"{name} was changed by the call: its {trait} was {old}, and is now {new}."
    if now.layout != torch.strided or now.device.type == "meta":
        return None
    if mismatch(now, before, 0.0, 0.0) is None:
        return None
    flat = first_mismatch(now, before, 0.0, 0.0)
    where = [int(i) for i in np.unravel_index(flat, tuple(now.shape) or (1,))]
    old, new = before.detach().reshape(-1)[flat].item(), now.detach().reshape(-1)[flat].item()
    spot = f"{name}{where}" if now.dim() else name
    return f"{spot} was {number(old, new)} before the call, and is {number(new, old)} after it."


def _array_change(before: Any, now: np.ndarray, name: str) -> str | None:
    if before.shape != now.shape or before.dtype != now.dtype:
        return f"{name} was changed by the call: its shape or dtype is not as before."
    same = (before == now) | ((before != before) & (now != now))
    if np.all(same):
        return None
    where = [int(i) for i in np.argwhere(~np.atleast_1d(same))[0]]
    old, new = np.atleast_1d(before)[tuple(where)], np.atleast_1d(now)[tuple(where)]
    old, new = (v.item() if isinstance(v, np.generic) else v for v in (old, new))
    spot = f"{name}{where}" if now.ndim else name
    return f"{spot} was {number(old, new)} before the call, and is {number(new, old)} after it."
