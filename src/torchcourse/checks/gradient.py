"""The gradient layer: is the result attached to its input, and does its gradient hold?

With an expected gradient the comparison is direct. Without one, ``torch.autograd.gradcheck``
compares backward with central differences in float64; its first use in a process imports sympy
(measured 0.4 s, torch 2.13.0), because every ``torch.autograd.grad(..., grad_outputs=...)`` does.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.autograd.gradcheck import GradcheckError, gradcheck

from .compare import find_mistake
from .describe import dtype_name, kind, number
from .misconceptions.context import Context, Finding
from .misconceptions.values import value_finding
from .verdict import Mistake

STEP = 1e-6
LARGEST = 64
Function = Callable[[torch.Tensor], Any]


def detached_mistake(result: Any, name: str) -> Mistake | None:
    """None where gradients can flow from the result; else why not."""
    if type(result) not in (torch.Tensor, torch.nn.Parameter):
        return Mistake(
            "gradient",
            f"a gradient needs a plain tensor, got {kind(result)}.",
            None
            if isinstance(result, torch.Tensor)
            else "Python numbers and NumPy arrays remember no operations.",
            "at which line does the value leave PyTorch?",
        )
    if not (result.is_floating_point() or result.is_complex()):
        return Mistake(
            "gradient",
            f"{dtype_name(result.dtype)} carries no gradient; only floating point does.",
            None,
            "at which line do the numbers become whole?",
        )
    if not result.requires_grad:
        return Mistake(
            "gradient",
            f"the result is detached: its requires_grad is False, though {name} requires grad.",
            "detach(), .data, item(), numpy(), torch.tensor(...) and no_grad() cut the graph.",
            "which line leaves the operations that torch records?",
        )
    return None


def gradient_mistake(
    result: torch.Tensor,
    x: torch.Tensor,
    name: str,
    expected: torch.Tensor | None,
    context: Context,
) -> Mistake | None:
    """Compare d(result.sum()) / dx with ``expected``; with None only ask that ``x`` takes part."""
    # sum(), because grad_outputs would import sympy; retain_graph, because the author may go on.
    (grad,) = torch.autograd.grad(result.sum(), x, retain_graph=True, allow_unused=True)
    if grad is None:
        return Mistake(
            "gradient",
            f"{name} takes no part in the result: its gradient is None.",
            f"The result has a graph, but it does not lead back to {name}.",
            f"at which line is {name} copied, detached or replaced?",
        )
    if expected is None:
        return None
    mistake = find_mistake(grad, expected, replace(context, of_gradient=True))
    if mistake is None:
        return None
    facts = f"gradient of the result's sum with respect to {name}: {mistake.facts}"
    return Mistake("gradient", facts, mistake.reason, context.question or mistake.question)


def numeric_mistake(f: Function, x: torch.Tensor, name: str, context: Context) -> Mistake | None:
    """Compare backward with central differences in float64, at ``x``.

    f: the call as a function of this one argument; it is called about 2 numel(x) times.
    """
    x = x.detach().to(torch.float64).clone().requires_grad_()
    result = f(x)
    mistake = detached_mistake(result, name)
    if mistake is not None:
        return mistake
    mistake = gradient_mistake(result, x, name, None, context)
    if mistake is not None:
        return mistake
    if result.dtype not in (torch.float64, torch.complex128):
        return Mistake(
            "gradient",
            f"for {name} in float64 the result is {dtype_name(result.dtype)}.",
            "Central differences need 15 digits; a fixed dtype inside the function cuts them to 7.",
            "at which line is the dtype fixed, and should it follow the argument?",
        )
    try:
        gradcheck(f, (x,))
    except GradcheckError as error:
        return _disagreement(f, x, name, str(error), context)
    return None


def _disagreement(f: Function, x: torch.Tensor, name: str, error: str, context: Context) -> Mistake:
    """Name the first element of ``x`` where backward and the central difference disagree."""
    (grad,) = torch.autograd.grad(f(x).sum(), x)
    numeric = torch.zeros_like(grad)
    with torch.no_grad():
        for i in range(min(x.numel(), LARGEST)):
            ends = []
            for step in (STEP, -STEP):
                moved = x.detach().clone()
                moved.view(-1)[i] += step
                ends.append(f(moved).sum())
            numeric.view(-1)[i] = (ends[0] - ends[1]) / (2 * STEP)
    wrong = (~torch.isclose(grad, numeric, rtol=1e-3, atol=1e-5)).flatten()[:LARGEST].nonzero()
    if not len(wrong):
        return Mistake(
            "gradient",
            f"backward and central differences disagree for {name}: {error.strip()}",
            None,
            context.question or "which step of the derivation is not what forward computes?",
        )
    i = int(wrong[0])
    where = [int(k) for k in torch.unravel_index(wrong[0, 0], x.shape)]
    a, b = grad.flatten()[i].item(), numeric.flatten()[i].item()
    facts = (
        f"moving {name}{where if where else ''} by h changes the result's sum by "
        f"{number(round(b, 6))} h; backward says {number(round(a, 6))} h."
    )
    loose = Context(context.inputs, rtol=1e-3, atol=1e-5, of_gradient=True)
    finding = value_finding(grad, numeric, loose) or Finding(
        None, "which step of the derivation is not what forward computes?"
    )
    return Mistake("gradient", facts, finding.reason, context.question or finding.question)
