"""An answer's text as Python, for the rules that look at its syntax tree.

A kernel also runs what is no Python: a cell that is indented as a whole, and lines with magics.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..authoring.rules import MAGIC

ASSIGNED_MAGIC = re.compile(r"^(\s*)\w+\s*=\s*[%!].*$|^(\s*)[\w.]+\?\??\s*$", re.MULTILINE)


def as_python(source: str) -> str:
    """The source itself where it is plain Python, else what a kernel would run, less magics."""
    for text in _readings(source):
        try:
            tree = ast.parse(text)
            # A line of plain Python may begin with %, which the rules would take for a magic.
            return source if text == source and not MAGIC.search(source) else ast.unparse(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return source


def _readings(source: str) -> Iterator[str]:
    yield source
    indent = re.match(r"(?:[ \t]*\n)*([ \t]*)", source)
    whole = re.sub(rf"^{indent[1]}", "", source, flags=re.MULTILINE) if indent else source
    yield whole
    without = MAGIC.sub("pass", whole)
    yield without
    yield ASSIGNED_MAGIC.sub(r"\1\2pass", without)
