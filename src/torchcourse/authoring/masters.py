"""Read a master: MyST notebook text with the line of every cell, or a list of mistakes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jupytext import myst

FOLDER = re.compile(r"(\d\d|[A-F])_[a-z0-9_]+")


@dataclass(frozen=True)
class Mistake:
    """One mistake in a master: where it is, what is wrong and how to mend it."""

    path: Path
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.what}; {self.mend}"


class MasterError(Exception):
    """A master that cannot be built. ``mistakes`` holds one `Mistake` per fault."""

    def __init__(self, mistakes: list[Mistake]):
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Cell:
    """One cell of a master. ``line`` is the 1-based line of its first source line."""

    kind: str  # "markdown" or "code"
    source: str
    line: int
    tags: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Master:
    """One master file: its place, its front matter and its cells in order."""

    path: Path
    front: dict[str, Any]
    cells: tuple[Cell, ...]

    @property
    def lesson(self) -> str:
        """Folder name such as ``02_tensors``; the stem of every notebook built from it."""
        return self.path.parent.name

    @property
    def number(self) -> int:
        """The chapter's number; 0 for front matter and appendices, which show none."""
        return int(self.lesson[:2]) if self.lesson[0].isdigit() else 0

    def mistake(self, line: int, what: str, mend: str) -> Mistake:
        return Mistake(self.path, line, what, mend)


def read_master(path: Path) -> Master:
    """Parse ``lessons/NN_name/{chapter,exercises}.md`` or ``lessons/X_name/appendix.md``.

    Raises:
        MasterError: unreadable text, invalid front matter or cell options, a folder without number.
    """
    if not FOLDER.fullmatch(path.parent.name):
        raise MasterError(
            [Mistake(path, 1, "the folder has no chapter number", "name it like 02_tensors")]
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MasterError(
            [Mistake(path, 1, f"cannot be read ({error})", "save it as UTF-8")]
        ) from None
    lines = text.splitlines()
    front = _front_matter(path, lines)
    try:
        notebook = myst.myst_to_notebook(text, add_source_map=True)
    except (myst.MystMetadataParsingError, yaml.YAMLError, ValueError) as error:
        raise MasterError([_cell_mistake(path, lines, error)]) from None
    starts = notebook.metadata["source_map"]
    cells = [
        _cell(cell, start, lines)
        for cell, start in zip(notebook.cells, starts, strict=True)
        if cell.cell_type in ("markdown", "code")
    ]
    return Master(path, front, tuple(cells))


def _front_matter(path: Path, lines: list[str]) -> dict[str, Any]:
    mend = "begin the file with a YAML block between two lines of ---"
    if not lines or lines[0].strip() != "---":
        raise MasterError([Mistake(path, 1, "no front matter", mend)])
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "---")
    except StopIteration:
        raise MasterError([Mistake(path, 1, "the front matter has no end", mend)]) from None
    try:
        front = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise MasterError(
            [Mistake(path, line, f"invalid front matter ({problem})", "write `key: value` lines")]
        ) from None
    if not isinstance(front, dict) or not isinstance(front.get("title"), str):
        raise MasterError(
            [Mistake(path, 1, "the front matter has no title", "add a line `title: …`")]
        )
    return front


def _cell(cell: Any, start: int, lines: list[str]) -> Cell:
    options = {key: value for key, value in cell.metadata.items() if key != "tags"}
    tags = tuple(cell.metadata.get("tags", ()))
    if cell.cell_type == "markdown":
        first = next(i for i in range(start, len(lines)) if lines[i].strip())
        return Cell("markdown", cell.source, first + 1, tags, options)
    # jupytext gives the line of the fence; the body ends right before the closing fence.
    fence = re.match(r"\s*(`{3,}|~{3,})", lines[start - 1])[1]
    close = next(i for i in range(start, len(lines)) if lines[i].strip() == fence)
    body = cell.source.rstrip()
    length = len(cell.source.split("\n")) if cell.source else 0
    return Cell("code", body, close - length + 1, tags, options)


def _cell_mistake(path: Path, lines: list[str], error: Exception) -> Mistake:
    """jupytext names the cell's line in its message when options do not parse."""
    found = re.search(r"line (\d+)", str(error))
    line = min(int(found[1]), len(lines)) if found else 1
    reason = " ".join(str(error).split())
    return Mistake(path, line, f"cell options do not parse ({reason})", "write them as YAML")


def find_masters(lessons: Path, name: str) -> list[Path]:
    """All ``lessons/NN_*/<name>`` in chapter order, then those of the appendices A to F."""
    return [*sorted(lessons.glob(f"[0-9][0-9]_*/{name}")), *sorted(lessons.glob(f"[A-F]_*/{name}"))]
