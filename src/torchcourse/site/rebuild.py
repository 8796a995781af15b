"""After an edit only the pages that it changes are built again, with the result of a whole build.

Sphinx reads a page again when its source is newer. What one page shows of another it does not
know, so that is kept here: titles (in every page's navigation), addresses (other pages link to
them), terms of the glossary, numbers on the home page, the list of all pages for search engines,
the entries of the search index, and pictures that no page shows any more.
`build` starts from nothing whenever anything but the text of a page has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes


def changed_pages(app: Any, env: Any, added: set, changed: set, removed: set) -> Iterable[str]:
    """Pages to read again: by content, since a restored file can be older than its page."""
    before = getattr(env, "course_sources", {})
    env.course_sources = {
        name: hashlib.sha256(Path(env.doc2path(name)).read_bytes()).hexdigest()
        for name in env.found_docs
    }
    found = {name for name in env.found_docs if before.get(name) != env.course_sources[name]}
    # The home page counts exercises and shows what each chapter needs.
    return found | {app.config.root_doc}


def note_addresses(app: Any, doctree: nodes.document) -> None:
    """When a page has been read: its title and all places that others can link to."""
    if not hasattr(app.env, "course_places"):
        app.env.course_places = {}
    title = doctree.next_node(nodes.title)
    ids = {one for node in doctree.findall(nodes.Element) for one in node.get("ids", [])}
    now = (title.astext() if title else "", ids)
    old = app.env.course_places.get(app.env.docname, now)
    if old[0] != now[0] or old[1] - now[1]:
        app.course_all_pages = True
    app.env.course_places[app.env.docname] = now


def pages_that_show_others(app: Any, env: Any) -> list[str]:
    """After all pages are read: which pages to write again beside those."""
    terms, env.course_terms = getattr(env, "course_terms", None), app.course_terms
    if getattr(app, "course_all_pages", False):
        return sorted(env.found_docs)
    if terms != app.course_terms:
        return sorted(name for name in env.found_docs if name.startswith("chapters/"))
    return []


def keep_entries(app: Any, doctree: nodes.document, docname: str) -> None:
    """Give the search index the entries of pages that are not written now.

    Sphinx reads words and titles back from the index that it made before, but not its entries.
    """
    if getattr(app, "course_kept_entries", False) or not app.builder.search:
        return
    app.course_kept_entries = True
    path = Path(app.outdir) / app.builder.searchindex_filename
    if path.exists():
        for name, entries in _entries(path.read_text(encoding="utf-8")).items():
            if name in app.builder.indexer._titles:
                app.builder.indexer._index_entries[name] = entries


def _entries(index: str) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    frozen = json.loads(index[index.index("(") + 1 : index.rindex(")")])
    for entry, places in frozen["indexentries"].items():
        for page, place, main in places:
            name = frozen["docnames"][page]
            found.setdefault(name, []).append((entry, place, "main" if main else ""))
    return found


def finish(app: Any, exception: Exception | None) -> None:
    """All pages in the sitemap, whether written now or before; no picture that nobody shows."""
    if exception is not None or app.builder.format != "html":
        return
    links = app.env.app.sitemap_links
    while not links.empty():
        links.get_nowait()
    for name in sorted(app.env.found_docs):
        links.put((app.builder.get_target_uri(name), None))
    shown = {name for _, name in app.env.images.values()}
    for path in _files(Path(app.outdir) / "_images"):
        if path.name not in shown:
            path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.glob("*")) if path.is_file())
