"""The page on which the tests move a figure, and what they ask of every such page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from torchcourse.figures import Figure

Look = Callable[..., AbstractContextManager[Page]]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1100, "height": 900}


def write_page(folder: Path, *shown: Figure) -> str:
    """Write a page with these figures into ``folder``; answers with its file:// address."""
    body = "\n".join(one.html for one in shown)
    path = folder / "page.html"
    path.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }"
        f"</style></head><body><main><h1>figures</h1>{body}</main></body></html>",
        encoding="utf-8",
    )
    return path.as_uri()


def heard_outside(page: Page, control: Locator, *keys: str) -> list[str]:
    """Which of these keys, pressed at a control of the figure, the page around it hears."""
    page.evaluate(LISTEN)
    control.focus()
    for key in keys:
        page.keyboard.press(key)
    return page.evaluate("heard")


LISTEN = "window.heard = []; document.addEventListener('keydown', (e) => heard.push(e.key))"


def axe(page: Page) -> tuple[set[str], list[str]]:
    """Rules that axe finds broken, and the elements whose contrast it could not compute."""
    options = {"resultTypes": ["violations", "incomplete"]}
    response = Axe().run(page, options=options).response
    doubtful = [one for one in response["incomplete"] if one["id"] == "color-contrast"]
    violated = {one["id"] for one in response["violations"]}
    return violated, [node["html"] for one in doubtful for node in one["nodes"]]


def axe_beside_text(page: Page) -> tuple[set[str], list[str]]:
    """As `axe`, but a drawing's text is left to `inks`: axe does not look behind it."""
    violated, doubtful = axe(page)
    return violated, [html for html in doubtful if not html.startswith("<text")]


def too_wide(page: Page, kinds: str, boxes: bool = False) -> list[str]:
    """Text of each element of these kinds, and of the page, that is wider than its place.

    boxes: leave out what has no box of its own, such as a span within a line.
    """
    return page.evaluate(
        """([kinds, boxes]) => [document.documentElement, ...document.querySelectorAll(kinds)]
          .filter((e) => e.scrollWidth > e.clientWidth + 1 && (e.clientWidth || !boxes))
          .map((e) => e.innerText || e.outerHTML)""",
        [kinds, boxes],
    )


def inks(page: Page) -> tuple[str, list[str]]:
    """Background of the figure, and the color of each text of its drawing, as ``rgb(…)``."""
    return page.evaluate(
        """() => [getComputedStyle(document.querySelector(".tc-figure")).backgroundColor,
          [...document.querySelectorAll("svg text")].map((e) => getComputedStyle(e).fill)]"""
    )


def fills(page: Page, *selectors: str) -> list[str]:
    """Color of the first shape that each selector finds in the drawing, as ``rgb(…)``."""
    return page.evaluate(
        """(all) => all.map((one) => getComputedStyle(document.querySelector(one)).fill)""",
        list(selectors),
    )


def contrast(first: str, second: str) -> float:
    """WCAG's contrast of two colors, each ``rgb(…)``."""

    def light(color: str) -> float:
        parts = [int(x) / 255 for x in color.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)
