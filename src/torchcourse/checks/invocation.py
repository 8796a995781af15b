"""Calls in a learner's words: ``softmax(x, dim=1), x (2, 3) float32``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .describe import aside, inline, is_module


def function_name(f: Any) -> str:
    """The name a learner gave it; ``Net()`` for an object of a class."""
    name = getattr(f, "__name__", None)
    if isinstance(name, str):
        return name
    inner = getattr(f, "func", None)  # functools.partial
    return function_name(inner) if inner is not None else f"{type(f).__name__}()"


def named_arguments(f: Callable, args: tuple, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by parameter name, as far as ``f`` has a signature; else ``argument 1`` and so on.

    A callable without a signature, or one that the call does not fit, is no error here.
    """
    names: list[str] = []
    try:
        signature = inspect.signature(f.forward if is_module(f) else f)
        for parameter in signature.parameters.values():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                names.append(parameter.name)
    except (TypeError, ValueError):
        names = []
    names = names[: len(args)]
    names += [f"argument {i + 1}" for i in range(len(names), len(args))]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def call(f: Callable, args: tuple, kwargs: Mapping[str, Any]) -> str:
    """The call as the learner would write it, then what its larger arguments are."""
    inside: list[str] = []
    asides: list[str] = []
    for i, (name, value) in enumerate(named_arguments(f, args, kwargs).items()):
        short = inline(value)
        prefix = f"{name}=" if i >= len(args) else ""
        if short is not None:
            inside.append(prefix + short)
        elif name.startswith("argument "):
            inside.append(f"<{aside(value)}>")
        else:
            inside.append(prefix + name)
            asides.append(f"{name} {aside(value)}")
    text = function_name(f)
    if inside or not text.endswith(")"):  # a probe's name is a call already
        text += f"({', '.join(inside)})"
    return ", ".join([text, *asides])
