"""Distributed training, in real processes: it equals one process, ends, and survives a death."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
import torch.distributed as dist
from conftest import ROOT
from sklearn.datasets import load_digits
from torch import nn

from torchcourse.authoring.exercise import without_markers
from torchcourse.authoring.exercise_set import read_exercises
from torchcourse.ranks import run

LESSON = ROOT / "lessons" / "18_ddp"
RESTARTS = "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"  # else gloo looks for the ranks that died


def twenty_steps(how: str) -> torch.Tensor:
    """Weights (1210,) after 20 steps on digits in float64. how: alone | ddp"""
    X, y = map(torch.tensor, load_digits(return_X_y=True))
    rank, n = (0, 1) if how == "alone" else (dist.get_rank(), dist.get_world_size())
    torch.manual_seed(rank)  # DDP takes the weights of rank 0
    net = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10)).double()
    model = net if how == "alone" else nn.parallel.DistributedDataParallel(net)
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for batch in torch.arange(1200).split(60):
        own = batch[rank::n]
        opt.zero_grad()
        nn.functional.cross_entropy(model(X[own] / 16), y[own]).backward()
        opt.step()
    return nn.utils.parameters_to_vector(net.parameters()).detach()


def test_ddp_is_training_in_one_process() -> None:
    alone = twenty_steps("alone")
    torch.manual_seed(0)
    first = nn.Linear(64, 16).double().weight.detach().flatten()
    assert (alone[: len(first)] - first).abs().max() > 0.1  # it has learned
    for weights in run(twenty_steps, 2, "ddp"):
        torch.testing.assert_close(weights, alone, rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def ring():
    grouped = read_exercises(LESSON / "exercises.md")
    (exercise,) = [one for one in grouped.exercises if one.id == "18.3"]
    names: dict = {"__name__": "__main__"}
    for cell in grouped.setup:
        exec(cell.source, names)
    exec(without_markers(exercise.one("answer").source), names)
    return names["ring_all_reduce"]


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("length", [12, 7])
def test_the_ring_is_all_reduce(ring, n: int, length: int) -> None:
    def both(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, int]:
        sent = 0

        def isend(part: torch.Tensor, dst: int) -> dist.Work:
            nonlocal sent
            sent += part.nbytes
            return dist.isend(part, dst)

        x = x * (dist.get_rank() + 1)
        by_hand = ring(x, isend, dist.recv)
        dist.all_reduce(x)
        return by_hand, x, sent

    x = torch.arange(1.0, length + 1, dtype=torch.float64)
    found = run(both, n, x)
    for by_hand, by_torch, _ in found:
        assert torch.equal(by_hand, by_torch)
        assert torch.equal(by_hand, x * n * (n + 1) / 2)
    assert sum(sent for *_, sent in found) == 2 * (n - 1) * x.nbytes
    if length % n == 0:
        assert {sent for *_, sent in found} == {2 * (n - 1) * x.nbytes // n}


def test_twenty_runs_in_a_row_leave_nothing() -> None:
    def one_step(x: torch.Tensor) -> torch.Tensor:
        layer = nn.Linear(2, 1, bias=False)
        nn.init.ones_(layer.weight)
        ddp = nn.parallel.DistributedDataParallel(
            layer
        )  # without a name it is gone before backward
        ddp(x + dist.get_rank()).sum().backward()
        return layer.weight.grad

    run(one_step, 2, torch.ones(1, 2))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    for _ in range(20):
        for grad in run(one_step, 2, torch.ones(1, 2), timeout=30):
            assert torch.equal(grad, torch.full((1, 2), 1.5))
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


class Summed(torch.autograd.Function):
    """A sum over ranks whose gradient is the sum over ranks of gradients."""

    @staticmethod
    def forward(ctx: object, x: torch.Tensor) -> torch.Tensor:
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: object, grad: torch.Tensor) -> torch.Tensor:
        grad = grad.clone()
        dist.all_reduce(grad)
        return grad


@pytest.mark.parametrize("sizes", [[3, 3], [5, 1], [1, 2, 4]])
def test_added_sums_are_batch_norm_of_the_whole_batch_and_so_is_their_gradient(sizes: list[int]):
    torch.manual_seed(0)
    X, weights = torch.randn(2, sum(sizes), 3, dtype=torch.float64)

    def normalized() -> tuple[torch.Tensor, torch.Tensor]:
        x, w = (t.split(sizes)[dist.get_rank()] for t in (X, weights))
        x = x.clone().requires_grad_()
        sums = Summed.apply(torch.stack([x**0, x, x**2]).sum(1))
        mean, square = sums[1:] / sums[0]
        out = (x - mean) / (square - mean**2 + 1e-5).sqrt()
        (out * w).sum().backward()
        return out.detach(), x.grad

    leaf = X.clone().requires_grad_()
    out = nn.functional.batch_norm(leaf, None, None, training=True)
    (out * weights).sum().backward()
    found = run(normalized, len(sizes))
    for mine, whole in zip(map(torch.cat, zip(*found, strict=True)), (out, leaf.grad), strict=True):
        torch.testing.assert_close(mine, whole.detach(), rtol=0, atol=1e-12)
    spread = torch.stack([part.var(0, correction=0) for part in X.split(sizes)]).mean(0)
    assert (X.var(0, correction=0) - spread).abs().max() > 0.01


def test_in_a_join_a_rank_that_is_done_goes_on_answering() -> None:
    def unequal() -> int:
        ddp = nn.parallel.DistributedDataParallel(nn.Linear(1, 1))
        with dist.algorithms.join.Join([ddp]):
            for _ in range(2 + dist.get_rank()):
                ddp(torch.ones(1, 1)).sum().backward()
        return dist.get_rank()

    assert run(unequal, 2, timeout=30) == [0, 1]


# --- the scripts of the chapter, under torchrun --------------------------------------------------


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    text = (LESSON / "chapter.md").read_text(encoding="utf-8")
    found = re.findall(r"^%%writefile (\S+)\n(.*?)^```$", text, re.M | re.S)
    assert [name for name, _ in found] == ["hello.py", "train.py"]
    for name, source in found:
        (tmp_path / name).write_text(source, encoding="utf-8")
    return tmp_path


def start(folder: Path, *words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.Popen(
        [*command, "--nproc-per-node=2", *words],
        cwd=folder,
        env=os.environ | {RESTARTS: "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(started: subprocess.Popen) -> str:
    try:
        printed, _ = started.communicate(timeout=120)
    finally:
        started.kill()
    assert started.returncode == 0, printed[-3000:]
    return printed


def test_two_torchruns_at_once_do_not_clash(scripts: Path) -> None:
    folders = [scripts / "a", scripts / "b"]
    for folder in folders:
        folder.mkdir()
    for started in [start(folder, str(scripts / "hello.py")) for folder in folders]:
        told = [line for line in finish(started).splitlines() if line.startswith("rank ")]
        assert sorted(told) == ["rank 0 had 1, now 3.0", "rank 1 had 2, now 3.0"]


def test_a_death_in_the_middle_changes_nothing(scripts: Path) -> None:
    finish(start(scripts, "train.py", "whole.pt"))
    finish(start(scripts, "--max-restarts=1", "train.py", "broken.pt"))
    whole, broken = torch.load(scripts / "whole.pt"), torch.load(scripts / "broken.pt")
    assert (whole[:2], broken[:2]) == ([9, 0], [9, 6])
    torch.testing.assert_close(broken[2:], whole[2:], rtol=0, atol=0)


def test_without_a_restart_a_death_is_the_end(scripts: Path) -> None:
    started = start(scripts, "--max-restarts=0", "train.py", "broken.pt")
    with pytest.raises(AssertionError, match="exitcode"):
        finish(started)
    assert torch.load(scripts / "broken.pt")[0] == 6


class Reached(Exception):
    """The script has chosen its device."""


@pytest.mark.parametrize(
    ("devices", "backend", "device"),
    [(0, "gloo", "cpu"), (1, "gloo", "cpu"), (2, "nccl", "cuda:1"), (8, "nccl", "cuda:1")],
)
def test_nccl_where_there_are_two_devices_and_gloo_else(
    scripts: Path, monkeypatch, devices: int, backend: str, device: str
) -> None:
    chosen = []

    def stop(*args: object, **kwargs: object) -> None:
        chosen.append(kwargs.get("device", args[0]))
        raise Reached

    monkeypatch.setattr(torch.cuda, "device_count", lambda: devices)
    monkeypatch.setattr(dist, "init_process_group", lambda backend: chosen.append(backend))
    monkeypatch.setattr(dist, "get_rank", lambda: 1)
    monkeypatch.setattr(torch, "tensor", stop)
    monkeypatch.setattr(torch, "set_default_device", stop)
    for key, value in {"RANK": "1", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(key, value)
    source = (scripts / "train.py").read_text(encoding="utf-8")
    with pytest.raises(Reached):
        exec(compile(source, "train.py", "exec"), {"__name__": "__main__"})
    assert chosen == [backend, device]


def test_fully_shard_is_told_that_it_is_on_cpus() -> None:
    text = (LESSON / "chapter.md").read_text(encoding="utf-8")
    assert "fully_shard(part, mesh=cpus)" in text  # else it takes CUDA wherever there is one
