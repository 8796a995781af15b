"""What stands around a lesson's text: its other pages, the chapters it needs, where it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes

from torchcourse.site.needs import CHAPTERS
from torchcourse.site.plan import written

_SIBLINGS = (("chapters", "Chapter"), ("exercises", "Exercises"), ("solutions", "Solutions"))
# The line below a chapter's title: "2 hours · needs chapters 2, 3, 8 to 11 · 9 exercises".
_FACTS = re.compile(r"^[\d.]+ hours? · needs ")
_EXERCISES = re.compile(r"\d+ exercises?$")
_MINUTES = re.compile(r"^[★☆]+ · (\d+) min")
_NAMED = re.compile(r"(?<=exercise )\d+\.\d+|(?<=exercises )\d+\.\d+(?:(?:, | and )\d+\.\d+)*")
_NUMBER = re.compile(r"(\d+)\.(\d+)")
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
    pages = {n: p for n, p in written(Path(app.srcdir)).items() if p in app.env.found_docs}
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
    line += linked(text, {at: app.builder.get_relative_uri(docname, links[at]) for at in links})


def link_exercises(app: Any, doctree: nodes.document, docname: str) -> None:
    """In a chapter: "exercise 3.2" leads to it."""
    if not docname.startswith("chapters/"):
        return
    page = docname.replace("chapters/", "exercises/")
    _, places = app.env.course_places.get(page, ("", ()))
    found = (re.match(r"exercise-(\d+)-(\d+)-", place) for place in places)
    known = {(one[1], one[2]): one.string for one in found if one}
    target = app.builder.get_relative_uri(docname, page) if known else ""
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, (nodes.literal, nodes.literal_block, nodes.reference)):
            continue
        links = {
            (listed.start() + one.start(), listed.start() + one.end()): known[one[1], one[2]]
            for listed in _NAMED.finditer(text)
            for one in _NUMBER.finditer(listed[0])
            if (one[1], one[2]) in known
        }
        if links:
            uris = {span: f"{target}#{place}" for span, place in links.items()}
            text.parent.replace(text, linked(str(text), uris))


def linked(text: str, uris: dict[tuple[int, int], str]) -> list[nodes.Node]:
    """The text with a link at each of these spans."""
    parts: list[nodes.Node] = []
    last = 0
    for (start, end), uri in sorted(uris.items()):
        parts.append(nodes.Text(text[last:start]))
        parts.append(nodes.reference("", text[start:end], internal=True, refuri=uri))
        last = end
    return [*parts, nodes.Text(text[last:])]
