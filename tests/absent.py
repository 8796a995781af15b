"""What a learner does not have cannot be imported: the ``sitecustomize`` of `learner_python`."""

from __future__ import annotations

import importlib.abc
import sys

# Not on Colab, or not meant for a learner: importing one of these there is a defect.
ABSENT = ("jupytext", "nbval", "sphinx", "myst_nb", "jupyter_book", "playwright", "anywidget")
TOOLS = ("torchcourse.authoring", "torchcourse.site", "torchcourse.grading")


class Absent(importlib.abc.MetaPathFinder):
    """Makes ABSENT and TOOLS impossible to import, whatever this machine has."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] in ABSENT or name.startswith(TOOLS):
            raise ModuleNotFoundError(f"a learner has no {name}", name=name)


if __name__ == "sitecustomize":
    sys.meta_path.insert(0, Absent())
