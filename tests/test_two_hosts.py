"""Two machines, as network namespaces with a cable between them: training, a cut, and recovery.

The cable is pulled once in the middle. Each rank then says what a user of a cluster would read, and
when the cable is back torchrun starts both ranks again, from the checkpoint, to the same weights.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

PORT = 29400
STEPS = 40
TIMEOUT = 4  # seconds that a collective waits
ENVIRONMENT = {
    "GLOO_SOCKET_IFNAME": "cable",
    "OMP_NUM_THREADS": "1",
    # Else the ranks of all tries share one store: a rank that comes back before its peer finds the
    # peer's address of the try before, and is refused (pytorch/pytorch issue 135712).
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
}
TRAIN = textwrap.dedent("""
    import datetime, os, sys, time
    import torch, torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    folder, steps, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=int(sys.argv[4])))
    rank, path = dist.get_rank(), os.path.join(folder, "checkpoint.pt")
    torch.manual_seed(rank)  # DDP broadcasts what rank 0 has
    model = DistributedDataParallel(torch.nn.Linear(4, 1, dtype=torch.float64))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    start = 0
    if os.path.exists(path):
        state = torch.load(path, weights_only=True)
        model.load_state_dict(state["model"])
        opt.load_state_dict(state["opt"])
        start = state["step"]
    print(f"rank {rank} of {dist.get_world_size()} starts at step {start}", flush=True)
    for step in range(start, steps):
        generator = torch.Generator().manual_seed(2 * step + rank)
        X = torch.randn(8, 4, generator=generator, dtype=torch.float64)
        opt.zero_grad()
        (model(X) - X.sum(1, keepdim=True)).square().mean().backward()
        opt.step()
        if rank == 0:
            state = {"model": model.state_dict(), "opt": opt.state_dict(), "step": step + 1}
            torch.save(state, path + ".part")
            os.replace(path + ".part", path)
        time.sleep(pause)
    dist.destroy_process_group()
""")


def why_not() -> str:
    if sys.platform != "linux":
        return "network namespaces are a thing of Linux"
    if shutil.which("ip") is None:
        return "there is no `ip` to make network namespaces with (Debian: iproute2)"
    if os.getuid() != 0:
        return "only root may make network namespaces with names"
    name = f"tc-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if made.returncode:
        return f"no network namespace here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


class Hosts:
    """Hosts 1 and 2 with addresses 10.77.0.1 and 10.77.0.2."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = [f"tc-{os.getpid()}-{host}" for host in (1, 2)]
        first, second = self.names
        for name in self.names:
            _ip("netns", "add", name)
        _ip(
            "link", "add", "cable", "netns", first, "type", "veth", "peer", "cable", "netns", second
        )
        for host, name in enumerate(self.names, 1):
            _ip("-n", name, "address", "add", f"10.77.0.{host}/24", "dev", "cable")
            for link in ("lo", "cable"):
                _ip("-n", name, "link", "set", link, "up")

    def plug(self, state: str) -> None:
        """``up`` or ``down``: the cable at host 1."""
        _ip("-n", self.names[0], "link", "set", "cable", state)

    def start(self, pause: float) -> list[subprocess.Popen]:
        """torchrun with one rank on each host; what it says goes to ``host-1.log``, ``host-2.log``.

        On a real cluster the hosts have names that resolve, and ``is_host`` and ``--local-addr``
        are found by torchrun itself.
        """
        (self.folder / "train.py").write_text(TRAIN, encoding="utf-8")
        started = []
        for host, name in enumerate(self.names, 1):
            torchrun = [sys.executable, "-m", "torch.distributed.run"]
            torchrun += ["--nnodes=2", "--nproc-per-node=1", "--max-restarts=3", "--rdzv-id=job"]
            torchrun += ["--rdzv-backend=c10d", f"--rdzv-endpoint=10.77.0.1:{PORT}"]
            torchrun += [f"--rdzv-conf=is_host={host == 1},join_timeout=60"]
            torchrun += [f"--local-addr=10.77.0.{host}", "train.py", str(self.folder)]
            torchrun += [str(STEPS), str(pause), str(TIMEOUT)]
            environment = {**os.environ, **ENVIRONMENT}
            with open(self.folder / f"host-{host}.log", "w", encoding="utf-8") as log:
                started.append(
                    subprocess.Popen(
                        ["ip", "netns", "exec", name, *torchrun],
                        cwd=self.folder,
                        env=environment,
                        stdout=log,
                        stderr=log,
                    )
                )
        return started

    def logs(self) -> list[str]:
        return [(self.folder / f"host-{host}.log").read_text("utf-8") for host in (1, 2)]

    def steps(self) -> int:
        path = self.folder / "checkpoint.pt"
        return torch.load(path, weights_only=True)["step"] if path.exists() else 0

    def close(self) -> None:
        for name in self.names:
            _ip("netns", "del", name, check=False)


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    hosts = Hosts(tmp_path)
    yield hosts
    hosts.close()


def until(true: Callable[[], bool], seconds: float, hosts: Hosts) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "\n".join(hosts.logs())
        time.sleep(0.1)


def finish(started: list[subprocess.Popen], hosts: Hosts) -> None:
    try:
        until(lambda: all(process.poll() is not None for process in started), 120, hosts)
    finally:
        for process in started:
            process.kill()
            process.wait()
    assert [process.returncode for process in started] == [0, 0], "\n".join(hosts.logs())


def uninterrupted() -> dict[str, torch.Tensor]:
    """The same training in this process, by the formula: the mean gradient of both shards."""
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1, dtype=torch.float64)
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for step in range(STEPS):
        shards = []
        for rank in (0, 1):
            generator = torch.Generator().manual_seed(2 * step + rank)
            shards.append(torch.randn(8, 4, generator=generator, dtype=torch.float64))
        X = torch.cat(shards)
        opt.zero_grad()
        (model(X) - X.sum(1, keepdim=True)).square().mean().backward()
        opt.step()
    return model.state_dict()


def test_two_hosts_train_and_a_cut_cable_costs_nothing_but_time(hosts: Hosts):
    started = hosts.start(pause=0.1)
    try:
        until(lambda: hosts.steps() >= 5, 90, hosts)
        hosts.plug("down")
        said = re.compile(r"RuntimeError: .*(?:Timed out waiting|Connection closed|reset by peer)")
        until(lambda: all(said.search(log) for log in hosts.logs()), 60, hosts)
        at = hosts.steps()
        assert at < STEPS
        hosts.plug("up")
    finally:
        finish(started, hosts)
    for rank, log in enumerate(hosts.logs()):
        starts = re.findall(r"rank \d of 2 starts at step (\d+)", log)
        assert len(starts) == 2, (rank, log)
        assert int(starts[0]) == 0 < int(starts[1]) <= at
    found = torch.load(hosts.folder / "checkpoint.pt", weights_only=True)
    assert found["step"] == STEPS
    wanted = uninterrupted()
    for name, value in found["model"].items():
        torch.testing.assert_close(value, wanted[name.removeprefix("module.")], rtol=0, atol=1e-12)
