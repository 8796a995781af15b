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

LOOKS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}
OPEN_ALL = "document.querySelectorAll('details').forEach(d => (d.open = true))"
# A page's other themes and widths have the same elements: only what is drawn can differ.
DRAWN = ["color-contrast", "scrollable-region-focusable"]
RULES = {"light": None, "dark": DRAWN[:1], "phone": DRAWN}


@pytest.mark.parametrize("name", expected_names(ROOT))
@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(reader: Reader, served: str, look: str, name: str) -> None:
    with reader(**LOOKS[look]) as page:
        page.goto(f"{served}/{name}.html")
        page.evaluate(OPEN_ALL)
        assert _axe(page, name, RULES[look]) == []


def test_axe_finds_nothing_in_the_open_menu_and_search(reader: Reader, served: str) -> None:
    with reader(viewport=PHONE) as page:
        page.goto(f"{served}/index.html")
        page.locator(".menu-button").click()
        assert _axe(page, "menu") == []
        page.keyboard.press("Escape")
        page.locator(".search-button").click()
        assert _axe(page, "search") == []


def test_axe_notices(reader: Reader, tmp_path: Path) -> None:
    html = "<html lang=en><title>x</title><main><h1>x</h1><p style='color:#aaa'>pale</p></main>"
    (tmp_path / "x.html").write_text(html, encoding="utf-8")
    with reader() as page:
        page.goto((tmp_path / "x.html").as_uri())
        assert ["color-contrast" in line for line in _axe(page, "x")] == [True]


def _axe(page: Page, name: str, only: list[str] | None = None) -> list[str]:
    page.wait_for_timeout(250)  # the menu has moved in
    options = {"runOnly": only} if only else None
    violations = Axe().run(page, options=options).response["violations"]
    return [
        f"{name}: {violation['id']}: {[node['html'][:120] for node in violation['nodes'][:3]]}"
        for violation in violations
    ]
