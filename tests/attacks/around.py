"""What stands around a class: solutions, a gradebook, and servers that know the answer."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graded import write

from .course import reference

ANSWER = b"def double(x): return 2 * x\n"


@contextmanager
def answering(kind: int, address: Any) -> Iterator[tuple[Any, list[int]]]:
    """A server that tells whoever asks the right answer. Gives its address, and who asked."""
    asked: list[int] = []
    with socket.socket(kind) as server:
        server.bind(address)
        server.listen()

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                asked.append(1)
                with line:
                    line.sendall(ANSWER)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname(), asked
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def places(base: Path) -> Iterator[tuple[dict[str, object], list[int]]]:
    """Where attacks look: solutions, a neighbor, a gradebook, two servers."""
    (base / "gradebook.csv").write_text("ada,4\n", encoding="utf-8")
    write(base / "solutions" / "01_small.ipynb", reference())
    name = f"torchcourse-{os.urandom(6).hex()}"
    with (
        answering(socket.AF_INET, ("127.0.0.1", 0)) as (address, asked),
        answering(socket.AF_UNIX, f"\0{name}") as (_, also),
    ):
        found: dict[str, object] = {
            "solutions": base / "solutions",
            "neighbor": base / "class" / "honest.ipynb",
            "mark": base / "gradebook.csv",
            "port": address[1],
            "socket": name,
        }
        calls: list[int] = []
        yield found, calls
        calls += asked + also
