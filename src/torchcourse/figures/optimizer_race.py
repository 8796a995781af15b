"""The optimizer race: which optimizer gets down a surface first, and what do lr and momentum do?

Every track is a run of an optimizer of ``torch.optim`` in float64. The page carries the steps, two
characters each, and for every run the step from which its loss stays below a hundredth of the
first. A surface may be turned; its tracks are kept as they look before the turn, where those of SGD
are the same as without one, so the page has them once (a test proves it).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch

from .figure import Figure

Point = Sequence[float]
STEPS, PART = 40, 100  # a run has arrived once its loss stays below the first loss / PART
RATES = (0.03, 0.09, 0.11, 0.18, 0.4)
MOMENTA = (0.0, 0.3, 0.6, 0.9)
RACERS = ("SGD", "SGD + momentum", "RMSprop", "Adam")
OPENS_ON = (0, 1, 2)  # the valley, lr 0.09, momentum 0.6
FAR = 6.0  # a track ends before it goes so far, or jumps so far; the picture ends at 3 and 2
PIXEL = 0.02
NEVER, EXPLODES = 0, -1

# A step's two coordinates are one character each: k |k| / SCALE with k = code - MIDDLE.
MIDDLE, SCALE = 80, 330
CODES = [c for c in range(35, 127) if chr(c) not in "<\\"]  # none that JSON would escape


def _valley(w: torch.Tensor) -> torch.Tensor:
    return (w[0] ** 2 + 20 * w[1] ** 2) / 2


def _saddle(w: torch.Tensor) -> torch.Tensor:
    return 4 * w[0] ** 2 + (w[1] ** 2 - 1) ** 2


# name, loss, the turn in degrees, and where the race starts (before the turn)
SURFACES: tuple[tuple[str, Callable[[torch.Tensor], torch.Tensor], int, Point], ...] = (
    ("valley", _valley, 0, (-2.2, 0.5)),
    ("turned valley", _valley, 45, (-2.2, 0.5)),
    ("saddle", _saddle, 0, (-2.0, 0.05)),
)


def optimizer_race() -> Figure:
    """The figure: pick a surface, move lr and momentum, and see four optimizers go down."""
    with torch.device("cpu"), torch.enable_grad():
        runs = [
            [[_run(f, turn, start, *racer) for racer in _racers(lr)] for lr in RATES]
            for _, f, turn, start in SURFACES
        ]
    sgd = len(MOMENTA)
    return Figure(
        name="optimizer_race",
        data={
            "surfaces": [[name, turn, *start] for name, _, turn, start in SURFACES],
            "rates": RATES,
            "momenta": MOMENTA,
            "racers": RACERS,
            "steps": STEPS,
            "part": PART,
            "tracks": [
                [[track for track, _ in (row[sgd:] if turn else row)] for row in one]
                for one, (_, _, turn, _) in zip(runs, SURFACES, strict=True)
            ],
            "arrived": [[[arrived for _, arrived in row] for row in one] for one in runs],
        },
        state=dict(zip(("surface", "rate", "momentum"), OPENS_ON, strict=True)),
        words=_words(*OPENS_ON, runs),
        alt="The tracks of SGD, SGD with momentum, RMSprop and Adam on a surface with contour "
        "lines: a narrow valley, the same valley turned by 45 degrees, or a saddle.",
        table=[
            ("surface", "lr", *RACERS),
            *(
                (name, str(lr), *(_short(n) for n in _shown(runs[i][j], OPENS_ON[2])))
                for i, (name, *_) in enumerate(SURFACES)
                for j, lr in enumerate(RATES)
                if lr in (0.09, 0.18)
            ),
        ],
    )


def _racers(lr: float) -> Iterator[tuple[type[torch.optim.Optimizer], dict[str, float]]]:
    for momentum in MOMENTA:
        yield torch.optim.SGD, {"lr": lr, "momentum": momentum}
    yield torch.optim.RMSprop, {"lr": lr}
    yield torch.optim.Adam, {"lr": lr}


def _run(
    f: Callable[[torch.Tensor], torch.Tensor],
    turn: int,
    start: Point,
    kind: type[torch.optim.Optimizer],
    options: dict[str, float],
) -> tuple[str, int]:
    """The track as text, and the step at which it arrives, or NEVER, or EXPLODES."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    there = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)  # (2, 2), the turn
    w = (there @ torch.tensor(start, dtype=torch.float64)).requires_grad_()
    opt = kind([w], **options)
    places, losses = [], []
    for _ in range(STEPS + 1):
        before = w @ there  # (2,), turned back
        loss = f(before)
        places.append([round(x, 9) for x in before.tolist()])  # a tie is one on every machine
        losses.append(loss.item())
        opt.zero_grad()
        loss.backward()
        opt.step()
    return _text(places), _arrival(losses)


def _arrival(losses: Sequence[float]) -> int:
    if not losses[-1] <= losses[0]:  # nan as well
        return EXPLODES
    high = max(n for n, loss in enumerate(losses) if not loss * PART < losses[0])
    return high + 1 if high < STEPS else NEVER


def _text(places: Sequence[Point]) -> str:
    """Each step from where the reader of the text is by now, so that roundings do not add up."""
    jumps = [max(map(abs, p)) for p in places]
    jumps[1:] = [
        max(jump, *(abs(a - b) for a, b in zip(p, q, strict=True)))
        for jump, (p, q) in zip(jumps[1:], pairwise(places), strict=True)
    ]
    places = places[: next((n for n, jump in enumerate(jumps) if not jump < FAR), None)]
    while len(places) > 1 and math.dist(places[-1], places[-2]) < PIXEL / 4:
        places = places[:-1]  # what no longer moves needs no characters
    (*at,), made = places[0], ""
    for place in places[1:]:
        for axis, there in enumerate(place):
            code = min(CODES, key=lambda c: abs(at[axis] + _move(c) - there))
            at[axis] += _move(code)
            made += chr(code)
    return made


def _move(code: int) -> float:
    k = code - MIDDLE
    return k * abs(k) / SCALE


def _shown(row: Sequence[tuple[str, int]], momentum: int) -> list[int]:
    """Where the four racers arrive: SGD, SGD with this momentum, RMSprop, Adam."""
    return [row[i][1] for i in (0, momentum, -2, -1)]


def _short(n: int) -> str:
    return "explodes" if n == EXPLODES else f"step {n}" if n else "not yet"


def _words(surface: int, rate: int, momentum: int, runs: Sequence[Any]) -> str:
    """The sentence of a state, as ``optimizer_race.mjs`` says it."""
    numbers = _shown(runs[surface][rate], momentum)
    told = ", ".join(f"{name} {_short(n)}" for name, n in zip(RACERS, numbers, strict=True))
    return (
        f"{SURFACES[surface][0]}, lr = {RATES[rate]}, momentum {MOMENTA[momentum]:g}. "
        f"Within {STEPS} steps, from where does the loss stay below 1/{PART} of the first? {told}."
    )
