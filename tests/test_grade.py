"""One submission from its file to its verdicts: what earns points, what does not, and why."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import graded
import pytest
from conftest import ROOT
from graded import GOOD, answers, plant_reference, submission, write

pytest.importorskip("nbval")

from torchcourse.authoring.rules import (
    UnknownRule,
    check_rules,
    violations,
)
from torchcourse.cli import main
from torchcourse.grading import solo
from torchcourse.grading.answers import read_answers
from torchcourse.grading.inputs import find_reference
from torchcourse.grading.jail.limits import Limits
from torchcourse.grading.plainfile import Unreadable
from torchcourse.grading.pool import Worker
from torchcourse.grading.reference import BadReference, Reference, parse_reference
from torchcourse.grading.submission import find_submissions, learner_of
from torchcourse.grading.transplant import transplant

SOLUTIONS = ROOT / "solutions"
ANCHORS = {id: f"answer-{id.replace('.', '-')}" for id in GOOD}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return parse_reference("01_small", json.dumps(graded.reference()))


@pytest.fixture(scope="module")
def worker(reference: Reference) -> Iterator[Worker]:
    worker = Worker(reference)
    yield worker
    worker.close()


@pytest.fixture
def of_the_course(worker: Worker, reference: Reference) -> Iterator[Worker]:
    """The same worker; it takes another lesson for as long as a test needs it."""
    yield worker
    worker.ask({"op": "reference", "lesson": reference.lesson, "text": reference.text}, 60.0)


def verdicts(
    worker: Worker,
    given: dict,
    seed: int = 1,
    timeout: float = 3.0,
    limits: Limits = Limits(memory=300),  # noqa: B008  (it cannot change)
) -> dict:
    task = {"op": "grade", "answers": given, "seed": seed, "timeout": timeout}
    found = worker.ask({**task, "limits": limits.data()}, 120.0)["exercises"]
    return {verdict["id"]: verdict for verdict in found}


def states(worker: Worker, given: dict) -> list[str]:
    return [verdict["verdict"] for verdict in verdicts(worker, given).values()]


def test_right_answers_earn_everything(worker: Worker):
    found = verdicts(worker, answers())
    assert [v["verdict"] for v in found.values()] == ["passed"] * 4, found
    assert sum(v["points"] for v in found.values()) == 4


def test_stubs_are_not_written_and_absent_cells_missing(worker: Worker):
    stub = "def double(x):\n    raise NotImplementedError"
    assert states(worker, answers(e11=stub, e13=None)) == [
        "not-written",
        "passed",
        "missing",
        "passed",
    ]


WRONG = {
    "visible": ("e11", "def double(x):\n    return x + 1", "expected 4.0"),
    "typed in": ("e11", "def double(x):\n    return torch.tensor([4.0])", "shape"),
    "changes its input": ("e11", "def double(x):\n    return x.mul_(2)", "double"),
    "a view": ("e13", "def cube(x):\n    return x.detach() ** 3", "detached"),
    "syntax": ("e11", "def double(x:", "SyntaxError"),
    "raises": ("e11", "def double(x):\n    return x @ torch.ones(7)", "RuntimeError"),
    "a loop": ("e12", "def total(x):\n    return sum(v for v in x)", "line 2 breaks the rule"),
    "forbidden": ("e12", "def total(x):\n    return torch.sum(x)", "not torch.sum"),
    "forbidden in hiding": (
        "e12",
        "def total(x):\n    return vars(torch)['su' + 'm'](x)",
        "not torch.sum",
    ),
    "a loop in hiding": (
        "e12",
        "def total(x):\n    return eval('torch.stack([v for v in x])', {'x': x, 'torch': torch})"
        ".mean() * len(x)",
        "no loops",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_fails_with_words(worker: Worker, name: str):
    key, source, says = WRONG[name]
    found = verdicts(worker, answers(**{key: source}))
    wrong = found.pop(f"{key[1]}.{key[2]}")
    assert (wrong["verdict"], wrong["points"]) == ("failed", 0), wrong
    assert says in wrong["message"], wrong["message"]
    assert all(v["verdict"] == "passed" for v in found.values()), "a neighbor lost its points"


HOSTILE = {
    "exit": ("import os; os._exit(0)", "killed"),
    "late exit": ("def double(x):\n    import os; os._exit(0)", "killed"),
    "loop": ("while True: pass", "timeout"),
    "memory": ("hog = [bytearray(50 << 20) for _ in iter(int, 1)]", "killed"),
    "patched checks": (
        "import torchcourse.checks.result as r\nr.Result.equals = lambda self, *a, **k: self\n"
        "def double(x):\n    return x",
        "failed",
    ),
    "patched torch": (
        "torch.testing.assert_close = lambda *a, **k: None\ntorch.equal = lambda a, b: True\n"
        "torch.allclose = torch.equal\ndef double(x):\n    return x",
        "failed",
    ),
    "prints the verdict": ("print('✓ 1.1 solved')\ndef double(x):\n    return x", "failed"),
    "skips its checks": ("# NBVAL_SKIP\ndef double(x):\n    return x", "failed"),
    "lying tensor": (
        "class Liar(torch.Tensor):\n    def __eq__(self, other): return True\n"
        "def double(x):\n    return x.as_subclass(Liar)",
        "failed",
    ),
    "always equal": (
        "class Equal:\n    def __eq__(self, other): return True\n"
        "    def __getattr__(self, name): return self\ndef double(x):\n    return Equal()",
        "failed",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_earns_nothing_and_costs_one_exercise(worker: Worker, name: str):
    source, state = HOSTILE[name]
    found = verdicts(worker, answers(e11=source))
    assert (found["1.1"]["verdict"], found["1.1"]["points"]) == (state, 0), found["1.1"]
    if name != "patched checks":  # that one has broken its own process for good
        assert [found[id]["verdict"] for id in ("1.2", "1.3", "1.4")] == ["passed"] * 3, found


def test_prints_and_warnings_cost_nothing_where_nothing_is_compared(worker: Worker):
    source = "import warnings, sys\nprint('hello')\n\n"
    source += "def double(x):\n    warnings.warn('slow')\n    return 2 * x"
    assert states(worker, answers(e11=source)) == ["passed"] * 4
    said = verdicts(worker, answers(e11="def double(x):\n    print(x)\n    return 2 * x"))["1.1"]
    assert said["verdict"] == "failed"
    assert "remove the print" in said["message"]


def test_the_seed_decides_the_inputs(worker: Worker):
    wrong = answers(e11="def double(x):\n    return 2 * x if x.numel() == 1 else x")
    first, again, other = (verdicts(worker, wrong, seed)["1.1"]["message"] for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_nothing_hidden_goes_into_the_jail(reference: Reference):
    text = json.dumps(transplant(reference, answers()))
    assert "hidden" not in text
    assert "secret" not in text
    assert "student" not in text


def bytes_of(content: object) -> bytes:
    return json.dumps(content).encode()


def awkward() -> dict[str, bytes]:
    """Honest notebooks that look strange: each has all answers."""
    plain, cells = submission(), submission()["cells"]
    split = [c for c in cells if c["id"] != "answer-1-1"]
    halves = [
        dict(cells[0], id=f"half{n}", source=s) for n, s in enumerate(GOOD["1.1"].split("\n"))
    ]
    stub = dict(cells[0], id="copy", source="def double(x):\n    raise NotImplementedError")
    untagged = [dict(cell, metadata={}) for cell in cells]
    colab = [{k: v for k, v in cell.items() if k != "id"} for cell in cells]
    old = [dict(cell, input=cell["source"]) for cell in cells]
    for cell in old:
        del cell["source"]
    return {
        "split": bytes_of(graded.notebook([*halves, *split])),
        "copied, stub last": bytes_of(graded.notebook([*cells, stub])),
        "copied, stub first": bytes_of(graded.notebook([stub, *cells])),
        "Markdown": bytes_of(graded.notebook([dict(c, cell_type="markdown") for c in cells])),
        "reordered": bytes_of(graded.notebook(cells[::-1])),
        "tags lost": bytes_of(graded.notebook(untagged)),
        "Colab": bytes_of(plain | {"cells": colab, "nbformat_minor": 0}),
        "version 3": bytes_of({"worksheets": [{"cells": old}], "metadata": {}, "nbformat": 3}),
        "extra cells": bytes_of(graded.notebook([graded.code("x", "1 / 0", [], 1), *cells])),
        "source as lines": bytes_of(
            graded.notebook([dict(c, source=c["source"].splitlines(True)) for c in cells])
        ),
        "BOM": b"\xef\xbb\xbf" + bytes_of(plain),
        "Windows": json.dumps(plain, indent=1).replace("\\n", "\\r\\n").encode(),
    }


@pytest.mark.parametrize("name", awkward())
def test_an_honest_but_awkward_notebook_has_its_answers(name: str):
    found = read_answers(awkward()[name], ANCHORS)
    for id, source in GOOD.items():
        assert found[id] is not None
        assert found[id].strip() == source, name


BROKEN = {
    "empty": (b"", "empty"),
    "no JSON": (b"{", "no JSON"),
    "deep": (b"[" * 200_000, "nested too deeply"),
    "UTF-16": ("{}".encode("utf-16"), "UTF-8"),
    "a list": (b"[]", "no Jupyter notebook"),
    "version 2": (b'{"nbformat": 2}', "version 2"),
    "no cells": (b'{"nbformat": 4, "cells": {}}', "no Jupyter notebook"),
    "huge answer": (bytes_of(submission(e11="#" * 300_000)), "more than 200000"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_unreadable_with_a_reason(name: str):
    data, reason = BROKEN[name]
    with pytest.raises(Unreadable, match=reason):
        read_answers(data, ANCHORS)


def test_every_file_has_an_entry_whatever_it_is(tmp_path: Path):
    write(tmp_path / "ada.ipynb", submission())
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "big.ipynb").write_bytes(b" " * (21 << 20))
    (tmp_path / "notes.txt").write_text("not a notebook", encoding="utf-8")
    write(tmp_path / ".ipynb_checkpoints" / "ada-checkpoint.ipynb", submission())
    write(tmp_path / "Bo Li_12_assignsubmission_file" / "01_small.ipynb", submission())
    reasons = {"ada": "", "folder": "a folder", "big": "larger than 20 MB", "Bo Li": ""}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.ipynb")
        (tmp_path / "link.ipynb").symlink_to(tmp_path / "ada.ipynb")
        reasons |= {"pipe": "no regular file", "link": "a symbolic link"}
    found = {s.learner: s.reason for s in find_submissions([tmp_path])}
    assert found == reasons


def test_archives_are_read_and_never_extracted(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Cy/01_small.ipynb", bytes_of(submission()))
        archive.writestr("../../escape.ipynb", bytes_of(submission()))
        archive.writestr("bomb.ipynb", b" " * (64 << 20))
        archive.writestr("__MACOSX/._x.ipynb", b"")
    (tmp_path / "torn.zip").write_bytes((tmp_path / "class.zip").read_bytes()[:500])
    found = {s.learner: s.reason for s in find_submissions([tmp_path])}
    assert found == {
        "Cy": "",
        "escape": "its path leads out of the archive",
        "bomb": "larger than 20 MB",
        "torn.zip": "no zip archive",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.zip", "torn.zip"]


def test_learners_have_names_that_are_safe_for_files():
    assert learner_of("a/ada.ipynb") == "ada"
    assert learner_of("class.zip/Ada L_9_assignsubmission_file_/02_tensors (1).ipynb") == "Ada L"
    assert "/" not in learner_of("a/..ipynb")


def test_rules_are_found_in_the_source():
    source = "def f(x):\n    y = [v for v in x]\n    return F.softmax(y)"
    found = violations(source, ["no loops", "not torch.softmax"])
    assert [(v.rule, v.line) for v in found] == [("no loops", 2), ("not torch.softmax", 3)]
    assert violations("def f(x):\n    return x.log_softmax(0)", ["not torch.softmax"]) == []
    assert violations("from torch import softmax as s", ["not torch.softmax"])
    assert violations("%time\nwhile x: pass", ["no loops"])
    with pytest.raises(UnknownRule, match="be nice"):
        check_rules(["be nice"])


def test_a_bad_reference_is_one_line():
    bad = graded.reference()
    bad["cells"] = [c for c in bad["cells"] if "hidden" not in c["metadata"]["tags"]]
    for text in ("", "[]", "{}", json.dumps(bad)):
        with pytest.raises(BadReference) as caught:
            parse_reference("01_small", text)
        assert "\n" not in str(caught.value)


def test_a_learner_checks_alone(tmp_path: Path, worker: Worker, monkeypatch, capsys):
    def grade_one(own: Worker | None, lesson: Reference, task: dict) -> tuple[None, dict]:
        assert own is None
        return None, worker.ask(task, 120.0)

    monkeypatch.setattr(solo, "grade_one", grade_one)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    solutions = plant_reference(tmp_path)
    notebook = write(
        tmp_path / "exercises" / "01_small.ipynb",
        submission(e12="def total(x):\n    raise NotImplementedError", e13=WRONG["a view"][1]),
    )
    assert main(["check", str(notebook), "--hint"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[:5] == [
        "✓ 1.1 solved",
        "○ 1.2 not written yet",
        "✗ 1.3 passes its visible check, and fails on other inputs",
        "✓ 1.4 solved",
        "visible 3 of 4, hidden 2 of 4",
    ]
    assert "detached" in said.out
    assert "Hint 1 · Recall" in said.out
    assert "Traceback" not in said.out + said.err
    write(notebook, submission())
    assert main(["check", str(notebook), "--solutions", str(solutions)]) == 0


@pytest.mark.parametrize("lesson", [path.stem for path in sorted(SOLUTIONS.glob("*.ipynb"))])
def test_a_solution_of_the_course_gets_full_marks(lesson: str, of_the_course: Worker):
    """Each hidden cell works through the proxy, too: what it sends and asks for can cross."""
    reference = find_reference(SOLUTIONS, lesson)
    task = {"op": "reference", "lesson": reference.lesson, "text": reference.text}
    of_the_course.ask(task, 60.0)
    cells = {cell["id"]: cell["source"] for cell in reference.cells}
    given = {exercise.id: cells[exercise.answer] for exercise in reference.exercises}
    found = verdicts(of_the_course, given, 1, 30.0, Limits(network="any"))
    bad = {id: v["message"] for id, v in found.items() if v["verdict"] != "passed"}
    assert not bad, bad
