"""The kernel itself, in the child of a fork: IPython's own application, without its files."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .limits import Limits

# OMP_NUM_THREADS counts at the start of the process that forks; children of a kernel read it too.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MALLOC_ARENA_MAX": "2",
    "CUDA_VISIBLE_DEVICES": "",
}


def run_kernel(
    connection: dict[str, Any], home: str, limits: Limits, ready: Callable[[], None]
) -> None:
    """Serve the connection until the kernel is asked to stop."""
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=home, TMPDIR=home, IPYTHONDIR=f"{home}/.ipython")
    os.environ.update(MPLCONFIGDIR=f"{home}/.matplotlib", JUPYTER_RUNTIME_DIR=home)
    tempfile.tempdir = None  # else it remembers the folder of the process that forked
    sys.argv = ["kernel"]
    sys.path[:] = [entry for entry in sys.path if entry]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    file = Path(home, "connection.json")
    file.write_text(json.dumps(connection), encoding="utf-8")

    import ipykernel.kernelapp
    from ipykernel.iostream import IOPubThread

    class NoPipe(IOPubThread):
        """The pipe carries prints of forked children over TCP, which a jail does not have."""

        def __init__(self, socket: Any, pipe: bool = False, session: Any = False) -> None:
            super().__init__(socket, pipe=False, session=session)

    ipykernel.kernelapp.IOPubThread = NoPipe  # type: ignore[misc]
    app = ipykernel.kernelapp.IPKernelApp.instance()
    app.initialize(
        [
            *("-f", str(file), "--log-level=50"),
            "--HistoryManager.enabled=False",
            "--InteractiveShell.colors=nocolor",
            "--Completer.use_jedi=False",
        ]
    )
    file.unlink(missing_ok=True)
    ready()
    app.start()
