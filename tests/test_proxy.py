"""``student`` in another process: what crosses, what does not, and what a check sees of it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from torchcourse import check
from torchcourse.checks import CheckError, NotWritten
from torchcourse.grading.proxy import protocol
from torchcourse.grading.proxy.inside import Inside
from torchcourse.grading.proxy.protocol import ProtocolError
from torchcourse.grading.proxy.student import RemoteStudent

LEARNER = """
import torch, numpy as np
def same(x): return x
def kind(x): return type(x).__name__
def head(x): return x[:2]
def scale(x): x.mul_(2); return x + 0
def grow(items): items.append(1); return len(items)
def cube(x): return x ** 3
def both(x, w): return {"a": x * w, "b": [w.sum()]}
def detached(x): return x.detach() ** 3
def stub(x): raise NotImplementedError
def broken(x): return x @ torch.ones(7)
def leaves(x): raise SystemExit(0)
def shares(a, b): return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
def loud(x): print("hello"); return x + 1
class Liar(torch.Tensor):
    def __eq__(self, other): return torch.tensor(True)
def lie(x): return torch.zeros(3).as_subclass(Liar)
def net(): return torch.nn.Linear(2, 3)
def data(): return torch.utils.data.TensorDataset(torch.arange(4.0))
def huge(): return torch.ones(64, 1 << 20)
def draw(g): return torch.rand(2, generator=g)
def first_is_last(items): items[0] += 1; return items[0] is items[-1]
def put(d, items): d["new"] = items[0]
value = {"lr": 0.1, "sizes": (2, 3)}
"""


def connect(rewrite=None, rules=()) -> RemoteStudent:
    """A student whose process is this one; every message still is text."""
    namespace: dict = {"__name__": "__main__"}
    exec(compile(LEARNER, "<cell>", "exec"), namespace)
    inside = Inside(namespace)

    def ask(text: str) -> str:
        reply = protocol.dump(inside.answer(protocol.load(text)))
        return rewrite(reply) if rewrite else reply

    return RemoteStudent(ask, list(rules))


VALUES = [
    *(None, ..., True, -3, 10**40, 0.1, math.inf, 1 + 2j, "text ☂", b"bytes", slice(1, None)),
    *([1, [2.0]], (1, "a"), {1, 2}, frozenset({3}), {"k": (1,), 2: None}, range(1, 9, 2)),
    *(torch.float16, torch.device("cpu"), torch.Size([2, 3]), np.dtype("int8"), np.float32(2.5)),
    *(torch.arange(6).reshape(2, 3).T, torch.tensor(True), torch.zeros(0, 3), torch.tensor(1 + 2j)),
    *(torch.ones(2, dtype=torch.bfloat16), torch.tensor([math.nan]), torch.ones(1).expand(4)),
    *(np.arange(6.0)[::-1], np.zeros((0, 2), np.uint8), np.array([True, False])),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_comes_back_as_it_went(value):
    student = connect()
    back = student.run("x + 0 if 0 else x", x=value)
    assert type(back) is type(value)
    if isinstance(value, torch.Tensor):
        torch.testing.assert_close(back, value, equal_nan=True, rtol=0, atol=0)
        assert back.stride() == value.stride()
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(back, value)
        assert back.dtype == value.dtype
    else:
        assert back == value


def test_shared_memory_stays_shared_both_ways():
    student, x = connect(), torch.arange(6.0)
    assert student.shares(x, x[2:4]) is True
    assert student.shares(x, x.clone()) is False
    result = student.head(x)
    result[0] = 7.0
    assert x[0] == 7.0
    assert student.same(x) is x
    array = np.arange(4.0)
    assert np.shares_memory(student.head(array), array)


def test_what_a_call_changes_is_changed_here():
    student, x, items = connect(), torch.ones(3), [5]
    student.scale(x)
    assert x.tolist() == [2.0, 2.0, 2.0]
    assert student.grow(items) == 2
    assert items == [5, 1]
    student.run("x.mul_(2)", x=x)
    assert x.tolist() == [2.0, 2.0, 2.0], "inputs of run are copies"


@pytest.mark.parametrize(
    "one", [np.zeros(2), torch.zeros(2), [0.0]], ids=["array", "tensor", "list"]
)
def test_what_comes_twice_is_one_object_there(one):
    student, found = connect(), {}
    if isinstance(one, list):
        student.put(found, [one, one])
        assert found["new"] is one
        return
    assert student.first_is_last([one, torch.ones(1), one]) is True
    assert one.tolist() == [1.0, 1.0]
    student.put(found, [one])
    assert found["new"] is one


def test_what_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(CheckError, match="contains itself"):
        connect().same(loop)


def test_a_generator_goes_on_where_the_call_left_it():
    student, g = connect(), torch.Generator().manual_seed(3)
    own = torch.Generator().manual_seed(3)
    for _ in range(2):
        assert torch.equal(student.draw(g), torch.rand(2, generator=own))


def test_gradients_flow_through_a_call():
    student = connect()
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    result = student.both(x, w=w)
    (result["a"].sum() * result["b"][0]).backward()
    own = [t.detach().clone().requires_grad_() for t in (x, w)]
    ((own[0] * own[1]).sum() * own[1].sum()).backward()
    torch.testing.assert_close([x.grad, w.grad], [t.grad for t in own])
    with check.hidden("9.1", quiet=True) as ex:
        ex.call(student.cube, x).gradient("x", 3 * x.detach() ** 2)
        ex.call(student.cube, torch.tensor([1.0, 2.0])).gradient("x")
    assert ex.verdict.state == "passed", ex.verdict.message
    with check.hidden("9.1", quiet=True) as ex:
        ex.call(student.detached, x).gradient("x", 3 * x.detach() ** 2)
    assert "detached" in ex.verdict.message


def test_a_gradient_of_many_elements_is_measured():
    with check("1.1") as ex:
        ex.call(connect().cube, torch.randn(5, 8, requires_grad=True)).gradient("x")
    assert ex.verdict.state == "passed"


def verdict_of(call) -> tuple[str, str]:
    with check.hidden("9.2", quiet=True) as ex:
        call(ex)
    return ex.verdict.state, ex.verdict.message


def test_a_check_says_the_same_through_the_proxy_as_beside_the_code():
    remote, x = connect(), torch.ones(3)
    namespace: dict = {}
    exec(compile(LEARNER, "<cell>", "exec"), namespace)
    local, _ = check.student(namespace)
    for name in ("same", "scale", "stub", "broken", "head", "kind", "loud"):
        said = [
            verdict_of(lambda ex, s=s, n=name: ex.call(getattr(s, n), x.clone()).equals(x + 5))
            for s in (remote, local)
        ]
        if name == "broken":  # the line of a cell is known on one side only
            said = [(state, message.split("\n")[:2]) for state, message in said]
        assert said[0] == said[1], name
    views = [
        verdict_of(lambda ex, s=s: ex.call(s.head, x).does_not_share_memory_with(x))
        for s in (remote, local)
    ]
    assert views[0] == views[1]
    assert views[0][0] == "failed"


def test_what_is_not_there_is_not_written():
    student = connect()
    for ask in (lambda: student.absent, lambda: student.value("absent")):
        with pytest.raises(NotWritten):
            ask()
    with pytest.raises(NotWritten):
        student.run("absent(1)")
    assert verdict_of(lambda ex: ex.call(student.stub, 1).equals(1))[0] == "not-written"


def test_exceptions_come_as_python_has_them_and_never_end_the_grader():
    student = connect()
    with pytest.raises(RuntimeError, match="size"):
        student.broken(torch.ones(3))
    with pytest.raises(Exception, match="0") as caught:
        student.leaves(1)
    assert isinstance(caught.value, Exception)
    assert type(caught.value).__name__ == "SystemExit"


def test_a_lying_subclass_is_a_name_and_no_tensor():
    state, message = verdict_of(lambda ex: ex.call(connect().lie, 1).equals(torch.zeros(3)))
    assert state == "failed"
    assert "Liar" in message


def test_modules_and_datasets_are_handles():
    student = connect()
    net, x = student.net(), torch.randn(4, 2)
    state = net.state_dict()
    torch.testing.assert_close(net(x), x @ state["weight"].T + state["bias"])
    assert isinstance(net, torch.nn.Module)
    assert net.out_features == 3
    data = student.data()
    assert len(data) == 4
    assert data[2][0] == 2.0
    assert student.value("value") == {"lr": 0.1, "sizes": (2, 3)}


def test_an_author_learns_what_cannot_cross():
    student = connect()
    with pytest.raises(CheckError, match=r"student.run or student.probe"):
        student.same(lambda x: x)
    assert student.probe("kind(value)")() == "dict"


def test_too_much_is_refused():
    state, message = verdict_of(lambda ex: ex.call(connect().huge).equals(1))
    assert state == "failed"
    assert "8 MB" in message
    with pytest.raises(CheckError, match="8 MB"):
        connect().same(torch.ones(4 << 20))


def change(**fields):
    def rewrite(reply: str) -> str:
        message = json.loads(reply)
        if isinstance(message.get("value"), dict) and message["value"].get("t") == "tensor":
            message["value"].update(fields)
        return json.dumps(message)

    return rewrite


FORGED = [
    change(at=1 << 30),
    change(at=-8),
    change(shape=[1 << 20, 1 << 20]),
    change(shape=[4], steps=[1 << 40]),
    change(shape=[64], steps=[1]),
    change(m=99),
    change(m=True),
    change(dtype="__class__"),
    change(shape=[1] * 40),
    change(shape="3"),
    change(t="handle", n=-1),
    change(t="ref", n=7),
    change(t="eval", v="1"),
    change(t="int", v="__import__('os')"),
    change(t="dtype", v="nn"),
    change(t="list", v=[{"t": "none"}] * 60_000),
    lambda reply: reply.replace('"memories":["', '"memories":["***'),
    lambda reply: "[" * 100_000,
    lambda reply: "[]",
    lambda reply: "",
    lambda reply: None,
    lambda reply: '{"value":{"t":"none"},"changed":[[0,"AAAA"]]}',
    lambda reply: '{"value":{"t":"none"},"objects":[[0,{"t":"list","v":[]}]]}',
    lambda reply: '{"error":[]}',
]


@pytest.mark.parametrize("rewrite", FORGED, ids=range(len(FORGED)))
def test_a_forged_reply_is_an_error_of_the_protocol(rewrite):
    student = connect()
    double = student.scale  # described before the wire is rewritten
    forging = connect(rewrite)
    double._link = forging
    with pytest.raises(ProtocolError):
        double(torch.ones(3))


def test_a_check_does_not_take_a_forged_reply_for_a_mistake():
    with pytest.raises(ProtocolError), check.hidden("9.3", quiet=True) as ex:
        ex.call(connect(lambda reply: "[]").probe("1")).equals(1)


def test_a_byte_of_two_is_no_truth_value():
    def rewrite(reply: str) -> str:
        return reply.replace('"dtype":"uint8"', '"dtype":"bool"')

    with pytest.raises(ProtocolError, match="truth"):
        connect(rewrite).run("torch.full((3,), 2, dtype=torch.uint8)")


def test_rules_hold_while_a_name_is_put_together_at_run_time():
    def run(rules: list[str], code: str) -> object:
        """The code as the learner's, called from a probe of the author's."""
        return connect(rules=rules).run("eval(text, {'torch': torch, 'x': x})", text=code, x=x)

    x = torch.ones(2, 3)
    mine = ["no loops", "not torch.softmax"]
    hidden = ["getattr(torch, 'soft' + 'max')(x, 0)", "torch.nn.Softmax(0)(x)", "x.softmax(0)"]
    for code in [*hidden, "torch.ops.aten._softmax.default(x, 0, False)"]:
        with pytest.raises(Exception, match=r"not torch\.softmax"):
            run(mine, code)
    for code in ("[i for i in x]", "sum(i for i in x)", "eval('[i for i in x]')"):
        with pytest.raises(Exception, match="no loops"):
            run(mine, code)
    assert run(mine, "torch.log_softmax(x, 0).exp().sum(1)").shape == (2,)
    named = ["not torch.nn.functional.relu", "not torch.linalg.inv"]
    with pytest.raises(Exception, match=r"linalg\.inv"):
        run(named, "getattr(torch, 'linalg').inv(torch.eye(2))")
    with pytest.raises(Exception, match=r"functional\.relu"):
        run(named, "vars(torch.nn.functional)['relu'](x)")
    assert run(named, "x.relu()").shape == (2, 3)
    for code in ("torch.linalg.svd(x)", "x.add_(1)", "x.__setitem__(0, 1)", "x.__iadd__(1)"):
        with pytest.raises(Exception, match="breaks the rule"):
            run(["not torch.linalg", "no in-place"], code)
    only = ["only torch.as_strided"]
    assert run(only, "torch.as_strided(x, (x.shape[0],), (x.stride(0),))").shape == (2,)
    with pytest.raises(Exception, match="only"):
        run(only, "x.diagonal()")
    student = connect(rules=only)
    assert student.run("x.diagonal()", x=x).shape == (2,), "a probe may do what an answer may not"
