"""Appendix E: every message in a heading is what its cell raises; cause, fix, link and proof."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import nbformat
import pytest
from conftest import ROOT

NOTEBOOK = nbformat.read(ROOT / "appendices" / "E_errors.ipynb", as_version=4)
HEADING = re.compile(r"^### `(.+)`$", re.M)
LINK = re.compile(r"\[(?:Chapter (\d+)|Using this book)\]\(\.\./chapters/((\d\d)_\w+)\.ipynb\)")
PLANNED = re.compile(r"Chapter (\d+), planned\.")
KINDS = (
    "Shapes",
    "Dtypes",
    "Devices",
    "Autograd and in-place changes",
    "Modules and their state",
    "Losses and labels",
    "Indexing",
    "Data loading",
    "Saving and loading",
    "Linear algebra",
    "Optimizers and schedulers",
)


@dataclass(frozen=True)
class Entry:
    """One message: its heading, the cell that fails, the explanation, the cell that works."""

    message: str
    bad: nbformat.NotebookNode
    says: str
    good: nbformat.NotebookNode

    def __str__(self) -> str:
        return self.message[:60]


def entries() -> list[Entry]:
    found = []
    for at, cell in enumerate(NOTEBOOK.cells):
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            kinds = [c.cell_type for c in NOTEBOOK.cells[at + 1 : at + 4]]
            assert kinds == ["code", "markdown", "code"], heading[1]
            bad, says, good = NOTEBOOK.cells[at + 1 : at + 4]
            found.append(Entry(heading[1], bad, says.source, good))
    return found


ENTRIES = entries()
UNCOMPARED = [entry for entry in ENTRIES if "nbval-ignore-output" in entry.bad.metadata.tags]


def starts(message: str, raised: str) -> bool:
    """Whether ``raised`` begins with ``message``, where each … stands for anything."""
    first, *rest = (re.sub(r"\s+", " ", part) for part in message.split("…"))
    raised = re.sub(r"\s+", " ", raised)
    if not raised.startswith(first):
        return False
    at = len(first)
    for part in rest:
        found = raised.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def raised_by(cell: nbformat.NotebookNode) -> str:
    (error,) = cell.outputs
    return f"{error.ename}: {error.evalue}"


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_an_entry_is_whole(entry: Entry):
    assert "raises-exception" in entry.bad.metadata.tags
    assert starts(entry.message, raised_by(entry.bad))
    assert 1 <= len([line for line in entry.bad.source.split("\n") if line.strip()]) <= 4
    assert re.match(r"\*\*Cause\.\*\* [A-Z`].+[.?]\n\*\*Fix\.\*\* .+\.\n", entry.says, re.S)
    link, planned = LINK.search(entry.says), PLANNED.search(entry.says)
    assert link or planned
    if link:
        assert (ROOT / "lessons" / link[2] / "chapter.md").exists()
        assert int(link[1] or 0) == int(link[3])
    proofs = [node for node in ast.walk(ast.parse(entry.good.source)) if type(node) is ast.Assert]
    assert any(not isinstance(proof.test, ast.Constant) for proof in proofs)
    assert not entry.good.outputs


def test_there_are_enough_and_none_twice():
    messages = [entry.message for entry in ENTRIES]
    assert len(messages) >= 64
    assert len(set(messages)) == len(messages)
    for one in ENTRIES:
        same = [other.message for other in ENTRIES if starts(other.message, raised_by(one.bad))]
        assert same == [one.message]


def test_every_kind_has_a_section():
    text = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")
    parts = re.split(r"^## (.+)$", text, flags=re.M)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    assert set(KINDS) <= set(sections)
    assert all(len(HEADING.findall(body)) >= 2 for body in sections.values())
    assert sum(len(HEADING.findall(body)) for body in sections.values()) == len(ENTRIES)


def test_outputs_are_errors_alone_and_name_no_machine():
    for cell in NOTEBOOK.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type == "error", cell.source
            assert not re.search(r"0x[0-9a-f]{6}|site-packages|/home/|/tmp/", str(output))


def test_what_nbval_does_not_compare_is_run_here():
    """Cells whose words changed between the releases that the course supports."""
    assert len(UNCOMPARED) <= 3
    setup = next(c.source for c in NOTEBOOK.cells if c.source.startswith("import "))
    for entry in UNCOMPARED:
        assert entry.bad.metadata.reason
        names: dict[str, object] = {}
        exec(setup, names)
        with pytest.raises(Exception) as raised:  # noqa: PT011  any kind: the heading names it
            exec(entry.bad.source, names)
        assert starts(entry.message, f"{raised.type.__name__}: {raised.value}")


def test_a_message_must_begin_and_keep_its_order():
    raised = "RuntimeError: The size of tensor a (3) must match\n\tthe size of tensor b (4)"
    assert starts("RuntimeError: The size of tensor a (…) must match the size", raised)
    assert not starts("The size of tensor a", raised)
    assert not starts("RuntimeError: The size … tensor b … tensor a", raised)
    assert not starts("RuntimeError: The size of tensor a must match", raised)
