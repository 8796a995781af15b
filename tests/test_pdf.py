"""The course as one PDF: every page is in it, and every link in it leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT
from site_pages import Page, contents
from small_tree import make_small_tree

from torchcourse.site import pdf
from torchcourse.site.build import BuildError, build_site
from torchcourse.site.pdf import build_pdf, one_page

pytest_plugins = ["browser", "built_site"]


@pytest.fixture(scope="module")
def whole(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page that is printed."""
    path = tmp_path_factory.mktemp("whole") / "whole.html"
    path.write_text(one_page(site), encoding="utf-8")
    return Page(path)


def lost(page: Page, site: Path) -> list[str]:
    """Links and pictures of the page that lead nowhere."""
    found = [attrs[name] for _, attrs in page.tags for name in ("href", "src") if name in attrs]
    inside = {address[1:] for address in found if address.startswith("#")}
    files = {one for one in found if not re.match(r"#|https?:|data:|mailto:|$", one)}
    dead = [f"#{one}" for one in inside - page.ids]
    return sorted(dead) + sorted(one for one in files if not (site / one).is_file())


def test_every_page_is_in_it_in_the_order_of_the_contents(whole: Page) -> None:
    articles = [attrs["id"] for attrs in whole.all("article")]
    assert articles == ["index.html", *(f"{name}.html" for name in contents(ROOT))]


def test_no_link_is_lost(whole: Page, site: Path) -> None:
    assert lost(whole, site) == []


def test_a_lost_link_is_noticed(whole: Page, site: Path, tmp_path: Path) -> None:
    text = whole.path.read_text(encoding="utf-8")
    broken = text.replace('id="appendices/glossary/term-leaf"', "", 1)
    assert broken != text
    (tmp_path / "x.html").write_text(broken, encoding="utf-8")
    assert lost(Page(tmp_path / "x.html"), site) == ["#appendices/glossary/term-leaf"]


def test_no_two_places_share_a_name(whole: Page) -> None:
    names = [attrs["id"] for _, attrs in whole.tags if "id" in attrs]
    assert sorted(names) == sorted(set(names))


def test_nothing_is_folded(whole: Page) -> None:
    boxes = [attrs for tag, attrs in whole.tags if tag == "details"]
    assert len(boxes) > 100
    assert all("open" in box for box in boxes)


def test_chromium_prints_it(tmp_path: Path, browser: object) -> None:
    """A small tree: pages, outline and the text in folded boxes (the whole takes a minute)."""
    make_small_tree(tmp_path)
    build_site(tmp_path)
    target = build_pdf(tmp_path)
    assert target == tmp_path / pdf.PDF
    said = target.read_bytes()
    assert said.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", said)) >= 5
    for title in (b"A sample page", b"About these pages", b"Three ways through"):
        assert any(title in one for one in re.findall(rb"/Title\s*\(([^)]*)\)", said)), title
    assert not list((tmp_path / "_build" / "html").glob("whole*")), "what was printed is gone"


def test_what_is_missing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_chromium", lambda: None)
    with pytest.raises(
        BuildError, match=r"needs Chromium: install one of chromium-headless-shell, chromium,"
    ) as caught:
        build_pdf(tmp_path)
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(pdf, "find_chromium", lambda: "/bin/false")
    with pytest.raises(BuildError, match=r"no site in .*run `make book` first"):
        build_pdf(tmp_path)
    (tmp_path / "_build" / "html").mkdir(parents=True)
    home = '<nav class="site-nav"></nav><article class="bd-article"></article>'
    (tmp_path / "_build" / "html" / "index.html").write_text(home, encoding="utf-8")
    with pytest.raises(BuildError, match="Chromium wrote no PDF: no message"):
        build_pdf(tmp_path)
