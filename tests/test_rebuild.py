"""A site built again after an edit equals one built from nothing, and is written in part."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from site_pages import names
from small_tree import make_small_tree, notebook

from torchcourse.site.build import OUTPUT, build_site

SAMPLE, OTHER, GLOSSARY = "chapters/90_sample", "chapters/91_other", "appendices/glossary"
TERMS = "# Glossary\n\n**kernel**\n: What runs the cells.\n  `1` is `1`.\n"
STUB = "\n**stub**\n: What waits.\n  `2` is `2`.\n"
TEXT = """# Another page

## What it is about

A **kernel** runs it, and a **stub** waits.
There is `torch.mode` in it, see [there](90_sample.ipynb#exercise-901--twice).
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small tree with two more pages that show something of each other, built."""
    for name in ("COURSE_REPO", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    folder = tmp_path / "tree"
    folder.mkdir()
    make_small_tree(folder)
    toc = yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))
    toc["parts"][0]["chapters"].append({"file": OTHER})
    toc["parts"][1]["chapters"].append({"file": GLOSSARY})
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    (folder / f"{GLOSSARY}.md").write_text(TERMS, encoding="utf-8")
    (folder / f"{OTHER}.md").write_text(TEXT, encoding="utf-8")
    build_site(folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    site = folder / OUTPUT
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}


def build_again(folder: Path) -> set[str]:
    """Names of the pages that a build writes."""
    site = folder / OUTPUT
    before = {name: (site / f"{name}.html").stat().st_mtime_ns for name in names(site)}
    build_site(folder)
    written = {n for n in names(site) if (site / f"{n}.html").stat().st_mtime_ns > before[n]}
    return written - {"index", "search"}


def differences(folder: Path) -> list[str]:
    """Files of the site that a build from nothing would make otherwise."""
    fresh = folder.parent / "fresh"
    shutil.copytree(folder, fresh, ignore=shutil.ignore_patterns("_build"))
    build_site(fresh)
    again, whole = files(folder), files(fresh)
    shutil.rmtree(fresh)
    return sorted(name for name in {*again, *whole} if again.get(name) != whole.get(name))


def add(page: str, text: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        with (folder / page).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


def replace(page: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / page).read_text(encoding="utf-8")
        assert old in text
        (folder / page).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def other_picture(folder: Path) -> None:
    text = notebook(alt={"alt": "Gray."}, gray=0.5)
    (folder / f"{SAMPLE}.ipynb").write_text(text, encoding="utf-8")


def older(folder: Path) -> None:
    add(f"{OTHER}.md", "\nA file restored from elsewhere can be old.\n")(folder)
    os.utime(folder / f"{OTHER}.md", (1, 1))


ALL = {SAMPLE, OTHER, GLOSSARY, "appendices/about"}
FEW = {
    "a picture": (other_picture, {SAMPLE}),
    # It leads to the page that writes most about it.
    "a name": (replace(f"{SAMPLE}.ipynb", "Write it.", "`torch.mode`, `mode`"), {SAMPLE, OTHER}),
    "a term": (add(f"{GLOSSARY}.md", STUB), {SAMPLE, OTHER, GLOSSARY}),
    # Last, what writes few pages: the others' entries in search and sitemap have to stay.
    "a heading": (add(f"{OTHER}.md", "\n## One more `torch.mean`\n\nIt is new.\n"), {OTHER}),
    "words": (add(f"{OTHER}.md", "\nA word more.\n"), {OTHER}),
    "a file that is older": (older, {OTHER}),
}
MANY = {
    "an address": (replace(f"{OTHER}.md", "## What it is", "## All that it is"), ALL),
    "a title": (replace(f"{OTHER}.md", "Another page", "A page"), ALL),
    "a style": (add("static/course.css", "\np { margin: 0; }\n"), ALL),
}


def test_edits_build_what_they_change(tree: Path) -> None:
    for edits in (FEW, MANY):
        for what, (edit, expected) in edits.items():
            edit(tree)
            assert build_again(tree) == expected, what
        assert differences(tree) == []
