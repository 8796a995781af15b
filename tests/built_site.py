"""The site, built once for the tests that read it: ``pytest_plugins = ["built_site"]``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from torchcourse.site.build import OUTPUT, build_site


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one test process build; a lock older than two minutes was left by a dead one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    while True:
        try:
            folder.mkdir()
            break
        except FileExistsError:
            try:
                if time.time() - folder.stat().st_mtime > 120:
                    folder.rmdir()
            except FileNotFoundError:
                pass
            time.sleep(0.2)
    try:
        yield
    finally:
        os.rmdir(folder)


@pytest.fixture(scope="session")
def site(root: Path) -> Path:
    """The folder of the site, built from this tree if it is not up to date."""
    with _one_at_a_time(root / "_build" / "test.lock"):
        build_site(root)
    return root / OUTPUT
