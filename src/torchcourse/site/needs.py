"""What each chapter needs, as a graph: ``{course-needs}`` on the home page.

The edges come from the line below each chapter's title, "2 hours · needs chapters 4 to 6 · …". An
edge is left out where a longer way says the same.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from torchcourse.site.plan import PARTS, written

WIDE, HIGH, COLUMN, ROW = 32, 26, 56, 40
_LINE = re.compile(r"^[\d.]+ hours? · needs (.+?) · ", re.M)
CHAPTERS = re.compile(r"chapters? ((?:\d+(?: to |, | and )?)+)")


def needs(root: Path) -> dict[int, set[int]]:
    """For each written chapter the chapters that its text says it needs."""
    found = {}
    for number, page in written(root).items():
        master = root / "lessons" / Path(page).name / "chapter.md"
        line = _LINE.search(master.read_text(encoding="utf-8")) if master.exists() else None
        if number and line:
            found[number] = numbers(line[1])
    return found


def numbers(text: str) -> set[int]:
    """``"chapters 1, 4 to 6 and 9"`` as ``{1, 4, 5, 6, 9}``; nothing where no chapter is named."""
    listed = CHAPTERS.search(text)
    if listed is None:
        return set()
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed[1]):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def edges(needed: dict[int, set[int]]) -> list[tuple[int, int]]:
    """(needed, chapter) pairs without those that follow from others."""
    above: dict[int, set[int]] = {}
    for chapter in sorted(needed):
        above[chapter] = needed[chapter].union(*(above.get(n, set()) for n in needed[chapter]))
    return [
        (n, chapter)
        for chapter in sorted(needed)
        for n in sorted(needed[chapter])
        if not any(n in above.get(other, set()) for other in needed[chapter])
    ]


def places(needed: dict[int, set[int]]) -> dict[int, tuple[int, int]]:
    """(column, lane) of each chapter: right of all that it needs, in the lane of the last of them.

    An edge over several columns runs along the lane it starts in, which has to stay free for it.
    """
    pairs = edges(needed)
    column: dict[int, int] = {}
    for chapter in sorted(needed):
        column[chapter] = 1 + max((column[a] for a, b in pairs if b == chapter), default=-1)
    lane: dict[int, int] = {}
    taken: set[tuple[int, int]] = set()
    for chapter in sorted(needed):
        ends = max((column[b] for a, b in pairs if a == chapter), default=0)
        span = range(column[chapter], max(column[chapter] + 1, ends))
        before = sorted((a for a, b in pairs if b == chapter), key=lambda a: -column[a])
        lane[chapter] = next(
            n
            for n in [*(lane[a] for a in before), *range(len(needed))]
            if not taken & {(n, at) for at in span}
        )
        taken |= {(lane[chapter], at) for at in span}
    return {chapter: (column[chapter], lane[chapter]) for chapter in column}


def drawing(needed: dict[int, set[int]], titles: dict[int, str]) -> str:
    """An SVG: a chapter stands to the right of all that it needs."""
    pairs, at = edges(needed), places(needed)
    place = {c: (x * COLUMN + 2, y * ROW + 2) for c, (x, y) in at.items()}
    parts = []
    for a, b in pairs:
        (x1, y1), (x2, y2) = place[a], place[b]
        x1, y1, y2 = x1 + WIDE, y1 + HIGH // 2, y2 + HIGH // 2
        turn = x2 - (COLUMN - WIDE)
        bend = (x2 - turn) // 2
        parts.append(
            f'<path class="arrow" data-edge="{a} {b}" '
            f'd="M{x1} {y1}H{turn}C{turn + bend} {y1} {x2 - bend} {y2} {x2} {y2}"/>'
        )
    for chapter, (x, y) in place.items():
        parts.append(
            f"<g><title>{chapter} {escape(titles[chapter])}</title>"
            f'<rect class="box" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="4"/>'
            f'<text class="value" x="{x + WIDE // 2}" y="{y + 18}">{chapter}</text></g>'
        )
    width, height = (
        max(x for x, _ in place.values()) + WIDE + 2,
        max(y for _, y in place.values()) + ROW,
    )
    said = "; ".join(
        f"{c} needs {', '.join(str(a) for a, b in pairs if b == c)}"
        for c in sorted(needed)
        if any(b == c for _, b in pairs)
    )
    return (
        f'<figure class="drawing needs"><svg viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="needs-title needs-text">'
        f'<title id="needs-title">Which chapter needs which</title>'
        f'<desc id="needs-text">{said}.</desc>{"".join(parts)}</svg>'
        "<figcaption>A chapter needs those to its left that lead to it.</figcaption></figure>"
    )


class CourseNeeds(SphinxDirective):
    """``{course-needs}``: the drawing for the tree that is being built."""

    def run(self) -> list[nodes.Node]:
        titles: dict[int, Any] = {c.number: c.title for part in PARTS for c in part.chapters}
        needed = needs(Path(self.env.srcdir))
        return [nodes.raw("", drawing(needed, titles), format="html")] if needed else []
