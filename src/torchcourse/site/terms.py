"""Terms of the glossary: each has an address, the search knows it, and chapters link to it.

A chapter prints a term in bold where it defines it; the first such place becomes the link.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

GLOSSARY = "appendices/glossary"
# Which sense a chapter means by a word that has several entries; elsewhere the one without "(…)".
SENSES = {
    ("chapters/11_losses", "error"): "error (rate)",
    ("chapters/17_fast", "kernel"): "kernel (of a device)",
    ("chapters/17_fast", "backend"): "backend (of a compiler)",
    ("chapters/18_ddp", "backend"): "backend (of messages)",
    ("chapters/18_ddp", "padding"): "padding (of a sampler)",
    ("chapters/18_ddp", "rank"): "rank (of a process)",
}
_TERM = re.compile(r"^\*\*(.+)\*\*$", re.M)
_EXTRA = re.compile(r" \(.*\)$")


def read_terms(app: Any) -> None:
    """Addresses of all terms in ``glossary.md``, before any page is read."""
    glossary = Path(app.srcdir) / f"{GLOSSARY}.md"
    text = glossary.read_text(encoding="utf-8") if glossary.exists() else ""
    app.course_terms = {term: address(term) for term in _TERM.findall(text)}


def address(term: str) -> str:
    """``term-accelerator``: what stands behind ``#`` in a link to a term."""
    return "term-" + re.sub(r"\W+", "-", nodes.make_id(term) or term.lower()).strip("-")


class Terms(SphinxTransform):
    """On the glossary's own page: an id on each term, and an entry for the search."""

    default_priority = 800  # before the domains collect what there is

    def apply(self, **kwargs: Any) -> None:
        if self.env.docname != GLOSSARY:
            return
        for term in list(self.document.findall(nodes.term)):
            found = self.app.course_terms.get(term.astext())
            if found:
                term["ids"].append(found)
                entry = ("single", _EXTRA.sub("", term.astext()), found, "main", None)
                term.parent.insert(0, addnodes.index(entries=[entry]))


def addresses(docname: str, terms: dict[str, str]) -> dict[str, str]:
    """Where each word of a page leads, in lower case; `SENSES` decides between several entries."""
    known: dict[str, str] = {}
    for term in sorted(terms, key=lambda term: "(" in term):
        known.setdefault(_EXTRA.sub("", term).lower(), terms[term])
    here = {word: sense for (page, word), sense in SENSES.items() if page == docname}
    return known | {word: terms[sense] for word, sense in here.items() if sense in terms}


def link_terms(app: Any, doctree: nodes.document, docname: str) -> None:
    """In a chapter: the first bold use of each term links to the glossary."""
    if not docname.startswith("chapters/"):
        return
    known = addresses(docname, app.course_terms)
    page = app.builder.get_relative_uri(docname, GLOSSARY)
    for strong in list(doctree.findall(nodes.strong)):
        found = known.pop(strong.astext().lower().strip(), None)
        if found is None or isinstance(strong.parent, nodes.reference):
            continue
        link = nodes.reference("", "", internal=True, refuri=f"{page}#{found}", classes=["term"])
        strong.replace_self(link)
        link += strong
