"""Nothing on a page comes from elsewhere: no CDN, no font server, no widget library."""

from __future__ import annotations

from typing import Any

from sphinx.util import logging

logger = logging.getLogger(__name__)


def check_page(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Warn, and so fail the build, when a page would need a script from another server.

    MyST-NB asks for one when a notebook stores the state of a live widget. `layout.html` loads
    none of them, so the page stays offline, but its widget would be dead.
    """
    for script in context.get("script_files", []):
        name = str(getattr(script, "filename", script))
        if "://" in name:
            logger.warning(
                "this page needs %s, which the site does not serve (a live widget?)",
                name,
                location=pagename,
            )
