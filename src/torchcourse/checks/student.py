"""``student`` in a hidden check: the learner's names, looked up when they are used.

A grader replaces this object by one that reaches into another process, so a hidden check knows
two things only: ``student.f`` can be called, and ``student.value("name")`` gives plain data.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from .verdict import NotWritten


class Student:
    """Names of one namespace, usually ``globals()`` of a notebook. They may be redefined later."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        # Questions of Python itself (copy, pickle, inspect) are no exercise names.
        if name.startswith("_"):
            raise AttributeError(name)
        return self.value(name)

    def value(self, name: str) -> Any:
        """What stands under ``name``. Raises NotWritten where there is nothing yet."""
        try:
            return self._namespace[name]
        except KeyError:
            raise missing(name) from None

    def run(self, code: str, **inputs: Any) -> Any:
        """The value of an expression among the learner's names, with ``inputs`` added to them.

        For what plain data cannot say: functions as arguments, gradients, shared storage.
        """
        scope = {**self._namespace, **inputs}
        try:
            return eval(compile(code.strip(), "<probe>", "eval"), scope)
        except NameError as error:
            if error.name and error.name not in scope and error.name in code:
                raise missing(error.name) from None
            raise

    def probe(self, code: str, **inputs: Any) -> Callable[[], Any]:
        """``run`` for ``ex.call``: a function of nothing that is called what it evaluates."""

        def evaluate() -> Any:
            return self.run(code, **inputs)

        evaluate.__name__ = evaluate.__qualname__ = code.strip().removesuffix("()")
        return evaluate


def missing(name: str) -> NotWritten:
    """The state of an answer cell that has never run."""
    return NotWritten(f"`{name}` does not exist yet: run the answer cell above first.")


def make_student(namespace: Mapping[str, Any], seed: int) -> tuple[Student, torch.Generator]:
    """The student and a CPU generator seeded with ``seed``: the same inputs on every machine."""
    return Student(namespace), torch.Generator().manual_seed(seed)
