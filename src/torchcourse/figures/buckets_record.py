"""Record when gradients are ready and when their buckets travel, in one real backward of DDP.

Two ranks on one machine, gloo, a model of equal linear layers. ``buckets.TRACES`` was made with
``python -m torchcourse.figures.buckets_record``; times differ from run to run, the order does not.
"""

from __future__ import annotations

import time
from typing import Any

import torch

LAYERS, WIDTH, BATCH = 6, 512, 128
CAPS = (100.0, 2.5, 0.5)  # MiB; a layer has 1 MiB
WARM, RUNS = 3, 40  # DDP rebuilds its buckets after the first backward


def one_rank(cap: float) -> list[dict[str, Any]]:
    """What this rank saw in each backward; called in a process of a group. See ``record``."""
    import torch.distributed as dist
    from torch import nn

    torch.manual_seed(0)
    layers = [nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(LAYERS)]
    ddp = nn.parallel.DistributedDataParallel(nn.Sequential(*layers), bucket_cap_mb=cap)
    number = {layer.weight: i for i, layer in enumerate(layers)}
    X, start, seen = torch.randn(BATCH, WIDTH), 0.0, {}

    def now() -> int:
        return round((time.perf_counter() - start) * 1e6)

    def ready(weight: torch.Tensor) -> None:
        seen["ready"].append([number[weight], now()])

    def travel(group, bucket):  # DDP refuses annotations that are strings
        entry = [[number[p] for p in bucket.parameters()], now(), 0]
        seen["buckets"].append(entry)
        work = dist.all_reduce(bucket.buffer().div_(dist.get_world_size()), async_op=True)

        def done(future: torch.futures.Future) -> torch.Tensor:
            entry[2] = now()
            return future.value()[0]

        return work.get_future().then(done)

    for layer in layers:
        layer.weight.register_hook(lambda grad, w=layer.weight: ready(w))
    ddp.register_comm_hook(None, travel)
    found = []
    for _ in range(WARM + RUNS):
        seen = {"ready": [], "buckets": []}
        loss = ddp(X).square().mean()
        dist.barrier()
        start = time.perf_counter()
        loss.backward()
        seen["end"] = now()
        found.append(seen)
    return found[WARM:]


def record(cap: float) -> dict[str, Any]:
    """The fastest run of rank 0, least disturbed by others; microseconds from backward's start.

    ready: [layer, time] in order. buckets: [layers, sent off, arrived] in order. end: backward
    has returned.
    """
    from ..ranks import run

    return min(run(one_rank, 2, cap)[0], key=lambda seen: seen["end"])


if __name__ == "__main__":
    import datetime

    print(datetime.date.today(), torch.__version__)
    for cap in CAPS:
        print(cap, record(cap))
