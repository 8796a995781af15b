"""Put a notebook together cell by cell: tags, stable ids, and the one text form of a notebook."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from .masters import Cell, Master

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass
class Notebook:
    """A notebook about to be written: where to, what with, and where each cell came from."""

    target: str  # "chapters", "exercises", "solutions" or "appendices"
    lesson: str
    master: Path
    node: nbformat.NotebookNode
    lines: list[int | None] = field(default_factory=list)  # master line of each cell

    @property
    def name(self) -> str:
        return f"{self.target}/{self.lesson}.ipynb"

    @property
    def executed(self) -> bool:
        return self.target != "exercises"


class Assembly:
    """Collects cells and gives each an id that only its own content decides."""

    def __init__(self, target: str, master: Master):
        self.name = f"{target}/{master.lesson}"
        self.seen: Counter[str] = Counter()
        self.notebook = Notebook(
            target, master.lesson, master.path, nbformat.v4.new_notebook(metadata=METADATA)
        )

    def add(
        self,
        kind: str,
        source: str,
        tags: tuple[str, ...] = (),
        line: int | None = None,
        id: str | None = None,
        **metadata: Any,
    ) -> None:
        if id is None:
            self.seen[kind + source] += 1
            text = f"{self.name}\0{kind}\0{source}\0{self.seen[kind + source]}"
            id = hashlib.sha256(text.encode()).hexdigest()[:12]
        if tags:
            metadata["tags"] = list(tags)
        new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        self.notebook.node.cells.append(new(source=source, metadata=metadata, id=id))
        self.notebook.lines.append(line)

    def copy(self, cell: Cell) -> None:
        self.add(cell.kind, cell.source, cell.tags, cell.line, **cell.options)


def canonical(node: nbformat.NotebookNode) -> str:
    """The one text form in which a notebook is committed."""
    return json.dumps(node, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
