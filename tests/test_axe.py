"""Every page of the built site under axe, in light, dark and on a phone: no violation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from site_pages import DESKTOP, PHONE, Reader, expected_names

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ["browser", "built_site", "site_browser"]

FOLDERS = sorted({name.rpartition("/")[0] for name in expected_names(ROOT)})
# A page follows the reader who turns a phone or switches the theme, so it is loaded once. In other
# themes and widths it has the same elements: only what is drawn can differ, and on a phone what
# has to scroll.
DRAWN = ["color-contrast"]
LOOKS = {
    "light": ("light", DESKTOP, None),
    "dark": ("dark", DESKTOP, DRAWN),
    "phone": ("light", PHONE, [*DRAWN, "scrollable-region-focusable", "target-size"]),
}
# What is folded, and what is drawn only when a reader comes near it.
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const style = document.createElement("style");
  style.textContent = "section { content-visibility: visible !important; }";
  document.head.append(style);
  dispatchEvent(new Event("resize"));
}"""
# The rule on the size of what is tapped (WCAG 2.2) is asked for by name: axe leaves it out.
NARROW = "axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-one-of-each]' }] })"
# Once all that hears of a new theme or width has heard of it.
THEME = """() => new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(
  () => tell(document.documentElement.dataset.theme))))"""
# Of all elements with text that are drawn alike, the first: a solutions page has three thousand
# such elements, and forty ways to draw one.
ONE_OF_EACH = """() => {
  const behind = new Map([[null, ""]]);
  const ground = (one) => {
    if (!behind.has(one)) {
      const style = getComputedStyle(one);
      const own = `${style.backgroundColor} ${style.backgroundImage} ${style.opacity}`;
      behind.set(one, `${ground(one.parentElement)} ${own}`);
    }
    return behind.get(one);
  };
  const first = new Map();
  for (const one of document.querySelectorAll("[data-one-of-each]")) delete one.dataset.oneOfEach;
  for (const one of document.body.querySelectorAll("*")) {
    if (![...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const ink = `${one.localName}.${one.getAttribute("class")} ${color} ${fontSize} ${fontWeight}`;
    const drawn = `${ink} ${textShadow} ${ground(one)}`;
    if (!first.has(drawn) && one.getClientRects().length) first.set(drawn, one);
  }
  for (const one of first.values()) one.dataset.oneOfEach = "";
  return first.size;
}"""


@pytest.mark.parametrize("folder", FOLDERS)
def test_axe_finds_nothing(reader: Reader, served: str, folder: str) -> None:
    found = []
    # With touch, what comes with the mouse on other screens is there from the start.
    with reader(viewport=DESKTOP, has_touch=True) as page:
        for name in expected_names(ROOT):
            if name.rpartition("/")[0] == folder:
                found += _axe_in_all_looks(page, f"{served}/{name}.html")
    assert found == []


def test_axe_finds_nothing_in_the_open_menu_and_search(reader: Reader, served: str) -> None:
    with reader(viewport=PHONE) as page:
        page.goto(f"{served}/index.html")
        page.locator(".menu-button").click()
        page.wait_for_timeout(250)  # the menu has moved in
        page.evaluate(Axe().axe_script)
        assert _axe(page, "menu") == []
        page.keyboard.press("Escape")
        page.locator(".search-button").click()
        page.wait_for_timeout(250)
        assert _axe(page, "search") == []


def test_nothing_to_tap_is_in_the_way_in_entries_not_drawn_yet(reader: Reader, served: str) -> None:
    """Such an entry is taller than the place that is kept for it, so its end lies in the next."""
    found = []
    with reader(viewport=PHONE, has_touch=True) as page:
        for name in expected_names(ROOT):
            if name.startswith("appendices/"):
                page.goto(f"{served}/{name}.html")
                page.evaluate(Axe().axe_script)
                found += _axe(page, name, "phone", ["target-size"])
    assert found == []


PALE = """<p style="color:#555">dark <b>bold</b></p><p style="color:#555">dark</p>
<div style="background:#777"><p style="color:#555">dark on dark</p></div>"""
THEMED = """<style>.pale { color: #555 } body { background: white }
@media (prefers-color-scheme: dark) { body { background: #666 } }</style><p class=pale>words</p>"""
LINES = "<p>A line of text.</p>" * 50
SCROLLS = f"""<style>@media (max-width: 500px) {{ div {{ height: 90px; overflow: auto }} }}</style>
<div>{LINES}</div>"""

SMALL = """<style>button { border: 0; padding: 0; font-size: 10px }
@media (hover: hover) { button { display: none } }</style>
<button>a</button><br><button>b</button>"""


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (PALE, ["light color-contrast", "dark color-contrast", "phone color-contrast"]),
        (THEMED, ["dark color-contrast"]),
        (SCROLLS, ["phone scrollable-region-focusable"]),
        ("<img src='data:,'>", ["light image-alt"]),
        (SMALL, ["phone target-size"]),
    ],
)
def test_axe_notices(reader: Reader, tmp_path: Path, body: str, where: list[str]) -> None:
    """Also a pale word that differs from words before it in nothing but what is behind it."""
    head = "<html lang=en><title>x</title><meta name=viewport content='width=device-width'>"
    (tmp_path / "x.html").write_text(f"{head}<main><h1>x</h1>{body}</main>", encoding="utf-8")
    with reader(has_touch=True) as page:
        found = _axe_in_all_looks(page, (tmp_path / "x.html").as_uri())
    assert [line.split(": ")[1] for line in found] == where


def _axe_in_all_looks(page: Page, address: str) -> list[str]:
    found = []
    page.goto(address)
    page.evaluate(OPEN_ALL)
    page.evaluate(Axe().axe_script)
    page.evaluate(NARROW)
    for look, (scheme, viewport, rules) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)
        assert page.evaluate(THEME) in (None, scheme), f"{address} does not follow the theme"
        assert page.evaluate(ONE_OF_EACH) > 0, f"{address} has no text"
        found += _axe(page, address, look, rules)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    return found


def _axe(page: Page, name: str, look: str = "", rules: list[str] | None = None) -> list[str]:
    # The elements that pass a rule are counted, not written down: that took half of the time.
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    violations = page.evaluate("options => axe.run(options).then(r => r.violations)", options)
    return [
        f"{name}: {look} {violation['id']}: {[n['html'][:120] for n in violation['nodes'][:3]]}"
        for violation in violations
    ]
