"""A small tree of pages that builds in seconds, for the tests of how the site is built."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import yaml
from conftest import ROOT
from matplotlib.image import imsave

HINT = """<details>
<summary>Hint 1 · Recall</summary>

What does **this** say?

```python
x = 1
```

</details>"""


def notebook(alt: dict[str, str], gray: float = 0.0) -> str:
    """A notebook with what a chapter can hold: formula, table, details, picture, error."""
    picture = io.BytesIO()
    imsave(picture, np.full((20, 30, 3), gray), format="png")
    png = base64.b64encode(picture.getvalue()).decode()
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": png}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["Error: no"]},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<p id='live'></p><script type='module'>let a = 1;</script>"},
        },
    ]
    words = ["# A sample page", "A $x^2$ and\n\n| a | b |\n|---|---|\n| 1 | 2 |", HINT]
    words.append("## Exercise 90.1 · Twice\n\n*★★☆ · 10 min*\n\nWrite it.")
    words.append("## Exercise 90.2 · Thrice\n\n*★☆☆ · 10 min*\n\nWrite it.")
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in words]
    cells.append(
        {
            "cell_type": "code",
            "metadata": {"mystnb": {"image": alt}},
            "source": "1 / 0",
            "execution_count": 1,
            "outputs": outputs,
        }
    )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells})


def make_small_tree(folder: Path) -> None:
    """Fill it with a copy of this tree that has two pages besides the home page."""
    for name in ("_config.yml", "index.md", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("static", "src"):
        leave = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    (folder / "appendices").mkdir()
    shutil.copy(ROOT / "appendices" / "about.md", folder / "appendices")
    toc = {"format": "jb-book", "root": "index"}
    toc["parts"] = [
        {"caption": "Chapters", "chapters": [{"file": "chapters/90_sample"}]},
        {"caption": "Reference", "chapters": [{"file": "appendices/about"}]},
    ]
    (folder / "chapters").mkdir()
    index = folder / "index.md"  # its links lead to pages that this tree does not have
    text = index.read_text(encoding="utf-8")
    text = re.sub(r"\[([^]]+)\]\((?!appendices/about)[a-z]+/[^)]+\)", r"\1", text)
    index.write_text(text, encoding="utf-8")
    sample = folder / "chapters" / "90_sample.ipynb"
    sample.write_text(notebook(alt={"alt": "Nothing but black."}), encoding="utf-8")
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
