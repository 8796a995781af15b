"""Appendix D: every old call shows what became of it, every new call is proved to do its job."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import nbformat
import pytest
from conftest import ROOT

NOTEBOOK = nbformat.read(ROOT / "appendices" / "D_new_api.ipynb", as_version=4)
HEADING = re.compile(r"^### (.+ → .+)\n\n(.+)$", re.M)
LINK = re.compile(r"\[Chapter (\d+)\]\(\.\./chapters/((\d\d)_\w+)\.ipynb\)\.$")
PLANNED = re.compile(r"Chapter \d+, planned\.$")
WARNING = re.compile(r"(?:User|Future|Deprecation)Warning: \S+ \S+")

# What COVERAGE.md lists, as it must stand in the old part of a heading or in the old cell.
NAMED = (
    "torch.Tensor(",
    "torch.cuda.FloatTensor",
    "x.t()",
    "x.T",
    "torch.inverse",
    "torch.diag(",
    "torch.ger",
    "torch.eig",
    "torch.svd",
    "torch.cholesky",
    "torch.qr",
    "torch.lu(",
    "torch.symeig",
    "torch.lstsq",
    "torch.solve",
    "torch.matrix_rank",
    "torch.triangular_solve",
    "torch.chain_matmul",
    "torch.range",
    "torch.cross(a, b)",
    "torch.meshgrid(rows, columns)",
    "torch.set_default_tensor_type",
    "nn.init.xavier_uniform(",
    "clip_grad_norm(",
    "F.softmax(X)",
    "size_average=",
    "verbose=True",
    "torch.jit.script",
    "torch.cuda.amp.autocast",
    "torch.cuda.amp.GradScaler",
    "nn.utils.weight_norm",
    "torch.load",
    "super(Old, self)",
)


@dataclass(frozen=True)
class Entry:
    """One call: its heading, one sentence, the cell with the old call and the one with the new."""

    title: str
    says: str
    old: nbformat.NotebookNode
    new: nbformat.NotebookNode

    def __str__(self) -> str:
        return self.title[:60]


def entries() -> list[Entry]:
    found = []
    for at, cell in enumerate(NOTEBOOK.cells):
        heading = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            old, new = NOTEBOOK.cells[at + 1 : at + 3]
            assert old.cell_type == new.cell_type == "code", heading[1]
            found.append(Entry(heading[1], heading[2], old, new))
    return found


ENTRIES = entries()


def proofs(cell: nbformat.NotebookNode) -> list[ast.Assert]:
    """Asserts that could fail."""
    tree = ast.parse(cell.source)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return [proof for proof in found if not isinstance(proof.test, ast.Constant)]


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_the_old_call_shows_what_became_of_it(entry: Entry):
    tags, outputs = entry.old.metadata.get("tags", ()), entry.old.outputs
    if "raises-exception" in tags:
        (error,) = outputs
        assert error.output_type == "error"
        assert error.evalue
        assert re.match(r"Re(?:moved|named)|Raise|Gone|Tied|The function|Say|Matrix", entry.says)
    elif outputs:
        (printed,) = outputs
        assert printed.name == "stdout"
        assert WARNING.match(printed.text)
        assert entry.says.startswith("Warns")
    else:
        assert proofs(entry.old)
        assert not entry.says.startswith(("Warns", "Raises", "Removed"))
    # Outputs that nbval does not compare must say why.
    assert ("nbval-ignore-output" in tags) == bool(entry.old.metadata.get("reason"))


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_the_new_call_is_proved(entry: Entry):
    assert proofs(entry.new)
    assert not entry.new.outputs
    assert not entry.new.metadata.get("tags")
    link = LINK.search(entry.says)
    assert link or PLANNED.search(entry.says)
    if link:
        assert int(link[1]) == int(link[3])
        assert (ROOT / "lessons" / link[2] / "chapter.md").exists()


def test_there_are_enough_and_none_twice():
    titles = [entry.title for entry in ENTRIES]
    headings = re.findall(r"^### ", "\n".join(cell.source for cell in NOTEBOOK.cells), re.M)
    assert len(headings) == len(titles) == len(set(titles)) >= 40
    assert sum(not entry.old.outputs for entry in ENTRIES) < len(ENTRIES) / 4


@pytest.mark.parametrize("name", NAMED)
def test_no_name_of_the_list_is_missing(name: str):
    assert any(name in entry.old.source for entry in ENTRIES)


def test_outputs_name_no_machine():
    for cell in NOTEBOOK.cells:
        for output in cell.get("outputs", ()):
            text = str(output)
            assert not re.search(r"0x[0-9a-f]{6}|site-packages|/home/|/tmp/|Triggered", text)
            assert output.get("name") != "stderr", cell.source
