"""Ranks in the jail: several processes that talk to each other, and to nobody else."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import graded
import pytest
from attacks.user import other_user
from conftest import ROOT
from graded import GOOD, answers
from test_jail import Jail

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
pytest.importorskip("nbval")

from torchcourse.grading.jail import server  # noqa: E402
from torchcourse.grading.jail.limits import Limits  # noqa: E402
from torchcourse.grading.pool import Worker  # noqa: E402
from torchcourse.grading.reference import Reference, parse_reference  # noqa: E402

RANKS = """
import torch, torch.distributed as dist
from torchcourse.ranks import run
def add_up(x):
    dist.all_reduce(x)
    return x
x = torch.ones(3, requires_grad=True)
(x * x).sum().backward()
print([y.tolist() for n in (2, 3) for y in run(add_up, n, torch.ones(1), timeout=30)])
"""
DONE = "[[2.0], [2.0], [3.0], [3.0], [3.0]]"
REACH = """
import socket
def reach(place):
    try:
        socket.create_connection(place, 2).close()
        return "reached"
    except OSError as error:
        return type(error).__name__ + " " + str(error.errno)
print(reach(("192.0.2.1", 80)), reach(("127.0.0.1", {port})))
"""


@pytest.fixture(scope="module", autouse=True)
def _end_the_server() -> Iterator[None]:
    yield
    server.server().close()


def needs_namespaces() -> None:
    if server.level().name != "full":
        pytest.skip(f"needs network namespaces; this host gives {server.level().sentence()}")


def test_ranks_reach_each_other_and_nobody_else():
    needs_namespaces()
    jail = Jail(Limits(network="own"))
    try:
        assert jail.says(RANKS, 60) == DONE
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            assert jail.says(REACH.format(port=port)) == "OSError 101 ConnectionRefusedError 111"
        said = jail.says("import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)")
        assert said.startswith("PermissionError"), said
        said = jail.says("import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW)")
        assert said.startswith("PermissionError"), said
    finally:
        jail.kernel.stop()


def test_other_lessons_get_no_sockets():
    jail = Jail(Limits())
    try:
        assert "Permission denied" in jail.says(RANKS, 60)
    finally:
        jail.kernel.stop()


def test_without_a_namespace_only_their_author_may_run_them(monkeypatch):
    monkeypatch.setenv(server.WITHOUT, "user pid mount net ipc uts")
    weaker = server.Server()
    monkeypatch.setattr(server, "_server", weaker)
    try:
        with pytest.raises(server.JailError, match="needs a network namespace for its ranks"):
            Jail(Limits(network="own"))
        jail = Jail(Limits(network="any"))
        assert jail.says(RANKS, 60) == DONE
        jail.kernel.stop()
    finally:
        weaker.close()


ADD_UP = "def double(x):\n    dist.all_reduce(x)\n    return x"
CHECK = "ex.call(run, double, 2, torch.tensor([2.0]), timeout=4).equals([torch.tensor([4.0])] * 2)"
HIDDEN = """x = torch.randn(3, generator=rng)
code = "run(double, 3, x, timeout=4)"
ex.call(student.probe(code, x=x)).equals([3 * x] * 3, rtol=1e-5, atol=1e-6)"""
WRONG = {
    "unchanged": ("def double(x):\n    return x", "failed"),
    "stuck": ("def double(x):\n    if dist.get_rank():\n        dist.all_reduce(x)", "failed"),
    "stub": ("def double(x):\n    raise NotImplementedError", "not-written"),
    "two": ("def double(x):\n    return 2 * x", "failed"),
    "raises": ("def double(x):\n    y = x + 1\n    return y[5]", "failed"),
}


@pytest.fixture(scope="module")
def lesson() -> Reference:
    whole = graded.reference()
    whole["cells"][0]["source"] += (
        "\nimport torch.distributed as dist\nfrom torchcourse.ranks import run"
    )
    for cell in whole["cells"]:
        if cell["id"] == "answer-1-1":
            cell["source"] = ADD_UP
        if cell["id"] == "check-1-1":
            cell["source"] = f'with check("1.1") as ex:\n    {CHECK}'
        if cell["id"] == "hidden-1-1-1":
            body = HIDDEN.replace("\n", "\n    ")
            cell["source"] = f'with check.hidden("1.1") as ex:\n    {body}'
    return parse_reference("01_small", json.dumps(whole))


def test_ranks_are_graded(lesson: Reference):
    needs_namespaces()
    assert lesson.ranks
    assert not parse_reference("01_small", json.dumps(graded.reference())).ranks
    worker = Worker(lesson)
    try:
        limits = Limits(network="own").data()
        task = {"op": "grade", "seed": 1, "timeout": 30.0, "limits": limits}
        given = {"right": (ADD_UP, "passed"), **WRONG}
        for name, (source, verdict) in given.items():
            row = worker.ask({**task, "answers": answers(e11=source)}, 120.0)
            first, *others = row["exercises"]
            assert first["verdict"] == verdict, (name, first)
            assert name != "raises" or "line 3 of your cell: return y[5]" in str(first), first
            assert [other["verdict"] for other in others] == ["passed"] * (len(GOOD) - 1)
    finally:
        worker.close()


def test_an_ordinary_user_has_ranks_too():
    prefix, why_not = other_user()
    if why_not:
        pytest.skip(why_not)
    code = "import sys; sys.path.insert(0, 'tests'); import test_jail_ranks as t; "
    code += "t.test_ranks_reach_each_other_and_nobody_else(); print('held')"
    done = subprocess.run(
        [*prefix, sys.executable, "-B", "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if "Skipped" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.stdout == "held\n", done.stderr[-2000:]
