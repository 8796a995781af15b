"""Where the pages of a fork point: repository, site address, Colab, edit and download links.

Everything follows one name, ``owner/name``, so that a fork publishes a site of its own without
an edit. It comes from ``COURSE_REPO``, else ``GITHUB_REPOSITORY`` (set by GitHub Actions), else
the ``Repository`` address in ``pyproject.toml``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BRANCH = "main"
COLAB = "https://colab.research.google.com/github"
_NAME = re.compile(r"(?:https?://github\.com/)?([\w.-]+/[\w.-]+?)(?:\.git)?/?")

# A page of a lesson is built: what a reader may edit is the text that it is built from.
_EDITED = {
    "chapters": "lessons/{}/chapter.md",
    "exercises": "lessons/{}/exercises.md",
    "solutions": "lessons/{}/exercises.md",
    "appendices": "lessons/{}/appendix.md",
}
_IN_COLAB = ("chapters", "exercises", "appendices")


class LinkError(ValueError):
    """The repository's name cannot be read; the message is one line for the person building."""


@dataclass(frozen=True)
class Links:
    """Addresses derived from one repository name such as ``torchcourse/torchcourse``."""

    repo: str

    @property
    def repository(self) -> str:
        """Address of the repository's front page."""
        return f"https://github.com/{self.repo}"

    @property
    def site(self) -> str:
        """Address under which GitHub Pages publishes this repository, with a final slash."""
        owner, name = self.repo.split("/")
        host = f"{owner.lower()}.github.io"
        return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"

    def colab(self, page: str) -> str | None:
        """Address that opens the page's notebook in Colab; None for pages without that button."""
        folder, _, name = page.partition("/")
        if folder not in _IN_COLAB or not name:
            return None
        return f"{COLAB}/{self.repo}/blob/{BRANCH}/{page}.ipynb"

    def edit(self, page: str, source: str) -> str:
        """Address of the editor on the page's text; ``source`` is the file Sphinx reads."""
        return f"{self.repository}/edit/{BRANCH}/{edited_source(page, source)}"


def edited_source(page: str, source: str) -> str:
    """Path in the tree of the only text that is edited for this page."""
    folder, _, name = page.partition("/")
    built = source.endswith(".ipynb") and name and folder in _EDITED
    return _EDITED[folder].format(name) if built else source


def find_repo(root: Path, env: Mapping[str, str] | None = None) -> str:
    """Return ``owner/name`` for the tree at ``root``.

    Raises:
        LinkError: what was given is not a GitHub repository, or nothing was given.
    """
    env = os.environ if env is None else env
    for variable in ("COURSE_REPO", "GITHUB_REPOSITORY"):
        if env.get(variable):
            return _parse(env[variable], variable)
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        address = project["project"]["urls"]["Repository"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise LinkError(
            "no repository: set COURSE_REPO=owner/name, or give project.urls.Repository in "
            "pyproject.toml"
        ) from error
    return _parse(address, "project.urls.Repository in pyproject.toml")


def _parse(value: str, where: str) -> str:
    found = _NAME.fullmatch(value.strip())
    if not found:
        raise LinkError(f"{where} is {value!r}; expected owner/name of a GitHub repository")
    return found[1]
