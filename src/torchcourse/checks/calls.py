"""Around a call: what it prints, what its exception means, and which question follows."""

import io
import linecache
import re
from typing import Any

import numpy as np
import torch

from .describe import FOREIGN, kind
from .verdict import CheckError, shorten

NEXT_AFTER: tuple[tuple[type[Exception], str, str], ...] = (
    (NameError, "", "is this name spelled as it was defined, and has its cell run?"),
    (TimeoutError, "rank", "what does each rank wait for, and which rank was to send it?"),
    (RecursionError, "", "which case ends the recursion, and how many calls deep is that?"),
    (NotImplementedError, "", "which method or operation is missing, and for what kind of value?"),
    (IndexError, "broadcast|shape mismatch", "which shapes meet there, and what should each be?"),
    (IndexError, "", "how long is that axis, and which is its last index?"),
    (KeyError, "", "which keys are there?"),
    (AttributeError, "", "what type is the value before the dot?"),
    (ZeroDivisionError, "", "for which input is the divisor 0?"),
    (Exception, "requires? grad", "which tensor there is part of a graph, and must it be?"),
    (Exception, "device", "on which device is each tensor in that line?"),
    (Exception, "dtype|same type|ScalarType", "which dtype has each tensor in that line?"),
    (Exception, "shape|size|dimension", "which shapes meet in that line?"),
    (TypeError, "", "which arguments, of which types, does that call take?"),
    (ValueError, "", "which value does the message object to?"),
    (Exception, "", "what does the message ask for?"),
)
"""Exception, pattern in its message, and the question that follows; the first that fits counts."""


def next_after(error: Exception) -> str:
    return next(
        question
        for type_, pattern, question in NEXT_AFTER
        if isinstance(error, type_) and re.search(pattern, str(error))
    )


class Tee(io.TextIOBase):
    """Passes what is printed on, and remembers that something was."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.used = False

    def write(self, text: str) -> int:
        self.used = True
        return self.target.write(text)

    def flush(self) -> None:
        self.target.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


def truth(condition: Any) -> bool:
    """Whether a condition is one plain True; a subclass of Tensor may call itself true."""
    if type(condition) in (torch.Tensor, np.ndarray):
        size = condition.numel() if isinstance(condition, torch.Tensor) else condition.size
        if size != 1:
            raise CheckError(f"ex.that needs one True or False, got {kind(condition)}")
        condition = condition.item()
    return condition is True or (isinstance(condition, np.bool_) and bool(condition))


def first_line(error: BaseException) -> str:
    text = shorten(str(error), 150)
    return f"{type(error).__name__}: {text}" if text else f"{type(error).__name__}."


def is_stub(error: BaseException) -> bool:
    """``raise NotImplementedError`` of a stub, not the one of an operator that torch lacks."""
    if not isinstance(error, NotImplementedError) or hasattr(error, "remote_location"):
        return False
    if not error.args:
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename.startswith(FOREIGN):
        return False
    line = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
    return "raise" in line


def raised_here(error: BaseException) -> bool:
    """Whether the check cell itself raised: its frame is the first and the last one."""
    return error.__traceback__ is None or error.__traceback__.tb_next is None


def source_line(error: BaseException) -> str:
    """The failing line of the check cell, such as ``assert total == 1``."""
    trace = error.__traceback__
    if trace is None:
        return ""
    return linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno).strip()
