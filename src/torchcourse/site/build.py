"""Build the site: ``build_site(root)``, also ``python -m torchcourse.site build``.

Jupyter Book does the work (nit-picky, warnings are errors, no notebook is executed), the package
in this folder changes its pages, and the wheel is added. When no input has changed since the
last build, nothing is done; when only texts have, only their pages are built (`rebuild`).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from torchcourse.site.links import LinkError, find_repo
from torchcourse.site.wheel import PROJECT_FILES, WheelError, build_wheel

OUTPUT = Path("_build") / "html"
STAMP = Path("_build") / "site.stamp"
# The text of the pages, and what every page depends on.
_TEXTS = ("chapters", "exercises", "solutions", "appendices", "lessons", "index.md")
_FRAME = ("static", "src", "_config.yml", "_toc.yml", *PROJECT_FILES)
# Programs whose version changes the pages.
_PROGRAMS = ("jupyter-book", "sphinx", "myst-nb", "sphinxcontrib-katex", "pygments")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


class BuildError(SystemExit):
    """The site cannot be built; the message is one line for the person building.

    Where nobody catches it, Python prints that line and ends with exit status 1.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"site: {message}")


def build_site(root: Path | str) -> None:
    """Build ``root/_build/html`` unless it is up to date, and print how to open it.

    Raises:
        BuildError: an input is missing, or Jupyter Book gave a warning (already printed).
    """
    root = Path(root).resolve()
    missing = [name for name in _wanted(root) if not (root / name).exists()]
    if missing:
        raise BuildError(f"missing in {root}: {', '.join(missing)} (run `make notebooks`?)")
    try:
        find_repo(root)
    except LinkError as error:
        raise BuildError(str(error)) from error
    stamp, frame, texts = root / STAMP, frame_state(root), texts_state(root)
    index = root / OUTPUT / "index.html"
    built = stamp.read_text(encoding="utf-8").split() if stamp.is_file() else []
    if built == [frame, texts] and index.is_file():
        print(f"site is up to date: {index}  (or `make serve`)")
        return

    stamp.unlink(missing_ok=True)
    if built[:1] != [frame] or not index.is_file():
        for folder in ("html", ".doctrees", "jupyter_execute"):
            shutil.rmtree(root / "_build" / folder, ignore_errors=True)
    _jupyter_book(root)
    if not (root / OUTPUT / "wheels").exists():
        try:
            build_wheel(root, root / OUTPUT / "wheels")
        except WheelError as error:
            raise BuildError(str(error)) from error
    stamp.write_text(f"{frame}\n{texts}\n", encoding="utf-8")
    print(f"open {index}  (or `make serve`)")


def frame_state(root: Path) -> str:
    """A digest of what all pages depend on: the list of pages, looks, package, fork, programs."""
    digest = hashlib.sha256()
    for name in ("COURSE_REPO", "GITHUB_REPOSITORY"):
        digest.update(f"{name}={os.environ.get(name, '')}\n".encode())
    for name in _PROGRAMS:
        digest.update(f"{name} {_version(name)}\n".encode())
    for path in _inputs(root, _TEXTS):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
    digest.update(texts_state(root, _FRAME).encode())
    return digest.hexdigest()


def texts_state(root: Path, names: Iterable[str] = _TEXTS) -> str:
    """A digest of the files and folders of these names."""
    digest = hashlib.sha256()
    for path in _inputs(root, names):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _inputs(root: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        top = root / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
            built = "__pycache__" in path.parts or any(p.endswith(".egg-info") for p in path.parts)
            if path.is_file() and not hidden and not built:
                yield path


def _wanted(root: Path) -> list[str]:
    """Files without which there is no site: the configuration and every page of the contents."""
    import yaml

    wanted = ["_config.yml", "_toc.yml", "index.md", "static/course.css", *PROJECT_FILES]
    contents = root / "_toc.yml"
    if not contents.is_file():
        return wanted
    try:
        parts = yaml.safe_load(contents.read_text(encoding="utf-8"))["parts"]
        pages = [entry["file"] for part in parts for entry in part["chapters"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise BuildError(f"_toc.yml is not a list of parts with chapters: {error}") from error
    for page in pages:
        found = [page + ending for ending in (".md", ".ipynb") if (root / (page + ending)).exists()]
        wanted.append(found[0] if found else page + ".ipynb")
    return wanted


def _jupyter_book(root: Path) -> None:
    if not _version("jupyter-book").startswith("1."):
        raise BuildError('the site needs Jupyter Book 1: pip install "jupyter-book<2"')
    # Only now: this imports Sphinx, and a site that is up to date needs neither.
    from torchcourse.site.formulas import NodeError, packaged_node

    try:
        packaged_node()
    except NodeError as error:
        raise BuildError(str(error)) from error
    # The package has no __main__; this works wherever the `jupyter-book` script is.
    call = "import torchcourse.authoring.lean; from jupyter_book.cli.main import main; main()"
    start = [sys.executable, "-c", call]
    command = [*start, "build", ".", "-n", "-W", "--keep-going", "-q"]
    # Python's own warnings from the programs' insides are not about the pages.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"}
    # A file, not a pipe: a process left behind by a crash cannot make this one wait for ever.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        done = subprocess.run(
            command, cwd=root, env=environment, stdout=said, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            said.seek(0)
            print(_COLOR.sub("", said.read()), file=sys.stderr)
            raise BuildError("Jupyter Book gave the warnings or the error printed above")


def _version(program: str) -> str:
    try:
        return metadata.version(program)
    except metadata.PackageNotFoundError:
        return "not installed"


def main(arguments: list[str] | None = None) -> int:
    """``build [root]``: exit status 0, or `BuildError` with one line on what is wrong."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] != "build" or len(arguments) > 2:
        print("usage: python -m torchcourse.site build [folder]", file=sys.stderr)
        return 2
    build_site(arguments[1] if len(arguments) == 2 else ".")
    return 0
