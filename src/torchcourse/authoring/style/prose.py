"""Words, sentences and numbers of Markdown and code: what the rules count."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.M | re.S)
CODE_SPAN = re.compile(r"`[^`\n]*`")
MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.S)
LINK_TARGET = re.compile(r"\]\([^)]*\)")
# "2-D" and references to parts of the course are names, not measurements.
REFERENCE = re.compile(
    r"(?i)\b(?:chapters?|sections?|exercises?|appendix|step)\s+[\d.]+(?:(?:,| and| to)\s+[\d.]+)*"
    r"|\b\d+\.\d+(?=[:·)])|\b\d-D\b"
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
SENTENCE_END = re.compile(r"[.?!:](?=\s|$)")
LIST_OR_TABLE = re.compile(r"^\s*(?:[-*+] |\d+\. |\||>|#|<)")


@dataclass(frozen=True)
class Violation:
    """A rule of the house style, and the line where a master breaks it."""

    rule: str
    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.rule}: {self.text}"


def prose_only(markdown: str) -> str:
    """The text without fenced code; line numbers stay."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), markdown)


def words(markdown: str) -> int:
    """Words of prose: fenced code does not count, an inline code span counts as one."""
    text = CODE_SPAN.sub("x", prose_only(markdown))
    return len(re.findall(r"[^\W_][\w'’-]*", LINK_TARGET.sub("]", text)))


def paragraphs(markdown: str) -> Iterator[tuple[int, list[str]]]:
    """(first line from 0, lines) of each plain paragraph: no list, table, quote or heading."""
    start, block = 0, []
    for number, line in enumerate([*prose_only(markdown).split("\n"), ""]):
        if line.strip():
            if not block:
                start = number
            block.append(line)
        else:
            if block and not LIST_OR_TABLE.match(block[0]):
                yield start, block
            block = []


def sentences(lines: list[str]) -> int:
    text = CODE_SPAN.sub("x", " ".join(lines))
    text = re.sub(r"\b(e\.g|i\.e|vs|etc)\.", r"\1", text)
    return len(re.findall(r"[.?](?=[\s*)”\"]|$)", text))


def sentences_on(line: str) -> int:
    """How many sentences end inside this line and are followed by more text."""
    text = CODE_SPAN.sub("x", line.strip())
    return len(re.findall(r"[.?][*)”\"]*\s+[A-Z`*]", text))


def prose_numbers(markdown: str) -> Iterator[tuple[int, str]]:
    """(line from 0, number) for the numbers that a sentence states outside code and headings."""
    text = LINK_TARGET.sub("]", MATH.sub(" ", CODE_SPAN.sub(" ", prose_only(markdown))))
    text = REFERENCE.sub(" ", text)
    for number, line in enumerate(text.split("\n")):
        if line.startswith("#") or "★" in line:
            continue
        for found in NUMBER.finditer(re.sub(r"^\s*\d+\. ", "", line)):
            yield number, found[0].rstrip(",").replace(",", "")


def numbers_in(text: str) -> set[str]:
    """Every number in code or an output, in the spelling that prose uses."""
    found = set()
    for spelled in re.findall(r"\d[\d_,]*(?:\.\d+)?(?:e[+-]?\d+)?", text):
        for number in (spelled.replace(",", ""), *spelled.split(",")):
            plain = number.replace("_", "")
            found |= {plain, plain.removesuffix(".0")}
    return found


def comments(source: str) -> Iterator[tuple[int, str]]:
    """(line from 0, text after the #) of each comment in Python source."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0] - 1, token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):  # IPython magics
        return
