"""Cells that settle a myth link to its card; cards have addresses that outlive their wording."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

CARDS = "appendices/A_myths"
_TITLE = re.compile(r"Myth (\d+) ·")


class CardAddresses(SphinxTransform):
    """On the cards' own page: ``#myth-41`` for each card, and for each row that it settles."""

    default_priority = 800

    def apply(self, **kwargs: Any) -> None:
        if self.env.docname != CARDS:
            return
        for section in self.document.findall(nodes.section):
            title = section.next_node(nodes.title)
            if title is not None and _TITLE.match(title.astext()):
                section["ids"] += [f"myth-{row}" for row in _rows(section)]


def link_cards(app: Any, doctree: nodes.document, docname: str) -> None:
    """Below a chapter's cell: which cards it settles."""
    if not docname.startswith("chapters/") or CARDS not in app.env.found_docs:
        return
    page = app.builder.get_relative_uri(docname, CARDS)
    for cell in list(doctree.findall(nodes.container)):
        rows = cell.get("cell_metadata", {}).get("myth")
        if rows:
            text = nodes.paragraph("", "Settles ", classes=["settles"])
            for row in rows:
                if len(text) > 1:
                    text += nodes.Text(", ")
                text += nodes.reference(
                    "", f"myth {row}", internal=True, refuri=f"{page}#myth-{row}"
                )
            cell.parent.insert(cell.parent.index(cell) + 1, text)


def _rows(section: nodes.section) -> list[int]:
    metadata = [cell.get("cell_metadata", {}) for cell in section.findall(nodes.container)]
    return sorted({row for one in metadata for row in one.get("myth", [])})
