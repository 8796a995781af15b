"""Pages for everybody: tables that scroll in their own box, pictures that say what they show."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)
LONG = 40  # characters of code that a table keeps on one line
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")
_FILE_NAME = re.compile(r"\S+\.(png|jpe?g|svg|gif|webp)", re.IGNORECASE)


def check_images(app: Any, doctree: nodes.document, docname: str) -> None:
    """Warn, and so fail the build, about a picture without a description."""
    for image in doctree.findall(nodes.image):
        problem = alt_problem(image.get("alt"))
        if problem:
            logger.warning(
                "picture %s %s; in a notebook: cell metadata mystnb.image.alt",
                *(image["uri"], problem),
                location=docname,
            )


def alt_problem(alt: str | None) -> str | None:
    """What is wrong with an alternative text, or None when it can be read aloud.

    Sphinx and MyST-NB fall back to the file's name, which helps nobody.
    """
    if not alt or not alt.strip():
        return "has no alternative text"
    if _FILE_NAME.fullmatch(alt.strip()) or ("/" in alt and " " not in alt.strip()):
        return f"has a file name as its alternative text ({alt})"
    return None


def fit_tables(app: Any, doctree: nodes.document, docname: str) -> None:
    """In a table a short date stays on one line, and a long piece of code may take several."""
    for entry in doctree.findall(nodes.entry):
        if _DATE.fullmatch(entry.astext()):
            entry["classes"].append("date")
        for literal in entry.findall(nodes.literal):
            if len(literal.astext()) > LONG:
                literal["classes"].append("long")


def visit_table(translator: Any, node: nodes.table) -> None:
    """Open a box around the table; `course.js` makes it focusable where it has to scroll."""
    translator.body.append('<div class="table-box">')
    type(translator).visit_table(translator, node)


def depart_table(translator: Any, node: nodes.table) -> None:
    """Close the table and its box."""
    type(translator).depart_table(translator, node)
    translator.body.append("</div>\n")
