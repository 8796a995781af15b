"""Every figure where readers meet it, on its page of the site: moved by keyboard and by mouse.

What a figure has to say and draw for each control is asserted figure by figure, on a page of its
own (`test_figure_*.py`). Here the same acts are done on both pages, and each must leave both in
the same state: neither the site's style nor its scripts take a key or a click from a figure.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ROOT
from site_pages import DESKTOP, PHONE, Reader

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest_plugins = ["browser", "built_site", "site_browser"]

KEYS = ("ArrowRight", "ArrowDown", "Space", "End")
CONTROLS = "input, button, [role=gridcell], [role=slider], [tabindex='0']"
MOST_STOPS, MOST_CLICKS = 4, 12


@cache
def stored(name: str) -> dict[str, str]:
    """Figures in the stored outputs of one notebook: HTML by the figure's id."""
    cells = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    found = {}
    for cell in cells:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if 'class="tc-figure' in html:
                found[html.split('id="tc-', 1)[1].split('"', 1)[0]] = html
    return found


PLACES = [
    (f"{folder}/{path.stem}", one)
    for folder in ("chapters", "solutions")
    for path in sorted((ROOT / folder).glob("*.ipynb"))
    for one in stored(f"{folder}/{path.stem}")
]


def test_every_chapter_has_its_figure() -> None:
    assert {name for name, _ in PLACES} >= {
        f"chapters/{path.parent.name}" for path in (ROOT / "lessons").glob("*/chapter.md")
    }


@pytest.mark.parametrize(("name", "one"), PLACES, ids=[one for _, one in PLACES])
@pytest.mark.parametrize(
    ("start", "viewport"),
    [("http", DESKTOP), ("file", PHONE)],
    ids=["http-desktop", "file-phone"],
    indirect=["start"],
)
def test_figure_on_its_page(
    reader: Reader, start: str, viewport: dict, name: str, one: str, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    alone.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title>'
        f"<main>{stored(name)[one]}</main></html>",
        encoding="utf-8",
    )
    trails = []
    with reader(viewport=viewport) as page:
        for address in (alone.as_uri(), f"{start}/{name}.html"):
            page.goto(address)
            figure = page.locator(f"#tc-{one}")
            by_key = keys(page, figure)
            page.goto("about:blank")  # what a key has set going ends here
            page.goto(address)
            trails.append((by_key, clicks(figure)))
    (alone_keys, alone_clicks), (site_keys, site_clicks) = trails
    assert site_keys == alone_keys
    assert site_clicks == alone_clicks
    assert len(set(site_keys)) > 1, "the keyboard moves nothing"
    assert len(set(site_clicks)) > 1, "the mouse moves nothing"


def keys(page: Page, figure: Locator) -> list[str]:
    """States of the figure: at first, and after each key at each of its tab stops."""
    states = [state(figure)]
    figure.locator(CONTROLS).first.wait_for()
    page.evaluate(BEFORE, figure.element_handle())
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if not figure.evaluate("figure => figure.contains(document.activeElement)"):
            break
        for key in KEYS:
            page.keyboard.press(key)
            states.append(state(figure))
    return states


def clicks(figure: Locator) -> list[str]:
    """States of the figure: at first, and after a click on each of its first controls."""
    states = [state(figure)]
    controls = figure.locator(CONTROLS)
    for number in range(min(controls.count(), MOST_CLICKS)):
        # A click can take controls away.
        width, slides = figure.evaluate(CONTROL, [CONTROLS, number])
        for part in (0.02, 0.98) if slides else (0.5,):
            if width:
                place = {"x": part * width, "y": 5}
                controls.nth(number).click(force=True, position=place)
                states.append(state(figure))
    return states


def state(figure: Locator) -> str:
    """What the figure says and draws: its elements with their texts and attributes."""
    # Two copies of a figure must not share radio groups, so their names are drawn at random.
    return re.sub(r' name="[^"]*"', "", figure.inner_html())


# Puts the reader's place right before the figure, so that Tab goes to its first stop.
BEFORE = """figure => {
  const here = document.createElement("span");
  here.tabIndex = -1;
  figure.before(here);
  here.focus();
}"""

# Width of a control that can be clicked, else 0; and whether it is a slider.
CONTROL = """(figure, [controls, number]) => {
  const one = figure.querySelectorAll(controls)[number];
  const seen = one && !one.disabled && one.checkVisibility({ visibilityProperty: true });
  return [seen ? one.getBoundingClientRect().width : 0, one?.type === "range"];
}"""
