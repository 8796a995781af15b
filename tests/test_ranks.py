"""Ranks: results in order, faults that say where, and no process left whatever happens."""

from __future__ import annotations

import linecache
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest
import torch
import torch.distributed as dist

from torchcourse.checks.describe import location_of
from torchcourse.ranks import RanksTimeout, run


def ranks_left() -> list[psutil.Process]:
    """Descendants other than the server that forks and the tracker of `multiprocessing`."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            command = " ".join(process.cmdline())
            parent = " ".join(process.parent().cmdline())
        except (psutil.NoSuchProcess, AttributeError):
            continue
        forked = "forkserver" in command and "forkserver" in parent
        if forked or "spawn_main" in command:
            found.append(process)
    return found


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    end = time.monotonic() + 5
    while ranks_left() and time.monotonic() < end:
        time.sleep(0.02)
    assert not ranks_left()


def rank_plus(x: torch.Tensor) -> torch.Tensor:
    x += dist.get_rank()
    return x


def summed(x: torch.Tensor) -> torch.Tensor:
    dist.all_reduce(x)
    return x


@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
def test_results_come_in_the_order_of_the_ranks_each_with_its_own_arguments(world_size: int):
    x = torch.zeros(2)
    found = run(rank_plus, world_size, x)
    assert [y.tolist() for y in found] == [[float(r)] * 2 for r in range(world_size)]
    assert x.tolist() == [0.0, 0.0]


def test_a_parent_that_ran_backward_has_children_that_do():
    x = torch.ones(200, 200, requires_grad=True)
    (x @ x).sum().backward()

    def gradient() -> torch.Tensor:
        y = torch.full((3,), float(dist.get_rank() + 1), requires_grad=True)
        (y**2).sum().backward()
        dist.all_reduce(y.grad)
        return y.grad

    assert [g.tolist() for g in run(gradient, 2)] == [[6.0] * 3] * 2


def test_functions_of_a_notebook_take_their_names_along():
    cells = "import torch.distributed as dist\nSCALE = 10\ndef inner(x):\n    return SCALE * x\n"
    cells += (
        "class Box:\n    pass\ndef outer():\n    assert Box()\n    return inner(dist.get_rank())\n"
    )
    namespace: dict = {"__name__": "__main__"}
    exec(cells, namespace)
    assert run(namespace["outer"], 2) == [0, 10]


def test_prints_come_afterwards_rank_by_rank(capsys):
    def speak() -> None:
        time.sleep(0.05 * (2 - dist.get_rank()))
        print("one")
        print("two")

    run(speak, 2)
    lines = [f"[rank {r}] {word}" for r in range(2) for word in ("one", "two")]
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize("rank", [0, 1])
def test_what_one_rank_raises_ends_all_at_once(rank: int):
    class Own(ValueError):
        pass

    def fail(x: torch.Tensor) -> None:
        if dist.get_rank() == rank:
            raise Own("no such layer")
        dist.all_reduce(x)

    start = time.monotonic()
    with pytest.raises(ValueError, match="no such layer") as caught:
        run(fail, 2, torch.ones(2), timeout=60)
    assert caught.value.__notes__ == [f"raised by rank {rank} of 2"]
    assert time.monotonic() - start < 30


def test_what_is_not_written_stays_not_written():
    def stub() -> None:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        run(stub, 2)


@pytest.mark.parametrize("rank", [0, 1])
def test_what_a_rank_raises_leads_to_the_line_that_raised(rank: int):
    cell = "def fail(x):\n    if dist.get_rank() == RANK:\n        return x[7]\n    return x\n"
    name = f"<cell {rank}>"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    namespace: dict = {"__name__": "__main__", "dist": dist, "RANK": rank}
    exec(compile(cell, name, "exec"), namespace)
    with pytest.raises(IndexError) as caught:
        run(namespace["fail"], 2, torch.ones(2))
    assert location_of(caught.value) == "line 3 of your cell: return x[7]"
    caught.value.rank_place = ["not", "a", "place"]
    assert "run(namespace" in location_of(caught.value), "anything else is not believed"


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("from torchcourse.ranks import run\nrun(print, 2, 'hello', timeout=30)\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-2:]
    assert 'call run below `if __name__ == "__main__":`' in " ".join(last), done.stderr


def test_a_result_that_cannot_travel_says_so():
    with pytest.raises(RuntimeError, match="returned what cannot leave the process generator"):
        run(lambda: (i for i in range(3)), 2)


def test_a_process_that_dies_is_no_riddle():
    with pytest.raises(RuntimeError, match="the process ended without a result") as caught:
        run(lambda: os._exit(3) if dist.get_rank() == 1 else dist.barrier(), 2)
    assert caught.value.__notes__ == ["raised by rank 1 of 2"]


def test_a_death_is_told_also_where_its_neighbor_is_heard_first():
    """Connections close before the process has ended, and who waits at the other end fails."""

    def dies() -> None:
        if dist.get_rank() == 1:
            dist.destroy_process_group()
            time.sleep(0.2)
            os._exit(3)
        dist.barrier()

    with pytest.raises(RuntimeError, match="the process ended without a result") as caught:
        run(dies, 2)
    assert caught.value.__notes__ == ["raised by rank 1 of 2"]


def test_a_deadlock_says_where_each_rank_stands():
    def crossed(x: torch.Tensor) -> None:
        if dist.get_rank() == 0:
            dist.broadcast(x, src=1)
        else:
            dist.recv(x, src=0)

    def forgotten(x: torch.Tensor) -> None:
        if dist.get_rank() == 0:
            dist.all_reduce(x)

    first = crossed.__code__.co_firstlineno
    with pytest.raises(RanksTimeout) as caught:
        run(crossed, 2, torch.ones(2), timeout=1.5)
    assert str(caught.value) == (
        f"after 1.5 s rank 0 waits in broadcast, line {first + 2} of crossed, "
        f"rank 1 waits in recv, line {first + 4} of crossed"
    )
    with pytest.raises(RanksTimeout, match=r"rank 0 waits in all_reduce.*, rank 1 has returned"):
        run(forgotten, 2, torch.ones(2), timeout=1.5)
    with pytest.raises(RanksTimeout, match=r"rank 0 waits in line \d+ of <lambda>"):
        run(lambda: time.sleep(60), 1, timeout=0.5)


@pytest.mark.parametrize("world_size", [0, -1])
def test_a_world_has_a_rank(world_size: int):
    with pytest.raises(ValueError, match=f"world_size is {world_size}, and a world has at least"):
        run(rank_plus, world_size, torch.zeros(1))


def test_two_runs_at_once_do_not_meet():
    found: dict[int, list] = {}

    def one(number: int) -> None:
        found[number] = [run(summed, 2, torch.full((4,), float(number))) for _ in range(5)]

    threads = [threading.Thread(target=one, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in (1, 2, 3):
        assert all(torch.equal(y, torch.full((4,), 2.0 * number)) for r in found[number] for y in r)


def test_twenty_runs_in_a_row():
    for number in range(20):
        assert [y.item() for y in run(summed, 2, torch.tensor(float(number)))] == [2.0 * number] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not for Windows")
def test_ranks_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
            import os, time
            import torch.distributed as dist
            from torchcourse.ranks import run

            def wait(folder):
                open(os.path.join(folder, f"pid-{dist.get_rank()}"), "w").write(str(os.getpid()))
                time.sleep(600)

            if __name__ == "__main__":
                run(wait, 2, os.path.dirname(os.path.abspath(__file__)), timeout=600)
        """)
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pids = [p.read_text() for p in tmp_path.glob("pid-*")]
            if len(pids) == 2 and all(pids):
                break
            time.sleep(0.05)
        assert len(pids) == 2
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    end = time.monotonic() + 20
    while any(psutil.pid_exists(int(pid)) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not [pid for pid in pids if psutil.pid_exists(int(pid))]
