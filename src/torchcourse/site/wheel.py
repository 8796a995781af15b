"""The course's package as one wheel, served by the site itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# What the wheel is made of, beside the package's own files.
PROJECT_FILES = ("pyproject.toml", "README.md", "LICENSE")
# 1980-01-01 plus a day: the earliest time that zip files know in every time zone.
_TIME = "315619200"
_CALL = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


class WheelError(RuntimeError):
    """The wheel cannot be built; the message is one line for the person building."""


def build_wheel(root: Path, folder: Path) -> Path:
    """Write ``torchcourse-<version>-py3-none-any.whl`` into ``folder`` and return its path.

    Needs no network: the installed setuptools is called directly, on a copy of the sources, so
    that no build folder stays in the tree. Equal sources give an equal file.

    Raises:
        WheelError: a project file is missing, or setuptools refuses.
    """
    missing = [name for name in PROJECT_FILES if not (root / name).is_file()]
    if missing:
        raise WheelError(f"the wheel needs {', '.join(missing)} in {root}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for name in PROJECT_FILES:
            shutil.copy(root / name, copy)
        leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc", ".*")
        shutil.copytree(root / "src", copy / "src", ignore=leave)
        done = subprocess.run(
            [sys.executable, "-c", _CALL, str(folder.resolve())],
            cwd=copy,
            env={**os.environ, "SOURCE_DATE_EPOCH": _TIME},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = (done.stderr.strip() or "no message").splitlines()[-1]
        raise WheelError(f"setuptools cannot build the wheel: {said}")
    return folder / done.stdout.strip().splitlines()[-1]
