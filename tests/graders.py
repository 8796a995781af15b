"""The same submissions for four graders: what each of them is given, and how it is called.

Every grader runs the same setup, answers, visible checks and hidden asserts of one lesson. Where a
grader wants an exception, an assert on the check's own verdict is added.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import ROOT
from handed_in import Handed, exercise_of, solution, tags_of, with_answers, write

PASSES = 'from torchcourse import check\nassert check.verdicts()["{id}"].{kind}.state == "passed"'
OTTER = """
OK_FORMAT, name, points = False, "{name}", 1
from otter.test_files import test_case

@test_case(points=1, hidden=True)
def case(env):
    env = dict(env)
    for source in {sources!r}:
        exec(source, env)
"""
NBGRADER = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "bench"
c.ExecutePreprocessor.timeout = 60
"""


@dataclass
class Grader:
    """How one grader works through its folder.

    commands: one a submission, or a single one that says ``told`` when it has finished one.
    """

    name: str
    folder: Path
    commands: list[list[str]]
    told: str = ""
    before: list[list[str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)


def for_torchcourse(folder: Path, lesson: str, handed: list[Handed]) -> Path:
    """The learner's notebook, as it is handed in: answers and visible checks, nothing hidden."""
    notebook = solution(lesson)
    notebook["cells"] = [c for c in notebook["cells"] if "hidden" not in tags_of(c)]
    for one in handed:
        write(folder / f"{one.name}.ipynb", with_answers(notebook, one))
    return folder


def for_nbval(folder: Path, python: str, lesson: str, handed: list[Handed]) -> Grader:
    """nbval compares a notebook with its stored outputs, so it gets the hidden asserts, too."""
    notebook = solution(lesson)
    for cell in notebook["cells"]:
        if "answer" in tags_of(cell):
            cell["execution_count"], cell["outputs"] = None, []
    paths = [write(folder / f"{h.name}.ipynb", with_answers(notebook, h)) for h in handed]
    call = [python, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", "-c", os.devnull]
    root = ["--rootdir", str(folder)]
    return Grader("pytest --nbval", folder, [[*call, *root, str(path)] for path in paths])


def for_nbgrader(folder: Path, bin: Path, lesson: str, handed: list[Handed]) -> Grader:
    """A course folder of nbgrader: checks and asserts are locked cells worth a point."""
    notebook = solution(lesson)
    for cell in notebook["cells"]:
        tags, id = tags_of(cell), exercise_of(cell)
        role = next((r for r in ("answer", "check", "hidden") if r in tags and id), "")
        graded = role in ("check", "hidden")
        if graded:
            kind = "visible" if role == "check" else "hidden"
            cell["source"] += "\n" + PASSES.format(id=id, kind=kind)
        if role:
            cell["metadata"]["nbgrader"] = {
                "grade": graded,
                "grade_id": cell["id"],
                "locked": graded,
                "solution": role == "answer",
                "task": False,
                "schema_version": 3,
                **({"points": 1} if graded else {}),
            }
    right = Handed("", dict.fromkeys(handed[0].answers, "pass"), frozenset())
    write(folder / "source" / "ps" / f"{lesson}.ipynb", with_answers(notebook, right))
    for one in handed:
        write(
            folder / "submitted" / one.name / "ps" / f"{lesson}.ipynb", with_answers(notebook, one)
        )
    config = NBGRADER.format(root=str(folder))
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    nbgrader = [str(bin / "python"), "-m", "nbgrader"]
    make = [*nbgrader, "generate_assignment", "ps", "--create", "--force"]
    grade = [*nbgrader, "autograde", "ps", "--create", "--force"]
    # nbgrader calls alembic by its name.
    environment = _package() | {"PATH": f"{bin}{os.pathsep}{os.environ['PATH']}"}
    told = "Setting destination file permissions"
    return Grader("nbgrader autograde", folder, [grade], told, [make], environment)


def for_otter(folder: Path, bin: Path, lesson: str, handed: list[Handed]) -> Grader:
    """An autograder.zip of otter and its command without a container, which costs the least."""
    notebook = solution(lesson)
    tests: dict[str, list[str]] = {}
    start = ""
    for cell in notebook["cells"]:
        id = exercise_of(cell)
        if cell["id"] == "hidden-setup":
            start = cell["source"]
        elif "check" in tags_of(cell) or ("hidden" in tags_of(cell) and id):
            kind = "visible" if "check" in tags_of(cell) else "hidden"
            before = f"{start}\n" if kind == "hidden" else ""
            text = before + cell["source"] + "\n" + PASSES.format(id=id, kind=kind)
            tests.setdefault(id, []).append(text)
    notebook["cells"] = [c for c in notebook["cells"] if "hidden" not in tags_of(c)]
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", '{"show_hidden": true, "print_summary": false}')
        for id, sources in tests.items():
            name = f"q{id.replace('.', '_')}"
            archive.writestr(f"tests/{name}.py", OTTER.format(name=name, sources=sources))
    commands = []
    for one in handed:
        path = write(folder / f"{one.name}.ipynb", with_answers(notebook, one))
        out = folder / "results" / one.name
        out.mkdir(parents=True)
        run = [str(bin / "python"), "-m", "otter", "run", str(path), "--no-logo"]
        commands.append([*run, "-a", str(folder / "autograder.zip"), "-o", str(out)])
    return Grader("otter run", folder, commands, environment=_package())


def right_by_torchcourse(rows: list[dict[str, Any]], handed: list[Handed]) -> int:
    """How many submissions were failed in exactly the exercises that were wrong."""
    found = {
        row["learner"]: {e["id"] for e in row["exercises"] if e["verdict"] != "passed"}
        for row in rows
    }
    return sum(found.get(h.name) == h.wrong for h in handed)


def right_by_nbgrader(folder: Path, bin: Path, handed: list[Handed]) -> int:
    """How many submissions nbgrader took points from if, and only if, something was wrong."""
    command = [str(bin / "python"), "-m", "nbgrader", "export", "--to", "grades.csv"]
    environment = os.environ | _package()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    with (folder / "grades.csv").open(encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    full = {name: row["raw_score"] == row["max_score"] for name, row in rows.items()}
    return sum(full.get(h.name) == (not h.wrong) for h in handed)


def right_by_otter(folder: Path, handed: list[Handed]) -> int:
    """How many submissions otter failed in exactly the exercises that were wrong."""
    right = 0
    for one in handed:
        text = (folder / "results" / one.name / "results.json").read_text(encoding="utf-8")
        tests = [test for test in json.loads(text)["tests"] if test.get("max_score")]
        failed = {t["name"][1:].replace("_", ".") for t in tests if t["score"] != t["max_score"]}
        right += len(tests) == len(one.answers) and failed == one.wrong
    return right


def _package() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT / "src")}
