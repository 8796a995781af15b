"""A headless Chromium for the tests that have to see a page as a reader does.

Use it in a test module with ``pytest_plugins = ["browser"]``, and import nothing from here (pytest
would warn that it cannot rewrite the asserts). That brings the fixtures ``browser`` (one Chromium
a module), ``page`` (an offline page) and ``look`` (the same with a size, a color scheme, without
scripts …); a console error on such a page fails the test. A module with a fixture ``figure`` also
gets ``address``, a page with that figure.
Outside pytest, ``with launch() as chromium, offline_page(chromium) as page:`` does the same.

Where no Chromium is installed, or TORCHCOURSE_BROWSER is "off", the tests are skipped, and say so.
Under CI a missing Chromium fails them instead: a skipped test would hide a broken page.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from torchcourse.site.pdf import CHROMIUM, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from torchcourse.figures import Figure

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",  # letters as wide as in a browser with windows
    # No name is looked up and no other machine is asked, whatever a page wants.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def launch() -> Iterator[Browser]:
    """A running headless Chromium, closed at the end; FileNotFoundError where there is none.

    Keep it short-lived: while Playwright's synchronous interface is open, its event loop counts as
    running in this thread, and ``asyncio.run`` (so nbclient, too) refuses to start another one.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        names = ", ".join(CHROMIUM)
        raise FileNotFoundError(f"no Chromium: set CHROMIUM, or install one of {names}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def offline_page(browser: Browser, **context: object) -> Iterator[Page]:
    """A page in its own offline context; after the block, any console error fails the caller.

    Keyword arguments go to ``browser.new_context``: viewport, color_scheme, java_script_enabled …
    """
    tab = browser.new_context(offline=True, **context)
    page = tab.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    try:
        yield page
        assert not errors, f"console errors: {errors}"
    finally:
        tab.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    if os.environ.get("TORCHCOURSE_BROWSER") == "off":
        pytest.skip("TORCHCOURSE_BROWSER=off: pages were not looked at")
    if find_chromium() is None:
        reason = "no Chromium on this machine: pages were not looked at"
        if os.environ.get("CI"):
            pytest.fail(reason)
        print(f"\nskipped: {reason}")
        pytest.skip(reason)
    with launch() as chromium:
        yield chromium


@pytest.fixture
def look(browser: Browser) -> Callable[..., AbstractContextManager[Page]]:
    """``with look(viewport=…, color_scheme="dark", java_script_enabled=False) as page:``"""
    return partial(offline_page, browser)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An offline page, 1100 px wide, light; console errors fail the test."""
    with offline_page(
        browser, viewport={"width": 1100, "height": 900}, color_scheme="light"
    ) as one:
        yield one


@pytest.fixture
def address(figure: Figure, tmp_path: Path) -> str:
    """Where a page with the module's ``figure`` lies."""
    from figure_page import write_page

    return write_page(tmp_path, figure)
