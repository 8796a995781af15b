"""`torchcourse progress`: what stored outputs say, read without running anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT

from torchcourse.cli import main
from torchcourse.grading.progress import read_standing


def plant(folder: Path, solved: dict[str, str | list[str]]) -> Path:
    """The exercises of chapter 2 with outputs under some of their checks."""
    notebook = json.loads((ROOT / "exercises" / "02_tensors.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        for id, text in solved.items():
            if {"check", f"ex-{id}"} <= {*cell["metadata"].get("tags", [])}:
                cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    path = folder / "02_tensors.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_solved_is_what_the_check_printed(tmp_path: Path):
    path = plant(
        tmp_path,
        {
            "2.1": "✓ 2.1 solved\n",
            "2.2": ["✓ 2.2 ", "solved\n"],
            "2.3": "✗ 2.3  share(x)\n  not ✓ 2.3 solved\n",
            "2.4": "○ 2.4 not written yet\n",
            "2.5": "✓ 2.6 solved\n",
        },
    )
    standing = read_standing(path)
    assert standing.solved == {"2.1", "2.2"}
    assert standing.exercises[:3] == ("2.1", "2.2", "2.3")
    assert standing.next == "2.3"


def test_the_table(tmp_path: Path, capsys):
    plant(tmp_path, {"2.1": "✓ 2.1 solved\n"})
    assert main(["progress", str(tmp_path)]) == 0
    first, last = capsys.readouterr().out.splitlines()
    many = len(read_standing(tmp_path / "02_tensors.ipynb").exercises)
    assert first == f"02_tensors   1 of {many}  {'■' + '·' * (many - 1):<10}  next: 2.2"
    assert last == f"solved 1 of {many}"


def test_a_fresh_course_has_nothing_solved_and_its_solutions_everything(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["progress"]) == 0
    assert "■" not in capsys.readouterr().out
    assert main(["progress", "solutions"]) == 0
    assert "·" not in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": [3]}', "\x00"])
def test_what_is_no_notebook_gets_one_line(tmp_path: Path, capsys, text: str):
    path = tmp_path / "x.ipynb"
    path.write_text(text, encoding="utf-8")
    assert main(["progress", str(path)]) == 2
    assert capsys.readouterr().err == f"{path}: no notebook that can be read\n"


def test_an_empty_place_gets_one_line(tmp_path: Path, capsys):
    assert main(["progress", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path}: no notebooks there\n"
