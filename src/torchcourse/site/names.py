"""Names of the API lead to where they are explained: one entry of the search index for each.

Sphinx's search knows on which pages a word stands, not how often, so a name that twenty pages use
leads anywhere. Here the chapter that writes most about a name becomes its entry, at the section of
it that does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

from docutils import nodes
from sphinx import addnodes

HEADING = 5  # a name in a heading counts as much as five in the text
SUMMARY = "what-do-you-know-now"
_NAME = re.compile(r"(?:\w+\.)*([a-zA-Z_]\w{2,})(?:\(.*\))?")


def note_names(app: Any, doctree: nodes.document) -> None:
    """When a chapter has been read: the names in it, kept for builds that do not read it."""
    if app.env.docname.startswith("chapters/"):
        if not hasattr(app.env, "course_literals"):
            app.env.course_literals = {}
        app.env.course_literals[app.env.docname] = _names(doctree)


def find_places(app: Any, env: Any) -> list[str]:
    """After all pages are read: the section for each name; returns the pages that gain or lose."""
    places: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for docname, literals in sorted(getattr(env, "course_literals", {}).items()):
        for name, section, weight in literals:
            places[name][docname, section] += weight
    before = getattr(env, "course_names", {})
    env.course_names = {}
    for name, counts in sorted(places.items()):
        pages: Counter[str] = Counter()
        for (page, _), count in counts.items():
            pages[page] += count
        docname = max(pages, key=lambda page: (pages[page], page))
        here = {section: count for (page, section), count in counts.items() if page == docname}
        section = max(here, key=lambda one: (here[one], one))
        entry = ("single", name, section, "main", None)
        env.course_names.setdefault(docname, []).append(entry)
    both = {*before, *env.course_names}
    return sorted(page for page in both if before.get(page) != env.course_names.get(page))


def leave_out_solutions(app: Any, env: Any) -> list[str]:
    """A solution page is found by its title: its words are those of the exercises, many times."""
    for docname in env.found_docs:
        if docname.startswith("solutions/"):
            env.metadata[docname]["no-search"] = ""
    return []


def enter_names(app: Any, doctree: nodes.document, docname: str) -> None:
    """Sphinx reads a page's entries when it writes the page."""
    entries = app.env.course_names.get(docname)
    if entries:
        doctree.insert(0, addnodes.index(entries=entries))


def _names(doctree: nodes.document) -> list[tuple[str, str, int]]:
    """(name, section's address, weight) of each literal; ``torch.a(b)`` counts as ``a``, too."""
    found = []
    for literal in doctree.findall(nodes.literal):
        match = _NAME.fullmatch(literal.astext())
        section = _section(literal)
        if match and section is not None and SUMMARY not in section["ids"]:
            weight = HEADING if isinstance(literal.parent, nodes.title) else 1
            for name in {match[1], literal.astext().partition("(")[0]}:
                found.append((name.lower(), section["ids"][0], weight))
    return found


def _section(node: nodes.Node) -> nodes.section | None:
    """The section below the page's title that a node stands in."""
    above: list[nodes.section] = []
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.section):
            above.append(node)
    return above[-2] if len(above) > 1 else (above[-1] if above else None)
