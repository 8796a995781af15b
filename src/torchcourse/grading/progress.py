"""What a learner has solved: read from the notebooks' stored outputs, nothing is run.

A visible check that passed has printed one fixed line. An output can be old: who wants to be sure
runs ``torchcourse check``, which runs the notebook and its hidden asserts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .reference import ID

SOLVED = re.compile(r"^✓ (\d+\.\d+) solved$", re.M)


@dataclass(frozen=True)
class Standing:
    """One notebook: its exercises in order, and which of them its outputs call solved."""

    name: str
    exercises: tuple[str, ...]
    solved: frozenset[str]

    @property
    def next(self) -> str:
        """The first exercise that is not solved; empty where all are."""
        return next((id for id in self.exercises if id not in self.solved), "")


def read_standing(path: Path) -> Standing:
    """Raises ValueError for a file that is no notebook; the message is one line."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        exercises, solved = [], set()
        for cell in cells:
            tags = cell.get("metadata", {}).get("tags", [])
            id = next((m[1] for tag in tags if (m := ID.fullmatch(tag))), None)
            if id is None or "check" not in tags:
                continue
            exercises.append(id)
            if id in SOLVED.findall("".join(map(_text, cell.get("outputs", [])))):
                solved.add(id)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path}: no notebook that can be read") from None
    return Standing(path.stem, tuple(exercises), frozenset(solved))


def _text(output: dict) -> str:
    text = output.get("text", "")
    return text if isinstance(text, str) else "".join(text)


def table(standings: list[Standing]) -> str:
    """One line a notebook: a bar, how many, and where to go on; then the sum."""
    width = max(len(one.name) for one in standings)
    lines = []
    for one in standings:
        bar = "".join("■" if id in one.solved else "·" for id in one.exercises)
        count = f"{len(one.solved)} of {len(one.exercises)}"
        goal = f"next: {one.next}" if one.next and one.solved else ""
        lines.append(f"{one.name:<{width}}  {count:>7}  {bar:<10}  {goal}".rstrip())
    solved = sum(len(one.solved) for one in standings)
    lines.append(f"solved {solved} of {sum(len(one.exercises) for one in standings)}")
    return "\n".join(lines)
