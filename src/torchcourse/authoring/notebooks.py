"""What stands in a chapter, an exercise and a solution notebook, and in which order."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .assembly import Assembly, Notebook
from .exercise import HINTS, Exercise, stub, without_markers
from .exercise_set import ExerciseSet
from .masters import Cell, Master, MasterError
from .style.prose import prose_only

CHAPTER_TAGS = ("raises-exception", "long", "nbval-ignore-output")
# Nobody installs anything on the site, so its pages leave the cell out.
BOOTSTRAP_TAGS = ("bootstrap", "remove-cell")
SOLUTIONS = (
    "{title}\n\n"
    "Try the [exercises](../exercises/{lesson}.ipynb) first: "
    "a solution teaches more after an attempt.\n"
    "Below each answer stand the visible check, the hidden asserts on inputs that the check does "
    "not show, and common wrong answers with what the check says to them."
)
HIDDEN_SETUP = "student, rng = check.student(globals(), seed=0)"


def bootstrap(root: Path) -> str:
    """The first code cell of every notebook: gets the package where it is not installed (Colab).

    The wheel's version is the one the notebook was built with; where the package is there already
    the cell does nothing.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home, version = project["urls"]["Homepage"].rstrip("/"), project["version"]
    wheel = f"{home}/wheels/torchcourse-{version}-py3-none-any.whl"
    return (
        "from importlib.util import find_spec\n\n"
        'if find_spec("torchcourse") is None:  # as on Colab: get it\n'
        f"    %pip install -q {wheel}"
    )


def chapter_notebook(master: Master, root: Path, target: str = "chapters") -> Notebook:
    """``chapter.md`` as a notebook, or ``appendix.md`` with the target ``appendices``.

    Raises:
        MasterError: a tag that no chapter cell may have.
    """
    unknown = [
        master.mistake(
            cell.line, f"unknown role {tag!r}", f"use one of {', '.join(CHAPTER_TAGS)}, or none"
        )
        for cell in master.cells
        for tag in cell.tags
        if tag not in CHAPTER_TAGS
    ]
    if unknown:
        raise MasterError(unknown)
    assembly = Assembly(target, master)
    started = False
    for cell in numbered(master):
        if cell.kind == "code" and not started:
            started = True
            assembly.add("code", bootstrap(root), BOOTSTRAP_TAGS, id="bootstrap")
        assembly.copy(cell)
    return assembly.notebook


def numbered(master: Master) -> Iterator[Cell]:
    """The cells of a chapter with its number before the H1 and ``N.k`` before each H2.

    Exercises say "after section 2.3", and Colab has no other place that could show the number.
    """
    section = 0
    for cell in master.cells:
        if cell.kind == "code":
            yield cell
            continue
        lines = prose_only(cell.source).split("\n")
        source = cell.source.split("\n")
        for at, line in enumerate(lines):
            if line.startswith("# ") and master.number:  # front matter has none
                source[at] = f"# {master.number} {line[2:]}"
            elif line.startswith("## ") and master.lesson[0].isdigit():
                section += 1
                source[at] = f"## {master.number}.{section} {line[3:]}"
        yield replace(cell, source="\n".join(source))


def exercise_notebook(grouped: ExerciseSet, root: Path) -> Notebook:
    """What a learner gets: statements, stubs, visible checks, folded hints."""
    assembly = _start("exercises", grouped, root)
    for exercise in grouped.exercises:
        _statement(assembly, exercise)
        _code(assembly, exercise, "answer", stub(exercise.one("answer").source))
        _code(assembly, exercise, "check", exercise.one("check").source)
        assembly.add("markdown", _hints(exercise), ("hint",), id=f"hint-{exercise.slug}")
    return assembly.notebook


def solution_notebook(grouped: ExerciseSet, root: Path) -> Notebook:
    """The reference: answers, executed checks, hidden asserts, commentary, common wrong answers."""
    assembly = _start("solutions", grouped, root)
    assembly.add("code", HIDDEN_SETUP, ("hidden",), id="hidden-setup")
    for exercise in grouped.exercises:
        _statement(assembly, exercise)
        assembly.add("markdown", _hints(exercise), ("hint",), id=f"hint-{exercise.slug}")
        _code(assembly, exercise, "answer", without_markers(exercise.one("answer").source))
        for number, cell in enumerate(exercise.cells["solution"], 1):
            id = f"solution-{exercise.slug}-{number}"
            assembly.add("markdown", cell.source, ("solution",), cell.line, id=id)
        _code(assembly, exercise, "check", exercise.one("check").source)
        for number, cell in enumerate(exercise.cells["hidden"], 1):
            id = f"hidden-{exercise.slug}-{number}"
            assembly.add("code", cell.source, ("hidden", f"ex-{exercise.id}"), cell.line, id=id)
        assembly.add("markdown", _wrong(exercise), ("wrong",), id=f"wrong-{exercise.slug}")
    return assembly.notebook


def _start(target: str, grouped: ExerciseSet, root: Path) -> Assembly:
    assembly = Assembly(target, grouped.master)
    for cell in grouped.introduction:
        if target == "exercises":
            assembly.add("markdown", cell.source, cell.tags, cell.line)
    if target == "solutions":
        title = grouped.introduction[0].source.split("\n")[0].replace("# Exercises", "# Solutions")
        text = SOLUTIONS.format(title=title, lesson=grouped.master.lesson)
        assembly.add("markdown", text)
    assembly.add("code", bootstrap(root), BOOTSTRAP_TAGS, id="bootstrap")
    for cell in grouped.setup:
        assembly.copy(cell)
    return assembly


def _statement(assembly: Assembly, exercise: Exercise) -> None:
    # One level up from the master: on its own page an exercise stands right below the H1. Stars
    # and minutes go below the title, so that an address of the exercise outlives their change.
    cell, id = exercise.statement, f"exercise-{exercise.slug}"
    facts = f"*{exercise.stars} · {exercise.minutes} min · after section {exercise.after}*"
    text = cell.source.split("\n", 1)[1].lstrip("\n")
    source = f"## Exercise {exercise.id} · {exercise.title}\n\n{facts}\n\n{text}"
    assembly.add("markdown", source, ("statement",), cell.line, id=id)


def _code(assembly: Assembly, exercise: Exercise, role: str, source: str) -> None:
    tags, line = (role, f"ex-{exercise.id}"), exercise.one(role).line
    # The grader reads them from the solution notebook.
    rules = exercise.one(role).options.get("rules")
    more = {"rules": rules} if rules else {}
    assembly.add("code", source, tags, line, id=f"{role}-{exercise.slug}", **more)


def _folded(summary: str, body: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def _hints(exercise: Exercise) -> str:
    return "\n\n".join(
        _folded(f"Hint {number} · {kind}", cell.source)
        for number, (kind, cell) in enumerate(zip(HINTS, exercise.cells["hint"], strict=True), 1)
    )


def _wrong(exercise: Exercise) -> str:
    """Each wrong answer with the message that its check gives; the tests prove the message.

    Their code is not colored: with fifty of them on a page, colors are half of its weight.
    """
    parts = []
    for cell in exercise.cells["wrong"]:
        killer = "the visible check" if cell.options["by"] == "visible" else "a hidden assert"
        parts.append(
            f"**{cell.options['name']}**\n\n```text\n{without_markers(cell.source)}\n```\n\n"
            f"Rejected by {killer}:\n\n```text\n{str(cell.options['says']).rstrip()}\n```"
        )
    return _folded("Common wrong answers", "\n\n".join(parts))
