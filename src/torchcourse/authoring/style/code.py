"""Rules on code cells that chapters and exercises share (S9, S12, S13, S16, S22)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..masters import Cell, Master
from .prose import Violation, comments

LONGEST_LINE = 79
LONGEST_CELL, LONG_CELL = 15, 25
DEAD_CODE = re.compile(r"^(?:\w+(?:\.\w+)*\(.*\)|\w+ = .+|import \w+|assert .+)$")
BANNER = re.compile(r"^[-=#*~ ]{3,}|[-=#*~]{3,}$")


def code_rules(master: Master, cell: Cell, *, teaches: bool) -> Iterator[Violation]:
    """``teaches``: the cell is read as a model, so its comments and docstrings count as well."""

    def broken(rule: str, offset: int, text: str) -> Violation:
        return Violation(rule, master.path, cell.line + offset, text)

    lines = cell.source.split("\n")
    limit = LONG_CELL if "long" in cell.tags or not teaches else LONGEST_CELL
    if len(lines) > limit:
        yield broken("S9", 0, f"a code cell of {len(lines)} lines; at most {limit}")
    for offset, line in enumerate(lines):
        if len(line) > LONGEST_LINE:
            yield broken("S13", offset, f"{len(line)} characters; at most {LONGEST_LINE}")
    if lines[-1].rstrip().endswith(";"):
        yield broken("S12", len(lines) - 1, "a trailing `;`: nbval compares the output anyway")
    if not teaches:
        return
    for offset, text in comments(cell.source):
        if "TODO" in text or "FIXME" in text:
            yield broken("S13", offset, "a TODO")
        if BANNER.match(text):
            yield broken("S13", offset, "a banner comment")
        if DEAD_CODE.match(text):
            yield broken("S22", offset, f"code in a comment: {text!r}")
    tree = _parsed(cell.source)
    if tree is None or not tree.body:
        return
    last = tree.body[-1]
    if _is_print(last):
        yield broken("S12", last.lineno - 1, "end on the expression, without print")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
            first = (ast.get_docstring(node) or "").split("\n")[0]
            if "->" not in first:
                text = (
                    f"{node.name}: the docstring's first line gives shapes, as `x (B, T) -> (B,)`"
                )
                yield broken("S16", node.lineno - 1, text)


def asserts(source: str) -> int:
    """How many asserts a cell has: statements, and calls of torch.testing."""
    tree = _parsed(source)
    if tree is None:
        return 0
    return sum(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("assert_close"))
        for node in ast.walk(tree)
    )


def _is_print(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "print"
    )


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:  # IPython magics
        return None
