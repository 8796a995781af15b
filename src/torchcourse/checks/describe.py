"""Values in a learner's words, such as ``a tensor (2, 3) float32``, and where their code raised."""

import linecache
import os
import types
from typing import Any

import numpy as np
import torch

from .verdict import shorten

# Frames in these folders are not the learner's: torch, NumPy, standard library, this package.
HERE = os.path.dirname(os.path.abspath(__file__))
FOREIGN = tuple(
    os.path.abspath(path) + os.sep
    for path in (
        *(os.path.dirname(module.__file__) for module in (torch, np, os)),
        *(HERE, os.path.join(os.path.dirname(HERE), "ranks")),
    )
)
NOBODY = ("<frozen", "<probe>")  # the interpreter's own code, and a check's expression
PLAIN = {
    torch.Tensor: "a tensor",
    torch.nn.Parameter: "a Parameter",
    np.ndarray: "a NumPy array",
}
INLINE = 24
LITERALS = (
    *(bool, int, complex, np.generic, str),
    *(list, tuple, set, dict, torch.dtype, torch.device),
)


def dtype_name(dtype: torch.dtype | np.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def shape_text(shape: tuple[int, ...]) -> str:
    """``(2, 3)``, also where NumPy or torch would print something longer."""
    return str(tuple(int(size) for size in shape))


def number(value: Any, other: Any = None) -> str:
    """A number in six digits, or in as many as it takes to tell it from ``other``."""
    if isinstance(value, (bool, int, complex, str)) or value is None:
        return str(value)
    for digits in (6, 9, 17):
        text = f"{value:.{digits}g}"
        if other is None or isinstance(other, (complex, str)) or text != f"{other:.{digits}g}":
            break
    return text if any(c in text for c in ".en") else text + ".0"


def is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex, np.generic))


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def is_module(value: Any) -> bool:
    return isinstance(value, torch.nn.Module)


def with_article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def kind(value: Any) -> str:
    """What a value is, in a few words, without its elements: ``a tensor (2, 3) float32``."""
    if value is None:
        return "None"
    if type(value) in PLAIN:
        return f"{PLAIN[type(value)]} {(array_text if is_array(value) else tensor_text)(value)}"
    if isinstance(value, (torch.Tensor, np.ndarray)):
        # A subclass may answer anything when asked for its shape.
        base = "Tensor" if isinstance(value, torch.Tensor) else "ndarray"
        return f"{with_article(type(value).__name__)}, which is a subclass of {base}"
    if isinstance(value, np.generic):
        return f"the NumPy number {number(value.item())} ({dtype_name(value.dtype)})"
    if isinstance(value, (bool, int, float, complex)):
        return f"the Python {type(value).__name__} {number(value)}"
    if isinstance(value, str):
        return f"the string {shorten(repr(value), 40)}"
    if isinstance(value, (torch.dtype, torch.device, torch.layout)):
        return f"the {type(value).__name__} {value}"
    if isinstance(value, torch.Size):
        return f"the shape {shape_text(value)}"
    if isinstance(value, types.GeneratorType):
        return "a generator"
    if is_module(value):
        return f"a module {type(value).__name__}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value):
        return f"a function ({getattr(value, '__name__', type(value).__name__)})"
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return f"{with_article(type(value).__name__)} of {len(value)}"
    return with_article(type(value).__name__)


def tensor_text(value: torch.Tensor) -> str:
    """Shape and dtype; device and requires_grad only where they are not the usual ones."""
    text = f"{shape_text(value.shape)} {dtype_name(value.dtype)}"
    if value.layout != torch.strided:
        text += f" {str(value.layout).removeprefix('torch.')}"
    if value.device.type != "cpu":
        text += f" on {value.device}"
    return text + (" requires_grad" if value.requires_grad else "")


def array_text(value: np.ndarray) -> str:
    return f"{shape_text(value.shape)} {dtype_name(value.dtype)}"


def inline(value: Any) -> str | None:
    """A value short enough to stand in the call itself, as source text; else None."""
    if isinstance(value, (torch.Tensor, np.ndarray, torch.nn.Module, torch.Generator)):
        return None
    if isinstance(value, (float, np.floating)):
        return number(float(value))
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return value.__name__
    if isinstance(value, (list, tuple, set, dict)) and any(
        inline(item) is None for item in (value.values() if isinstance(value, dict) else value)
    ):
        return None
    if value is None or isinstance(value, LITERALS):
        text = str(value) if isinstance(value, (np.generic, torch.device)) else repr(value)
        return text if len(text) <= INLINE else None
    return None


def aside(value: Any) -> str:
    """What follows a parameter's name after the call: ``(2, 3) float32``."""
    if isinstance(value, torch.Tensor):
        return tensor_text(value)
    if isinstance(value, np.ndarray):
        return f"array {array_text(value)}"
    if isinstance(value, torch.Generator):
        return "Generator"
    return kind(value).removeprefix("a ").removeprefix("an ").removeprefix("the ")


def location_of(error: BaseException) -> str | None:
    """Where the learner's code raised; an error of another process brings it along."""
    if hasattr(error, "remote_location"):
        return error.remote_location
    return rank_location(error) or location(error.__traceback__)


def rank_location(error: BaseException) -> str | None:
    """Where the code of a rank raised (`torchcourse.ranks`); None for every other error."""
    match getattr(error, "rank_place", None):
        case (str(file), int(line)):
            return words_of((file, line))
    return None


def location(trace: types.TracebackType | None) -> str | None:
    """``line 3 of your cell: return x.T`` for the innermost frame that is the learner's own."""
    return words_of(own_place(trace))


def own_place(trace: types.TracebackType | None) -> tuple[str, int] | None:
    """File and line of the innermost frame that is the learner's own."""
    found = None
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith((*FOREIGN, *NOBODY)) and "site-packages" not in path:
            found = (path, trace.tb_lineno)
        trace = trace.tb_next
    return found


def words_of(place: tuple[str, int] | None) -> str | None:
    """A place as words, with the line's text where this process knows it."""
    if place is None:
        return None
    source = linecache.getline(*place).strip()
    return shorten(f"line {place[1]} of your cell" + (f": {source}" if source else ""), 90)
