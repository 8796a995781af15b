"""Honest notebooks that look strange: each has all answers, and gets all points."""

from __future__ import annotations

import json
from typing import Any

from graded import GOOD, code, notebook, submission

_plain = submission()
_cells: list[dict[str, Any]] = _plain["cells"]
_rest = _cells[1:]
_first = _cells[0]
_tags = _first["metadata"]["tags"]


def _bytes(content: object, **how: Any) -> bytes:
    return json.dumps(content, **how).encode()


def _old() -> dict[str, Any]:
    """Version 3 of the format: work sheets, ``input``, ``prompt_number``."""
    cells = [{k: v for k, v in cell.items() if k not in ("source", "id")} for cell in _cells]
    for new, cell in zip(cells, _cells, strict=True):
        new |= {"input": cell["source"].splitlines(True), "language": "python", "prompt_number": 1}
    return {"worksheets": [{"cells": cells}], "metadata": {"name": ""}, "nbformat": 3}


def _with(source: str) -> bytes:
    """Exercise 1.1 with another source."""
    return _bytes(notebook([dict(_first, source=source), *_rest]))


HEAD, BODY = GOOD["1.1"].split("\n")
STUB = "def double(x):\n    raise NotImplementedError"
COLAB = {"colab": {"provenance": []}, "accelerator": "GPU"}

HONEST: dict[str, bytes] = {
    "plain": _bytes(_plain),
    "split": _bytes(
        notebook([code("a", HEAD, _tags, 1), code("b", "    y = x\n" + BODY, _tags, 2), *_rest])
    ),
    "split-between-others": _bytes(
        notebook([code("a", "two = 2", _tags, 1), *_rest, dict(_first, id="b")])
    ),
    "copied": _bytes(notebook([_first, dict(_first, id="copy"), *_rest])),
    "copied-stub-last": _bytes(notebook([*_cells, dict(_first, id="copy", source=STUB)])),
    "copied-stub-first": _bytes(notebook([dict(_first, id="copy", source=STUB), *_cells])),
    "stub's-line-left-behind": _bytes(
        notebook(
            [
                code("a", "two = 2", _tags, 1),
                dict(_first, source=f"{HEAD}\n    return two * x\n    raise NotImplementedError"),
                *_rest,
            ]
        )
    ),
    "Markdown": _bytes(notebook([dict(cell, cell_type="markdown") for cell in _cells])),
    "reordered": _bytes(notebook(_cells[::-1])),
    "tags-lost": _bytes(notebook([dict(cell, metadata={}) for cell in _cells])),
    "Colab": _bytes(
        {
            "cells": [
                {k: v for k, v in cell.items() if k != "id"}
                | {"metadata": cell["metadata"] | {"id": "aB3_x", "outputId": "9"}}
                for cell in _cells
            ],
            "metadata": COLAB,
            "nbformat": 4,
            "nbformat_minor": 0,
        }
    ),
    "version-3": _bytes(_old()),
    "extra-cells": _bytes(
        notebook([code("x", "1 / 0", [], 1), *_cells, code("y", "import os; os._exit(1)", [], 2)])
    ),
    "source-as-lines": _bytes(
        notebook([dict(cell, source=cell["source"].splitlines(True)) for cell in _cells])
    ),
    "BOM": b"\xef\xbb\xbf" + _bytes(_plain),
    "Windows": _bytes(_plain, indent=1).replace(b"\\n", b"\\r\\n").replace(b"\n", b"\r\n"),
    "old-Macintosh": _bytes(_plain).replace(b"\\n", b"\\r"),
    "not-ASCII": _with("größe = 2  # µ ☂\ndef double(x):\n    return größe * x"),
    "stderr": _with(
        "import logging, os, sys, warnings\n"
        "warnings.warn('slow'); logging.error('loud'); os.write(2, b'raw')\n"
        "def double(x):\n"
        "    warnings.warn('slow'); print('progress', file=sys.stderr)\n"
        "    return 2 * x"
    ),
    "prints-beside": _with(f"print('hello')\n{GOOD['1.1']}\ndouble(torch.ones(2))"),
    "magics": _with(f"%matplotlib inline\n!true\n{GOOD['1.1']}"),
    "indented": _with("\n".join(f"    {line}" for line in GOOD["1.1"].split("\n"))),
    "tabs": _with("def double(x):\n\treturn 2 * x"),
    "temporary-files": _with(
        "import tempfile\n"
        "for _ in range(300):\n"
        "    with tempfile.NamedTemporaryFile() as file: file.write(b'x')\n" + GOOD["1.1"]
    ),
}
