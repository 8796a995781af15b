"""The ring all-reduce, step by step: which chunk travels where, and what has been added to it?

Each rank cuts its numbers into as many chunks as there are ranks, and only ever sends to the next
rank. In the first half, reduce-scatter, a rank adds what it receives to its own chunk; in the
second, all-gather, it keeps what it receives. Patarasuk and Yuan, "Bandwidth optimal all-reduce
algorithms for clusters of workstations", J. Parallel Distrib. Comput. 69 (2009).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .figure import Figure

RANKS = tuple(range(2, 9))
OPENS_ON = (4, 2)  # ranks, step
State = list[list[int]]  # [rank][chunk]


def ring() -> Figure:
    """The figure: pick the number of ranks and the step; see every chunk of every rank."""
    return Figure(
        name="ring",
        data={"counts": [packed(n) for n in RANKS]},
        state=dict(zip(("n", "t"), OPENS_ON, strict=True)),
        words=words(*OPENS_ON),
        alt="A ring all-reduce: a row for each rank, a column for each chunk, and in each cell the "
        "sum so far and the ranks that are in it. Arrows show which chunks travel in this step.",
        table=[
            ("step of 4 ranks", "chunk that rank 0 sends", "complete chunks of rank 0", "sent"),
            *(_row(4, t) for t in range(1, 7)),
        ],
    )


def sends(n: int, t: int, rank: int) -> int:
    """The chunk that a rank sends to the next one in step t = 1 … 2 (n - 1)."""
    return (rank - t + 1) % n


def states(inputs: Sequence[Sequence[int]]) -> Iterator[State]:
    """What each rank holds before the first step and after each: ``n`` ranks of ``n`` chunks."""
    n, held = len(inputs), [list(row) for row in inputs]
    yield [row[:] for row in held]
    for t in range(1, 2 * n - 1):
        travels = [(sends(n, t, rank), held[rank][sends(n, t, rank)]) for rank in range(n)]
        for rank, (chunk, value) in enumerate(travels):
            there = held[(rank + 1) % n]
            there[chunk] = there[chunk] + value if t < n else value
        yield [row[:] for row in held]


def packed(n: int) -> str:
    """For each state, rank and chunk one digit: how many ranks are in the sum.

    They are the rank itself and those right before it, so the digit says which. Rank r starts with
    the bit 2**r, so that a sum tells who is in it; one that is in it twice would carry.
    """
    text = ""
    for state in states([[1 << rank] * n for rank in range(n)]):
        for rank, row in enumerate(state):
            for value in row:
                count = value.bit_count()
                assert value == sum(1 << (rank - k) % n for k in range(count))
                text += str(count)
    return text


def words(n: int, t: int) -> str:
    """The sentence of a state, as ``ring.mjs`` says it."""
    last = 2 * (n - 1)
    if t == 0:
        return f"{n} ranks, step 0 of {last}: each rank has its own numbers, in {n} chunks."
    phase = "reduce-scatter" if t < n else "all-gather"
    does = "adds it to its own" if t < n else "keeps it"
    done = ""
    if t == n - 1:
        done = " Each rank now has one complete chunk."
    if t == last:
        done = " Every rank has every sum."
    return (
        f"{n} ranks, step {t} of {last}, {phase}: rank 0 sends chunk {sends(n, t, 0)} to rank 1, "
        f"which {does}. Each rank has sent {t}/{n} of its numbers.{done}"
    )


def _row(n: int, t: int) -> tuple[str, ...]:
    state = list(states([[1 << rank] * n for rank in range(n)]))[t]
    complete = [str(chunk) for chunk, value in enumerate(state[0]) if value == (1 << n) - 1]
    return str(t), str(sends(n, t, 0)), ", ".join(complete) or "none", f"{t}/{n} of its numbers"
