"""The grader's side: what the learner's code raised, as an exception of this process."""

from __future__ import annotations

import builtins
from typing import Any

from ...checks.student import missing
from ...checks.verdict import Mistake, NotWritten
from .protocol import name_of

# Raised between map and zip they would end a check's own loop, as if it had asked everything.
ENDS_A_LOOP = (StopIteration, StopAsyncIteration)


class RemoteError(Exception):
    """What the learner's code raised, where it is no exception of Python's own."""


def error_of(data: dict[str, Any]) -> Exception:
    """The learner's exception as one of ours: a class of Python's own, or one that has its name."""
    kind, message = name_of(data.get("type")), str(data.get("message", ""))[:500]
    if kind == "missing":
        return missing(name_of(message))
    if data.get("stub") is True:
        return NotWritten()
    at = str(data.get("at") or "")[:90] or None
    if data.get("rule") is True:
        return Mistake("written", message, at, "which allowed operation does the same?")
    if data.get("unsendable") is True:
        facts = f"the result cannot be compared: it is or holds {message}"
        return Mistake("type", facts, None, "what should the function return?")
    names = [kind, *(str(base)[:60] for base in data.get("bases", []) if isinstance(base, str))]
    for name in names:
        base = getattr(builtins, name, None)
        if isinstance(base, type) and issubclass(base, Exception) and base not in ENDS_A_LOOP:
            break
    else:
        base = RemoteError
    made = (
        base
        if base.__name__ == kind
        else type(kind, (RemoteError if base is RemoteError else base,), {})
    )
    try:
        error = made(message)
    except TypeError:  # UnicodeDecodeError and its like want five arguments
        error = type(kind, (RemoteError,), {})(message)
    error.remote_location = at  # type: ignore[attr-defined]
    return error
