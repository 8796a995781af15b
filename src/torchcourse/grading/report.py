"""The results of a class as files: ``grades.json``, ``grades.csv``, ``junit.xml``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..authoring.files import write_whole
from .feedback import feedback_page
from .reference import Reference
from .verdicts import CONTROL

Row = dict[str, Any]


def write_results(out: Path, reference: Reference, rows: list[Row]) -> None:
    """Every file whole; the feedback first, so that a grade never stands without its reason."""
    for row in rows:
        page = feedback_page(reference, row)
        write_whole(out / "feedback" / f"{file_name(row['learner'])}.html", page)
    write_whole(out / "junit.xml", junit(reference, rows))
    write_whole(out / "grades.csv", table(reference, rows))
    data = {"lesson": reference.lesson, "submissions": rows}
    write_whole(out / "grades.json", json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def file_name(learner: str) -> str:
    return learner.replace("/", "_").strip(". ") or "unnamed"


def table(reference: Reference, rows: list[Row]) -> str:
    """One line a submission, one column an exercise."""
    ids = [exercise.id for exercise in reference.exercises]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ("file", "learner", "status", "reason", "score", "max")
    writer.writerow([*head, *ids, "seed", "isolation"])
    for row in rows:
        verdicts = {verdict["id"]: verdict["verdict"] for verdict in row["exercises"]}
        writer.writerow(
            [
                *(_harmless(row[key]) for key in head),
                *(verdicts.get(id, "") for id in ids),
                row["seed"],
                row["isolation"]["level"],
            ]
        )
    return text.getvalue()


def _harmless(value: Any) -> Any:
    """A spreadsheet takes a text that begins like a formula for one."""
    text = CONTROL.sub("", str(value))
    return f"'{text}" if text[:1] in "=+-@" and text else text


def junit(reference: Reference, rows: list[Row]) -> str:
    """One test suite a submission, one test case an exercise."""
    root = ElementTree.Element("testsuites", name=reference.lesson)
    for row in rows:
        bad = sum(verdict["verdict"] != "passed" for verdict in row["exercises"])
        unreadable = row["status"] != "graded"
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=CONTROL.sub("", row["learner"]),
            tests=str(max(1, len(row["exercises"]))),
            failures=str(bad),
            errors=str(int(unreadable)),
        )
        if unreadable:
            case = ElementTree.SubElement(suite, "testcase", name="notebook", classname="file")
            ElementTree.SubElement(case, "error", message=CONTROL.sub("", row["reason"]))
        for verdict in row["exercises"]:
            case = ElementTree.SubElement(
                suite, "testcase", name=verdict["id"], classname=reference.lesson
            )
            if verdict["verdict"] != "passed":
                failure = ElementTree.SubElement(case, "failure", message=verdict["verdict"])
                failure.text = CONTROL.sub("", verdict["message"])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
