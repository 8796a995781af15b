"""Asynchronous launches: when is a kernel launched, when does it run, and what does a clock see?

A model of events, not a measurement: the CPU launches N kernels one after the other, and each
launch keeps it busy for a fixed time. A device runs the kernels in order, each for a fixed time,
from the moment of its launch or when the one before is done. Waiting itself costs nothing.
"""

from __future__ import annotations

from .figure import Figure

N = 6
KERNEL = (2, 5, 10, 20, 40)  # microseconds that a kernel runs
LAUNCH = (4, 8, 16)  # microseconds of the CPU for a launch
CLOCKS = ("after the last launch", "after synchronize()", "with .item() after each kernel")
OPENS_ON = (3, 0, 0)  # kernel, launch, clock


def launches() -> Figure:
    """The figure: kernel time, cost of a launch, where the clock is read; two time lines."""
    states = [(k, c, at) for k in range(len(KERNEL)) for c in range(len(LAUNCH)) for at in range(3)]
    shown = [(k, c, at) for k, c, at in states if KERNEL[k] in (2, 20) and LAUNCH[c] == 4]
    return Figure(
        name="launches",
        data={"n": N, "kernels": KERNEL, "launches": LAUNCH, "clocks": CLOCKS},
        state=dict(zip(("kernel", "launch", "clock"), OPENS_ON, strict=True)),
        words=words(*OPENS_ON),
        alt=f"A model of {N} launches: one line for what the CPU does, one for what the device "
        "does, and the moment at which a clock is read.",
        table=[
            ("kernel", "launch", "clock read", "clock shows", "device done"),
            *(
                (
                    f"{KERNEL[k]} µs",
                    f"{LAUNCH[c]} µs",
                    CLOCKS[at],
                    *(f"{one} µs" for one in read(k, c, at)[:2]),
                )
                for k, c, at in shown
            ),
        ],
    )


def timeline(kernel: int, launch: int, clock: int) -> list[tuple[int, int, int]]:
    """For each kernel: when its launch begins, when it starts and ends on the device, in µs."""
    work, cost, now, free, events = KERNEL[kernel], LAUNCH[launch], 0, 0, []
    for _ in range(N):
        start = max(now + cost, free)
        free = start + work
        events.append((now, start, free))
        now = free if clock == 2 else now + cost
    return events


def read(kernel: int, launch: int, clock: int) -> tuple[int, int, int]:
    """What the clock shows, when the device is done, and how long it stood idle before that."""
    events = timeline(kernel, launch, clock)
    done = events[-1][2]
    shows = events[-1][0] + LAUNCH[launch] if clock == 0 else done
    return shows, done, done - N * KERNEL[kernel]


def words(kernel: int, launch: int, clock: int) -> str:
    """The sentence of a state, as ``launches.mjs`` says it."""
    shows, done, idle = read(kernel, launch, clock)
    missed = f"{done - shows} µs too early" if shows < done else "when all work is done"
    return (
        f"In this model the clock, read {CLOCKS[clock]}, shows {shows} µs: {missed}. "
        f"The device ends at {done} µs and was idle for {idle} µs of them."
    )
