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


# A file of tests is run by one tester. These take longest, in this order; whoever took one of them
# last would work alone at the end, for a minute and more.
LONGEST = ("test_exercises", "test_axe", "test_attacks", "test_site_figures", "test_ddp")
LONGEST += ("test_grade", "test_browser", "test_class", "test_jail_ranks", "12_data", "18_ddp")
LONGEST += ("test_build", "test_rebuild", "test_ranks", "test_resume", "test_figure_overfitting")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: pytest-xdist hands files out in the order of collection."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def committed(root: Path):
    """``committed("chapters", "02_tensors")`` reads a committed notebook."""

    def read(target: str, lesson: str) -> nbformat.NotebookNode:
        return nbformat.read(root / target / f"{lesson}.ipynb", as_version=4)

    return read
