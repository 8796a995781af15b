"""A learner without an installation gets checks and figures from a notebook's first cell."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path

import learner_python
import pytest
from conftest import ROOT
from jupyter_client.kernelspec import KernelSpecManager
from learner_python import WHEELS

import torchcourse

NOTEBOOKS = {
    folder: sorted((ROOT / folder).glob("*.ipynb"))
    for folder in ("chapters", "exercises", "solutions", "appendices")
}


def test_first_cell_names_the_wheel_that_the_site_serves(committed):
    for path in itertools.chain(*NOTEBOOKS.values()):
        first = next(
            cell
            for cell in committed(path.parent.name, path.stem).cells
            if cell.cell_type == "code"
        )
        name = re.search(r"/wheels/(\S+\.whl)", first.source)[1]
        assert name == f"torchcourse-{torchcourse.__version__}-py3-none-any.whl", path
        assert (WHEELS / name).exists(), "run torchcourse site"


def test_exercises_run_with_what_colab_has(tmp_path: Path):
    """From the first cell on, which gets the wheel; the other notebooks are compared below."""
    notebooks = NOTEBOOKS["exercises"]
    python = learner_python.make(tmp_path / "bare")
    command = [python, ROOT / "tests" / "learner.py", "--wheels", WHEELS, *notebooks]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    expected = f"{len(notebooks)} notebooks with torchcourse {torchcourse.__version__}"
    assert expected in done.stdout


def test_notebooks_are_compared_in_a_learners_python(request: pytest.FixtureRequest):
    """nbval is told so by ``make test``; here, that such a Python is what it should be."""
    if not request.config.getoption("nbval_kernel_name", None):
        pytest.skip("no --nbval-kernel-name: notebooks run with the course's tools, if at all")
    assert request.config.getoption("nbval_kernel_name") == learner_python.KERNEL
    spec = KernelSpecManager().get_kernel_spec(learner_python.KERNEL)
    assert learner_python.HOME in Path(spec.argv[0]).parents
    done = subprocess.run([spec.argv[0], "-c", WHAT_IS_THERE], capture_output=True, text=True)
    assert done.stderr == ""
    place, *missing = done.stdout.split()
    assert learner_python.HOME in Path(place).parents
    assert missing == ["nbval", "torchcourse.grading"]


WHAT_IS_THERE = """
import torchcourse
print(torchcourse.__file__)
for name in ("torch", "nbval", "torchcourse.checks", "torchcourse.grading"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error.name)
"""
