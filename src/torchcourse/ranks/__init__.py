"""One function in several processes, joined by `torch.distributed`: ``run(function, world_size)``.

The processes are those of chapter 18: one a rank, a gloo process group on this machine, a store in
a temporary file (no port, so two runs never clash). They are forked from a server that has only
imported torch, never from a notebook's kernel: a fork of a process that ran `backward()` hangs in
its own (github.com/pytorch/pytorch/issues/2245). Where a system has no fork they start afresh.
"""

from .parent import RanksTimeout, run

__all__ = ["RanksTimeout", "run"]
