"""Appendix A: a card for each claim of the course's list, and a cell that decides it."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import CHAPTERS, ROOT, lesson_of

from torchcourse.authoring.masters import Cell, Master, read_master

LESSON = "A_myths"
MASTER = ROOT / "lessons" / LESSON / "appendix.md"
ROWS = range(1, 92)  # number 92 of the list is about pictures and claims nothing
SECTIONS = [
    "Tensors",
    "Linear algebra",
    "Graphs and autograd",
    "Learning",
    "Networks",
    "Data and scale",
    "Frameworks and dates",
]
LONGEST = 8  # lines of code, not counting imports and blank lines
QUESTION = re.compile(
    r"### Myth (?P<number>\d+) · (?P<title>[^\n]+[^.\s])\n\n"
    r"[^-\n][^?]*\?(?:\n[^-\n][^\n]*)*\n\n"  # the situation, with its question
    r"(?P<options>- a\. [^\n]+\n- b\. [^\n]+(?:\n- c\. [^\n]+)?)"
)
VERDICT = re.compile(
    r"<details>\n<summary>Verdict</summary>\n\n"
    r"\*\*(?P<letter>[abc])\.\*\* (?P<word>Wrong|Outdated|Half right|Right): (?P<text>.+)\n\n"
    r"</details>",
    re.S,
)
LINK = re.compile(r"\]\(([^)]+)\)")
PLANNED = re.compile(r"\b(?:Chapter \d+|Appendix [A-F]), planned\.")


@dataclass(frozen=True)
class Card:
    """One claim: its question, the cell that decides it and the verdict."""

    number: int
    title: str
    options: dict[str, str]
    code: Cell
    letter: str
    text: str

    @property
    def rows(self) -> list[int]:
        return self.code.options["myth"]


def cards_of(master: Master) -> tuple[list[Card], list[str]]:
    """The cards that are well formed, and what is wrong with the others."""
    cards, faults = [], []
    for at, cell in enumerate(master.cells):
        if cell.kind == "code" or not cell.source.startswith("### "):
            continue
        code, verdict = (*master.cells[at + 1 : at + 3], cell, cell)[:2]
        question = QUESTION.fullmatch(cell.source)
        answer = VERDICT.fullmatch(verdict.source)
        if not question or not answer or code.kind != "code":
            faults.append(f"line {cell.line}: not question, code cell, verdict")
            continue
        options = {line[2]: line[5:] for line in question["options"].split("\n")}
        if not isinstance(code.options.get("myth"), list):
            faults.append(f"line {code.line}: the deciding cell has no list `myth:`")
            continue
        number, title = int(question["number"]), question["title"]
        cards.append(Card(number, title, options, code, answer["letter"], answer["text"]))
    return cards, faults


def faults_of(master: Master) -> Iterator[str]:
    cards, malformed = cards_of(master)
    yield from malformed
    settled = Counter(row for card in cards for row in card.rows)
    for row in sorted(set(ROWS) ^ set(settled)):
        yield f"row {row}: {'unknown' if row in settled else 'no card'}"
    yield from (f"row {row}: {times} cards" for row, times in settled.items() if times > 1)
    letters = Counter(card.letter for card in cards)
    for letter in "abc":
        if letters[letter] > len(cards) / 2:
            yield f"{letter} is right on more than half of the cards"
        if letters[letter] < len(cards) / 5:
            yield f"{letter} is right on less than a fifth of the cards"
    known = names_of(next(cell for cell in master.cells if cell.kind == "code").source)
    for card in cards:
        yield from (f"Myth {card.number}: {fault}" for fault in faults_of_card(card, known))
    text = "\n".join(cell.source for cell in master.cells if cell.kind == "markdown")
    sections = re.findall(r"^## (.+)", text, re.M)
    if sections != SECTIONS:
        yield f"the sections are {sections}"


def faults_of_card(card: Card, known: set[str]) -> Iterator[str]:
    if card.number != card.rows[0]:
        yield f"the first of its rows is {card.rows[0]}"
    if card.letter not in card.options:
        yield f"no option {card.letter}"
    if len(set(card.options.values())) < len(card.options):
        yield "the same option twice"
    lines = [line for line in card.code.source.split("\n") if line.strip()]
    if sum(not line.startswith(("import ", "from ")) for line in lines) > LONGEST:
        yield f"more than {LONGEST} lines of code"
    unknown = loaded(card.code.source) - names_of(card.code.source) - known - {*dir(builtins)}
    if unknown:
        yield f"{sorted(unknown)} stand neither in this cell nor in the first"
    targets = LINK.findall(card.text)
    if not targets and not PLANNED.search(card.text):
        yield "neither a link nor “planned”"
    for target in targets:
        page = (ROOT / "appendices" / target).resolve().relative_to(ROOT)
        folder = ROOT / "lessons" / page.stem
        master = {"chapters": "chapter.md", "appendices": "appendix.md"}.get(page.parts[0], "")
        if page.suffix != ".ipynb" or not (folder / master).is_file():
            yield f"no page {target}"
    for page in re.findall(r"(Chapter|Appendix) (\w+), planned", card.text):
        folder = f"{int(page[1]):02}_*" if page[0] == "Chapter" else f"{page[1]}_*"
        if any((ROOT / "lessons").glob(f"{folder}/*.md")):
            yield f"{' '.join(page)} exists: link it"


def names_of(source: str) -> set[str]:
    """Every name that a cell gives to something, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
    return names


def loaded(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def settled_by_chapters() -> dict[int, set[str]]:
    """Row -> the chapters with a cell that settles it."""
    where: dict[int, set[str]] = {}
    for path in CHAPTERS:
        for cell in read_master(path).cells:
            for row in cell.options.get("myth", ()):
                where.setdefault(row, set()).add(lesson_of(path))
    return where


def test_every_row_has_one_card_that_is_well_formed():
    assert list(faults_of(read_master(MASTER))) == []


def test_titles_are_claims_that_stand_alone():
    cards, _ = cards_of(read_master(MASTER))
    titles = [card.title for card in cards]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if title.endswith("?")]


def test_every_deciding_cell_shows_or_asserts(committed):
    notebook = committed("appendices", LESSON)
    deciding = [cell for cell in notebook.cells if "myth" in cell.metadata]
    assert len(deciding) == len(cards_of(read_master(MASTER))[0])
    for cell in deciding:
        kinds = {output.output_type for output in cell.outputs}
        name = f"Myth {cell.metadata['myth'][0]}"
        assert kinds == {"execute_result"} or "assert " in cell.source, f"{name}: {kinds}"


def test_cards_and_chapters_agree():
    cards, _ = cards_of(read_master(MASTER))
    where = settled_by_chapters()
    assert set(where) <= set(ROWS)
    for card in cards:
        chapters = set().union(*(where.get(row, set()) for row in card.rows))
        linked = {Path(target).stem for target in LINK.findall(card.text)}
        assert not chapters or chapters & linked, f"Myth {card.number}: settled in {chapters}"


# Each of these faults can be found: what nothing can break proves nothing. ---------------------


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(old, lambda _: new, text, count=1, flags=re.M | re.S)


BREAKS = [
    ("row 41: no card", swap(r"^myth: \[41\]", "myth: [42]")),
    ("row 42: 2 cards", swap(r"^myth: \[41\]", "myth: [41, 42]")),
    ("row 92: unknown", swap(r"^myth: \[41\]", "myth: [41, 92]")),
    ("row 77: no card", swap(r"^myth: \[59, 77\]", "myth: [59]")),
    ("the first of its rows is 77", swap(r"^myth: \[59, 77\]", "myth: [77, 59]")),
    ("has no list", swap(r"^myth: \[41\]", "myth: 41")),
    ("not question", swap(r"^### Myth 41 · ", "### Myth 41: ")),
    ("not question", swap(r"Which pairs are equal\?", "Some pairs are equal.")),
    ("not question", swap(r"^- a\. ", "- A. ")),
    ("not question", swap(r"^- b\. ", "- c. ")),
    ("not question", swap(r"^\*\*a\.\*\* ", "**a** ")),
    ("not question", swap(r"Half right:", "Partly:")),
    ("not question", swap(r"<summary>Verdict</summary>", "<summary>Answer</summary>")),
    ("not question", swap(r"\n</details>", "</details>\n\nMore.")),
    ("the same option twice", swap(r"^- a\. ([^\n]+)\n- b\. [^\n]+", "- a. One\n- b. One")),
    ("no option c", lambda text: re.sub(r"^\*\*[ab]\.\*\*", "**c.**", text, flags=re.M)),
    ("right on more than half", lambda text: text.replace("**b.**", "**a.**")),
    ("right on less than a fifth", lambda text: text.replace("**b.**", "**a.**")),
    ("more than 8 lines", swap(r"^scalar, vector =", "x = 1\n" * 8 + "scalar, vector =")),
    ("stand neither in this cell", swap(r"^scalar, vector = ", "scalar, w = ")),
    ("neither a link", swap(r"\[Chapter 2\]\([^)]+\)", "Chapter 2.")),
    ("no page ../chapters/02_tensor.ipynb", swap(r"02_tensors\.ipynb", "02_tensor.ipynb")),
    ("Chapter 2 exists", swap(r"\[Chapter 2\]\([^)]+\)", "Chapter 2, planned.")),
    ("Appendix A exists", swap(r"\[Appendix B\]\([^)]+\)", "Appendix A, planned.")),
    ("the sections are", swap(r"^## Learning", "## Training")),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "change"), BREAKS)
def test_a_fault_is_found(fault: str, change: Callable[[str], str], tmp_path: Path):
    text = MASTER.read_text(encoding="utf-8")
    assert change(text) != text
    path = tmp_path / LESSON / "appendix.md"
    path.parent.mkdir()
    path.write_text(change(text), encoding="utf-8")
    found = list(faults_of(read_master(path)))
    assert any(fault in line for line in found), found
