"""The learning-rate cliff: what does gradient descent do on the parabola (2w − 10)²?

Nothing here is typed from memory: each position of the slider is a run of ``torch.optim.SGD``, the
curvature is a difference of two gradients, and the verdict is read from the run's own numbers.
"""

from __future__ import annotations

from typing import Any

import torch

from .figure import Figure

START, LOWEST, STEPS = 3.0, 5.0, 6
RATES = [k / 200 for k in range(4, 61)]  # 0.02, 0.025 … 0.3
OPENS_ON = 0.24
IN_THE_TABLE = (0.05, 0.125, 0.2, 0.245, 0.25, 0.255, 0.3)
VERDICTS = (
    "it converges from one side",
    "it arrives in one step",
    "it converges, jumping from side to side",
    "it jumps from side to side for ever and comes no closer",
    "it explodes",
)


def learning_rate() -> Figure:
    """The figure: a slider for the learning rate, the steps on the parabola, and the losses."""
    with torch.device("cpu"), torch.enable_grad():
        curvature = _curvature()
        runs = [_run(lr) for lr in RATES]
    limit = 2 / curvature
    at = RATES.index(OPENS_ON)
    return Figure(
        name="learning_rate",
        data={
            "rates": RATES,
            "curvature": curvature,
            "limit": limit,
            "lowest": LOWEST,
            # one column for all runs, not one record a run: the page carries each name once
            **{name: [run[name] for run in runs] for name in ("w", "losses", "factor", "verdict")},
            "verdicts": VERDICTS,
        },
        state={"at": at},
        words=_words(OPENS_ON, runs[at], curvature),
        alt="The steps of gradient descent on the parabola (2w − 10)² for a learning rate between "
        f"{RATES[0]} and {RATES[-1]}: below {limit} they converge, above it they explode.",
        table=[
            ("lr", "one step multiplies the distance by", "losses", "what it does"),
            *(
                (
                    str(lr),
                    _signed(run["factor"]),
                    ", ".join(map(_loss, run["losses"][:5])),
                    VERDICTS[run["verdict"]],
                )
                for lr, run in zip(RATES, runs, strict=True)
                if lr in IN_THE_TABLE
            ),
        ],
    )


def _loss_of(w: torch.Tensor) -> torch.Tensor:
    return (2 * w - 10) ** 2


def _curvature() -> float:
    """How much the gradient grows when w grows by 1; the same everywhere on a parabola."""
    w = torch.tensor([START, START + 1], dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(_loss_of(w).sum(), w)
    return float(grad[1] - grad[0])


def _run(lr: float) -> dict[str, Any]:
    """w and the loss before each step and after the last, with the digits that a reader can see."""
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    opt = torch.optim.SGD([w], lr=lr)
    ws, losses = [], []
    for _ in range(STEPS + 1):
        loss = _loss_of(w)
        ws.append(w.item())
        losses.append(loss.item())
        opt.zero_grad()
        loss.backward()
        opt.step()
    return {
        "w": [_rounded(x, 3) for x in ws],
        "losses": [_rounded(x) for x in losses],
        "factor": _rounded((ws[1] - LOWEST) / (ws[0] - LOWEST)),
        "verdict": _verdict(ws, losses),
    }


def _verdict(ws: list[float], losses: list[float]) -> int:
    if losses[1] == 0:
        return 1
    if losses[-1] == losses[0]:
        return 3
    if losses[-1] > losses[0]:
        return 4
    return 0 if (ws[0] < LOWEST) == (ws[1] < LOWEST) else 2


def _rounded(x: float, digits: int = 4) -> float | int:
    short = float(f"{x:.{digits}g}")
    return int(short) if short == int(short) else short


def _loss(x: float) -> str:
    return "below 0.001" if 0 < x < 0.001 else str(x)


def _signed(x: float) -> str:
    return str(x).replace("-", "−")


def _words(lr: float, run: dict[str, Any], curvature: float) -> str:
    """The sentence of a state, as ``learning_rate.mjs`` says it."""
    limit = 2 / curvature
    where = "below" if lr < limit else "above" if lr > limit else "exactly"
    first, last = run["losses"][:4], run["losses"][-1]
    return (
        f"lr = {lr}, {where} 2/λ = 2/{curvature:g} = {limit}: each step multiplies the distance "
        f"from w to {LOWEST:g} by {_signed(run['factor'])}. "
        f"Loss {' → '.join(map(_loss, first))}, and {_loss(last)} after {STEPS} steps: "
        f"{VERDICTS[run['verdict']]}."
    )
