"""A process that grades many submissions: ``python -m torchcourse.grading.worker``.

Tasks come as lines of JSON on standard input, rows go out as lines on what was standard output.
Its fork server starts while it imports torch itself, so little is imported here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from .jail import server


def end_with_parent(folder: Path) -> None:
    """A grader that was killed cannot tell its workers, and a cell may run for minutes."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def start_server() -> None:
    """What goes wrong here is told when the first task asks for the server."""
    with contextlib.suppress(server.JailError):
        if server.can_fork():
            server.server()


def main() -> int:
    """Serve until standard input ends."""
    rows = os.fdopen(os.dup(1), "w", encoding="utf-8")
    tasks = os.fdopen(os.dup(0), encoding="utf-8")
    with open(os.devnull, "r+") as null:
        os.dup2(null.fileno(), 0)
        os.dup2(null.fileno(), 1)
    with tempfile.TemporaryDirectory(prefix="tcg-") as name:
        folder = Path(name)
        end_with_parent(folder)
        threading.Thread(target=start_server, daemon=True).start()
        from .service import serve

        serve(tasks, rows, folder)
        os.chdir("/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
