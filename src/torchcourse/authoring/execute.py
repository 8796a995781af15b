"""Run notebooks in parallel kernels and make their outputs canonical."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .assembly import METADATA, Notebook

TIMEOUT = 120  # seconds for one cell; a whole notebook has 60 (S8)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
CELL_FRAME = re.compile(r"(?:Cell )?In\s?\[(\d+)\], line (\d+)")
KEPT_OUTPUT = {"output_type", "name", "text", "data", "metadata", "execution_count"}


@dataclass(frozen=True)
class Failure:
    """A cell that failed, with the line of its master."""

    notebook: Notebook
    index: int
    line: int | None
    reason: str

    def __str__(self) -> str:
        where = self.notebook.master.as_posix()
        line = f":{self.line}" if self.line else " (generated cell)"
        return f"{where}{line}: cell {self.index + 1} of {self.notebook.name} failed: {self.reason}"


def execute_all(
    notebooks: list[Notebook], root: Path, jobs: int, on_cell: Callable[[Notebook, int], None]
) -> list[Failure]:
    """Execute in place, at most ``jobs`` at once; a failed notebook stops at its failing cell."""

    async def run() -> list[Failure | None]:
        slots = asyncio.Semaphore(jobs)

        async def one(notebook: Notebook) -> Failure | None:
            async with slots:
                return await _execute(notebook, root, on_cell)

        return await asyncio.gather(*map(one, notebooks))

    # Kernels side by side with several torch threads each slow one another down many times over.
    previous = {key: os.environ.get(key) for key in ("OMP_NUM_THREADS", "PYTHONHASHSEED")}
    os.environ.update(OMP_NUM_THREADS="1", PYTHONHASHSEED="0")
    try:
        return [failure for failure in asyncio.run(run()) if failure]
    finally:
        for key, value in previous.items():
            os.environ.pop(key, None) if value is None else os.environ.update({key: value})


async def _execute(
    notebook: Notebook, root: Path, on_cell: Callable[[Notebook, int], None]
) -> Failure | None:
    at = 0

    def starts(cell: nbformat.NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index
        on_cell(notebook, cell_index)

    client = NotebookClient(
        notebook.node,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(root / notebook.target)}},
        record_timing=False,
        on_cell_start=starts,
        coalesce_streams=True,
        # Kernels on this machine's loopback need no warning about unencrypted TCP.
        extra_arguments=["--log-level=ERROR"],
    )
    (root / notebook.target).mkdir(exist_ok=True)
    try:
        await client.async_execute()
    except CellExecutionError as error:
        return _failure(notebook, at, error)
    except CellTimeoutError:
        return Failure(notebook, at, notebook.lines[at], f"no end after {TIMEOUT} s")
    except DeadKernelError:
        return Failure(notebook, at, notebook.lines[at], "the kernel died")
    return _canonical_outputs(notebook)


def _failure(notebook: Notebook, index: int, error: CellExecutionError) -> Failure:
    line = notebook.lines[index]
    count = notebook.node.cells[index].execution_count
    frames = CELL_FRAME.findall(ANSI.sub("", error.traceback))
    inside = [int(number) for cell, number in frames if int(cell) == count]
    if line and inside:
        line += inside[-1] - 1
    return Failure(notebook, index, line, f"{error.ename}: {error.evalue}")


def _canonical_outputs(notebook: Notebook) -> Failure | None:
    """Counts 1…n, no timings, no transient fields, no paths in tracebacks."""
    count = 0
    notebook.node.metadata.update(METADATA)  # nbclient adds the Python version of this machine
    for index, cell in enumerate(notebook.node.cells):
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        raised = False
        for output in cell.outputs:
            if output.output_type == "error":
                raised = True
                output.traceback = _own_frames(output.traceback, output)
                continue
            for key in set(output) - KEPT_OUTPUT:
                del output[key]
            if "execution_count" in output:
                output.execution_count = count
        if "raises-exception" in cell.metadata.get("tags", ()) and not raised:
            reason = "it is tagged raises-exception and raised nothing"
            return Failure(notebook, index, notebook.lines[index], reason)
    return None


def _own_frames(traceback: list[str], output: nbformat.NotebookNode) -> list[str]:
    """Keep the frames of the notebook's own cells: library frames carry this machine's paths."""
    text = ANSI.sub("", "\n".join(traceback))
    blocks = re.split(r"\n(?=(?:File |Cell In|In\[))", text)
    own = [block for block in blocks if CELL_FRAME.match(block.split("\n")[0])]
    body = "\n\n".join(block.strip("\n").split("\n\n")[0] for block in own)
    return (
        [body, f"{output.ename}: {output.evalue}"] if body else [f"{output.ename}: {output.evalue}"]
    )
