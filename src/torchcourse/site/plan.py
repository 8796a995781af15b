"""The path through the course: which chapters there are to be, how long, and which are written.

The home page shows it as a table. Whatever exists in the tree is linked; the rest is marked as
planned, so that no number and no link on that page is typed by hand.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxDirective


@dataclass(frozen=True)
class Chapter:
    """One planned chapter: its number, title and hours of study with the exercises."""

    number: int
    title: str
    hours: float


@dataclass(frozen=True)
class Part:
    """A part of the course."""

    title: str
    chapters: tuple[Chapter, ...]

    @property
    def hours(self) -> float:
        """Hours of all chapters of the part."""
        return sum(chapter.hours for chapter in self.chapters)


PARTS = (
    Part("The whole game", (Chapter(1, "Your first model – and why it explodes", 2),)),
    Part(
        "Tensors",
        (
            Chapter(2, "Tensors: data, dtype, device, memory", 2),
            Chapter(3, "Shape, stride, storage", 2),
            Chapter(4, "Broadcasting, indexing, reductions", 2),
            Chapter(5, "The linear algebra networks use", 1),
        ),
    ),
    Part(
        "Derivatives and graphs",
        (
            Chapter(6, "Derivatives on a graph", 2),
            Chapter(7, "Build your own autograd", 3),
            Chapter(8, "torch.autograd, for real", 2),
        ),
    ),
    Part(
        "Learning",
        (
            Chapter(9, "Descending", 2),
            Chapter(10, "From neurons to nn.Module", 2),
            Chapter(11, "Losses and decisions", 1.5),
            Chapter(12, "Datasets and DataLoaders", 2),
            Chapter(13, "The training loop, professionally", 2),
            Chapter(14, "The debugging clinic", 1.5),
        ),
    ),
    Part(
        "Beyond the MLP",
        (
            Chapter(15, "Convolutions, transfer, detection", 2),
            Chapter(16, "Sequences, attention, and other ways to learn", 2),
        ),
    ),
    Part(
        "Scale and ship",
        (
            Chapter(17, "Fast and small", 2),
            Chapter(18, "Many processes: DDP from the ground up", 3),
            Chapter(19, "Save, export, serve", 1),
        ),
    ),
    Part("Capstone", (Chapter(20, "From notes to production in one repository", 3),)),
)

# Hours that exercises of four and five stars take, as chapter 0 estimates.
HARD = 8
_EXERCISE = re.compile(r"^##+ Exercise \d+\.\d+", re.MULTILINE)
_WRONG = re.compile(r"^:?tags: *\[[^\]]*\bwrong\b", re.MULTILINE)


def written(root: Path) -> dict[int, str]:
    """Chapter numbers that exist in the tree, with their page: ``{2: "chapters/02_tensors"}``.

    Front matter, number 0, is a page of the site and no chapter of the path.
    """
    found = sorted((root / "chapters").glob("[0-9][0-9]_*.ipynb"))
    return {n: f"chapters/{path.stem}" for path in found if (n := int(path.name[:2]))}


def facts(root: Path) -> dict[str, str]:
    """Numbers about the course as text, counted in the tree at ``root``."""
    chapters = [chapter for part in PARTS for chapter in part.chapters]
    core = sum(c.hours for c in chapters if c.number not in (5, 16, 19)) - HARD
    exercises = sum(
        len(_EXERCISE.findall("".join(cell["source"])))
        for path in (root / "exercises").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    )
    wrong = sum(
        len(_WRONG.findall(path.read_text(encoding="utf-8")))
        for path in (root / "lessons").glob("*/exercises.md")
    )
    return {
        "chapters planned": str(len(chapters)),
        "chapters written": str(len(written(root))),
        "hours planned": hours(sum(chapter.hours for chapter in chapters)),
        "hours core": hours(core),
        "hours with NumPy": hours(core - sum(c.hours for c in chapters if c.number in (3, 4))),
        "exercises": str(exercises),
        "wrong answers": str(wrong),
    }


def hours(number: float) -> str:
    """``1.5`` as it is written in the table, without a useless ``.0``."""
    return f"{number:g}"


class CoursePath(SphinxDirective):
    """``{course-path}``: the table of all parts and chapters with their hours."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        pages = written(root)
        table = nodes.table(classes=["course-path"])
        group = nodes.tgroup(cols=3)
        table += group
        for width in (10, 70, 20):
            group += nodes.colspec(colwidth=width)
        head, body = nodes.thead(), nodes.tbody()
        group += [head, body]
        head += _row(*(nodes.Text(text) for text in ("No.", "Chapter", "Hours")))
        for part in PARTS:
            row = _row(nodes.Text(""), nodes.strong("", part.title), nodes.Text(hours(part.hours)))
            row["classes"].append("part")
            body += row
            for chapter in part.chapters:
                page = pages.get(chapter.number)
                title = _link(page, chapter.title) if page else nodes.inline("", chapter.title)
                cells = [nodes.Text(str(chapter.number)), title, nodes.Text(hours(chapter.hours))]
                row = _row(*cells)
                if not page:
                    row[1][0] += nodes.inline("", " planned", classes=["planned"])
                body += row
        return [table]


def fact_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """``{fact}`exercises` ``: one number of `facts` as text."""
    root = Path(inliner.document.settings.env.srcdir)
    known = facts(root)
    if text not in known:
        problem = inliner.reporter.error(
            f"no fact {text!r}; there are: {', '.join(known)}", line=lineno
        )
        return [], [problem]
    return [nodes.Text(known[text])], []


def _row(*cells: nodes.Node) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        row += nodes.entry("", nodes.paragraph("", "", cell))
    return row


def _link(page: str, title: str) -> nodes.Node:
    return pending_xref(
        "",
        nodes.inline("", title),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{page}",
        refexplicit=True,
        refwarn=True,
    )
