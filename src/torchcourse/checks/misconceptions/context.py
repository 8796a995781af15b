"""What every recognizer gets and gives: the context of a call, and a finding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

Same = Callable[[torch.Tensor, torch.Tensor], bool]
"""Whether two float64 tensors are equal within the tolerance of the comparison at hand."""


LARGEST_INPUT = 400_000
"""Bytes of an argument up to which recognizers look at it: they answer in milliseconds."""


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that an author foresees: got ``value``, so say ``says`` and ask ``next``."""

    value: Any
    says: str
    next: str | None = None


@dataclass(frozen=True)
class Finding:
    """Why a layer failed and what to ask next; ``facts`` replaces the layer's own first line."""

    reason: str | None
    question: str
    facts: str | None = None


@dataclass(frozen=True)
class Context:
    """What is known about the call besides its result.

    inputs: arguments by name, as they were before the call. printed: whether the call printed.
    changed: the argument that it changed, in words. earlier: right answers of the same function
    for other inputs. question: the author's own. root, path: what the result is called, and where
    in it we are, such as ``result["loss"]``. of_gradient: a gradient is compared, not a result.
    """

    inputs: dict[str, Any] = field(default_factory=dict)
    printed: bool = False
    changed: str | None = None
    earlier: Sequence[Any] = ()
    rtol: float | None = None
    atol: float | None = None
    question: str | None = None
    root: str = "result"
    path: str = ""
    of_gradient: bool = False

    def tensors(self) -> dict[str, torch.Tensor]:
        """Inputs with numbers in them as float64 tensors on the CPU."""
        found = {}
        for name, value in self.inputs.items():
            tensor = plain(value) if 0 < getattr(value, "nbytes", 0) <= LARGEST_INPUT else None
            if tensor is not None and tensor.dim():
                found[name] = tensor
        return found


def plain(value: Any) -> torch.Tensor | None:
    """A real tensor or array as a detached float64 tensor on the CPU; None for anything else."""
    try:
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "biuf":
                return None
            return torch.from_numpy(value.astype(np.float64, copy=True))
        if type(value) not in (torch.Tensor, torch.nn.Parameter) or value.is_complex():
            return None
        if value.layout != torch.strided or value.device.type == "meta":
            return None
        return value.detach().cpu().to(torch.float64)
    except (RuntimeError, TypeError):
        return None
