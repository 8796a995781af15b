"""Hostile notebooks around a wrong answer to 1.1: other cells, tags, metadata and outputs."""

from __future__ import annotations

from typing import Any

from graded import GOOD, code, notebook, submission

from .model import WRONG

EASY = 'with check("1.1") as ex:\n    ex.that(True, "")'
SOLVED = "✓ 1.1 solved\n"
_cells: list[dict[str, Any]] = submission(e11=WRONG)["cells"]
_rest = _cells[1:]
_check = code("check-1-1", EASY, ["check", "ex-1.1"], 2, SOLVED)


def _with(*tags: str, **metadata: Any) -> dict[str, Any]:
    cell = code("answer-1-1", WRONG, ["answer", "ex-1.1", *tags], 1, **metadata)
    return notebook([cell, *_rest])


NOTEBOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "check-edited": (notebook([*_cells, _check]), "failed"),
    "check-before-the-answer": (notebook([_check, *_cells]), "failed"),
    "check-duplicated": (notebook([*_cells, _check, _check, _check]), "failed"),
    "check-retagged-as-answer": (
        notebook([*_cells, code("check-1-1", EASY, ["answer", "ex-1.1"], 2, SOLVED)]),
        "failed",
    ),
    "hidden-of-its-own": (
        notebook([*_cells, code("h", EASY, ["hidden", "ex-1.1"], 2, SOLVED)]),
        "failed",
    ),
    "setup-of-its-own": (
        notebook([code("setup", "class check: pass", ["setup"], 1), *_cells]),
        "failed",
    ),
    "tags-for-graders": (
        _with("raises-exception", "nbval-skip", "nbval-ignore-output", "skip-execution"),
        "failed",
    ),
    "metadata-for-graders": (
        _with(rules=[], nbgrader={"grade": True, "points": 4, "locked": False}),
        "failed",
    ),
    "another-kernel": (
        notebook(_cells) | {"metadata": {"kernelspec": {"name": "bash", "language": "bash"}}},
        "failed",
    ),
    "outputs-without-code": (
        notebook([code("answer-1-1", "", ["answer", "ex-1.1"], 1, SOLVED), *_rest]),
        "not-written|failed",
    ),
    "answer-of-another-exercise": (
        notebook([code("answer-1-1", GOOD["1.2"], ["answer", "ex-1.1"], 1), *_rest]),
        "not-written|failed",
    ),
    "answer-deleted": (notebook(_rest), "missing"),
    "cell-magic": (
        notebook(
            [code("a", "%%bash\necho '✓ 1.1 solved'", ["answer", "ex-1.1"], 1, SOLVED), *_rest]
        ),
        "not-written|failed",
    ),
}
"""Notebook and verdict of 1.1; the other answers are right and keep their points."""
