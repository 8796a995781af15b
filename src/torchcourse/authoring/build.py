"""Decide what has to run again, run it, and write whole files or nothing."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import nbformat
from tqdm import tqdm

from .assembly import Notebook, canonical
from .engine import assemble_modules
from .execute import Failure, execute_all
from .exercise_set import read_exercises
from .files import write_whole
from .masters import MasterError, Mistake, find_masters, read_master
from .notebooks import chapter_notebook, exercise_notebook, solution_notebook

TEXTS = ("chapter.md", "exercises.md", "appendix.md")
LEARNER_SIDE = ("__init__.py", "checks", "dashboard.py", "engine.py", "figures", "ranks")


@dataclass
class Report:
    """What a build did: names of notebooks, and the cells that failed."""

    written: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def assemble(root: Path, only: tuple[str, ...] = ()) -> list[Notebook]:
    """All notebooks of ``root/lessons``, unexecuted, each with its key.

    Raises:
        MasterError: the mistakes of every master, so that one run shows them all.
    """
    lessons, notebooks, mistakes = root / "lessons", [], []
    masters = [path for name in TEXTS for path in find_masters(lessons, name)]
    if not masters:
        raise MasterError(
            [Mistake(lessons, 1, "no masters here", "run it at the top of the course's tree")]
        )
    known = {path.parent.name for path in masters}
    for name in only:
        if name not in known:
            mend = f"choose from {', '.join(sorted(known))}"
            mistakes.append(Mistake(lessons / name, 1, "no such lesson", mend))
    package = package_key()
    for path in masters:
        if only and path.parent.name not in only:
            continue
        try:
            if path.name == "chapter.md":
                found = [chapter_notebook(read_master(path), root)]
            elif path.name == "appendix.md":
                found = [chapter_notebook(read_master(path), root, "appendices")]
            else:
                grouped = read_exercises(path)
                found = [exercise_notebook(grouped, root), solution_notebook(grouped, root)]
        except MasterError as error:
            mistakes += error.mistakes
            continue
        for notebook in found:
            notebook.master = path.relative_to(root)
            notebook.node.metadata["torchcourse"] = {"key": _key(notebook, package)}
            notebooks.append(notebook)
    if mistakes:
        raise MasterError([_relative(mistake, root) for mistake in mistakes])
    return notebooks


def build(root: Path, only: tuple[str, ...] = (), jobs: int = 0, force: bool = False) -> Report:
    """Bring every notebook up to date; execute only those whose key changed."""
    report = Report()
    notebooks, stale = assemble(root, only), []
    for path, text in assemble_modules(root, only):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text)
            report.written.append(path.relative_to(root).as_posix())
    if report.written:
        notebooks = assemble(root, only)  # their keys know the package
    for notebook in notebooks:
        if (
            not force
            and committed_key(root / notebook.name) == notebook.node.metadata.torchcourse.key
        ):
            report.unchanged.append(notebook.name)
        else:
            stale.append(notebook)
    to_run = [notebook for notebook in stale if notebook.executed]
    total = sum(len(notebook.node.cells) for notebook in to_run)
    with tqdm(total=total, unit="cell", disable=None if to_run else True) as bar:

        def on_cell(notebook: Notebook, index: int) -> None:
            bar.set_description_str(f"{notebook.name} {index + 1}/{len(notebook.node.cells)}")
            bar.update()

        report.failures = execute_all(to_run, root, jobs or os.cpu_count() or 1, on_cell)
    failed = {id(failure.notebook) for failure in report.failures}
    for notebook in stale:
        if id(notebook) in failed:
            continue
        write_whole(root / notebook.name, canonical(notebook.node))
        report.written.append(notebook.name)
        if notebook.executed:
            report.executed.append(notebook.name)
    return report


def package_key() -> str:
    """Hash of everything on the learner side that can change an output."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for name in LEARNER_SIDE:
        place = package / name
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        for file in files:
            if file.suffix in (".py", ".mjs", ".css"):
                digest.update(file.relative_to(package).as_posix().encode())
                digest.update(file.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def _key(notebook: Notebook, package: str) -> str:
    cells = [(cell.id, cell.source, cell.metadata) for cell in notebook.node.cells]
    parts: list[object] = [cells]
    if notebook.executed:  # a stub notebook has no outputs that package or torch could change
        parts += [package, version("torch").split("+")[0]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def committed_key(path: Path) -> str | None:
    """The key stored in a committed notebook; None where there is none to read."""
    try:
        node = nbformat.read(path, as_version=4)
        return node.metadata.torchcourse.key
    except (OSError, AttributeError, ValueError, nbformat.ValidationError):
        return None


def _relative(mistake: Mistake, root: Path) -> Mistake:
    if not mistake.path.is_relative_to(root):
        return mistake
    return Mistake(mistake.path.relative_to(root), mistake.line, mistake.what, mistake.mend)
