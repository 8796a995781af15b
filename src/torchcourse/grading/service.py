"""A pytest session that serves: tasks in, rows out, one submission at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TextIO

import pytest

from ..authoring import lean  # noqa: F401  (before all that loads nbformat)
from .hidden import Asserts
from .jail.limits import Limits
from .jail.server import JailError, level
from .kernels import Gone
from .reference import parse_reference
from .session import Grading

PLUGINS = ("nbval.plugin", "no:cacheprovider", "no:assertion", "no:capture")


class Service:
    """A pytest plugin that collects nothing and, instead of running it, serves tasks."""

    def __init__(self, tasks: TextIO, rows: TextIO, folder: Path) -> None:
        self.tasks, self.rows, self.folder = tasks, rows, folder
        self.asserts: Asserts | None = None
        self.count = 0

    def pytest_collection(self, session: pytest.Session) -> bool:
        return True

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for line in self.tasks:
            self.rows.write(json.dumps(self._answer(session, json.loads(line))) + "\n")
            self.rows.flush()
        return True

    def _answer(self, session: pytest.Session, task: dict[str, Any]) -> dict[str, Any]:
        try:
            if task["op"] == "level":
                return {"level": level().data()}
            if task["op"] == "reference":
                self.asserts = Asserts(parse_reference(task["lesson"], task["text"]))
                return {"lesson": task["lesson"]}
            return self._grade(session, task)
        except JailError as error:
            return {"error": str(error)}
        except (Exception, Gone) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _grade(self, session: pytest.Session, task: dict[str, Any]) -> dict[str, Any]:
        assert self.asserts is not None
        self.count += 1
        path = self.folder / f"{self.count}.ipynb"
        grading = Grading(
            session,
            path,
            self.asserts,
            task["answers"],
            task["seed"],
            task["timeout"],
            Limits(**task["limits"]),
        )
        try:
            verdicts = grading.run()
        finally:
            path.unlink(missing_ok=True)
        return {"exercises": [verdict.data() for verdict in verdicts]}


def serve(tasks: TextIO, rows: TextIO, folder: Path) -> None:
    """Answer ``tasks`` until they end. folder: where notebooks lie while nbval reads them."""
    for name in [name for name in os.environ if name.startswith("PYTEST")]:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    os.chdir(folder)
    options = [part for plugin in PLUGINS for part in ("-p", plugin)]
    place = ["-c", "pytest.ini", "--rootdir", str(folder), str(folder)]
    pytest.main(
        [*options, "--color=no", "-q", "--nbval", *place], plugins=[Service(tasks, rows, folder)]
    )
