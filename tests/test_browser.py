"""The built site in a real browser, with the network switched off: buttons, errors, access.

Every page is opened from a web server on this machine and as a file. A request to anywhere else
is refused, and fails the test, as does any message on the console.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from site_pages import DESKTOP, PHONE, Reader, names

if TYPE_CHECKING:
    from playwright.sync_api import Request

pytest_plugins = ["browser", "built_site", "site_browser"]

KIB = 1024
MOST_BYTES, MOST_REQUESTS = 300 * KIB, 20
CHAPTER = "chapters/02_tensors"
# The last code of the page that scrolls, in a section that is drawn when a reader comes near it.
LAST_WIDE = """() => [
  ...document.querySelectorAll("section > section:not(:last-of-type) > section pre")
].filter((pre) => !pre.closest("details") && pre.scrollWidth > pre.clientWidth).pop()"""
# How far the link to the next page moves in the half second after a reader went to it.
MOVES = """async () => {
  const link = document.querySelector("a.next");
  link.scrollIntoView({ block: "nearest" });
  const top = link.getBoundingClientRect().top;
  await new Promise((tell) => setTimeout(tell, 500));
  return Math.abs(link.getBoundingClientRect().top - top);
}"""
# Pictures and letters of the page; a moment later, whatever else it has asked for is on its way.
ALL_IS_THERE = """async () => {
  await Promise.allSettled([...document.images].map((image) => image.decode()));
  await document.fonts.ready;
  await new Promise((tell) => setTimeout(tell, 50));
}"""


# Every page


@pytest.mark.parametrize(
    ("start", "viewport"),
    [("http", PHONE), ("file", DESKTOP)],
    ids=["http-phone", "file-desktop"],
    indirect=["start"],
)
def test_next_leads_through_light_pages_without_a_word(
    reader: Reader, site: Path, start: str, viewport: dict[str, int]
) -> None:
    sizes: list[int] = []
    heavy, seen, asked = {}, set(), set()

    def count(request: Request) -> None:
        sizes.append(request.sizes()["responseBodySize"])
        asked.discard(request)  # last: the page goes on while the browser is asked for the size

    def look_at() -> None:
        name = page.url.removeprefix(f"{start}/").removesuffix(".html")
        seen.add(name)
        assert page.locator("h1").is_visible()
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert sideways <= 0, f"{name} scrolls sideways by {sideways}"
        if not start.startswith("http"):
            return
        # Pictures below the fold are loaded when a reader comes near them.
        page.evaluate("document.querySelectorAll('img').forEach(i => (i.loading = 'eager'))")
        page.evaluate(ALL_IS_THERE)
        while asked:
            page.wait_for_timeout(10)
        print(f"{name}: {sum(sizes) / KIB:.0f} KiB, {len(sizes)} requests")
        least = (site / f"{name}.html").stat().st_size
        assert sum(sizes) > least, "each page loads style and scripts anew"
        if sum(sizes) > MOST_BYTES or len(sizes) > MOST_REQUESTS:
            heavy[name] = (sum(sizes), len(sizes))
        sizes.clear()

    with reader(viewport=viewport) as page:
        if start.startswith("http"):
            page.on("request", lambda request: asked.add(request))
            page.on("requestfailed", lambda request: asked.discard(request))
            page.on("requestfinished", count)
            network = page.context.new_cdp_session(page)
            network.send("Network.enable")
            network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(f"{start}/search.html")
        look_at()
        page.goto(f"{start}/index.html")
        look_at()
        following = page.locator("a.next")
        while following.count():
            before = page.locator("h1").inner_text()
            with page.expect_navigation():
                following.click()
            look_at()
            back = page.get_by_role("link", name=f"Previous {before.removesuffix('#')}")
            assert back.is_visible()
    assert seen == {*names(site)}
    assert heavy == {}


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
    reader: Reader, tmp_path: Path, html: str, problem: str
) -> None:
    (tmp_path / "x.html").write_text(html, encoding="utf-8")
    with pytest.raises(AssertionError, match=problem), reader() as page:
        page.goto((tmp_path / "x.html").as_uri())


# The buttons


def test_menu_on_a_phone(reader: Reader, start: str) -> None:
    with reader(viewport=PHONE) as page:
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


def test_menu_on_a_wide_screen_is_always_there(reader: Reader, start: str) -> None:
    with reader() as page:
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
def test_search(reader: Reader, start: str, viewport: dict[str, int]) -> None:
    with reader(viewport=viewport) as page:
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


# The theme when there is something to draw.
FIRST_THEME = """new MutationObserver((_, observer) => {
  if (!document.body) return;
  window.firstTheme = document.documentElement.dataset.theme;
  observer.disconnect();
}).observe(document, { childList: true, subtree: true })"""


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_theme_is_switched_and_remembered(
    reader: Reader, start: str, viewport: dict[str, int]
) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with reader(viewport=viewport, color_scheme="light") as page:
        page.add_init_script(FIRST_THEME)
        page.goto(f"{start}/index.html")
        button = page.locator(".theme-button")
        light = page.evaluate(ground)
        assert button.get_attribute("aria-pressed") == "false"
        button.click()
        dark = page.evaluate(ground)
        assert dark != light
        assert button.get_attribute("aria-pressed") == "true"
        page.goto(f"{start}/{CHAPTER}.html")
        assert page.evaluate("firstTheme") == "dark", "a dark page flashes light"
        assert page.evaluate(ground) == dark
        assert button.get_attribute("aria-pressed") == "true"
        button.focus()
        page.keyboard.press("Enter")
        page.reload()
        assert page.evaluate(ground) == light
    with reader(color_scheme="dark") as page:
        page.goto(f"{start}/index.html")
        assert page.evaluate(ground) == dark, "without a choice, the system decides"


def test_keyboard_reaches_the_text_and_what_scrolls(reader: Reader, served: str) -> None:
    with reader(viewport=PHONE) as page:
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


def test_code_far_down_gets_its_tab_stop_when_a_reader_comes(reader: Reader, served: str) -> None:
    """A browser draws what is far away only then, and the page does not measure it before."""
    with reader(viewport=PHONE) as page:
        page.goto(f"{served}/appendices/E_errors.html")
        last = page.evaluate_handle(LAST_WIDE)
        assert last.evaluate("pre => pre.tabIndex") == -1
        last.evaluate("pre => pre.closest('section').querySelector('.headerlink').focus()")
        page.wait_for_function("pre => pre.tabIndex === 0", arg=last)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_end_of_a_long_page_stays_where_it_is(
    reader: Reader, served: str, viewport: dict[str, int]
) -> None:
    with reader(viewport=viewport) as page:
        for name in ("solutions/10_modules", "appendices/A_myths", "appendices/E_errors"):
            page.goto(f"{served}/{name}.html")
            assert page.evaluate(MOVES) < 5, name


def test_tables_scroll_in_their_own_box(reader: Reader, served: str) -> None:
    with reader(viewport={"width": 320, "height": 600}) as page:
        page.goto(f"{served}/index.html")
        page.evaluate(
            "document.querySelectorAll('td').forEach(d => (d.style.whiteSpace = 'nowrap'));"
            "dispatchEvent(new Event('resize'))"
        )
        box = page.locator(".table-box").first
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        assert box.get_attribute("tabindex") == "0"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_code_can_be_copied(reader: Reader, served: str) -> None:
    with reader(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{served}/{CHAPTER}.html")
        cell = page.locator(".cell_input .highlight").first
        wanted = cell.locator("pre").inner_text()
        cell.hover()
        cell.locator(".copy-button").click()
        cell.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").strip() == wanted.strip()


def test_hints_open_by_keyboard(reader: Reader, served: str) -> None:
    with reader() as page:
        page.goto(f"{served}/exercises/02_tensors.html")
        hint = page.locator(".bd-article details").first
        assert not hint.evaluate("box => box.open")
        hint.locator("summary").focus()
        page.keyboard.press("Enter")
        assert hint.evaluate("box => box.open")
        assert len(hint.inner_text()) > len(hint.locator("summary").inner_text()) + 20


def test_text_is_there_without_scripts(reader: Reader, start: str) -> None:
    with reader(java_script_enabled=False, viewport=PHONE) as page:
        page.goto(f"{start}/{CHAPTER}.html")
        assert page.locator("article").is_visible()
        assert page.locator("#site-nav").is_visible()
        assert page.locator(".menu-button").is_hidden()


def test_formulas_are_there_without_scripts(reader: Reader, start: str) -> None:
    with reader(java_script_enabled=False) as page:
        page.goto(f"{start}/appendices/about.html")
        formula = page.locator(".katex-display .katex-html")
        assert formula.bounding_box()["height"] > 30, "the fraction stands on two levels"
    with reader() as page:
        page.goto(f"{start}/appendices/about.html")
        loaded = "document.fonts.ready.then(all => [...all].filter(f => f.status == 'loaded')"
        fonts = page.evaluate(loaded + ".map(f => f.family))")
        assert {"KaTeX_Main", "KaTeX_Math"} <= {name.strip("\"'") for name in fonts}
