"""The built site in a real browser: ``pytest_plugins = ["browser", "built_site", "site_browser"]``.

Fixtures: ``served`` (address of a web server on the site), ``start`` (served, then the same site as
files) and ``reader``: ``with reader(viewport=PHONE) as page:`` is a page that may ask nobody but
this machine, and fails the test for any message on its console.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from site_pages import DESKTOP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request


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
def _reader(browser: Browser, **context: object) -> Iterator[Page]:
    """A page without network; afterwards, no console message and no refused request."""
    tab = browser.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **context})
    problems: list[str] = []

    def asked(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("file", "data", "blob") and address.hostname != "127.0.0.1":
            problems.append(f"asks for {request.url}")

    def failed(request: Request) -> None:
        # What was still loading when the test went on to the next page is no failure.
        if request.failure != "net::ERR_ABORTED":
            problems.append(f"failed: {request.url} {request.failure}")

    page = tab.new_page()
    page.on("request", asked)
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda told: problems.append(f"console: {told.type}: {told.text}"))
    page.on("requestfailed", failed)
    try:
        yield page
        page.wait_for_load_state("load")
        if problems:
            raise AssertionError(problems)
    finally:
        tab.close()


@pytest.fixture
def reader(browser: Browser) -> Callable[..., AbstractContextManager[Page]]:
    """``with reader(viewport=…, color_scheme="dark", java_script_enabled=False …) as page:``"""
    return partial(_reader, browser)
