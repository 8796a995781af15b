"""Few and small files: one style sheet, one script, pictures with their size, nothing unused."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from functools import cache
from pathlib import Path
from typing import Any

# Pygments styles whose colors keep a contrast of 4.5:1 (package accessible-pygments).
LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"

# What a page loads, and what the search page loads. Everything else that Sphinx or an
# extension writes into _static is removed after the build.
SCRIPTS = ("theme.js", "course.js", "learn.js", "decoder.js")
PAGE_ASSETS = ("course.css", "favicon.svg", *SCRIPTS)
SEARCH_ASSETS = (
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "language_data.js",
    "searchtools.js",
)
_KATEX_FALLBACK = re.compile(r',url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)')
_IMAGE = re.compile(r'<img\b[^>]*?\bsrc="([^":]+)"[^>]*?>')
_RULE = re.compile(r"^\.highlight(?: \.(\w+))? \{([^}]*)\}", re.M)
_LITERAL = re.compile(r'<code class="[^"]*">.*?</code>', re.DOTALL)
_PRE = re.compile(r'<span class="pre">([^<]*)</span>')
_PNG = b"\x89PNG\r\n\x1a\n"


def bundle_css(app: Any) -> None:
    """Make the one style sheet, and digests of it and of the script for their addresses."""
    static = Path(app.srcdir) / "static"
    app.course_css = smaller((static / "course.css").read_text(encoding="utf-8") + highlighting())
    app.course_css_digest = digest(app.course_css.encode())
    scripts = [(static / name).read_bytes() for name in SCRIPTS]
    app.course_js_digest = digest(b"".join(scripts))


def digest(data: bytes) -> str:
    """Eight characters which change with the file, so that a browser never shows an old one."""
    return hashlib.sha256(data).hexdigest()[:8]


def highlighting() -> str:
    """Colors of code in both themes."""
    light, dark, plain = _colors(LIGHT), _colors(DARK), plain_classes()
    themes = ((".highlight", light), ("[data-theme=dark] .highlight", dark))
    return "\n".join(
        f"{place} .{name} {{ {rule} }}"
        for place, rules in themes
        for name, rule in rules.items()
        if name and name not in plain
    )


def plain_classes() -> frozenset[str]:
    """Pygments classes that look like the text around them: names, punctuation, spaces."""
    light, dark = _colors(LIGHT), _colors(DARK)
    return frozenset(n for n in light if n and light[n] == light[""] and dark.get(n) == dark[""])


@cache
def _colors(style: str) -> dict[str, str]:
    """The rules of each class of a Pygments style; of the code around them under the name ``""``.

    The background of the box is course.css's own.
    """
    from pygments.formatters import HtmlFormatter

    css = HtmlFormatter(style=style).get_style_defs(".highlight")
    found = {name: rule.strip() for name, rule in _RULE.findall(css) if name != "hll"}
    return found | {"": found[""].split(";")[-1].strip()}


def plain_code(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Take the elements around plain tokens out: they are a quarter of a page full of code.

    Docutils also wraps each word of a literal, for a style that the course does not use.
    """
    if "body" in context:
        plain = "|".join(sorted(plain_classes()))
        body = re.sub(rf'<span class="(?:{plain})">([^<]*)</span>', r"\1", context["body"])
        context["body"] = _LITERAL.sub(lambda found: _PRE.sub(r"\1", found[0]), body)


def smaller(css: str) -> str:
    """The same rules without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).replace(";}", "}").strip() + "\n"


def png_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a PNG file in pixels, None for any other file."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
    except OSError:
        return None
    return struct.unpack(">II", head[16:24]) if head[:8] == _PNG else None


def size_images(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Tell the browser each picture's size, so that nothing jumps while it loads."""
    source_of = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}

    def sized(found: re.Match[str]) -> str:
        tag, source = found[0], source_of.get(found[1].rsplit("/", 1)[-1])
        size = png_size(source) if source else None
        if size and " width=" not in tag:
            extra = f'width="{size[0]}" height="{size[1]}" loading="lazy" decoding="async"'
            tag = tag.replace("<img", f"<img {extra}", 1)
        return tag

    if "body" in context:
        context["body"] = _IMAGE.sub(sized, context["body"])


def _without_spaces(index: str) -> str:
    """Sphinx's search index, an eighth smaller, in an order that every build gives."""
    start, end = index.index("(") + 1, index.rindex(")")
    found = json.loads(index[start:end])
    for name in ("alltitles", "indexentries"):
        found[name] = {key: sorted(found[name][key]) for key in sorted(found[name])}
    for name in ("terms", "titleterms"):
        found[name] = {
            key: found[name][key] for key in sorted(found[name]) if found[name][key] != []
        }
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return f"{index[:start]}{text}{index[end:]}"


def write_assets(app: Any, exception: Exception | None) -> None:
    """Write the style sheet, and remove from ``_static`` what no page loads."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "course.css").write_text(app.course_css, encoding="utf-8", newline="\n")
    katex = static / "katex" / "katex.min.css"
    # Browsers that run this site all read woff2; the two older formats are not shipped.
    katex.write_text(_KATEX_FALLBACK.sub("", katex.read_text(encoding="utf-8")), encoding="utf-8")
    index = Path(app.outdir) / "searchindex.js"
    if index.exists():
        index.write_text(_without_spaces(index.read_text(encoding="utf-8")), encoding="utf-8")
    for path in static.iterdir():
        if path.is_file() and path.name not in PAGE_ASSETS + SEARCH_ASSETS:
            path.unlink()
