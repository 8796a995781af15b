"""The page on which the tests move a figure: nothing but the figure, readable light and dark."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import Page

from torchcourse.figures import Figure

Look = Callable[..., AbstractContextManager[Page]]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1100, "height": 900}


def write_page(folder: Path, *shown: Figure) -> str:
    """Write a page with these figures into ``folder``; answers with its file:// address."""
    body = "\n".join(one.html for one in shown)
    path = folder / "page.html"
    path.write_text(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }"
        f"</style></head><body><main><h1>figures</h1>{body}</main></body></html>",
        encoding="utf-8",
    )
    return path.as_uri()
