# ruff: noqa: E501 (a table of mistakes reads better unwrapped)
"""The builder: what it writes, what it leaves alone, and what it says about a mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from tiny import CHAPTER, EXERCISES, plant

from torchcourse.authoring import build as builder
from torchcourse.authoring.build import assemble, build, committed_key
from torchcourse.authoring.masters import MasterError
from torchcourse.cli import main

NAMES = ["chapters/01_tiny.ipynb", "exercises/01_tiny.ipynb", "solutions/01_tiny.ipynb"]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = plant(tmp_path_factory.mktemp("course"))
    assert sorted(build(root).written) == NAMES
    return root


def read(root: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(root / name, as_version=4)


# Committed notebooks ---------------------------------------------------------------------------


def test_committed_notebooks_are_what_the_lessons_say():
    """Sources, tags and ids of a fresh build equal the committed ones (outputs: nbval)."""
    for notebook in assemble(ROOT):
        path = ROOT / notebook.name
        assert path.exists(), f"{notebook.name} is missing: run make notebooks"
        found = [(c.id, c.cell_type, c.source, c.metadata) for c in read(ROOT, path).cells]
        fresh = [(c.id, c.cell_type, c.source, c.metadata) for c in notebook.node.cells]
        stale = [new[2][:60] for new, old in zip(fresh, found, strict=False) if new != old]
        assert found == fresh, f"{notebook.name} is stale ({stale[:1]}): run make notebooks"


def test_no_committed_notebook_without_a_lesson():
    expected = {notebook.name for notebook in assemble(ROOT)}
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("chapters", "exercises", "solutions", "appendices")
        for path in (ROOT / folder).glob("*.ipynb")
    }
    assert there == expected


# A clean build ---------------------------------------------------------------------------------


def test_notebooks_are_valid_and_canonical(built: Path):
    for name in NAMES:
        text = (built / name).read_text(encoding="utf-8")
        nbformat.validate(read(built, name))
        assert (
            text
            == json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        )
        assert str(built) not in text
        assert "site-packages" not in text


def test_counts_are_one_to_n_and_ids_are_unique(built: Path):
    for name in NAMES:
        cells = read(built, name).cells
        counts = [cell.execution_count for cell in cells if cell.cell_type == "code"]
        executed = list(range(1, len(counts) + 1))
        assert counts == (executed if "exercises" not in name else [None] * len(counts))
        assert len({cell.id for cell in cells}) == len(cells)


def test_ids_do_not_depend_on_the_rest_of_the_lesson(built: Path, tmp_path: Path):
    changed = plant(tmp_path, chapter=CHAPTER.replace("And an end.", "And another end."))
    before, after = (
        {cell.source: cell.id for cell in notebook.node.cells}
        for root in (built, changed)
        for notebook in assemble(root)
        if notebook.target == "chapters"
    )
    assert {s: i for s, i in before.items() if s in after} == {
        s: i for s, i in after.items() if s in before
    }


def test_a_learner_gets_stubs_and_no_answers(built: Path):
    text = (built / "exercises/01_tiny.ipynb").read_text(encoding="utf-8")
    cells = {cell.id: cell for cell in read(built, "exercises/01_tiny.ipynb").cells}
    assert "raise NotImplementedError" in cells["answer-1-1"].source
    assert cells["answer-1-1"].metadata.tags == ["answer", "ex-1.1"]
    for secret in ("2 * x", "student", "rng", "# solution", "squares"):
        assert secret not in text


def test_the_reference_has_answer_hidden_asserts_and_wrong_answers(built: Path):
    cells = {cell.id: cell for cell in read(built, "solutions/01_tiny.ipynb").cells}
    assert "2 * x" in cells["answer-1-1"].source
    assert "# solution" not in cells["answer-1-1"].source
    assert cells["check-1-1"].outputs[0].text == "✓ 1.1 solved\n"
    assert cells["hidden-1-1-1"].outputs[0].text == "✓ 1.1 hidden asserts pass\n"
    assert "squares" in cells["wrong-1-1"].source


# What runs again -------------------------------------------------------------------------------


def test_nothing_changed_means_nothing_runs(built: Path):
    report = build(built)
    assert (report.written, report.executed) == ([], [])
    assert sorted(report.unchanged) == NAMES


def test_one_changed_line_runs_one_notebook(tmp_path: Path):
    root = plant(tmp_path)
    build(root)
    untouched = (root / NAMES[2]).read_bytes()
    plant(root, chapter=CHAPTER.replace("Two by hand.", "Two ones by hand."))
    assert build(root).executed == ["chapters/01_tiny.ipynb"]
    assert (root / NAMES[2]).read_bytes() == untouched


@pytest.mark.parametrize("changed", ["package_key", "version"])
def test_package_and_torch_are_part_of_the_key(built: Path, monkeypatch, changed: str):
    monkeypatch.setattr(builder, changed, lambda *_: "another")
    keys = {n.name: n.node.metadata.torchcourse.key for n in assemble(built)}
    stale = [name for name in NAMES if keys[name] != committed_key(built / name)]
    assert stale == ["chapters/01_tiny.ipynb", "solutions/01_tiny.ipynb"]


# Mistakes --------------------------------------------------------------------------------------

MISTAKES = {
    "unknown role": ("exercises", ":tags: [check]", ":tags: [chek]", "unknown role 'chek'; use"),
    "unknown chapter role": ("chapter", "[raises-exception]", "[raises]", "unknown role 'raises'"),
    "no hint": ("exercises", re.compile(r"\+\+\+ \{\"tags\": \[\"hint\"\]\}\n.*?\n\n", re.S), "", "exercise 1.1 has no hint; add three"),
    "no wrong answer": ("exercises", re.compile(r"```\{code-cell\}\n---\ntags: \[wrong\].*", re.S), "", "exercise 1.1 has no wrong answer; add at least 4"),
    "no hidden": ("exercises", re.compile(r"```\{code-cell\}\n:tags: \[hidden\].*?```\n", re.S), "", "exercise 1.1 has no hidden; add"),
    "solution without end": ("exercises", "    # end\n", "", "`# solution` without `# end`; close it"),
    "end without solution": ("exercises", "    # solution\n", "", "`# end` without `# solution`; add"),
    "solution at top level": ("exercises", "    # solution", "# solution", "outside a function; put"),
    "front matter": ("chapter", "title: Tiny", "title: [Tiny", "invalid front matter"),
    "no front matter": ("chapter", "---\ntitle: Tiny\n---\n", "", "no front matter; begin"),
    "no title": ("chapter", "title: Tiny", "name: Tiny", "no title; add"),
    "not Python": ("exercises", "return 2 * x", "return 2 * * x", "not Python"),
    "another chapter": ("exercises", "Exercise 1.1", "Exercise 7.1", "stands in chapter 1; number it 1.k"),
    "heading": ("exercises", "★☆☆ · 10 min", "★☆☆ 10 min", "heading cannot be read; write"),
    "kind": ("exercises", "kind: fill in", "kind: guess", "unknown kind 'guess'"),
    "says": ("exercises", 'says: "shape"\n', "", "wrong answer without says; add"),
    "cell options": ("chapter", "tags: [raises-exception]", "tags: [raises", "cell options do not parse"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_nothing_is_written(name: str, tmp_path: Path, capsys):
    file, old, new, says = MISTAKES[name]
    text = {"chapter": CHAPTER, "exercises": EXERCISES}[file]
    broken = text.replace(old, new, 1) if isinstance(old, str) else old.sub(new, text)
    assert broken != text
    root = plant(tmp_path, **{file: broken})
    assert main(["build", "--root", str(root)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert any(says in line for line in lines), lines
    assert all(re.match(rf"lessons/01_tiny/{file}\.md:\d+: .+; .+", line) for line in lines[:-1])
    assert not (root / "chapters").exists()
    assert not (root / "exercises").exists()


def test_a_doubled_exercise_names_both_lines(tmp_path: Path):
    start = EXERCISES.index("### Exercise")
    root = plant(tmp_path, exercises=EXERCISES + "\n" + EXERCISES[start:])
    with pytest.raises(MasterError, match=r"exercise 1\.1 stands twice \(first at line 13\); give"):
        assemble(root)


def test_mistakes_point_at_their_line(tmp_path: Path):
    broken = EXERCISES.replace("    # end\n", "")
    with pytest.raises(MasterError) as caught:
        assemble(plant(tmp_path, exercises=broken))
    lines = broken.split("\n")
    assert [lines[m.line - 1].strip() for m in caught.value.mistakes] == ["# solution"]


def test_a_lesson_that_is_not_there(built: Path, capsys):
    assert main(["build", "--root", str(built), "02_missing"]) == 2
    assert "no such lesson; choose from 01_tiny" in capsys.readouterr().err


def test_a_failing_cell_shows_its_line_and_leaves_the_notebook(tmp_path: Path, capsys):
    root = plant(tmp_path)
    build(root)
    before = (root / NAMES[0]).read_bytes()
    plant(root, chapter=CHAPTER.replace("torch.ones(2)\n```", "\ntorch.onse(2)\n```"))
    assert main(["build", "--root", str(root)]) == 1
    said = capsys.readouterr().err
    line = (root / "lessons/01_tiny/chapter.md").read_text().split("\n").index("torch.onse(2)") + 1
    assert f"lessons/01_tiny/chapter.md:{line}: cell" in said
    assert "AttributeError" in said
    assert (root / NAMES[0]).read_bytes() == before


def test_an_error_on_purpose_has_to_happen(tmp_path: Path, capsys):
    root = plant(tmp_path, chapter=CHAPTER.replace("torch.ones(3)", "torch.ones(2)"))
    assert main(["build", "--root", str(root)]) == 1
    assert "tagged raises-exception and raised nothing" in capsys.readouterr().err
