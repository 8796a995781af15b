"""Reading the built site as a browser would find it: tags, links and files, without a browser.

Each ``…_problems`` function returns lines that say what is wrong, and an empty list when nothing
is; `test_site.py` runs them on the site and, to see them fail, on pages broken on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import yaml

from torchcourse.site.access import alt_problem

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
Reader = Callable[..., AbstractContextManager["Tab"]]

# Elements that make the browser load what an attribute names. A link loads by its `rel`.
LOADING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
LOADING_RELS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"}
_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
_SCRIPT_URL = re.compile(r"""(?:\bimport\b|\bfrom\b|\bfetch\b)[\s(]*["'`]((?:https?:)?//[^"'`]+)""")


@dataclass
class Page(HTMLParser):
    """The tags of one page, with their attributes, in order."""

    path: Path
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    inline: dict[str, str] = field(default_factory=lambda: {"script": "", "style": ""})

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._inside: str | None = None
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in self.inline else None

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline[self._inside] += data + "\n"

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Attributes of each such tag whose attributes include these (``class_`` for class)."""
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        return [
            attrs
            for name, attrs in self.tags
            if name == tag and all(value in attrs.get(k, "").split() for k, value in wanted.items())
        ]

    @property
    def ids(self) -> set[str]:
        return {attrs["id"] for _, attrs in self.tags if "id" in attrs}


def loaded(page: Page) -> list[str]:
    """Addresses that the browser loads with the page, as the page writes them."""
    found = []
    for tag, attrs in page.tags:
        names = LOADING.get(tag, ())
        if tag == "link" and LOADING_RELS & set(attrs.get("rel", "").split()):
            names = ("href",)
        for name in names:
            value = attrs.get(name)
            if value and name == "srcset":
                found += [part.split()[0] for part in value.split(",")]
            elif value:
                found.append(value)
        found += _css_addresses(attrs.get("style", ""))
    return found + _css_addresses(page.inline["style"])


def _css_addresses(css: str) -> list[str]:
    return [first or second for first, second in _URL.findall(css)]


def _outside(address: str) -> bool:
    return bool(urlsplit(address).netloc) or urlsplit(address).scheme not in ("", "data")


def external_problems(site: Path) -> list[str]:
    """What would be fetched from another server, by pages and by style sheets."""
    problems = []
    for path in pages(site):
        page = Page(path)
        asked = [address for address in loaded(page) if _outside(address)]
        asked += _SCRIPT_URL.findall(page.inline["script"])
        problems += [f"{path.relative_to(site)} loads {address}" for address in asked]
    for path in site.rglob("*.css"):
        asked = _css_addresses(path.read_text(encoding="utf-8"))
        problems += [f"{path.name} loads {address}" for address in asked if _outside(address)]
    for path in site.rglob("*.js"):
        asked = _SCRIPT_URL.findall(path.read_text(encoding="utf-8"))
        problems += [f"{path.name} loads {address}" for address in asked]
    return problems


def storage_problems(site: Path) -> list[str]:
    """Scripts in the text of a page that ask for what the browser keeps.

    Of a page opened from a file, what it then writes can be lost in Chromium. Measured with two
    bare pages on a busy machine, one writing and one reading: lost in 21 of 508 turns, and in none
    of 895 where the script was a file of its own.
    """
    early = re.compile(r"\b(?:localStorage|sessionStorage|indexedDB)\b")
    return [
        f"{path.relative_to(site)} asks for {found[0]} in its text: move the script to a file"
        for path in pages(site)
        for found in early.finditer(Page(path).inline["script"])
    ]


def link_problems(site: Path) -> list[str]:
    """Internal links, loaded files and fragments that lead nowhere."""
    ids = cache(lambda path: Page(path).ids)
    problems = []
    for path in pages(site):
        page = Page(path)
        wanted = [a["href"] for a in page.all("a") if "href" in a] + loaded(page)
        for address in wanted:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            where = f"{path.relative_to(site)} -> {address}"
            if not target.is_file() or site.resolve() not in target.resolve().parents:
                problems.append(f"{where}: no such file in the site")
                continue
            fragment = unquote(parts.fragment) if target.suffix == ".html" else ""
            if fragment and fragment not in ids(target):
                problems.append(f"{where}: no such place on that page")
    for path in site.rglob("*.css"):
        for address in _css_addresses(path.read_text(encoding="utf-8")):
            local = not _outside(address) and not address.startswith("data:")
            if local and not (path.parent / address).is_file():
                problems.append(f"{path.name} -> {address}: no such file")
    return problems


def alt_problems(site: Path) -> list[str]:
    """Pictures without words, or with a file name for words."""
    return [
        f"{path.relative_to(site)}: {image.get('src')} {problem}"
        for path in pages(site)
        for image in Page(path).all("img")
        if (problem := alt_problem(image.get("alt")))
    ]


def weight(page: Page, site: Path) -> tuple[int, int]:
    """Bytes and requests of the page and all that its tags load; fonts come on top."""
    files = {page.path.resolve()}
    for address in loaded(page):
        if urlsplit(address).path and not address.startswith("data:"):
            files.add((page.path.parent / unquote(urlsplit(address).path)).resolve())
    return sum(path.stat().st_size for path in files), len(files)


def pages(site: Path) -> list[Path]:
    """Every HTML page of the site."""
    return sorted(site.rglob("*.html"))


def names(site: Path) -> list[str]:
    """Every page as its path without ending, such as ``chapters/02_tensors``."""
    return [path.relative_to(site).with_suffix("").as_posix() for path in pages(site)]


def contents(root: Path) -> list[str]:
    """Names of the pages that the table of contents in the tree at ``root`` lists."""
    parts = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [entry["file"] for part in parts for entry in part["chapters"]]


def expected_names(root: Path) -> list[str]:
    """Every page that the site of the tree at ``root`` must have, before it is built."""
    return sorted([*contents(root), "index", "search"])
