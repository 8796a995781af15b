"""The whole course as one PDF: ``torchcourse pdf``, where a Chromium is installed.

The articles of all pages of the built site are put into one page, in the order of its contents.
Links between them lead to places in the same file, and the headings become its outline. Hints
and verdicts are open, since nothing can be unfolded on paper; a figure shows its first state.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from torchcourse.site.build import OUTPUT, BuildError

# The first draws the same and has no windows to manage: the tests take two thirds of the time.
CHROMIUM = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
)
PDF = Path("_build") / "torchcourse.pdf"
SECONDS = 600
_ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
_NAV = re.compile(r'<nav class="site-nav".*?</nav>', re.DOTALL)
_PAGE = re.compile(r'href="([^"#]+)"')
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_ID = re.compile(r'(\sid=")([^"]+)"')
_IDS = re.compile(r'(\s(?:for|aria-labelledby|aria-describedby|aria-controls)=")([^"]+)"')
_ADDRESS = re.compile(r'(\s(?:href|src)=")([^"]*)"')
_DETAILS = re.compile(r"<details(?=[\s>])(?![^>]*\sopen)")
_STYLE = """
@page {
  size: A4; margin: 18mm 16mm 20mm;
  @bottom-center { content: counter(page); font: 9pt sans-serif; color: #55606e; }
}
.bd-article { max-width: none; break-before: page; }
.bd-article h1 { font-size: 1.7rem; }
body { font-size: 10pt; }
.highlight pre { font-size: 8pt; }
"""


def find_chromium() -> str | None:
    """Path of an installed Chromium: $CHROMIUM, else the first of CHROMIUM on PATH, else None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen and Path(chosen).exists():
        return chosen
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def build_pdf(root: Path | str, target: Path | None = None) -> Path:
    """Write ``root/_build/torchcourse.pdf`` from the built site, and return its path.

    Raises:
        BuildError: there is no site, no Chromium, or Chromium wrote nothing.
    """
    root = Path(root).resolve()
    site, target = root / OUTPUT, target or root / PDF
    chromium = find_chromium()
    if chromium is None:
        raise BuildError(f"the PDF needs Chromium: install one of {', '.join(CHROMIUM)}")
    if not (site / "index.html").is_file():
        raise BuildError(f"no site in {site}: run `make book` first")
    whole = site / "whole-course.html"  # beside the pages, whose pictures it shows
    try:
        whole.write_text(one_page(site), encoding="utf-8")
        _print(chromium, whole, target)
    finally:
        whole.unlink(missing_ok=True)
    return target


def one_page(site: Path) -> str:
    """All articles of the site as one page, which lies at the top of the site."""
    home = (site / "index.html").read_text(encoding="utf-8")
    listed = (unquote(page) for page in _PAGE.findall(_NAV.search(home)[0]))
    names = list(dict.fromkeys(["index.html", *listed]))
    articles = [article(site, name, set(names)) for name in names]
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        "<title>torchcourse</title>"
        '<link rel="stylesheet" href="_static/course.css">'
        '<link rel="stylesheet" href="_static/katex/katex.min.css">'
        f"<style>{_STYLE}</style></head><body>{''.join(articles)}</body></html>"
    )


def article(site: Path, name: str, known: set[str]) -> str:
    """One page's article, its places named after the page so that no two pages share one."""
    html = (site / name).read_text(encoding="utf-8")
    body = _ARTICLE.search(html)[1]
    # What a script looks for keeps its name.
    scripts = "".join(_SCRIPT.findall(body))
    own = {found[2] for found in _ID.finditer(_SCRIPT.sub("", body)) if found[2] not in scripts}

    def place(page: str, fragment: str) -> str:
        return f"{page.removesuffix('.html')}/{fragment}" if fragment else page

    def ids(found: re.Match[str]) -> str:
        said = " ".join(place(name, one) if one in own else one for one in found[2].split())
        return f'{found[1]}{said}"'

    def address(found: re.Match[str]) -> str:
        parts = urlsplit(found[2])
        if parts.scheme or parts.netloc:
            return found[0]
        path = os.path.normpath(PurePosixPath(name).parent / unquote(parts.path))
        page = path if parts.path else name
        if page not in known:
            return f'{found[1]}{escape(path)}"'
        inside = page != name or parts.fragment in own or not parts.fragment
        return f'{found[1]}#{escape(place(page, parts.fragment) if inside else parts.fragment)}"'

    def tag(found: re.Match[str]) -> str:
        return _ADDRESS.sub(address, _IDS.sub(ids, _ID.sub(ids, found[0])))

    pieces = re.split(f"({_SCRIPT.pattern})", body, flags=re.DOTALL)
    text = "".join(p if p.startswith("<script") else _TAG.sub(tag, p) for p in pieces)
    text = _DETAILS.sub("<details open", text)
    return f'<article class="bd-article" id="{escape(name)}">{text}</article>'


def _print(chromium: str, page: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            "--virtual-time-budget=20000",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={target}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses root otherwise
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise BuildError(f"Chromium did not finish the PDF in {SECONDS} s") from error
    if done.returncode or not target.is_file():
        said = (done.stderr.strip() or "no message").splitlines()[-1]
        raise BuildError(f"Chromium wrote no PDF: {said}")
