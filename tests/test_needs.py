"""The graph of what each chapter needs says what the chapters say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from torchcourse.site.needs import drawing, edges, needs, numbers, places
from torchcourse.site.plan import written

pytest_plugins = ["built_site"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Python and school algebra", set()),
        ("chapter 2", {2}),
        ("chapters 2 and 3", {2, 3}),
        ("chapters 1 to 4 and 6 to 8", {1, 2, 3, 4, 6, 7, 8}),
        ("chapters 1, 2 and 15, and derivatives from school", {1, 2, 15}),
    ],
)
def test_a_line_is_read(text: str, found: set[int]):
    assert numbers(text) == found


def test_what_follows_from_a_longer_way_is_left_out():
    assert edges({1: set(), 2: {1}, 3: {1, 2}, 4: {1, 3}}) == [(1, 2), (2, 3), (3, 4)]
    assert edges({1: set(), 2: set(), 3: {1, 2}}) == [(1, 3), (2, 3)]


def test_every_chapter_needs_only_earlier_ones_that_exist():
    found = needs(ROOT)
    assert set(found) == set(written(ROOT)) - {0}
    for chapter, needed in found.items():
        assert all(n in found and n < chapter for n in needed), chapter


def test_the_drawing_is_on_the_home_page_and_nothing_covers_anything(site: Path):
    html = (site / "index.html").read_text(encoding="utf-8")
    svg = drawing(needs(ROOT), dict.fromkeys(needs(ROOT), ""))
    pairs = re.findall(r'data-edge="(\d+) (\d+)"', html)
    assert [(int(a), int(b)) for a, b in pairs] == edges(needs(ROOT))
    boxes = re.findall(r'<rect class="box" x="(\d+)" y="(\d+)" width="32"', svg)
    assert len(boxes) == len(set(boxes)) == len(needs(ROOT))


def test_an_edge_runs_through_no_chapter():
    for needed in (needs(ROOT), {1: set(), 2: set(), 3: {2}, 4: {3}, 5: {1, 4}, 6: {2}, 7: {5, 6}}):
        at = places(needed)
        assert len(set(at.values())) == len(needed)
        for a, b in edges(needed):
            (first, lane), (last, _) = at[a], at[b]
            assert first < last
            between = {(column, lane) for column in range(first + 1, last)}
            assert not between & set(at.values()), (a, b)
