"""Files that are no notebook, or not only: each has a row with its reason."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from graded import submission

GOOD = json.dumps(submission()).encode()
Build = Callable[[Path], None]


def _bytes(data: bytes) -> Build:
    def build(path: Path) -> None:
        path.write_bytes(data)

    return build


def _large(path: Path) -> None:
    """200 MB, none of them on the disk."""
    with path.open("wb") as file:
        file.truncate(200 << 20)


def _packed(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return memory.getvalue()


def _bomb() -> bytes:
    """An archive in an archive, a megabyte large, with half a gigabyte of notebooks in it."""
    zeros = b" " * (19 << 20)
    inner = _packed({f"b{n}.ipynb": zeros for n in range(9)})
    return _packed({f"learner{n}.zip": inner for n in range(3)})


def _namesake(path: Path) -> None:
    """Its folder's name would give the page of the learner ``honest`` another content."""
    path.mkdir()
    (path / "01_small.ipynb").write_bytes(GOOD)


def _deep(path: Path) -> None:
    """More folders below each other than Python may call itself."""
    before = os.getcwd()
    path.mkdir()
    os.chdir(path)
    try:
        for _ in range(1_200):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.ipynb").write_bytes(GOOD)
    finally:
        os.chdir(before)


FILES: dict[str, tuple[Build, str]] = {
    "empty.ipynb": (_bytes(b""), "empty"),
    "invalid.ipynb": (_bytes(b'{"cells": ['), "no JSON"),
    "two-documents.ipynb": (_bytes(GOOD + GOOD), "no JSON"),
    "latin.ipynb": (_bytes('{"nbformat": 4, "x": "é"}'.encode("latin-1")), "UTF-8"),
    "utf-16.ipynb": (_bytes('{"nbformat": 4}'.encode("utf-16")), "UTF-8"),
    "picture.ipynb": (_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), "UTF-8"),
    "nested.ipynb": (_bytes(b'{"nbformat": 4, "cells": ' + b"[" * 300_000), "nested too deeply"),
    "long-number.ipynb": (_bytes(b'{"nbformat": ' + b"9" * 100_000 + b"}"), "no JSON"),
    "version-2.ipynb": (_bytes(b'{"nbformat": 2, "worksheets": []}'), "version 2"),
    "version-3-empty.ipynb": (_bytes(b'{"nbformat": 3, "worksheets": 3}'), "no Jupyter"),
    "a-list.ipynb": (_bytes(b"[]"), "no Jupyter"),
    "wrong-types.ipynb": (
        _bytes(b'{"nbformat": 4, "cells": [1, null, {"source": 3, "metadata": [], "id": {}}]}'),
        "no answer cell",
    ),
    "a-million-cells.ipynb": (
        _bytes(b'{"nbformat": 4, "cells": [' + b"{}," * 999_999 + b"{}]}"),
        "cells",
    ),
    "long-answer.ipynb": (
        _bytes(json.dumps(submission(e11="#" * 300_000)).encode()),
        "more than 200000",
    ),
    "large.ipynb": (_large, "larger than 20 MB"),
    "folder.ipynb": (Path.mkdir, "a folder"),
    "torn.zip": (_bytes(_packed({"x.ipynb": GOOD})[:300]), "no zip"),
    "path.zip/../../escaped.ipynb": (
        _bytes(_packed({"../../escaped.ipynb": GOOD})),
        "out of the archive",
    ),
    "rooted.zip//escaped-too.ipynb": (_bytes(_packed({"/escaped-too.ipynb": GOOD})), "out of"),
    "bomb.zip/learner1.zip": (_bytes(_bomb()), "too much"),
    "swarm.zip/one.zip": (
        _bytes(_packed({"one.zip": _packed({f"{n}.ipynb": b"" for n in range(300)})})),
        "more than 20 notebooks",
    ),
}
if sys.platform == "linux":
    FILES |= {
        "pipe.ipynb": (os.mkfifo, "no regular file"),
        "link.ipynb": (lambda path: path.symlink_to("honest.ipynb"), "a symbolic link"),
        "dangling.ipynb": (lambda path: path.symlink_to("/nowhere/at/all"), "a symbolic link"),
        "ring.ipynb": (lambda path: path.symlink_to("ring.ipynb"), "a symbolic link"),
    }
"""By the place where its row says that it is. What is built is the first part of that place."""

READABLE: dict[str, Build] = {
    "\U00020000" * 60 + ".ipynb": _bytes(GOOD),
    "honest.": _namesake,
    "deep": _deep,
    "\n\x1b[2J=1+1.ipynb": _bytes(GOOD),
}
"""Good notebooks at places that are a danger to those who write files about them."""
if sys.platform == "linux":
    READABLE[os.fsdecode(b"\xff\xfe.ipynb")] = _bytes(GOOD)
