"""Put a learner's answers into the reference: its cells, its options, its stored outputs.

Only the text of answer cells comes from the submission, and comments that nbval would take for
orders are taken out of it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from nbval.plugin import comment_markers

from .reference import Reference


def transplant(reference: Reference, answers: Mapping[str, str | None]) -> dict[str, Any]:
    """A notebook with the visible cells of the reference; answers by exercise, None if missing.

    Hidden cells stay out of it: no one who runs it may read them.
    """
    cells = []
    for cell in reference.cells:
        tags = cell.get("metadata", {}).get("tags", [])
        if cell["cell_type"] != "code" or "hidden" in tags:
            continue
        cell = copy.deepcopy(cell)
        cell["metadata"] = {"tags": tags}
        if "answer" in tags:
            exercise = next(tag[3:] for tag in tags if tag.startswith("ex-"))
            cell["source"] = without_orders(answers.get(exercise) or "")
            # Whatever an answer prints is its own affair: never run means never compared.
            cell["execution_count"], cell["outputs"] = None, []
        cells.append(cell)
    metadata = {"language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def without_orders(source: str) -> str:
    """``# NBVAL_SKIP`` and its like lose their meaning; the lines keep their numbers."""
    # nbval splits where str does: also at a form feed, which for Python is no end of a line.
    lines = source.replace("\r\n", "\n").splitlines(keepends=True)
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith("#") and text.lstrip("#").strip() in comment_markers:
            lines[number] = line.replace("#", "# (no order)", 1)
    return "".join(lines)
