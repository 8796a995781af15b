"""Rules on chapters (S1–S3, S8–S10, S18, S21, S22, S24, S29)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import nbformat

from ..masters import Cell, Master
from .code import asserts, code_rules
from .prose import (
    Violation,
    numbers_in,
    paragraphs,
    prose_numbers,
    prose_only,
    sentences,
    sentences_on,
    words,
)

CELLS, WORDS, CODE_LINES, BYTES = (25, 45), (1200, 2400), 170, 400_000
PROSE_CELL, PARAGRAPH = 120, 3
PLOTTING = re.compile(r"\b(?:plt|ax|axes|fig)\b[.\[]")
PLAIN_HTML = re.compile(r"</?(?:details|summary)>")
NOT_PLAIN = (
    # A directive is a fence and a role a code span, so both are looked for before those go away.
    (re.compile(r"^(?:```|~~~|:::)\s*\{", re.M), "a MyST directive", "raw"),
    (re.compile(r"(?<!`)\{[a-z:-]+\}`[^`]"), "a MyST role", "raw"),
    (re.compile(r"^:::", re.M), "a colon fence", "plain"),
    (re.compile(r"<[a-zA-Z/][^>\n]*>"), "raw HTML", "plain"),
    (re.compile(r"^\(.+\)=\s*$", re.M), "a MyST target", "plain"),
)


def chapter_rules(master: Master, notebook: nbformat.NotebookNode) -> list[Violation]:
    """Violations of a chapter. ``notebook`` is the one built from it, with its outputs."""
    return [
        *_opening(master),
        *_budget(master, notebook),
        *_rhythm(master),
        *_sections(master),
        *_numbers(master, notebook),
        *_errors(master),
        *_figures(master, notebook),
        *plain_markdown(master, master.cells),
        *(v for cell in _code(master) for v in code_rules(master, cell, teaches=True)),
    ]


def plain_markdown(master: Master, cells: tuple[Cell, ...]) -> Iterator[Violation]:
    """S29: what Colab, JupyterLab, GitHub and the site all show alike."""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        plain = PLAIN_HTML.sub("", re.sub(r"`[^`\n]*`", "x", prose_only(cell.source)))
        raw = PLAIN_HTML.sub("", cell.source)
        for pattern, name, searched in NOT_PLAIN:
            if pattern.search(plain if searched == "plain" else raw):
                yield Violation("S29", master.path, cell.line, f"{name}: plain Markdown only")


def _code(master: Master) -> list[Cell]:
    return [cell for cell in master.cells if cell.kind == "code"]


def _markdown(master: Master) -> list[Cell]:
    return [cell for cell in master.cells if cell.kind == "markdown"]


def _opening(master: Master) -> Iterator[Violation]:
    def broken(rule: str, line: int, text: str) -> Violation:
        return Violation(rule, master.path, line, text)

    text = "\n".join(prose_only(cell.source) for cell in _markdown(master))
    if len(re.findall(r"^# ", text, re.M)) != 1:
        yield broken("S1", 1, "exactly one H1")
    first = master.cells[0]
    opening = r"# .+\n+> .+\n+[^\n>#]+·[^\n]+·[^\n]*[Ee]xercise"
    if not re.match(opening, first.source):
        text = "begin with H1, one `>` line of promise, one line: time · what it needs · exercises"
        yield broken("S1", first.line, text)
    aims = re.search(r"By the end you can[^\n]*\n+((?:[-*] .+(?:\n(?![-*]).+)*\n?)+)", text)
    bullets = re.split(r"^[-*] ", aims[1], flags=re.M)[1:] if aims else []
    if not 3 <= len(bullets) <= 5:
        yield broken("S2", first.line, f"“By the end you can” has {len(bullets)} bullets, not 3–5")
    for bullet in bullets:
        if not re.search(rf"\b{master.number}\.\d+", bullet):
            yield broken("S2", first.line, f"no exercise proves: {bullet.strip()[:60]}")
    codes = _code(master)
    if codes and len(codes[0].source.split("\n")) > 6:
        yield broken("S3", codes[0].line, "a setup cell of more than 6 lines")
    # The builder puts one cell of its own before the setup cell.
    where = [i for i, cell in enumerate(master.cells) if cell is codes[0]] if codes else []
    if where and where[0] + 1 > 3:
        yield broken("S3", codes[0].line, "the first taught sentence comes after cell 4")


def _budget(master: Master, notebook: nbformat.NotebookNode) -> Iterator[Violation]:
    counts = (
        ("cells", len(notebook.cells), *CELLS),
        ("words", sum(words(cell.source) for cell in _markdown(master)), *WORDS),
        ("code lines", sum(len(c.source.split("\n")) for c in _code(master)), 0, CODE_LINES),
        ("bytes", len(json.dumps(notebook, ensure_ascii=False).encode()), 0, BYTES),
    )
    for name, count, least, most in counts:
        if not least <= count <= most:
            yield Violation("S8", master.path, 1, f"{count} {name}; {least} to {most}")


def _rhythm(master: Master) -> Iterator[Violation]:
    for before, cell in zip(master.cells, master.cells[1:], strict=False):
        if before.kind == cell.kind == "code":
            text = "two code cells without a sentence between"
            yield Violation("S10", master.path, cell.line, text)
    for cell in _markdown(master):
        if words(cell.source) > PROSE_CELL:
            text = f"a prose cell of {words(cell.source)} words; at most {PROSE_CELL}"
            yield Violation("S10", master.path, cell.line, text)
        for start, lines in paragraphs(cell.source):
            if sentences(lines) > PARAGRAPH:
                text = f"a paragraph of {sentences(lines)} sentences; at most {PARAGRAPH}"
                yield Violation("S10", master.path, cell.line + start, text)
            for offset, line in enumerate(lines):
                if sentences_on(line):
                    text = "two sentences on one source line"
                    yield Violation("S10", master.path, cell.line + start + offset, text)


def _sections(master: Master) -> Iterator[Violation]:
    heading: tuple[int, str] | None = None
    count = 0
    for cell in master.cells:
        if cell.kind == "markdown":
            for offset, line in enumerate(prose_only(cell.source).split("\n")):
                if line.startswith("## "):
                    if heading and not count:
                        yield Violation("S18", master.path, *_no_assert(heading))
                    heading, count = (cell.line + offset, line[3:]), 0
        else:
            count += asserts(cell.source)
    if heading and not count:
        yield Violation("S18", master.path, *_no_assert(heading))


def _no_assert(heading: tuple[int, str]) -> tuple[int, str]:
    return heading[0], f"no assert below “{heading[1]}”"


def _numbers(master: Master, notebook: nbformat.NotebookNode) -> Iterator[Violation]:
    proved = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = json.dumps([output.get("data", output) for output in cell.outputs])
            proved |= numbers_in(cell.source) | numbers_in(shown)
    for cell in _markdown(master):
        for offset, number in prose_numbers(cell.source):
            if number not in proved:
                text = f"{number} stands in no output and no code of this page"
                yield Violation("S18", master.path, cell.line + offset, text)


def _errors(master: Master) -> Iterator[Violation]:
    for index, cell in enumerate(master.cells):
        if cell.kind == "markdown":
            if re.search(r"^Traceback \(most recent|^\w+Error: ", cell.source, re.M):
                yield Violation("S22", master.path, cell.line, "a pasted traceback")
            continue
        if "raises-exception" not in cell.tags:
            continue
        if len(cell.source.split("\n")) > 3:
            yield Violation("S21", master.path, cell.line, "more than 3 lines before the error")
        around = [c.kind for c in master.cells[max(0, index - 1) : index + 3]]
        if around != ["markdown", "code", "markdown", "code"]:
            text = "a prediction before it, a reading after it, then the fix as the next code cell"
            yield Violation("S21", master.path, cell.line, text)


def _figures(master: Master, notebook: nbformat.NotebookNode) -> Iterator[Violation]:
    for cell in _code(master):
        count = sum(bool(PLOTTING.search(line)) for line in cell.source.split("\n"))
        if count > 6:
            text = f"{count} lines of plotting; over 6 move to the package"
            yield Violation("S24", master.path, cell.line, text)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            kinds = output.get("data", {})
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            if any(kind.startswith("image/") for kind in kinds) and len(alt) < 20:
                text = f"a picture without alt text: {cell.source.splitlines()[0]}"
                yield Violation("S24", master.path, 1, text)
            html = "".join(kinds.get("text/html", ""))
            if "tc-figure" in html and not re.search(r'aria-label="[^"]{20,}"', html):
                text = f"a figure without alt text: {cell.source.splitlines()[0]}"
                yield Violation("S24", master.path, 1, text)
        if len([o for o in cell.get("outputs", ()) if o.output_type != "stream"]) > 1:
            text = f"one displayed thing a cell: {cell.source.splitlines()[0]}"
            yield Violation("S12", master.path, 1, text)
