"""A grader as many are: the answer, its check and the hidden asserts in one process.

``python naive.py NAME...`` prints what each attack gets there, as JSON. It shows that an attack is
one: here it earns its point, or hangs or ends the process.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import sys
import time

import torch
from IPython.core.interactiveshell import InteractiveShell

from attacks import ATTACKS
from attacks.course import reference
from attacks.model import placed
from torchcourse import check

PATIENCE = 3.0  # seconds
GRADING = """
student, rng = check.student(globals(), seed=0)
"""


def grade(attack, places: dict[str, str]) -> str:
    """The state of the hidden asserts of the exercise that is attacked."""
    shell = InteractiveShell.instance()
    cells = {cell["id"]: cell["source"] for cell in reference()["cells"]}
    slug = attack.exercise.replace(".", "-")
    shell.run_cell(cells["setup"])
    shell.run_cell(placed(attack.source, places))
    shell.run_cell(cells[f"check-{slug}"])
    shell.run_cell(GRADING)
    shell.run_cell(cells[f"hidden-{slug}-1"])
    found = check.verdicts().get(attack.exercise)
    return found.hidden.state if found and found.hidden else "none"


def one(attack, places: dict[str, str]) -> str:
    hear, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        with contextlib.redirect_stdout(io.StringIO()):
            state = grade(attack, places)
        os.write(speak, state.encode())
        os._exit(0)
    os.close(speak)
    ready, _, _ = select.select([hear], [], [], PATIENCE)
    state = os.read(hear, 100).decode() or "dies" if ready else "hangs"
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(hear)
    return state


if __name__ == "__main__":
    start = time.monotonic()
    torch.set_num_threads(1)
    known = json.load(sys.stdin)
    print(json.dumps({name: one(ATTACKS[name], known) for name in sys.argv[1:]}))
