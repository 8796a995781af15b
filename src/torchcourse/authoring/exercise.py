"""One exercise: what its heading says, its cells by role, and the stub that a learner gets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .masters import Cell

HEADING = re.compile(
    r"### Exercise (?P<id>\d+\.\d+) · (?P<title>.+?)\s+(?P<stars>★+☆*) · (?P<minutes>\d+) min"
    r" · after section (?P<after>\d+\.\d+)\s*(?:\n|$)"
)
ROLES = ("setup", "answer", "check", "hint", "solution", "hidden", "wrong", "accepted")
CODE_ROLES = ("setup", "answer", "check", "hidden", "wrong", "accepted")
KINDS = ("predict", "fill in", "vectorize", "repair", "explain", "write the test", "design")
HINTS = ("Recall", "Tool", "Skeleton")
LEAST_WRONG = 4
BEGIN, END = "# solution", "# end"


@dataclass
class Exercise:
    """One exercise: its heading's fields and its cells by role."""

    id: str
    title: str
    stars: str
    minutes: int
    after: str
    statement: Cell
    cells: dict[str, list[Cell]] = field(default_factory=lambda: {role: [] for role in ROLES})

    @property
    def slug(self) -> str:
        return self.id.replace(".", "-")

    @property
    def kind(self) -> str:
        return self.cells["answer"][0].options.get("kind", "")

    def one(self, role: str) -> Cell:
        return self.cells[role][0]


def stub(source: str) -> str:
    """The answer with every ``# solution … # end`` region replaced by NotImplementedError."""
    out: list[str] = []
    inside = False
    for line in source.split("\n"):
        if line.strip() == BEGIN:
            inside = True
            out.append(line.replace(BEGIN, "raise NotImplementedError"))
        elif line.strip() == END:
            inside = False
        elif not inside:
            out.append(line)
    return "\n".join(out)


def without_markers(source: str) -> str:
    """The complete answer as a reader sees it: no region markers."""
    kept = (line for line in source.split("\n") if line.strip() not in (BEGIN, END))
    return "\n".join(kept)
