"""The loader timeline: when do workers load, when does the model train, and when is it idle?

A simulation, because a trace would be another one at every run. It follows the rules that
``torch.utils.data`` gives out work by: batch k belongs to worker k modulo the number of workers;
``prefetch_factor`` batches for each worker are asked for at the start and one more whenever the
model takes a batch; batches are taken in order. A test holds a real loader to the same rules.
Time is counted in quarters of a training step; loading waits, so it needs no core.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from .figure import Figure

WORKERS = (0, 1, 2, 3, 4)
PREFETCH = (1, 2, 4)
COSTS = (1, 2, 4, 8)  # of loading one batch
BATCHES, EVERY, TIMES = 16, 7, 6  # each seventh batch takes six times as long
STEP = 4
OPENS_ON = (0, 1, 2)  # no worker, prefetch_factor 2, a step
ZERO = 63  # a difference of times is one character, this one for 0
COST_NAMES = ("¼ step", "½ step", "1 step", "2 steps")
IN_THE_TABLE = (0, 1, 2, 4)


class Batch(NamedTuple):
    """When its loading starts and ends, and when the model takes it."""

    start: int
    end: int
    taken: int


def loader() -> Figure:
    """The figure: pick workers, prefetch_factor and the cost of loading; see who waits."""
    runs = [[[simulate(w, p, loads(c)) for c in COSTS] for p in PREFETCH] for w in WORKERS]
    workers, prefetch, cost = OPENS_ON
    return Figure(
        name="loader",
        data={
            "workers": WORKERS,
            "prefetch": PREFETCH,
            "costs": COST_NAMES,
            "step": STEP,
            "loads": [loads(c) for c in COSTS],
            "runs": [[[_packed(run) for run in row] for row in block] for block in runs],
        },
        state={"w": workers, "p": prefetch, "c": cost},
        words=_words(workers, prefetch, cost, runs[workers][prefetch][cost]),
        alt="A timeline of loading and training: a lane for each worker, with a bar for each batch "
        "that it loads, and a lane for the model, with a bar for each training step and gaps where "
        "it waits.",
        table=[
            ("workers, prefetch_factor 2", *(f"idle, loading costs {name}" for name in COST_NAMES)),
            *(
                (f"{w} worker{'s' * (w != 1)}", *(f"{idle(run)} %" for run in runs[w][1]))
                for w in IN_THE_TABLE
            ),
        ],
    )


def loads(cost: int) -> list[int]:
    """How long each batch takes to load."""
    return [cost * (TIMES if k % EVERY == EVERY - 1 else 1) for k in range(BATCHES)]


def simulate(
    workers: int, prefetch: int, durations: Sequence[int], step: int = STEP
) -> list[Batch]:
    """What a loader does with batches that take so long, if the model needs ``step`` for each."""
    done: list[Batch] = []
    now = 0  # when the model is ready for its next batch
    for k, long in enumerate(durations):
        if not workers:
            asked = free = now
        else:
            ahead = workers * prefetch
            asked = done[k - ahead].taken if k >= ahead else 0
            free = done[k - workers].end if k >= workers else 0
        start = max(asked, free)
        done.append(Batch(start, start + long, max(start + long, now)))
        now = done[-1].taken + step
    return done


def idle(run: Sequence[Batch], step: int = STEP) -> int:
    """Per cent of the time in which the model waits, from the first request to its last step."""
    total = run[-1].taken + step
    return round(100 * (total - len(run) * step) / total)


def _packed(run: Sequence[Batch]) -> list[Any]:
    """[idle, text]: a character for each start and each take, the time since the one before."""
    times = [[getattr(batch, key) for batch in run] for key in ("start", "taken")]
    return [idle(run), "".join(chr(ZERO + b - a) for row in times for a, b in pairwise([0, *row]))]


def _words(workers: int, prefetch: int, cost: int, run: Sequence[Batch]) -> str:
    """The sentence of a state, as ``loader.mjs`` says it."""
    who = f"{WORKERS[workers]} worker{'s' * (WORKERS[workers] != 1)}"
    ahead = f", prefetch_factor {PREFETCH[prefetch]}" if workers else ""
    total = (run[-1].taken + STEP) / STEP
    return (
        f"{who}{ahead}, loading costs {COST_NAMES[cost]}: {len(run)} batches take the time of "
        f"{total:g} steps, and the model is idle for {idle(run)} % of it."
    )
