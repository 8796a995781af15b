"""A Python as a learner has it on Colab: this one's packages without the tools of the course.

    python tests/learner_python.py
    JUPYTER_PATH=_build/learner/share/jupyter pytest --nbval --nbval-kernel-name learner chapters

The first command makes such a Python in ``_build/learner``, installs the wheel that the site
serves, and describes it as a kernel: notebooks that pass in it pass where a learner runs them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / "_build" / "learner"
WHEELS = ROOT / "_build" / "html" / "wheels"
KERNEL = "learner"


def make(home: Path) -> Path:
    """Make such a Python, without torchcourse, in the new folder ``home``; returns its path."""
    venv.create(home, with_pip=False)
    inside = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", inside))
    # torchcourse is not among them: a .pth file of its own brings it to this Python.
    (site / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    shutil.copy(Path(__file__).with_name("absent.py"), site / "sitecustomize.py")
    scripts = Path(sysconfig.get_path("scripts", "venv", inside))
    return scripts / ("python.exe" if sys.platform == "win32" else "python")


def install(python: Path, wheel: Path) -> None:
    """Install the wheel there, without what it needs: the packages are there already."""
    quiet = ["--disable-pip-version-check", "--quiet", "--no-deps", "--no-index"]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", *quiet, str(wheel)]
    subprocess.run(pip, check=True)


def main() -> int:
    wheels = sorted(WHEELS.glob("*.whl"))
    if len(wheels) != 1:
        print(f"{len(wheels)} wheels in {WHEELS} instead of one: run make book", file=sys.stderr)
        return 1
    shutil.rmtree(HOME, ignore_errors=True)
    python = make(HOME)
    install(python, wheels[0])
    folder = HOME / "share" / "jupyter" / "kernels" / KERNEL
    folder.mkdir(parents=True)
    start = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": start, "display_name": "A learner's Python", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
