"""The learner's side: an exception as plain data, with the line of his that raised it."""

from __future__ import annotations

import os
from typing import Any

from ...checks.calls import is_stub
from ...checks.describe import location, rank_location
from ..watch import PROBE, RuleBroken
from .protocol import CannotSend, name_of

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def described(error: BaseException) -> dict[str, Any]:
    """An exception as data: its classes' names, its message, and where the learner raised it."""
    message = str(error.args[0]) if len(error.args) == 1 else str(error)
    return {
        "type": name_of(type(error).__name__),
        "bases": [name_of(kind.__name__) for kind in type(error).__mro__[:8]],
        "message": message[:500],
        "name": str(getattr(error, "name", "") or "")[:60],
        "stub": is_stub(error),
        "rule": isinstance(error, RuleBroken),
        "unsendable": isinstance(error, CannotSend),
        "at": _place(error),
    }


def _place(error: BaseException) -> str | None:
    """The learner's line; frames of this package below it say nothing to him."""
    trace, last = error.__traceback__, None
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
            last = trace
        trace = trace.tb_next
    if last is None or last.tb_frame.f_code.co_filename == PROBE:
        return None
    end, last.tb_next = last.tb_next, None
    try:
        return rank_location(error) or location(last)
    finally:
        last.tb_next = end
