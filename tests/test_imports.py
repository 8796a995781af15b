"""Imports go one way: the learner side knows nothing of the tools, and there are no circles."""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "src" / "torchcourse"
MODULES = sorted(PACKAGE.rglob("*.py"))
SIDE = ("checks", "figures", "ranks", "dashboard.py", "engine.py")
LEARNER = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in SIDE]
# What Colab preinstalls. anywidget, and traitlets below it, are for `.widget()` alone; IPython
# shows the dashboard where there is a notebook; cloudpickle takes a notebook's function to a rank.
ALLOWED = {"torch", "numpy", "matplotlib", "torchcourse", "anywidget", "traitlets"}
ALLOWED |= {"IPython", "cloudpickle"}
ALLOWED |= sys.stdlib_module_names
TOOLS = ("torchcourse.authoring", "torchcourse.site", "torchcourse.grading", "torchcourse.cli")


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    """Absolute names of what a module imports; ``from a import b`` gives ``a`` and ``a.b``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = name_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", LEARNER, ids=name_of)
def test_the_learner_side_imports_only_what_a_learner_has(path: Path):
    for name in imports(path):
        assert name.split(".")[0] in ALLOWED, f"{name_of(path)} imports {name}"
        assert not name.startswith(TOOLS), f"{name_of(path)} imports {name}, a tool"


def test_there_are_no_circles():
    known = {name_of(path) for path in MODULES}
    graph = {}
    for path in MODULES:
        me = name_of(path)
        found = set(imports(path, top_level_only=True)) & known
        # A package's __init__ re-exports its modules; they do not depend on it for that.
        graph[me] = {name for name in found if not me.startswith(f"{name}.")} - {me}
    tuple(graphlib.TopologicalSorter(graph).static_order())


def test_every_module_says_what_it_is_for():
    silent = [name_of(p) for p in MODULES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert not silent
