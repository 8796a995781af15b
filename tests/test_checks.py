"""The checks: every layer, every recognized misconception, and what must not be rejected.

A case is an answer and a check, both source text, and the outcome: state, layer and message. They
stand side by side in ``tests/golden/checks/<group>.txt``, one file a layer, and ``accepted.txt``.
After a change of wording, or for a new case with any outcome:

    UPDATE_GOLDEN=1 python -m pytest tests/test_checks.py

and read the difference.
"""

import contextlib
import io
import linecache
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from torchcourse import check
from torchcourse.checks import CheckError, Misconception, Mistake
from torchcourse.checks import close as close_module
from torchcourse.checks.describe import number
from torchcourse.checks.invocation import call as describe_call
from torchcourse.checks.memory import share_memory
from torchcourse.checks.verdict import LAYERS, MAX_LINES, WIDTH, encodable, failed

GOLDEN = Path(__file__).parent / "golden" / "checks"
GROUPS = (
    *("written", "runs", "type", "shape", "dtype", "finite", "value", "gradient"),
    *("side_effects", "accepted"),
)
LAYER_OF = {"dtype": "dtype/device", "side_effects": "side effects"}
OTHER_LAYER = {  # cases in a group whose layer they are not
    "known, another shape": "shape",
    "known, another dtype": "dtype/device",
    "known none": "type",
    "exception text": "value",
}
X = "ex.call(f, x).equals(x * 2)"  # x is (2, 3) float32 with the values 1 ... 6

CELLS = iter(range(10**6))


@pytest.fixture(autouse=True)
def _fresh():
    check.reset()
    yield
    check.reset()


def compile_cell(source: str, title: str):
    """Source text as a notebook compiles it: with a file name of its own, known to linecache."""
    name = f"<{title} {next(CELLS)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    return compile(source, name, "exec")


def verdict_of(answer: str, checking: str, hidden: bool = False):
    """Run an answer cell, then a check cell around ``checking``; give the verdict."""
    namespace = {
        "torch": torch,
        "np": np,
        "check": check,
        "x": torch.arange(1.0, 7.0).reshape(2, 3),
        "v": torch.tensor([1.0, 2.0, 3.0]),
        "s": torch.tensor([[1.0, 2.0, 4.0], [3.0, 7.0, 5.0], [9.0, 6.0, 8.5]]),
        "w": torch.tensor([1.0, 2.0, 3.0], requires_grad=True),
    }
    namespace["student"], namespace["rng"] = check.student(namespace, seed=0)
    exec(compile_cell(answer, "answer"), namespace)
    opening = "check.hidden" if hidden else "check"
    body = "\n".join("    " + line for line in checking.splitlines())
    cell = f"with {opening}('1.1', quiet=True) as ex:\n{body}\n"
    exec(compile_cell(cell, "check"), namespace)
    return namespace["ex"].verdict


@dataclass(frozen=True)
class Case:
    group: str
    name: str
    answer: str
    checking: str
    outcome: str


def read_cases(group: str) -> list[Case]:
    text = (GOLDEN / f"{group}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^== ", text, flags=re.MULTILINE)[1:]
    cases = []
    for entry in entries:
        name, rest = entry.split("\n", 1)
        answer, checking, outcome = re.split(r"^---", rest, flags=re.MULTILINE)
        cases.append(Case(group, name, answer.strip(), checking.strip(), outcome.strip()))
    return cases


def outcome_of(case: Case) -> str:
    check.reset()
    verdict = verdict_of(case.answer, case.checking)
    return f"{verdict.state}, {verdict.layer}\n{verdict.message}"


def write_outcomes(group: str) -> None:
    text = "\n".join(
        f"== {case.name}\n{case.answer}\n---\n{case.checking}\n--- {outcome_of(case)}\n"
        for case in read_cases(group)
    )
    (GOLDEN / f"{group}.txt").write_text(text, encoding="utf-8", newline="\n")


if os.environ.get("UPDATE_GOLDEN"):
    for each in GROUPS:
        write_outcomes(each)

CASES = [case for group in GROUPS for case in read_cases(group)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.name}")
def test_message(case):
    assert outcome_of(case) == case.outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.name}")
def test_message_has_the_form_of_a_message(case):
    state, layer = case.outcome.split("\n")[0].split(", ")
    lines = case.outcome.split("\n")[1:]
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= WIDTH
    assert all(line.startswith("  ") for line in lines[1:])
    possible = {"accepted": ["passed"], "written": ["not-written", "failed"]}
    assert state in possible.get(case.group, ["failed"])
    if state == "failed":
        assert lines[0].startswith("✗ 1.1")
        assert lines[-1].startswith("  Next: ")
        assert layer == OTHER_LAYER.get(case.name, LAYER_OF.get(case.group, case.group))
    if case.group != "runs":  # torch's own words are not ours
        words = set(re.findall(r"[a-z]+", case.outcome.lower()))
        assert not {"simply", "just", "obviously", "clearly", "easy"} & words


def test_every_layer_has_cases():
    assert {layer.replace("dtype/device", "dtype") for layer in LAYERS} <= {
        case.group.replace("_", " ") for case in CASES
    }


@pytest.mark.parametrize("case", read_cases("accepted"), ids=lambda case: case.name)
def test_right_answer_is_accepted(case):
    assert verdict_of(case.answer, case.checking).message == "✓ 1.1 solved"
    hidden = verdict_of(case.answer, case.checking, hidden=True)
    assert hidden.message == "✓ 1.1 hidden asserts pass"


def test_hidden_failure_says_so():
    verdict = verdict_of("def f(x):\n    return x", X, hidden=True)
    assert verdict.message.splitlines()[0] == "✗ 1.1 hidden  f(x), x (2, 3) float32"
    assert verdict.kind == "hidden"


def test_nothing_of_the_block_runs_after_the_first_failing_layer():
    ran = []
    with check("1.1", quiet=True) as ex:
        ex.call(lambda: 1).equals(2)
        ran.append(True)
    assert ran == []
    assert ex.verdict.state == "failed"


AUTHOR_ERRORS = {
    "compares nothing": "pass",
    "calls only": "ex.call(f, x)",
    "known wrong answer is right": "ex.call(f, x).equals(x, known=[check.Misconception(x, 'no')])",
    "that with many": "ex.that(x > 0, 'no')",
    "that with many in an array": "ex.that(x.numpy() > 0, 'no')",
    "gradient of no argument": "ex.call(f, x).gradient('y')",
    "gradient of whole numbers": "ex.call(f, x.long()).gradient('x')",
    "gradient of a stranger": "ex.call(f, x).gradient(torch.ones(2), torch.ones(2))",
    "memory of a number": "ex.call(f, x).shares_memory_with(3)",
}


@pytest.mark.parametrize("checking", AUTHOR_ERRORS.values(), ids=AUTHOR_ERRORS)
def test_defect_of_the_check_is_raised(checking):
    with pytest.raises(CheckError):
        verdict_of("def f(x):\n    return x", checking)
    assert check.verdicts() == {}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_interruptions_pass_through(error):
    def f():
        raise error

    with pytest.raises(error), check("1.1") as ex:
        ex.call(f).equals(1)
    assert check.verdicts() == {}
    assert not type(sys.stdout).__module__.startswith("torchcourse")


def test_verdict_is_printed_and_quiet_is_quiet(capsys):
    with check("2.4") as ex:
        ex.call(lambda: 1).equals(1)
    assert capsys.readouterr().out == "✓ 2.4 solved\n"
    with check("2.4", quiet=True) as ex:
        ex.call(lambda: 1).equals(1)
    assert capsys.readouterr().out == ""
    assert ex.verdict.state == "passed"


def test_what_the_answer_prints_is_shown(capsys):
    with check("2.4") as ex:
        ex.call(lambda: print("shape")).equals(None)
    assert capsys.readouterr().out == "shape\n✓ 2.4 solved\n"


def test_registry_keeps_visible_and_hidden_apart():
    with check("2.4", quiet=True) as ex:
        ex.call(lambda: 1).equals(2)
    with check("2.4", quiet=True) as ex:
        ex.call(lambda: 1).equals(1)
    with check.hidden("2.4", quiet=True) as ex:
        ex.call(lambda: 1).equals(3)
    outcome = check.verdicts()["2.4"]
    assert (outcome.visible.state, outcome.hidden.state) == ("passed", "failed")
    assert "expected 3, got 1." in outcome.hidden.message
    with check("2.4", quiet=True) as ex:
        ex.call(lambda: 1).equals(2)
    outcome = check.verdicts()["2.4"]
    assert (outcome.visible.state, outcome.hidden.state) == ("failed", "failed")
    check.reset()
    assert check.verdicts() == {}


def test_reset_forgets_right_answers_too():
    hard_coded = "def f(v):\n    return torch.tensor([1.0, 4.0, 9.0])"
    right, wrong = "ex.call(f, v).equals(v * v)", "ex.call(f, v + 1).equals((v + 1) ** 2)"
    verdict_of(hard_coded, right)
    assert "earlier input" in verdict_of(hard_coded, wrong).message
    check.reset()
    assert "earlier input" not in verdict_of(hard_coded, wrong).message


def test_progress():
    assert str(check.progress()) == "No exercise has been checked yet."
    with check("2.1", quiet=True) as ex:
        ex.call(lambda: 1).equals(1)
    with check("2.10", quiet=True) as ex:
        ex.call(lambda: 1).equals(2)
    verdict_of("def f(x):\n    raise NotImplementedError", X)
    with check.hidden("2.1", quiet=True) as ex:
        ex.call(lambda: 1).equals(1)
    table = "2.1   ✓ solved\n2.10  ✗ look again: value\n1.1   ○ not written yet\n1 of 3 solved"
    assert str(check.progress()) == table
    assert repr(check.progress()) == table
    with check.hidden("2.1", quiet=True) as ex:
        ex.call(lambda: 1).equals(2)
    assert "2.1   ✗ look again: value" in check.progress()


def test_console_without_unicode(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    with check("2.4") as ex:
        ex.call(lambda: "κ").equals("λ")
    with check("2.4") as ex:
        ex.call(lambda: 1).equals(1)
    stream.flush()
    text = stream.buffer.getvalue().decode("cp1252")
    assert text.startswith("[x] 2.4")
    assert "got '?'" in text
    assert "[ok] 2.4 solved" in text
    assert encodable("✓", "utf-8") == "✓"
    assert encodable("○ …", "ascii") == "[ ] ..."
    assert encodable("✓", "no-such-encoding") == "✓"


def test_long_message_keeps_its_question():
    with check("2.4", quiet=True) as ex:
        ex.that(False, "word " * 300, "what " * 60)
    lines = ex.verdict.message.splitlines()
    assert len(lines) == MAX_LINES
    assert max(map(len, lines)) <= WIDTH
    assert lines[-2].startswith("  Next: what")
    assert lines[-1].endswith("…")
    assert lines[-3].endswith("…")
    assert "cause" not in ex.verdict.message


def test_long_facts_and_long_reason_share_the_room():
    mistake = Mistake("value", "word " * 300, "cause " * 300, "what is it?")
    lines = failed("2.4", "visible", mistake).message.splitlines()
    assert len(lines) == MAX_LINES
    assert max(map(len, lines)) <= WIDTH
    assert [line.split()[0] for line in lines[1:]] == ["word", "word", "cause", "cause", "Next:"]
    assert all(line.endswith("…") for line in (lines[2], lines[4]))


def test_student_looks_names_up_when_used():
    namespace = {}
    student, rng = check.student(namespace, seed=3)
    namespace["f"] = lambda: 1
    assert student.f() == 1
    namespace["f"] = lambda: 2
    assert student.f() == 2
    namespace["n"] = 5
    assert student.value("n") == 5
    with pytest.raises(NameError, match="run the answer cell above first"):
        _ = student.g
    with pytest.raises(AttributeError):
        _ = student.__wrapped__
    other = torch.Generator().manual_seed(3)
    assert torch.equal(torch.randn(4, generator=rng), torch.randn(4, generator=other))


def test_check_leaves_the_random_state_alone():
    torch.manual_seed(0)
    expected = torch.randn(3)
    torch.manual_seed(0)
    with check("1.1", quiet=True) as ex:
        ex.call(torch.exp, torch.ones(2)).equals(torch.ones(2).exp()).gradient("argument 1")
    with check("1.1", quiet=True) as ex:
        ex.call(torch.exp, torch.ones(2)).equals(torch.ones(2))
    assert torch.equal(torch.randn(3), expected)


def test_wrong_answer_of_a_large_result_names_one_element():
    x = torch.arange(200_000.0)
    with check("1.1", quiet=True) as ex:
        ex.call(lambda x: x + (x == 123_456), x).equals(x)
    assert "expected 123456.0 at [123456], got 123457.0; 1 of 200000" in ex.verdict.message
    assert len(ex.verdict.message) < 500


def test_shared_bytes():
    x = torch.zeros(4, 4)
    assert share_memory(x, x.numpy()[1:])
    assert share_memory(x.T, x.view(-1)[3:5])
    assert share_memory(x.bfloat16()[:0], x) is False
    assert not share_memory(x[:, ::2], x[:, 1::2])
    assert not share_memory(x[:2], x[2:])
    assert not share_memory(x, x.clone())
    assert share_memory(x[0].expand(3, 4), x)
    y = torch.zeros(3, dtype=torch.bfloat16)
    assert share_memory(y.view(torch.uint8), y)
    assert not share_memory(torch.zeros(2, device="meta"), torch.zeros(2, device="meta"))


def test_call_in_words():
    def f(x, lo=0, **kwargs):
        pass

    x = torch.zeros(2, 3)
    assert describe_call(f, (x,), {}) == "f(x), x (2, 3) float32"
    assert describe_call(f, (x, 0.5), {"hi": 2}) == "f(x, 0.5, hi=2), x (2, 3) float32"
    text = describe_call(f, (x.numpy(),), {"rng": torch.Generator()})
    assert text == "f(x, rng=rng), x array (2, 3) float32, rng Generator"
    assert describe_call(torch.exp, (x,), {}) == "exp(<(2, 3) float32>)"
    assert describe_call(lambda n: n, ([1, 2],), {}) == "<lambda>([1, 2])"
    assert describe_call(f, (list(range(99)),), {}) == "f(x), x list of 99"
    assert describe_call(torch.nn.Linear(3, 1), (x,), {}) == "Linear()(input), input (2, 3) float32"
    assert describe_call(f, (x.to("meta").requires_grad_(),), {}).endswith("on meta requires_grad")
    assert describe_call(f, (x.long(), torch.int8), {}) == "f(x, torch.int8), x (2, 3) int64"


def test_probe_is_called_what_it_evaluates():
    student, _ = check.student({"f": len})
    assert describe_call(student.probe("f([1, 2])"), (), {}) == "f([1, 2])"
    assert describe_call(student.probe("f()"), (), {}) == "f()"


def test_number_in_words():
    assert number(2.0) == "2.0"
    assert number(1 / 3) == "0.333333"
    assert number(1.0, 1.00000001) == "1.0"
    assert number(1.00000001, 1.0) != number(1.0, 1.00000001)
    assert number(float("nan")) == "nan"
    assert number(3) == "3"


PAIRS = [
    (torch.ones(2), torch.ones(2)),
    (torch.ones(2), torch.zeros(2)),
    (torch.ones(2), torch.ones(2) + 1e-6),
    (torch.ones(2), torch.ones(2) + 1e-4),
    (torch.ones(2), torch.ones(2).double()),
    (torch.ones(2), torch.ones(3)),
    (torch.tensor(float("nan")), torch.tensor(float("nan"))),
    (np.ones(2), np.ones(2)),
    (np.ones(2), np.ones(2) + 1e-3),
    (1.0, 1.0 + 1e-9),
    (1.0, 1.1),
    (1, 1.0),
    (True, False),
    (None, None),
    ([torch.ones(1), {"a": 1}], [torch.ones(1), {"a": 2}]),
]


@pytest.mark.parametrize(("got", "expected"), PAIRS)
@pytest.mark.parametrize("tolerances", [(None, None), (1e-2, 1e-2)])
def test_our_entry_into_torch_testing_agrees_with_assert_close(got, expected, tolerances):
    rtol, atol = tolerances
    ours = close_module.mismatch(got, expected, rtol, atol)
    options = {"rtol": rtol, "atol": atol, "equal_nan": True}
    assert ours == close_module._public_mismatch(got, expected, options)
    context = contextlib.nullcontext() if ours is None else pytest.raises(AssertionError)
    with context as caught:
        torch.testing.assert_close(got, expected, **options)
    assert ours == (caught and str(caught.value))


def test_one_tolerance_leaves_the_other_at_0():
    assert close_module.mismatch(torch.tensor(0.0), torch.tensor(1e-6), rtol=1e-1)
    assert close_module.mismatch(torch.tensor(1e6), torch.tensor(1e6 + 1), atol=1e-1)


def test_known_takes_public_name():
    assert check.Misconception is Misconception


HYGIENE = """
import sys, torch
before = set(sys.modules)
import torchcourse
from torchcourse import check
x = torch.ones(3)
with check("1.1", quiet=True) as right:
    right.call(lambda x: x * 2, x).equals(x * 2).does_not_share_memory_with(x)
with check("1.1", quiet=True) as wrong:
    wrong.call(lambda x: x * 3, x).equals(x * 2)
assert (right.verdict.state, wrong.verdict.state) == ("passed", "failed")
w = torch.ones(3, requires_grad=True)
with check("1.1", quiet=True) as right:
    right.call(lambda w: w * w, w).gradient("w", 2 * x)
assert right.verdict.state == "passed"
print(*sorted({name.split(".")[0] for name in set(sys.modules) - before}))
"""


def test_import_and_first_checks_load_nothing_heavy():
    """Neither the tool side nor sympy, which the first assert_close would import for 0.5 s."""
    run = subprocess.run(
        [sys.executable, "-c", HYGIENE], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    loaded = set(run.stdout.split())
    assert "torchcourse" in loaded
    heavy = {"jupytext", "nbformat", "nbval", "sphinx", "ipywidgets", "anywidget", "matplotlib"}
    heavy |= {"sympy", "mpmath", "yaml", "pytest", "IPython", "scipy", "pandas"}
    assert not loaded & heavy
    standard = set(sys.stdlib_module_names)
    assert {name for name in loaded if name not in standard and name != "torch"} == {"torchcourse"}
