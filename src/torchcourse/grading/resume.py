"""What an interrupted run has finished, kept beside its results until they are complete."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from ..authoring.files import write_whole
from .reference import Reference

FOLDER = ".unfinished"


class Unfinished:
    """Rows of a run by submission. A run with another reference or other limits starts afresh."""

    def __init__(self, out: Path, reference: Reference, settings: dict[str, Any]) -> None:
        self.folder = out / FOLDER
        self.seed = settings["seed"]
        known = self._read("run.json")
        wanted = {**settings, "reference": reference.digest}
        if known and self.seed is None:
            self.seed = known.get("seed")
        if known != {**wanted, "seed": self.seed} or self.seed is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._settings: dict[str, Any] | None = wanted
        else:
            self._settings = None

    def begin(self, seed: int) -> None:
        """Write down what this run is, before its first row."""
        self.seed = seed
        if self._settings is not None:
            self._write("run.json", {**self._settings, "seed": seed})

    def row(self, key: str) -> dict[str, Any] | None:
        """The finished row of a submission, or None."""
        return self._read(f"{key}.json")

    def keep(self, key: str, row: dict[str, Any]) -> None:
        self._write(f"{key}.json", row)

    def complete(self) -> None:
        """The results are written: nothing is left to resume."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, name: str) -> dict[str, Any] | None:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self.folder / name).read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
        return None

    def _write(self, name: str, data: dict[str, Any]) -> None:
        write_whole(self.folder / name, json.dumps(data))


def key_of(file: str, data: bytes | None) -> str:
    """One submission: where it stands and what is in it."""
    return hashlib.sha256(file.encode() + b"\0" + (data or b"")).hexdigest()[:24]
