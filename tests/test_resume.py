"""Resume to the bit: a training process is killed at random steps, and nothing can be told after.

The script trains with what chapter 13 names: model, optimizer, schedule, the order of the examples,
and every source of random numbers. It writes a checkpoint at each step, under another name first,
and ``os.replace`` swaps the names. What is killed is a real process, by SIGKILL, some of the times
while it writes. A checkpoint that lacks a part must be found out, or the comparison proves nothing.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")

STEPS = 40
SCRIPT = '''
import io, os, random, sys, time
from pathlib import Path

import numpy as np
import torch
from torch import nn

folder, steps = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
X = torch.linspace(-1, 1, 17 * 6, dtype=torch.float64).view(17, 6).sin()
y = (X.sum(1) > 0).long()


class Order:
    """A sampler with a state: what this epoch has left, and the generator of the next ones."""

    def __init__(self, seed):
        self.rng, self.todo = torch.Generator().manual_seed(seed), torch.arange(0)

    def next(self, size):
        if len(self.todo) == 0:
            self.todo = torch.randperm(len(X), generator=self.rng)
        now, self.todo = self.todo[:size], self.todo[size:]
        return now

    def state_dict(self):
        return {"rng": self.rng.get_state(), "todo": self.todo}

    def load_state_dict(self, state):
        self.rng.set_state(state["rng"])
        self.todo = state["todo"]


# A process that goes on starts from other seeds: only the checkpoint can make it equal.
seed = 0 if not (folder / "run.pt").exists() else os.getpid()
torch.manual_seed(seed)
random.seed(seed)
np.random.seed(seed)
model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2)).double()
opt = torch.optim.AdamW(model.parameters(), lr=0.05)
schedule = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.1, total_steps=steps)
order = Order(seed)
named = {"model": model, "opt": opt, "schedule": schedule, "order": order}
done = []  # the examples of each step


def state():
    parts = {name: thing.state_dict() for name, thing in named.items()}
    parts |= {"torch": torch.get_rng_state(), "python": random.getstate()}
    kind, keys, *rest = np.random.get_state()
    return parts | {"numpy": (kind, keys.tolist(), *rest), "done": done}


def restore(parts):
    global done
    for name in named.keys() & parts.keys():
        named[name].load_state_dict(parts[name])
    if "torch" in parts:
        torch.set_rng_state(parts["torch"])
    if "python" in parts:
        random.setstate(parts["python"])
    if "numpy" in parts:
        np.random.set_state(parts["numpy"])
    done = parts["done"]


def save(name):
    file = io.BytesIO()
    torch.save(state(), file)
    with open(folder / "fresh.pt", "wb") as out:
        for start in range(0, len(file.getvalue()), 4096):  # slowly, so that a kill can hit it
            out.write(file.getvalue()[start : start + 4096])
            out.flush()
            time.sleep(0.0005)
    os.replace(folder / "fresh.pt", folder / name)


if (folder / "run.pt").exists():
    restore(torch.load(folder / "run.pt", weights_only=True))
while len(done) < steps:
    i = order.next(5)
    noise = torch.tensor(np.random.rand(len(i), 6))
    xb = X[i] + 0.1 * noise * (1 if random.random() < 0.5 else -1)
    model.train()
    opt.zero_grad()
    nn.functional.cross_entropy(model(xb), y[i]).backward()
    opt.step()
    schedule.step()
    done.append(i.tolist())
    save("run.pt")
    print(len(done), flush=True)
'''


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def start(script: Path, folder: Path) -> subprocess.Popen:
    command = [sys.executable, str(script), str(folder), str(STEPS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def checkpoint(folder: Path) -> dict[str, Any]:
    return torch.load(folder / "run.pt", weights_only=True)


def finish(script: Path, folder: Path) -> dict[str, Any]:
    process = start(script, folder)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    return checkpoint(folder)


def kill(script: Path, folder: Path, after: int, wait: str) -> int:
    """Start, let ``after`` more steps pass, kill. wait: "now", or while a checkpoint is "writing".

    Answers with the number of steps in the checkpoint that is left.
    """
    process = start(script, folder)
    try:
        for _ in range(after):
            assert process.stdout.readline(), "it ended before it was killed"
        limit = time.monotonic() + 10
        while wait == "writing" and not (folder / "fresh.pt").exists():
            assert time.monotonic() < limit
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=10)
    assert process.returncode == -signal.SIGKILL
    return len(checkpoint(folder)["done"])


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    """Where two states differ by a bit, a type or a key."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        same = a.dtype == b.dtype and a.shape == b.shape
        same = same and a.contiguous().numpy().tobytes() == b.contiguous().numpy().tobytes()
        return [] if same else [path]
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [*a.keys(), *(b.keys() - a.keys())]
        found = [differences(a.get(k), b.get(k), f"{path}/{k}") for k in keys]
        return [one for some in found for one in some]
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return [one for n, (x, y) in pairs for one in differences(x, y, f"{path}/{n}")]
    return [] if type(a) is type(b) and a == b else [path]


@pytest.fixture(scope="module")
def straight(script: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return finish(script, tmp_path_factory.mktemp("straight"))


def test_killed_at_random_steps_it_ends_equal_to_the_bit(
    script: Path, straight: dict[str, Any], tmp_path: Path
) -> None:
    rng = random.Random(int.from_bytes(os.urandom(4), "big"))
    stops, torn = [0], 0
    for n in range(5):
        after = rng.randint(1, 6)
        stops.append(kill(script, tmp_path, after, "writing" if n % 2 else "now"))
        torn += (tmp_path / "fresh.pt").exists()
        assert stops[-1] >= stops[-2] + after, "a checkpoint was lost"
    assert len(set(stops)) == 6
    assert stops[-1] < STEPS
    assert torn >= 2, "no kill hit a checkpoint that was being written"
    end = finish(script, tmp_path)
    assert set(straight) == {
        *("model", "opt", "schedule", "order", "torch", "python", "numpy", "done")
    }
    assert len(end["done"]) == STEPS
    assert differences(straight, end) == [], f"killed after {stops[1:]}"


# One process for all faults: to import torch takes longer than to train.
GO_ON = """
import runpy, sys
script, steps, *folders = sys.argv[1:]
for folder in folders:
    sys.argv = [script, folder, steps]
    runpy.run_path(script)
"""


def test_a_part_left_out_is_found(script: Path, straight: dict[str, Any], tmp_path: Path) -> None:
    """Each planted fault changes the weights; with nothing left out they are the same."""
    stop = kill(script, tmp_path, 7, "now")
    parts = checkpoint(tmp_path)
    folders = {name: tmp_path / name for name in ("nothing", *(parts.keys() - {"done"}))}
    for name, folder in folders.items():
        folder.mkdir()
        torch.save({k: v for k, v in parts.items() if k != name}, folder / "run.pt")
    command = [sys.executable, "-c", GO_ON, script, str(STEPS), *folders.values()]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=60)
    for name, folder in folders.items():
        found = differences(straight, checkpoint(folder))
        if name == "nothing":
            assert found == [], stop
        else:
            assert "/model/0.weight" in found, (name, stop)
        assert ("/done" in {path[:5] for path in found}) == (name == "order")


def test_half_a_checkpoint_cannot_be_read(
    script: Path, straight: dict[str, Any], tmp_path: Path
) -> None:
    """Why the names are swapped: a kill while the right name is written would end the run."""
    torch.save(straight, tmp_path / "run.pt")
    whole = (tmp_path / "run.pt").read_bytes()
    assert differences(straight, checkpoint(tmp_path)) == []
    for part in (0, 1, len(whole) // 2, len(whole) - 1):
        (tmp_path / "run.pt").write_bytes(whole[:part])
        with pytest.raises((OSError, RuntimeError, EOFError, pickle.UnpicklingError)):
            checkpoint(tmp_path)


def test_the_comparison_sees_one_bit() -> None:
    a = {"x": [torch.tensor([0.1, 0.2]), (1, "a")]}
    assert differences(a, {"x": [torch.tensor([0.1, 0.2]), (1, "a")]}) == []
    nudged = torch.tensor([0.1, torch.tensor(0.2).nextafter(torch.tensor(1.0)).item()])
    assert differences(a, {"x": [nudged, (1, "a")]}) == ["/x/0"]
    assert differences(a, {"x": [torch.tensor([0.1, 0.2]), (1, "b")]}) == ["/x/1/1"]
    assert differences(a, {"x": a["x"], "y": 1}) == ["/y"]
    assert differences(torch.tensor([0.0]), torch.tensor([-0.0])) == [""]
