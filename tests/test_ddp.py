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
        finish(started)
    for folder in folders:
        told = [(folder / f"rank{rank}.txt").read_text() for rank in range(2)]
        assert told == ["mine 1, ours 3.0", "mine 2, ours 3.0"]


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
