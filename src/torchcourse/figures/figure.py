"""A figure: an ES module, the data it draws, and words and a table for where no script runs.

``<name>.mjs`` is a front-end module in anywidget's format (AFM, https://anywidget.dev/en/afm/):
it ends in ``export default { render }``, and ``render({ model, el })`` draws into ``el``. Python
puts ``kit.mjs`` (shared helpers) in front of it, both here and in ``Figure.widget()``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anywidget

HERE = Path(__file__).parent

# How the module reaches the page: an inline `<script type="module">`. It runs on a page from
# file:// or http (an inline module fetches nothing, so no origin is asked for), in JupyterLab and
# Notebook 7 (rendermime's evalInnerHTMLScriptTags clones a script with all its attributes) and in
# VS Code (notebook-renderers' domEval keeps `type`, and runs application/javascript as a module).
# A classic script with `import(blobURL)` would need `blob:` in the page's security policy as well.
# What follows from it:
# - a module has no document.currentScript, so it finds its element by an id made from the content;
# - VS Code runs the script after it is out of the document, so the id, not the parent, must do;
# - two equal outputs have one id: the first script takes every element that is not yet live, and
#   gives each a number (mount.mjs).
# Where scripts are taken out (GitHub, an untrusted notebook in JupyterLab), words and table stay.
PAGE = """\
<style>{css}</style>
<div class="tc-figure" id="{id}" role="figure" aria-label="{alt}">
<p>{words}</p>
{table}
</div>
<script type="module">
{module}
{mount}
mount("{id}", {{ render }}, {state});
</script>
"""


@dataclass(frozen=True, eq=False)
class Figure:
    """What ``figures.<name>()`` returns; the last line of a cell shows it.

    ``data`` is what the module draws and ``state`` where its controls start; both are plain JSON.
    ``words`` says the state that it opens on, ``alt`` what the figure shows, and ``table`` (a row
    of headings, then rows of text) holds the facts for a reader without scripts or on paper.
    """

    name: str
    data: Mapping[str, Any]
    state: Mapping[str, Any]
    words: str
    alt: str
    table: Sequence[Sequence[str]]

    @property
    def path(self) -> Path:
        """The figure's own module, ``<name>.mjs``."""
        return HERE / f"{self.name}.mjs"

    @cached_property
    def module(self) -> str:
        """The whole ES module: the shared helpers, then the figure's own text."""
        return _text("kit.mjs") + _text(self.path.name)

    @cached_property
    def css(self) -> str:
        """The shared look, then the figure's own; indentation is not worth its bytes."""
        return re.sub(r"\n +", "\n", _text("figure.css") + _text(f"{self.name}.css"))

    @cached_property
    def html(self) -> str:
        """Self-contained HTML, the same in every process: no address, no time, no random number."""
        parts = {
            "css": self.css,
            "alt": escape(self.alt),
            "words": escape(self.words),
            "table": _table(self.table),
            "module": self.module,
            "mount": _text("mount.mjs"),
            # "<" could end the script element early; in JSON it only occurs inside strings.
            "state": _json({"data": self.data, **self.state}).replace("<", "\\u003c"),
        }
        digest = sha256("\0".join(parts.values()).encode()).hexdigest()[:10]
        return PAGE.format(id=f"tc-{self.name}-{digest}", **parts)

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"Figure({self.name!r}): {self.words}"

    def widget(self) -> anywidget.AnyWidget:
        """A true anywidget of the same module; ``data`` and each part of ``state`` are traits.

        ImportError, with the command that mends it, where anywidget is not installed.
        """
        try:
            import anywidget
            import traitlets
        except ImportError as error:
            raise ImportError(
                "a figure's widget() needs anywidget: pip install anywidget"
            ) from error
        values = {"data": _plain(self.data), "alt": self.alt, **_plain(self.state)}
        body: dict[str, Any] = {"_esm": self.module, "_css": self.css}
        body |= {key: traitlets.Any(value).tag(sync=True) for key, value in values.items()}
        return type(f"{self.name.title()}Widget", (anywidget.AnyWidget,), body)()


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def _plain(value: object) -> Any:
    """A deep copy, with nothing in it but what JSON has."""
    return json.loads(_json(value))


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [
        "<table>",
        "<tr>" + "".join(f'<th scope="col">{escape(x)}</th>' for x in head) + "</tr>",
    ]
    for first, *rest in body:
        cells = "".join(f"<td>{escape(x)}</td>" for x in rest)
        lines.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    return "\n".join([*lines, "</table>"])
