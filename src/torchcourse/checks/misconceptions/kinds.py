"""What a result is: its Python type and its dtype."""

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ..describe import is_number
from .context import Context, Finding

LAYOUT_QUESTION = "which call changes how the elements are stored?"
DEVICE_QUESTION = "which tensor inside the function is made without saying where?"


def type_finding(got: Any, expected: Any, context: Context) -> Finding:
    """Why the result may be of another type than expected."""
    for applies, reason, question in _TYPE_CASES:
        if applies(got, expected):
            return Finding(reason, question)
    if got is None:
        if context.printed:
            reason = (
                "The function printed a value and returned nothing: print shows, return hands back."
            )
            return Finding(reason, "which line should hand the result back to the caller?")
        return Finding(
            "A function that ends without `return` gives None.",
            "which line should hand the result back to the caller?",
        )
    if isinstance(got, torch.Tensor) and type(got) not in (torch.Tensor, torch.nn.Parameter):
        return Finding(
            f"{type(got).__name__} is a subclass of torch.Tensor with methods of its own.",
            "which line changes the type, and what would a plain tensor hold?",
        )
    return Finding(None, "what type does the statement ask for?")


def _tensor(value: Any) -> bool:
    return isinstance(value, torch.Tensor)


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _python(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)


Case = tuple[Callable[[Any, Any], bool], str, str]
_TYPE_CASES: tuple[Case, ...] = (
    (
        lambda got, expected: isinstance(
            got, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
        ),
        "That is the function itself: without parentheses it is named, not called.",
        "what is missing after its name?",
    ),
    (
        lambda got, expected: isinstance(got, types.GeneratorType),
        "`yield` makes a generator, which has computed nothing yet.",
        "which keyword hands one finished result back?",
    ),
    (
        lambda got, expected: isinstance(got, tuple) and len(got) == 1 and not _sequence(expected),
        "A comma at the end of a return line makes a tuple of one.",
        "what stands at the very end of the return line?",
    ),
    (
        lambda got, expected: _sequence(expected) and (_tensor(got) or _array(got) or _python(got)),
        "One value came back where several are expected.",
        "what should the return line list?",
    ),
    (
        lambda got, expected: _sequence(got) and _tensor(expected),
        "The numbers are in a Python sequence: no shape, no dtype, no gradient.",
        "which call makes a tensor of them?",
    ),
    (
        lambda got, expected: _sequence(got) and _array(expected),
        "The numbers are in a Python sequence, which has no shape and no dtype.",
        "which call makes a NumPy array of them?",
    ),
    (
        lambda got, expected: _array(got) and _tensor(expected),
        "A NumPy array has left PyTorch: it has no device and no gradient.",
        "at which line does the value leave PyTorch, and does it need to?",
    ),
    (
        lambda got, expected: _tensor(got) and _array(expected),
        "The value is still in PyTorch.",
        "which call hands a tensor's values over to NumPy?",
    ),
    (
        lambda got, expected: is_number(got) and _tensor(expected),
        "A Python or NumPy number has no dtype of torch, no device and no gradient.",
        "at which line does the tensor become a number?",
    ),
    (
        lambda got, expected: is_number(got) and _array(expected),
        "A single number has no axes; an array of shape () or (1,) has.",
        "at which line does the array become a number?",
    ),
    (
        lambda got, expected: (_tensor(got) or _array(got)) and isinstance(expected, bool),
        "A tensor or array of bools is not a Python bool, even with a single element.",
        "which call turns them into one True or False?",
    ),
    (
        lambda got, expected: (_tensor(got) or _array(got)) and _python(expected),
        "A tensor or array with one element is not yet a Python number.",
        "which method takes the one number out?",
    ),
    (
        lambda got, expected: isinstance(got, np.generic) and _python(expected),
        "Indexing or reducing a NumPy array gives a NumPy number, which keeps its own dtype.",
        "which method turns it into a Python number?",
    ),
    (
        lambda got, expected: isinstance(got, bool) and _python(expected),
        "A comparison gives a bool; a number is expected here.",
        "what should be counted or computed from it?",
    ),
    (
        lambda got, expected: _python(got) and isinstance(expected, bool),
        "That is a number, not an answer of yes or no.",
        "which comparison answers with True or False?",
    ),
    (
        lambda got, expected: isinstance(got, int) and isinstance(expected, float),
        "Whole numbers stay whole: `//`, int() and round() drop the fraction.",
        "at which line is the fraction lost?",
    ),
    (
        lambda got, expected: isinstance(got, float) and isinstance(expected, int),
        "`/` gives a float even where the division has no remainder.",
        "which operation keeps whole numbers whole?",
    ),
    (
        lambda got, expected: isinstance(got, str),
        "That is text, the name of a value and not the value itself.",
        "what do the quotation marks change?",
    ),
    (
        lambda got, expected: isinstance(expected, torch.nn.Parameter) and _tensor(got),
        "A module registers a Parameter; it does not see a plain tensor.",
        "what makes a tensor a parameter of its module?",
    ),
)


def dtype_finding(got: str, expected: str) -> Finding:
    """Why the dtype may differ; both are names such as ``float32``."""
    whole = got.startswith(("int", "uint"))
    if expected.startswith(("float", "bfloat", "complex")) and whole:
        return Finding(
            f"Whole numbers alone, as in torch.tensor([1, 2]), make {got}; so do // and argmax.",
            "at which line should the numbers become floating point?",
        )
    if expected == "float32" and got == "float64":
        return Finding(
            "float64 comes from .double(), or from NumPy, whose default it is.",
            "at which line does float64 come in, and which dtype should stand there?",
        )
    if expected == "float64" and got == "float32":
        return Finding(
            "float32 is torch's default dtype; the digits beyond about 7 are gone.",
            "at which line is the dtype chosen, or left to the default?",
        )
    if got == "bool":
        return Finding("A comparison gives bools.", f"what turns True and False into {expected}?")
    if expected == "bool":
        return Finding("A mask holds bools.", "which comparison answers with True or False?")
    if expected.startswith(("int", "uint")) and not whole:
        return Finding(
            "`/`, mean, torch.zeros and torch.Tensor(...) give floating point.",
            "which operation keeps whole numbers whole?",
        )
    return Finding(None, "at which line is the dtype chosen, or left to the default?")
