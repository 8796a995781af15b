"""What may cross between grader and learner, and how much of it. Both sides import this.

A message is JSON: ``{"memories": [...], ...}`` with values as nodes ``{"t": type, ...}``. Bytes
travel as base64. A memory is a run of bytes that tensors and arrays look at, so shared memory
stays shared on the other side.
"""

from __future__ import annotations

import json
from typing import Any

LARGEST_MESSAGE = 24 << 20  # characters of JSON
LARGEST_MEMORY = 8 << 20  # bytes of all tensors of one message, and of one tensor's elements
DEEPEST = 24
MOST_NODES = 50_000
LONGEST_TEXT = 1 << 20
MOST_DIMENSIONS = 16
MOST_HASHED = 10_000  # items of all sets and dictionaries: chosen numbers hash alike
LONGEST_RANGE = 1 << 20

DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex64", "complex128"),
    *("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64", "bool"),
)
ARRAY_KINDS = "biufc"


class ProtocolError(BaseException):
    """The other side sent something that is no plain data, or too much of it.

    No Exception: a check must not take it for something that the learner's function raised.
    """


class CannotSend(Exception):
    """A value has no plain form; the message names its type."""


def dump(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), allow_nan=False)


def load(text: object) -> dict[str, Any]:
    """One message. Raises ProtocolError for anything but a JSON object of bounded size."""
    if type(text) is not str or len(text) > LARGEST_MESSAGE:
        raise ProtocolError("the message is too large")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("the message is no JSON") from None
    return expect(message, dict)


def expect(value: Any, kind: type) -> Any:
    """``value`` itself if its type is exactly ``kind``."""
    if type(value) is not kind:
        raise ProtocolError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def whole(value: Any, least: int = 0, most: int = 1 << 40) -> int:
    """A whole number within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise ProtocolError("a number is out of bounds")
    return value


def is_short(value: range) -> bool:
    """Whether a check may walk through it."""
    return abs(value.stop - value.start) <= abs(value.step) * LONGEST_RANGE


def name_of(value: Any) -> str:
    """A name that may stand in a message to people: letters, digits, underscores."""
    text = str(value)[:60]
    return text if text.isidentifier() else "Unnamed"
