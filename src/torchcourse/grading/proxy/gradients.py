"""The grader's side: a gradient flows through a call whose graph is in the learner's process."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch.autograd.function import once_differentiable

from .protocol import ProtocolError


class Student(Protocol):
    """Who can be asked for the gradient of an earlier call."""

    def gradient(self, call: int, outputs: list[int], inputs: list[int], grads: list) -> list: ...


def replaced(value: Any, by: dict[int, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return by.get(id(value), value)
    if type(value) in (list, tuple):
        return type(value)(replaced(item, by) for item in value)
    if type(value) is dict:
        return {key: replaced(item, by) for key, item in value.items()}
    return value


class Gradient:
    """Where the graph of one call can be asked."""

    def __init__(self, student: Student, call: int, inputs: list[int]) -> None:
        self.student, self.call, self.inputs = student, call, inputs


class Attach(torch.autograd.Function):
    """Results of a call as differentiable functions of its arguments; backward asks the learner."""

    @staticmethod
    def forward(ctx: Any, gradient: Gradient, values: list, dummy: Any, *inputs: Any) -> Any:
        ctx.gradient = gradient
        ctx.shapes = [tensor.shape for tensor in inputs]
        ctx.set_materialize_grads(False)
        # Fresh storage: an output that shares an input's would be taken for a view of it.
        return tuple(value.clone() for value in values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Any) -> Any:
        gradient, asked = ctx.gradient, [n for n, grad in enumerate(grads) if grad is not None]
        if not asked or not gradient.inputs:
            return (None,) * (3 + len(ctx.shapes))
        given = [grads[number] for number in asked]
        found = gradient.student.gradient(gradient.call, asked, gradient.inputs, given)
        if len(found) != len(ctx.shapes):
            raise ProtocolError("a gradient is missing")
        for grad, shape in zip(found, ctx.shapes, strict=True):
            if grad is not None and (not isinstance(grad, torch.Tensor) or grad.shape != shape):
                raise ProtocolError("a gradient has another shape than its tensor")
        return (None, None, None, *found)
