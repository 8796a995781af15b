"""The saturation microscope: what do ten layers do to a signal, and to the gradient on its way?

Nothing is typed from memory: for each bend and scale, 64 examples go through ten real layers of
100 neurons in float64, and autograd brings a random gradient back from the last activations. What
is drawn are counts of those numbers. Every scale multiplies the same random weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from .figure import Figure

N, WIDTH, DEPTH, SEED = 64, 100, 10, 0
SHOWN = (1, 4, 7, 10)  # layers
SCALES = (0.02, 0.05, 0.07, 0.1, 0.14, 0.2, 0.5, 1.0)
BENDS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "ReLU": torch.relu}
OPENS_ON = ("tanh", 7)
IN_THE_TABLE = (0.02, 0.1, 0.14, 1.0)
FLAT = 0.05  # below this slope a neuron counts as saturated
# Activations: 17 bins a quarter wide around -2 ... 2; the outer two take all that lies beyond.
STEP, REACH = 0.25, 8
# Gradients by decade from 1e-12 to 1e8; the first bin takes what is smaller, 0 too.
LOWEST, HIGHEST = -12, 8
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # in small letters, 0x… would look like an address
VERDICTS = ("it vanishes", "it keeps its size", "it explodes")


def saturation() -> Figure:
    """The figure: pick a bend and the scale of the first weights; see each layer's histograms."""
    with torch.device("cpu"), torch.enable_grad(), _one_thread():
        rng = torch.Generator().manual_seed(SEED)
        x, grad = (torch.randn(N, WIDTH, generator=rng, dtype=torch.float64) for _ in range(2))
        W = torch.randn(DEPTH, WIDTH, WIDTH, generator=rng, dtype=torch.float64)
        runs = [[_run(bend, x, s * W, grad) for s in SCALES] for bend in BENDS.values()]
        curves = [_curve(bend) for bend in BENDS.values()]
    names = list(BENDS)
    bend, at = names.index(OPENS_ON[0]), OPENS_ON[1]
    return Figure(
        name="saturation",
        data={
            "bends": names,
            "scales": SCALES,
            "layers": SHOWN,
            "curves": curves,
            "bins": [2 * REACH + 1, HIGHEST - LOWEST + 1],
            "runs": runs,
            "verdicts": VERDICTS,
        },
        state={"bend": bend, "at": at},
        words=_words(names[bend], SCALES[at], runs[bend][at]),
        alt="Histograms of the activations and of the gradients in layers "
        f"{', '.join(map(str, SHOWN))} of a network of ten layers, for a bend and for a standard "
        "deviation of its first weights.",
        table=[
            ("bend", "scale", "std in layer 10", "saturated", "gradient, layer 1 : layer 10"),
            *(
                (name, f"{scale:g}", run[0], f"{run[1]} %", run[2])
                for name, row in zip(names, runs, strict=True)
                for scale, run in zip(SCALES, row, strict=True)
                if scale in IN_THE_TABLE
            ),
        ],
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products this small gain nothing from threads, and wait for them where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _curve(bend: Any) -> list[str]:
    """The bend from -4 to 4 as digits, 0 at its lowest and Z at its highest; where it is flat."""
    z = torch.linspace(-4, 4, 33, dtype=torch.float64, requires_grad=True)
    y = bend(z)
    (slope,) = torch.autograd.grad(y.sum(), z)
    high = (y - y.min()) / (y.max() - y.min())
    return [
        "".join(DIGITS[round(35 * h)] for h in high.tolist()),
        "".join("01"[s < FLAT] for s in slope.tolist()),
    ]


def _run(bend: Any, x: torch.Tensor, W: torch.Tensor, grad: torch.Tensor) -> list[Any]:
    """[std, % saturated, gradient's ratio, verdict, histograms]: the first three of layer 10.

    A histogram is a string with a digit a bin, 0 to Z, which is the height of the highest.
    """
    H, Z, A = x, [], []
    for weight in W:
        Z.append((H @ weight).requires_grad_() if H is x else H @ weight)  # (N, WIDTH)
        H = bend(Z[-1])
        A.append(H)
    # a sum, because an argument grad_outputs would import sympy (0.4 s)
    grads = torch.autograd.grad((H * grad).sum(), Z)  # with respect to the pre-activations
    z = Z[-1].detach().requires_grad_()
    (slope,) = torch.autograd.grad(bend(z).sum(), z)
    ratio = (grads[0].square().mean() / grads[-1].square().mean()).sqrt().item()
    shown = [n - 1 for n in SHOWN]
    return [
        _short(A[-1].std().item()),
        round(100 * (slope < FLAT).double().mean().item()),
        _short(ratio),
        int(ratio >= 0.1) + int(ratio > 10),
        "".join([_line(A[n].detach()) for n in shown] + [_decades(grads[n]) for n in shown]),
    ]


def _line(a: torch.Tensor) -> str:
    """Activations of one layer, counted on a line of numbers."""
    bins = (a / STEP).round().clamp(-REACH, REACH).long() + REACH
    return _heights(torch.bincount(bins.flatten(), minlength=2 * REACH + 1))


def _decades(g: torch.Tensor) -> str:
    """Gradients of one layer, counted by decade."""
    bins = g.abs().clamp_min(1e-300).log10().floor().clamp(LOWEST - 1, HIGHEST - 1).long()
    return _heights(torch.bincount((bins - LOWEST + 1).flatten(), minlength=HIGHEST - LOWEST + 1))


def _heights(counts: torch.Tensor) -> str:
    """A digit a bin; rounded up in whole numbers, so that what is not empty is seen."""
    found = [int(n) for n in counts]
    return "".join(DIGITS[-(-35 * n // max(found))] for n in found)


def _short(x: float) -> str:
    """Two digits; a power of ten where they would hide behind zeros."""
    if 0.01 <= x < 1000:
        return f"{float(f'{x:.2g}'):g}"
    power = math.floor(math.log10(x))
    return f"{x / 10**power:.1f}e{power}".replace("-", "−")


def _words(bend: str, scale: float, run: list[Any]) -> str:
    """The sentence of a state, as ``saturation.mjs`` says it."""
    std, flat, ratio, verdict, _ = run
    return (
        f"{bend}, scale {scale:g}: after layer 10 the activations have standard deviation {std}, "
        f"and {flat} % of the neurons are saturated (slope below {FLAT}). The gradient at layer 1 "
        f"is {ratio} times as large as at layer 10: {VERDICTS[verdict]}."
    )
