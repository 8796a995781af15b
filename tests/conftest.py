"""What the tests share: the course's tree, its masters and its committed notebooks."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from torchcourse.authoring.masters import find_masters

ROOT = Path(__file__).parents[1]
CHAPTERS = find_masters(ROOT / "lessons", "chapter.md")
EXERCISES = find_masters(ROOT / "lessons", "exercises.md")
APPENDICES = find_masters(ROOT / "lessons", "appendix.md")


def lesson_of(path: Path) -> str:
    return path.parent.name


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def committed(root: Path):
    """``committed("chapters", "02_tensors")`` reads a committed notebook."""

    def read(target: str, lesson: str) -> nbformat.NotebookNode:
        return nbformat.read(root / target / f"{lesson}.ipynb", as_version=4)

    return read
