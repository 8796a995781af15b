"""Every lesson obeys the house style's checkable rules; every rule can be broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import APPENDICES, CHAPTERS, EXERCISES, ROOT, lesson_of

from torchcourse.authoring.exercise_set import read_exercises
from torchcourse.authoring.masters import read_master
from torchcourse.authoring.style import appendix_rules, chapter_rules, exercise_rules
from torchcourse.authoring.style.prose import numbers_in, prose_numbers, sentences, words

MODEL = ROOT / "lessons" / "02_tensors"


@pytest.mark.parametrize("path", CHAPTERS, ids=lesson_of)
def test_a_chapter_obeys(path: Path, committed):
    broken = chapter_rules(read_master(path), committed("chapters", lesson_of(path)))
    assert not broken, "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize("path", EXERCISES, ids=lesson_of)
def test_an_exercise_set_obeys(path: Path, committed):
    broken = exercise_rules(read_exercises(path), committed("solutions", lesson_of(path)))
    assert not broken, "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize("path", APPENDICES, ids=lesson_of)
def test_an_appendix_obeys(path: Path):
    broken = appendix_rules(read_master(path))
    assert not broken, "\n" + "\n".join(map(str, broken))


@pytest.mark.parametrize("path", EXERCISES, ids=lesson_of)
def test_an_exercise_stands_after_a_section_that_exists(path: Path, committed):
    text = "\n".join(cell.source for cell in committed("chapters", lesson_of(path)).cells)
    sections = set(re.findall(r"^## (\d+\.\d+) ", text, re.M))
    for exercise in read_exercises(path).exercises:
        assert exercise.after in sections, f"{exercise.id}: no section {exercise.after}"


# Every rule can be broken: a rule that nothing can break proves nothing. -----------------------

CELL = "```{code-cell}\n"
LAST = "Two pages to keep at hand:"
SECOND = CELL + "x = 1\n```\n\n" + CELL + "y = 2\n```\n\n"


def add(text: str) -> Callable[[str], str]:
    """A paragraph before the end of the chapter."""
    return lambda master: master.replace(LAST, f"{text}\n\n{LAST}", 1)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda master: re.sub(old, lambda _: new, master, count=1, flags=re.M | re.S)


CHAPTER_BREAKS = [
    ("S1", add("# A second title")),
    ("S1", swap(r"^> [^\n]+\n", "")),
    ("S1", swap(r" · needs[^\n]+", "")),
    ("S2", swap(r"By the end you can", "What you learn")),
    ("S2", swap(r" \(exercises 2\.1, 2\.2\)", "")),
    ("S3", swap(r"import numpy as np\n", "import numpy as np\n" * 5)),
    ("S8", lambda master: master + "\nword" * 1300),
    ("S8", lambda master: master + ("\n+++\n\nMore.\n" * 30)),
    ("S9", add(CELL + "assert True\n" * 16 + "```")),
    ("S10", add(SECOND)),
    ("S10", add("+++\n\n" + "word " * 121)),
    ("S10", add("One.\nTwo.\nThree.\nFour.")),
    ("S10", add("One sentence. Two on one line.")),
    ("S12", add(CELL + "print(3)\n```")),
    ("S12", add(CELL + "x = 3;\n```")),
    ("S13", add(CELL + f"x = '{'a' * 80}'\n```")),
    ("S13", add(CELL + "x = 3  # TODO later\n```")),
    ("S13", add(CELL + "# ------ part two ------\nx = 3\n```")),
    ("S16", add(CELL + "def f(x):\n    return x\n```")),
    ("S18", add("## A heading without proof")),
    ("S18", add("It is 8675309 times as fast.")),
    ("S21", add(CELL + "---\ntags: [raises-exception]\n---\na = 1\nb = 2\nc = 3\n1 / 0\n```")),
    ("S22", add("Traceback (most recent call last):")),
    ("S22", add(CELL + "# torch.tensor([1, 2], requires_grad=True)\nx = 3\n```")),
    ("S24", add(CELL + "plt.plot()\n" * 7 + "```")),
    ("S29", add("```{note}\nNo.\n```")),
    ("S29", add("See {ref}`here`.")),
    ("S29", add('<div class="box">No.</div>')),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), CHAPTER_BREAKS)
def test_a_rule_on_chapters_can_be_broken(
    rule: str, change: Callable[[str], str], tmp_path: Path, committed
):
    text = (MODEL / "chapter.md").read_text(encoding="utf-8")
    assert change(text) != text
    path = tmp_path / "02_tensors" / "chapter.md"
    path.parent.mkdir()
    path.write_text(change(text), encoding="utf-8")
    notebook = committed("chapters", "02_tensors")
    if "More." in change(text):  # the budget of cells counts the built notebook
        notebook.cells += [nbformat.v4.new_markdown_cell("More.") for _ in range(30)]
    assert rule in {violation.rule for violation in chapter_rules(read_master(path), notebook)}


def test_missing_alt_text_is_found(committed):
    master = read_master(MODEL / "chapter.md")
    notebook = committed("chapters", "02_tensors")
    figures = [c for c in notebook.cells if "figures." in c.source and c.get("outputs")]
    assert figures
    html = figures[0].outputs[0].data["text/html"]
    figures[0].outputs[0].data["text/html"] = re.sub(r'aria-label="[^"]*"', "", html)
    assert {v.rule for v in chapter_rules(master, notebook)} == {"S24"}
    figures[0].outputs[0].data = {"image/png": "AAAA"}
    assert {v.rule for v in chapter_rules(master, notebook)} == {"S24"}


ANSWER = """\
storages = [t.untyped_storage() for t in tensors]
sizes = {s.data_ptr(): s.nbytes() for s in storages}
return sum(sizes.values())
"""
WRONG = re.compile(r"```\{code-cell\}\n---\ntags: \[wrong\].*?```\n\n", re.S)
EXERCISE_BREAKS = [
    ("S30", swap(r"Every dtype matters\.", "word " * 80)),
    ("S30", swap(r"About 10 lines\.", "")),
    ("S31", lambda master: re.sub(r"kind: .+", "kind: fill in", master)),
    ("S32", swap(r"Which of the eight belongs to which way\?", "Think.")),
    ("S32", swap(r"Which of the eight belongs to which way\?", "What? " * 61)),
    ("S32", swap(r"^storages = .*?return sum\(\.\.\.\)\n", ANSWER)),
    ("S35", lambda master: WRONG.sub("", master, count=2)),
    ("S13", swap(r"expected = \{\n", f"expected = {{  # {'x' * 80}\n")),
    ("S9", swap(r"expected = \{\n", "x = 1\n" * 26 + "expected = {\n")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), EXERCISE_BREAKS)
def test_a_rule_on_exercises_can_be_broken(
    rule: str, change: Callable[[str], str], tmp_path: Path, committed
):
    text = (MODEL / "exercises.md").read_text(encoding="utf-8")
    broken = change(text)
    assert broken != text
    path = tmp_path / "02_tensors" / "exercises.md"
    path.parent.mkdir()
    path.write_text(broken, encoding="utf-8")
    rules = exercise_rules(read_exercises(path), committed("solutions", "02_tensors"))
    assert rule in {violation.rule for violation in rules}


def test_success_is_one_fixed_line(committed):
    solutions = committed("solutions", "02_tensors")
    check = next(cell for cell in solutions.cells if cell.id == "check-2-4")
    check.outputs[0].text += "It took 3 ms.\n"
    rules = exercise_rules(read_exercises(MODEL / "exercises.md"), solutions)
    assert {violation.rule for violation in rules} == {"S36"}


def test_words_numbers_and_sentences():
    assert words("Two words and `x = 3` here.\n```python\nnot these\n```") == 5
    assert sentences(["It is 3.5, e.g. here.", "Is it? Yes."]) == 3
    stated = prose_numbers("In chapter 3, `x[7]` has 1,655 of 2.5 in 3-D.")
    assert [number for _, number in stated] == ["1655", "2.5"]
    assert {"16777216", "1e8", "99"} <= numbers_in("[16777216.0, 1e8], 99.0")
