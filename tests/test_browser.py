"""The built site in a real browser, with the network switched off: buttons, errors, access.

Every page is opened from a web server on this machine and as a file. A request to anywhere else
is refused, and fails the test, as does any message on the console.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from site_pages import names

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Route

pytest_plugins = ["browser", "built_site"]

KIB = 1024
MOST_BYTES, MOST_REQUESTS = 300 * KIB, 20
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
CHAPTER = "chapters/02_tensors"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing: the browser's side is what is tested."""


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """Address of a plain web server (`python -m http.server`) on the site's folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["http", "file"])
def start(request: pytest.FixtureRequest, site: Path, served: str) -> str:
    """Where the site starts: on the web server, and on the disk."""
    return served if request.param == "http" else site.as_uri()


@contextmanager
def reader(browser: Browser, **context: object) -> Iterator[Page]:
    """A page without network; afterwards, no console message and no refused request."""
    tab = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **context})
    problems: list[str] = []

    def only_here(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("file", "data", "blob") or address.hostname == "127.0.0.1":
            route.continue_()
        else:
            problems.append(f"asks for {route.request.url}")
            route.abort()

    def failed(request: Request) -> None:
        # What was still loading when the test went on to the next page is no failure.
        if request.failure != "net::ERR_ABORTED":
            problems.append(f"failed: {request.url} {request.failure}")

    tab.route("**/*", only_here)
    page = tab.new_page()
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda told: problems.append(f"console: {told.type}: {told.text}"))
    page.on("requestfailed", failed)
    try:
        yield page
        page.wait_for_load_state("load")
        assert problems == []
    finally:
        tab.close()


# Every page


def test_every_page_opens_without_a_word(browser: Browser, site: Path, start: str) -> None:
    with reader(browser) as page:
        for name in names(site):
            page.goto(f"{start}/{name}.html")
            assert page.locator("h1").is_visible()
            sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert sideways <= 0, f"{name} scrolls sideways by {sideways}"


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<script>console.warn('odd')</script>", "console: warning: odd"),
        ("<script>nothing()</script>", "error: nothing is not defined"),
        ("<img src='https://cdn.example/x.png'>", "asks for https://cdn.example/x.png"),
        ("<img src='lost.png'>", "failed: .*lost.png"),
    ],
)
def test_a_page_with_problems_is_noticed(
    browser: Browser, tmp_path: Path, html: str, problem: str
) -> None:
    (tmp_path / "x.html").write_text(html, encoding="utf-8")
    with pytest.raises(AssertionError, match=problem), reader(browser) as page:
        page.goto((tmp_path / "x.html").as_uri())


def test_every_page_is_light(browser: Browser, site: Path, served: str) -> None:
    heavy = {}
    for name in names(site):
        sizes: list[int] = []

        def count(request: Request, sizes: list[int] = sizes) -> None:
            sizes.append(request.sizes()["responseBodySize"])

        with reader(browser, viewport=PHONE) as page:
            page.on("requestfinished", count)
            page.goto(f"{served}/{name}.html")
            # Pictures below the fold are loaded when a reader comes near them.
            page.evaluate("document.querySelectorAll('img').forEach(i => (i.loading = 'eager'))")
            page.wait_for_load_state("networkidle")
        print(f"{name}: {sum(sizes) / KIB:.0f} KiB, {len(sizes)} requests")
        if sum(sizes) > MOST_BYTES or len(sizes) > MOST_REQUESTS:
            heavy[name] = (sum(sizes), len(sizes))
    assert heavy == {}


LOOKS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light"},
}
OPEN_ALL = "document.querySelectorAll('details').forEach(d => (d.open = true))"
# A page's other themes and widths have the same elements: only what is drawn can differ.
DRAWN = ["color-contrast", "scrollable-region-focusable"]
RULES = {"light": None, "dark": DRAWN[:1], "phone": DRAWN}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(browser: Browser, site: Path, served: str, look: str) -> None:
    found = []
    with reader(browser, **LOOKS[look]) as page:
        for name in names(site):
            page.goto(f"{served}/{name}.html")
            page.evaluate(OPEN_ALL)
            found += _axe(page, name, RULES[look])
    assert found == []


def test_axe_finds_nothing_in_the_open_menu_and_search(browser: Browser, served: str) -> None:
    with reader(browser, viewport=PHONE) as page:
        page.goto(f"{served}/index.html")
        page.locator(".menu-button").click()
        assert _axe(page, "menu") == []
        page.keyboard.press("Escape")
        page.locator(".search-button").click()
        assert _axe(page, "search") == []


def test_axe_notices(browser: Browser, tmp_path: Path) -> None:
    html = "<html lang=en><title>x</title><main><h1>x</h1><p style='color:#aaa'>pale</p></main>"
    (tmp_path / "x.html").write_text(html, encoding="utf-8")
    with reader(browser) as page:
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


# The buttons


def test_menu_on_a_phone(browser: Browser, start: str) -> None:
    with reader(browser, viewport=PHONE) as page:
        page.goto(f"{start}/index.html")
        button, menu = page.locator(".menu-button"), page.locator("#site-nav")
        assert menu.is_hidden()
        assert button.get_attribute("aria-expanded") == "false"
        button.click()
        assert menu.is_visible()
        assert button.get_attribute("aria-expanded") == "true"
        assert page.evaluate("document.activeElement.closest('#site-nav') !== null")
        page.keyboard.press("Escape")
        menu.wait_for(state="hidden")
        assert page.evaluate("document.activeElement.className").endswith("menu-button")
        page.keyboard.press("Enter")
        menu.get_by_role("link", name="Glossary").click()
        page.wait_for_url("**/appendices/glossary.html")
        assert menu.is_hidden()
        button.click()
        page.mouse.click(380, 600)  # beside the menu
        menu.wait_for(state="hidden")


def test_menu_on_a_wide_screen_is_always_there(browser: Browser, start: str) -> None:
    with reader(browser) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        assert page.locator(".menu-button").is_hidden()
        current = page.locator('#site-nav a[aria-current="page"]')
        assert current.count() == 1
        assert current.inner_text() == page.locator("h1").inner_text().removesuffix("#")
        contents = page.locator(".page-contents details")
        assert contents.evaluate("box => box.open")
        contents.get_by_role("link").nth(1).click()
        target = page.evaluate("decodeURIComponent(location.hash)")
        top = page.locator(f'[id="{target[1:]}"]').first.bounding_box()["y"]
        header = page.locator(".site-header").bounding_box()["height"]
        assert header <= top < 200, "the heading is below the fixed header"


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_search(browser: Browser, start: str, viewport: dict[str, int]) -> None:
    with reader(browser, viewport=viewport) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        visible = page.locator("input[type=search]:visible")
        assert visible.count() == 0
        page.locator(".search-button").click()
        assert visible.count() == 1
        page.keyboard.press("Escape")
        assert visible.count() == 0
        page.locator(".search-button").click()
        page.keyboard.type("dtype")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=dtype")
        assert visible.count() == 1
        assert visible.input_value() == "dtype"
        assert page.locator(".search-button").count() == 0
        results = page.locator("#search-results li a")
        results.first.wait_for()
        page.locator("#search-results").get_by_text("Search finished").wait_for()
        page.wait_for_load_state("networkidle")
        addresses = [link.get_attribute("href") for link in results.all()]
        assert any(address.startswith(f"{CHAPTER}.html") for address in addresses)
        results.first.click()
        page.wait_for_url(f"**/{addresses[0]}")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_theme_is_switched_and_remembered(
    browser: Browser, start: str, viewport: dict[str, int]
) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with reader(browser, viewport=viewport, color_scheme="light") as page:
        page.goto(f"{start}/index.html")
        button = page.locator(".theme-button")
        light = page.evaluate(ground)
        assert button.get_attribute("aria-pressed") == "false"
        button.click()
        dark = page.evaluate(ground)
        assert dark != light
        assert button.get_attribute("aria-pressed") == "true"
        page.goto(f"{start}/{CHAPTER}.html")
        assert page.evaluate(ground) == dark
        assert button.get_attribute("aria-pressed") == "true"
        button.focus()
        page.keyboard.press("Enter")
        page.reload()
        assert page.evaluate(ground) == light
    with reader(browser, color_scheme="dark") as page:
        page.goto(f"{start}/index.html")
        assert page.evaluate(ground) == dark, "without a choice, the system decides"


def test_previous_and_next_lead_through_the_site(browser: Browser, site: Path, start: str) -> None:
    with reader(browser) as page:
        page.goto(f"{start}/index.html")
        seen = 1
        while page.locator("a.next").count():
            before = page.locator("h1").inner_text()
            page.locator("a.next").click()
            page.wait_for_load_state("load")
            back = page.get_by_role("link", name=f"Previous {before.removesuffix('#')}")
            assert back.is_visible()
            seen += 1
        assert seen == len(names(site)) - 1  # all but the search page


def test_keyboard_reaches_the_text_and_what_scrolls(browser: Browser, served: str) -> None:
    with reader(browser, viewport=PHONE) as page:
        page.goto(f"{served}/{CHAPTER}.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")
        wide = page.locator(".cell_input pre").filter(has_text="load_sample_image").first
        assert wide.evaluate("box => box.scrollWidth > box.clientWidth")
        wide.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")


def test_tables_scroll_in_their_own_box(browser: Browser, served: str) -> None:
    with reader(browser, viewport={"width": 320, "height": 600}) as page:
        page.goto(f"{served}/index.html")
        page.evaluate(
            "document.querySelectorAll('td').forEach(d => (d.style.whiteSpace = 'nowrap'));"
            "dispatchEvent(new Event('resize'))"
        )
        box = page.locator(".table-box").first
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        assert box.get_attribute("tabindex") == "0"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_code_can_be_copied(browser: Browser, served: str) -> None:
    with reader(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{served}/{CHAPTER}.html")
        cell = page.locator(".cell_input .highlight").first
        wanted = cell.locator("pre").inner_text()
        cell.hover()
        cell.locator(".copy-button").click()
        cell.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").strip() == wanted.strip()


def test_hints_open_by_keyboard(browser: Browser, served: str) -> None:
    with reader(browser) as page:
        page.goto(f"{served}/exercises/02_tensors.html")
        hint = page.locator(".bd-article details").first
        assert not hint.evaluate("box => box.open")
        hint.locator("summary").focus()
        page.keyboard.press("Enter")
        assert hint.evaluate("box => box.open")
        assert len(hint.inner_text()) > len(hint.locator("summary").inner_text()) + 20


def test_text_is_there_without_scripts(browser: Browser, start: str) -> None:
    with reader(browser, java_script_enabled=False, viewport=PHONE) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        assert page.locator("article").is_visible()
        assert page.locator("#site-nav").is_visible()
        assert page.locator(".menu-button").is_hidden()


def test_formulas_are_there_without_scripts(browser: Browser, start: str) -> None:
    with reader(browser, java_script_enabled=False) as page:
        page.goto(f"{start}/appendices/about.html")
        formula = page.locator(".katex-display .katex-html")
        assert formula.bounding_box()["height"] > 30, "the fraction stands on two levels"
    with reader(browser) as page:
        page.goto(f"{start}/appendices/about.html")
        loaded = "document.fonts.ready.then(all => [...all].filter(f => f.status == 'loaded')"
        fonts = page.evaluate(loaded + ".map(f => f.family))")
        assert {"KaTeX_Main", "KaTeX_Math"} <= {name.strip("\"'") for name in fonts}


# The figures of the chapter


def test_sharing_figure_on_its_page(browser: Browser, start: str) -> None:
    with reader(browser) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        figure = page.locator('.tc-figure[id^="tc-sharing"]')
        says = figure.locator(".tc-says")
        figure.get_by_role("radio", name="torch.from_numpy(a)", exact=True).check()
        figure.locator(".tc-a button").nth(1).click()
        assert "a[1] = 99 also changes b[1]" in _plain(says.inner_text())
        page.keyboard.press("ArrowRight")
        assert "a[2] = 99 also changes b[2]" in _plain(says.inner_text())
        figure.get_by_role("radio", name="torch.tensor(a)", exact=True).first.focus()
        page.keyboard.press("Space")
        assert "a[2] = 99 changes nothing in b" in _plain(says.inner_text())


def test_promotion_figure_on_its_page(browser: Browser, start: str) -> None:
    with reader(browser, viewport=PHONE) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        figure = page.locator('.tc-figure[id^="tc-promotion"]')
        says = figure.locator(".tc-says")
        figure.get_by_role("gridcell").first.click()
        assert says.inner_text().startswith("bool tensor + bool tensor → bool")
        page.keyboard.press("ArrowDown")
        assert says.inner_text().startswith("uint8 tensor + bool tensor → uint8")
        figure.get_by_role("radio", name="Python number").focus()
        page.keyboard.press("Space")
        assert "uint8 tensor + " in says.inner_text()
        assert "uint8 tensor + bool tensor" not in says.inner_text()


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")
