"""A notebook's bytes to the text of its answer cells; nothing else of it is used."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

from .plainfile import Unreadable

LONGEST_ANSWER = 200_000  # characters
MOST_CELLS = 10_000


def read_answers(data: bytes, anchors: dict[str, str]) -> dict[str, str | None]:
    """Text of the answer cells by exercise. anchors: exercise to the reference's cell id.

    A cell is found by its tags, else by its id; parts of one answer are joined in document order.
    Raises Unreadable.
    """
    cells = list(_cells(_json(data)))
    found: dict[str, str | None] = {}
    for exercise, id in anchors.items():
        pieces = [s for s, tags, _ in cells if "answer" in tags and f"ex-{exercise}" in tags]
        pieces = pieces or [source for source, _, own in cells if own == id]
        found[exercise] = _joined(pieces) if pieces else None
    return found


def _joined(pieces: list[str]) -> str:
    """One answer. An untouched stub beside a written copy is left out, wherever it stands."""
    written = [p for p in pieces if p.strip() and not _is_stub(p)]
    text = "\n".join(written or pieces).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_ANSWER:
        raise Unreadable(f"an answer of more than {LONGEST_ANSWER} characters")
    return text


def _is_stub(source: str) -> bool:
    """Whether a function does nothing but say so; the line may also be left behind a return."""
    try:
        functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return any(line.strip() == "raise NotImplementedError" for line in source.splitlines())
    return any(_says_so(function) for function in functions)


def _says_so(function: ast.FunctionDef) -> bool:
    for statement in function.body:
        if isinstance(statement, ast.Raise):
            return ast.unparse(statement) == "raise NotImplementedError"
        if isinstance(statement, ast.Return):
            return False
    return False


def _json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise Unreadable("an empty file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"no JSON ({str(error)[:80]})") from None
    if not isinstance(notebook, dict):
        raise Unreadable("no Jupyter notebook")
    return notebook


def _cells(notebook: dict[str, Any]) -> Iterator[tuple[str, list[Any], Any]]:
    """Source, tags and id of each cell, of version 4 or 3."""
    version = notebook.get("nbformat")
    if version == 3:
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise Unreadable("no Jupyter notebook")
        cells = [c for s in sheets if isinstance(s, dict) for c in _list(s.get("cells"))]
    elif version == 4:
        cells = _list(notebook.get("cells"))
    else:
        raise Unreadable(f"a notebook of version {str(version)[:10]}; save it as version 4")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"more than {MOST_CELLS} cells")
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        if isinstance(source, str):
            text = source.encode("utf-8", "replace").decode("utf-8")
            yield text, tags if isinstance(tags, list) else [], cell.get("id")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("no Jupyter notebook")
    return value
