"""The reference: a solution notebook, as cells to run and exercises to grade."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..authoring.rules import UnknownRule, check_rules

ID = re.compile(r"ex-(\d+\.\d+)")
TITLE = re.compile(r"#+ Exercise \S+ · (.+?)(?:\s{2,}|\n|$)")
RANKS = "from torchcourse.ranks import"
HINT = re.compile(r"<details>\n<summary>(.*?)</summary>\n\n(.*?)\n\n</details>", re.DOTALL)


class BadReference(ValueError):
    """A solution notebook that cannot be graded against; the message is one line."""


@dataclass
class Exercise:
    """One exercise: ids of its answer and check cells, sources of its hidden cells."""

    id: str
    title: str = ""
    answer: str = ""
    checks: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    @property
    def most(self) -> int:
        """Points: one for each hidden cell."""
        return len(self.hidden)


@dataclass
class Reference:
    """A lesson's cells and exercises. setup: sources of the cells that hidden cells build on."""

    lesson: str
    text: str
    cells: list[dict[str, Any]]
    exercises: list[Exercise]
    setup: list[str]

    @property
    def ranks(self) -> bool:
        """Whether this lesson's code runs in several processes that talk to each other."""
        return any(RANKS in source for source in self.setup)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def most(self) -> int:
        return sum(exercise.most for exercise in self.exercises)


def read_reference(path: Path) -> Reference:
    """Raises BadReference for a file that is no executed solution notebook."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise BadReference(f"{path}: cannot be read ({reason})") from None
    return parse_reference(path.stem, text, str(path))


def parse_reference(lesson: str, text: str, where: str = "the reference") -> Reference:
    """The same from the notebook's text."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadReference(f"{where}: no Jupyter notebook") from None
    found: dict[str, Exercise] = {}
    setup, order = [], []
    for cell in cells:
        cell["source"] = source_of(cell)
        tags = cell.get("metadata", {}).get("tags", [])
        named = next((m[1] for tag in tags if (m := ID.fullmatch(tag))), None)
        if "statement" in tags or "hint" in tags:
            id = re.sub(r"^(exercise|hint)-", "", cell.get("id", "")).replace("-", ".")
            exercise = found.setdefault(id, Exercise(id))
            if "hint" in tags:
                exercise.hints = [f"{a}\n{b}" for a, b in HINT.findall(cell["source"])]
            else:
                title = TITLE.match(cell["source"])
                exercise.title = title[1] if title else ""
        elif "setup" in tags:
            setup.append(cell["source"])
        elif named is not None:
            exercise = found.setdefault(named, Exercise(named))
            if "answer" in tags:
                exercise.answer = cell["id"]
                exercise.rules = _rules(cell, where)
                order.append(exercise)
            elif "check" in tags:
                exercise.checks.append(cell["id"])
            elif "hidden" in tags:
                exercise.hidden.append(cell["source"])
    broken = [e.id for e in order if not e.hidden or not e.checks]
    if not order or broken:
        what = f"exercise {broken[0]} lacks a check or hidden cell" if broken else "no exercises"
        raise BadReference(f"{where}: {what}; build it with `torchcourse build`")
    return Reference(lesson, text, cells, order, setup)


def _rules(cell: dict[str, Any], where: str) -> list[str]:
    try:
        return check_rules(cell["metadata"].get("rules", []))
    except UnknownRule as error:
        raise BadReference(f"{where}: cell {cell['id']}: {error}") from None


def source_of(cell: dict[str, Any]) -> str:
    """A cell's source as one text; nbformat allows a list of lines."""
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else source
