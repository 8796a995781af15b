"""Buckets of gradients in one backward of DDP: what travels while the rest is still computed?

The times were recorded once, by ``buckets_record``, on a machine with two cores: there the ranks
and their messages share them. Other machines have other times. The order of the events is the same
everywhere, and a test holds a fresh run to it.
"""

from __future__ import annotations

from .figure import Figure

RECORDED = "2026-11-21, torch 2.13.0, gloo, two ranks on two CPU cores"
NAMES = ("one bucket", "3 layers a bucket", "a bucket a layer")  # the caps of ``buckets_record``
# Microseconds from the start of backward, on rank 0. ready: [layer, when its gradient is computed];
# buckets: [layers, sent off, arrived]; end: backward has returned.
TRACES = (
    {
        "ready": [[5, 1593], [4, 2952], [3, 6467], [2, 7966], [1, 9179], [0, 9923]],
        "buckets": [[[5, 4, 3, 2, 1, 0], 10229, 19824]],
        "end": 20908,
    },
    {
        "ready": [[5, 1684], [4, 3106], [3, 4628], [2, 7765], [1, 11269], [0, 12245]],
        "buckets": [[[5, 4, 3], 4954, 9302], [[2, 1, 0], 12529, 16188]],
        "end": 16688,
    },
    {
        "ready": [[5, 1297], [4, 3409], [3, 5717], [2, 7202], [1, 10944], [0, 12907]],
        "buckets": [
            [[5], 1530, 4790],
            [[4], 3645, 8603],
            [[3], 5973, 9587],
            [[2], 7448, 10199],
            [[1], 11219, 12401],
            [[0], 13189, 14885],
        ],
        "end": 15141,
    },
)
OPENS_ON = (1, 5)  # buckets, event


def buckets() -> Figure:
    """The figure: pick how gradients are bundled, and walk through the events of a backward."""
    return Figure(
        name="buckets",
        data={"names": NAMES, "traces": TRACES},
        state=dict(zip(("b", "e"), OPENS_ON, strict=True)),
        words=words(*OPENS_ON),
        alt="A timeline of one backward: above, the layers, from the last to the first; below, "
        "each bucket of gradients from the moment it is sent off to the moment it arrives.",
        table=[
            ("gradients bundled", "sent before the last gradient", "on the way", "of it, hidden"),
            *(_row(b) for b in range(len(NAMES))),
        ],
    )


def events(b: int) -> list[int]:
    """The moments at which something happens, in order: 0, and each number of the trace."""
    trace = TRACES[b]
    times = {0, trace["end"], *(at for _, at in trace["ready"])}
    return sorted(times | {at for _, *both in trace["buckets"] for at in both})


def travel(b: int) -> tuple[int, int]:
    """Microseconds with a bucket on the way, and how many of them while backward computes."""
    last = TRACES[b]["ready"][-1][1]
    total = hidden = until = 0
    for _, sent, arrived in TRACES[b]["buckets"]:  # in the order in which they leave
        start, until = max(sent, until), max(arrived, until)
        total += max(0, until - start)
        hidden += max(0, min(until, last) - start)
    return total, hidden


def words(b: int, e: int) -> str:
    """The sentence of a state, as ``buckets.mjs`` says it."""
    trace, now = TRACES[b], events(b)[e]
    ready = sum(at <= now for _, at in trace["ready"])
    sent, there = (sum(row[i] <= now for row in trace["buckets"]) for i in (1, 2))
    total, hidden = travel(b)
    return (
        f"{NAMES[b]}, {_ms(now)} after the start: {ready} of 6 gradients are computed, {sent} of "
        f"{len(trace['buckets'])} buckets sent, {there} arrived. Of {_ms(total)} on the way, "
        f"{_ms(hidden)} were hidden behind the computing."
    )


def _row(b: int) -> tuple[str, ...]:
    trace, (total, hidden) = TRACES[b], travel(b)
    early = sum(sent < trace["ready"][-1][1] for _, sent, _ in trace["buckets"])
    return NAMES[b], f"{early} of {len(trace['buckets'])}", _ms(total), _ms(hidden)


def _ms(microseconds: int) -> str:
    tenths = (microseconds + 50) // 100
    return f"{tenths // 10}.{tenths % 10} ms"
