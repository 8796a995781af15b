"""What each page is made of: own templates, and the values that they show."""

from __future__ import annotations

import os
import re
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.errors import ConfigError

from torchcourse import __version__
from torchcourse.site import TEMPLATES, around
from torchcourse.site.links import LinkError, Links, find_repo

_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')


def use_own_pages(app: Any, config: Any) -> None:
    """Use `layout.html` and `search.html` of this package; derive all addresses from the fork.

    The theme that Jupyter Book brings is not loaded: its style sheets and scripts weigh five
    times what a whole page of this course does. ``basic`` adds the search tools and no style.
    """
    try:
        links = Links(find_repo(Path(app.srcdir)))
    except LinkError as error:
        raise ConfigError(str(error)) from error
    config.course_links = links.repo
    config.html_theme = "basic"
    config.html_theme_options = {}
    config.templates_path = [str(TEMPLATES), *config.templates_path]
    config.html_baseurl = links.site
    config.html_search_scorer = str(TEMPLATES / "scorer.js")
    config.ogp_site_url = links.site


def describe_page(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Give the templates this page's buttons, its contents and what it has to load."""
    links = Links(app.config.course_links)
    source = app.env.doc2path(pagename, base=False) if pagename in app.env.found_docs else None
    is_notebook = bool(source) and source.endswith(".ipynb")
    context["metatags"] = _VIEWPORT.sub("", context.get("metatags", ""))  # layout.html has one
    context.update(
        course_version=__version__,
        built=_today(),
        torch_version=version("torch").split("+")[0],
        repository=links.repository,
        repository_name=links.repo,
        colab_url=links.colab(pagename) if is_notebook else None,
        edit_url=links.edit(pagename, source) if source else None,
        notebook=f"_sources/{source}" if is_notebook else None,
        contents=_contents(doctree) if doctree is not None else [],
        has_math=doctree is not None and _has_math(doctree),
        css_digest=app.course_css_digest,
        js_digest=app.course_js_digest,
        more_scripts=_more_scripts(pagename),
        siblings=around.siblings(pagename, app.env.found_docs),
        minutes=around.minutes(doctree) if pagename.startswith("exercises/") else 0,
        asks_for_device=is_notebook and around.asks_for_device(doctree),
    )
    if "decoder.js" in context["more_scripts"]:
        # There before the script runs, so that nothing on the page moves; hidden without scripts.
        box = (TEMPLATES / "decoder.html").read_text(encoding="utf-8")
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{box}", 1)


def _today() -> str:
    """The day of the build, or of SOURCE_DATE_EPOCH (reproducible-builds.org), in UTC."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _more_scripts(page: str) -> list[str]:
    """What a page loads beside `course.js`: reading marks and predictions, the error decoder."""
    folder = page.partition("/")[0]
    names = []
    if folder == "chapters" or page in ("index", "appendices/A_myths"):
        names.append("learn.js")
    if page == "appendices/E_errors":
        names.append("decoder.js")
    return names


def _has_math(doctree: nodes.Node) -> bool:
    kinds = (nodes.math, nodes.math_block)
    return any(isinstance(node, kinds) for node in doctree.findall())


def _contents(doctree: nodes.Node) -> list[dict[str, Any]]:
    """Headings below the page's title, two levels: ``{"id", "title", "children"}``."""
    tops = [node for node in doctree.children if isinstance(node, nodes.section)]
    return [_entry(section, depth=2) for top in tops for section in _sections(top)]


def _entry(section: nodes.section, depth: int) -> dict[str, Any]:
    title = section.next_node(nodes.title).astext()
    below = _sections(section) if depth > 1 else []
    return {
        "id": section["ids"][0],
        "title": title,
        "children": [_entry(child, depth - 1) for child in below],
    }


def _sections(node: nodes.Node) -> list[nodes.section]:
    return [child for child in node.children if isinstance(child, nodes.section)]
