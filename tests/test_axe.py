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
# themes and widths it has the same elements: only what is drawn can differ, and on a wide screen
# what has to scroll. What is shown in one width only is part of the frame of all pages, so the
# first page of each folder is asked about everything in all looks.
LOOKS = {
    "phone": ("light", PHONE, None),
    "dark": ("dark", DESKTOP, ["color-contrast"]),
    "light": ("light", DESKTOP, ["color-contrast", "scrollable-region-focusable"]),
}
# What is folded, and what is drawn only when a reader comes near it.
OPEN_ALL = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const style = document.createElement("style");
  style.textContent = "section { content-visibility: visible !important; }";
  document.head.append(style);
  dispatchEvent(new Event("resize"));
}"""
# axe asks about the size of what is tapped (WCAG 2.2) only where it is told to.
RULES = """axe.configure({ rules: [
  { id: "color-contrast", selector: "[data-one-of-each]" }, { id: "target-size", enabled: true },
] })"""
# Once all that hears of a new theme or width has heard of it.
THEME = """() => new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(
  () => tell(document.documentElement.dataset.theme))))"""
# Of all elements with text that are drawn alike, the first, unless one like it was looked at
# before: pages have three thousand such elements, some thirty ways to draw one, and share them.
# Alike is what has the same ink, and the same ground behind it and all that it is in; what was
# moved from its place may be over anything, so it is alike only within one kind of element.
# Answers with the ways that are new, and how many there are in all.
ONE_OF_EACH = """(known) => {
  const behind = new Map([[null, ""]]);
  const ground = (one) => {
    if (!behind.has(one)) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(one);
      const kind = `${one.localName}.${one.getAttribute("class")}`;
      const moved = ["static", "relative"].includes(position) ? "" : `${position} ${kind}`;
      const own = `${backgroundColor} ${backgroundImage} ${opacity} ${moved}`;
      const shows = own !== "rgba(0, 0, 0, 0) none 1 ";
      behind.set(one, ground(one.parentElement) + (shows ? ` / ${own}` : ""));
    }
    return behind.get(one);
  };
  const first = new Map();
  for (const one of document.querySelectorAll("[data-one-of-each]")) delete one.dataset.oneOfEach;
  for (const one of document.body.querySelectorAll("*")) {
    if (![...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const { color, fill, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    const drawn = `${color} ${fill} ${fontSize} ${fontWeight} ${textShadow} ${ground(one)}`;
    if (!first.has(drawn) && one.getClientRects().length) first.set(drawn, one);
  }
  const before = new Set(known);
  const fresh = [...first.keys()].filter((drawn) => !before.has(drawn));
  for (const drawn of fresh) first.get(drawn).dataset.oneOfEach = "";
  return [fresh, first.size];
}"""


@pytest.mark.parametrize("folder", FOLDERS)
def test_axe_finds_nothing(reader: Reader, served: str, folder: str) -> None:
    found, looked_at = [], set()
    # With touch, what comes with the mouse on other screens is there from the start.
    with reader(viewport=DESKTOP, has_touch=True) as page:
        for name in expected_names(ROOT):
            if name.rpartition("/")[0] == folder:
                found += _axe_in_all_looks(page, f"{served}/{name}.html", looked_at)
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
MOVED = """<style>.moved { position: absolute; top: 0; left: 0; margin: 0; color: #555 }</style>
<p style="color:#555">dark</p><div class=moved style="width:9rem; height:3rem; background:#777">
</div><p class=moved>dark on dark</p>"""
THEMED = """<style>.pale { color: #555 } body { background: white }
@media (prefers-color-scheme: dark) { body { background: #666 } }</style><p class=pale>words</p>"""
LINES = "<p>A line of text.</p>" * 50
SCROLLS = f"""<style>@media (min-width: 500px) {{ div {{ height: 90px; overflow: auto }} }}</style>
<div>{LINES}</div>"""
SMALL = """<style>button { border: 0; padding: 0; font-size: 10px }
@media (hover: hover) { button { display: none } }</style>
<button>a</button><br><button>b</button>"""
WIDE = "<style>@media (max-width: 500px) { img { display: none } }</style><img src='data:,'>"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (PALE, ["phone color-contrast"]),
        (MOVED, ["phone color-contrast"]),
        (THEMED, ["dark color-contrast"]),
        (SCROLLS, ["light scrollable-region-focusable"]),
        (SMALL, ["phone target-size"]),
        ("<img src='data:,'>", ["phone image-alt"]),
    ],
)
def test_axe_notices(reader: Reader, tmp_path: Path, body: str, where: list[str]) -> None:
    """Also a pale word that differs from words before it in nothing but what is behind it."""
    assert _noticed(reader, tmp_path, body, {"a page before"}) == where


def test_axe_notices_in_any_width_on_a_first_page(reader: Reader, tmp_path: Path) -> None:
    assert _noticed(reader, tmp_path, WIDE, {"a page before"}) == []
    assert _noticed(reader, tmp_path, WIDE, set()) == ["dark image-alt", "light image-alt"]


def test_what_was_looked_at_is_not_asked_again(reader: Reader, tmp_path: Path) -> None:
    looked_at = {"a page before"}
    assert _noticed(reader, tmp_path, PALE, looked_at) == ["phone color-contrast"]
    assert _noticed(reader, tmp_path, PALE, looked_at) == []
    assert _noticed(reader, tmp_path, THEMED, looked_at) == ["dark color-contrast"]


def _noticed(reader: Reader, folder: Path, body: str, looked_at: set[str]) -> list[str]:
    head = "<html lang=en><title>x</title><meta name=viewport content='width=device-width'>"
    (folder / "x.html").write_text(f"{head}<main><h1>x</h1>{body}</main>", encoding="utf-8")
    with reader(has_touch=True) as page:
        found = _axe_in_all_looks(page, (folder / "x.html").as_uri(), looked_at)
    return [line.split(": ")[1] for line in found]


def _axe_in_all_looks(page: Page, address: str, looked_at: set[str]) -> list[str]:
    """What axe finds, and in ``looked_at`` the ways to draw text whose contrast it has seen."""
    found, first = [], not looked_at
    page.goto(address)
    page.evaluate(OPEN_ALL)
    page.evaluate(Axe().axe_script)
    page.evaluate(RULES)
    for look, (scheme, viewport, rules) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(viewport)
        assert page.evaluate(THEME) in (None, scheme), f"{address} does not follow the theme"
        fresh, count = page.evaluate(ONE_OF_EACH, [*looked_at])
        assert count, f"{address} has no text"
        looked_at.update(fresh)
        asks = None if first else rules and [r for r in rules if fresh or r != "color-contrast"]
        if asks != []:
            found += _axe(page, address, look, asks)
    return found


def _axe(page: Page, name: str, look: str = "", rules: list[str] | None = None) -> list[str]:
    # The elements that pass a rule are counted, not written down: that took half of the time.
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    violations = page.evaluate("options => axe.run(options).then(r => r.violations)", options)
    return [
        f"{name}: {look} {violation['id']}: {[n['html'][:120] for n in violation['nodes'][:3]]}"
        for violation in violations
    ]
