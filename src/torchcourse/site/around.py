"""What stands around a lesson's text: its other pages, the chapters it needs, where it runs."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

from torchcourse.site.needs import CHAPTERS

_SIBLINGS = (("chapters", "Chapter"), ("exercises", "Exercises"), ("solutions", "Solutions"))
# The line below a chapter's title: "2 hours · needs chapters 2, 3, 8 to 11 · 9 exercises".
_FACTS = re.compile(r"^[\d.]+ hours? · needs ")
_EXERCISES = re.compile(r"\d+ exercises?$")
_MINUTES = re.compile(r"^[★☆]+ · (\d+) min")
_DEVICE = re.compile(r"\b(?:is_available|current_accelerator)\(\)")


def siblings(docname: str, known: set[str]) -> list[tuple[str, str]]:
    """(page, words) of the lesson's other pages: a chapter leads to its exercises and solutions."""
    folder, _, lesson = docname.partition("/")
    if folder not in dict(_SIBLINGS):
        return []
    others = [(f"{where}/{lesson}", words) for where, words in _SIBLINGS if where != folder]
    return [(page, words) for page, words in others if page in known]


def minutes(doctree: nodes.document) -> int:
    """The minutes of all exercises of a page, as the lines below their titles say."""
    lines = (node.astext() for node in doctree.findall(nodes.emphasis))
    return sum(int(found[1]) for line in lines if (found := _MINUTES.match(line)))


def asks_for_device(doctree: nodes.document) -> bool:
    """Whether some cell of the page looks for an accelerator, to use it where there is one."""
    return any(_DEVICE.search(node.astext()) for node in doctree.findall(nodes.literal_block))


def link_facts(app: Any, doctree: nodes.document, docname: str) -> None:
    """Below a chapter's title: each chapter that it needs, and its exercises, become links."""
    if not docname.startswith("chapters/"):
        return
    line = next((p for p in doctree.findall(nodes.paragraph) if _FACTS.match(p.astext())), None)
    if line is None:
        return
    pages = {int(page[9:11]): page for page in app.env.found_docs if page.startswith("chapters/")}
    text, listed = line.astext(), CHAPTERS.search(line.astext())
    places = [found.span() for found in re.finditer(r"\d+", text)] if listed else []
    links = {
        (start, end): pages[int(text[start:end])]
        for start, end in places
        if listed.start(1) <= start < listed.end(1) and int(text[start:end]) in pages
    }
    exercises, found = docname.replace("chapters/", "exercises/"), _EXERCISES.search(text)
    if found and exercises in app.env.found_docs:
        links[found.span()] = exercises
    line.clear()
    last = 0
    for (start, end), page in sorted(links.items()):
        line += nodes.Text(text[last:start])
        target = app.builder.get_relative_uri(docname, page)
        line += nodes.reference("", text[start:end], internal=True, refuri=target)
        last = end
    line += nodes.Text(text[last:])
