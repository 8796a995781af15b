"""A learner without an installation gets checks and figures from a notebook's first cell."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from conftest import ROOT

import torchcourse

NOTEBOOKS = {
    folder: sorted((ROOT / folder).glob("*.ipynb"))
    for folder in ("chapters", "exercises", "solutions", "appendices")
}
WHEELS = ROOT / "_build" / "html" / "wheels"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A Python with this one's packages except torchcourse, which only its .pth file brings."""
    home = tmp_path / "bare"
    venv.create(home, with_pip=False)
    inside = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", inside))
    (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", inside))
    return scripts / ("python.exe" if sys.platform == "win32" else "python")


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


@pytest.mark.parametrize("folder", NOTEBOOKS)
def test_notebooks_run_with_what_colab_has(bare: Path, tmp_path: Path, folder: str):
    notebooks = NOTEBOOKS[folder]
    command = [bare, ROOT / "tests" / "learner.py", "--wheels", WHEELS, *notebooks]
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
