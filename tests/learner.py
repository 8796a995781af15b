"""Run notebooks as a learner on Colab does: no torchcourse at first, and no tools of the course.

    python tests/learner.py --wheels _build/html/wheels exercises/02_tensors.ipynb

With the Python that `learner_python.make` makes. The wheel comes over HTTP from this machine,
through the notebook's own first cell. Exit status 1 where a cell fails that is not tagged
raises-exception.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import re
import sys
import threading
from pathlib import Path


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def serve(folder: Path) -> str:
    """Serve ``folder`` at a free port of this machine; answers with its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def run(notebook: Path, address: str) -> list[str]:
    """The failures of one notebook, run from its first cell to its last."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    failures = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        source = re.sub(r"https://\S+/wheels/", f"{address}/", source)
        result = shell.run_cell(source, silent=True)
        meant = "raises-exception" in cell["metadata"].get("tags", ())
        if not result.success and not meant:
            error = result.error_before_exec or result.error_in_exec
            failures.append(f"{notebook}: {cell['id']}: {type(error).__name__}: {error}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("notebook", type=Path, nargs="+")
    options = parser.parse_args()
    if any((Path(p) / "torchcourse" / "__init__.py").exists() for p in sys.path if p):
        sys.exit("torchcourse is on the path already: this would prove nothing")
    address = serve(options.wheels)
    failures = [line for notebook in options.notebook for line in run(notebook, address)]
    import torchcourse

    print(f"{len(options.notebook)} notebooks with torchcourse {torchcourse.__version__}")
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
