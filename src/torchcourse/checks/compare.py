"""Got against expected, whatever they are: the first failing layer, or None.

``find_mistake`` walks through tensors, NumPy arrays, Python scalars, strings, dtypes, modules, and
sequences, sets and mappings of them, and names the first index or key that differs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from .close import mismatch
from .describe import is_module, is_number, shape_text
from .layers import array_mistake, make_mistake, number_mistake, tensor_mistake, type_mistake
from .misconceptions.context import Context, Finding, Misconception, plain
from .verdict import CheckError, Mistake, shorten


def find_mistake(got: Any, expected: Any, context: Context) -> Mistake | None:
    """The first failing layer, or None where ``got`` is what is expected."""
    if isinstance(expected, torch.Tensor):
        return tensor_mistake(got, expected, context)
    if isinstance(expected, np.ndarray):
        return array_mistake(got, expected, context)
    if is_module(expected):
        return _module_mistake(got, expected, context)
    if isinstance(expected, Mapping):
        return _mapping_mistake(got, expected, context)
    if isinstance(expected, (list, tuple)):
        return _sequence_mistake(got, expected, context)
    if isinstance(expected, (set, frozenset)):
        return _set_mistake(got, expected, context)
    return _scalar_mistake(got, expected, context)


def find_known(
    got: Any, expected: Any, known: tuple[Misconception, ...], context: Context
) -> Misconception | None:
    """The foreseen wrong answer that ``got`` is. Raises CheckError if one of them is right."""
    for entry in known:
        if find_mistake(entry.value, expected, context) is None:
            raise CheckError(f"a known wrong answer equals the expected one: {entry.says}")
        if find_mistake(got, entry.value, context) is None:
            return entry
        a, b, e = plain(got), plain(entry.value), plain(expected)
        # The dtype of a foreseen value matters only where nothing else tells it from the answer.
        tell = e is None or b is None or b.shape != e.shape or mismatch(b, e, 1e-4, 1e-6)
        if type(got) is type(entry.value) and a is not None and b is not None and tell:
            tolerances = (context.rtol, context.atol)
            if tolerances == (None, None):
                tolerances = (1e-5, 1e-5)
            if a.shape == b.shape and mismatch(a, b, *tolerances) is None:
                return entry
    return None


def _scalar_mistake(got: Any, expected: Any, context: Context) -> Mistake | None:
    """Numbers, strings, None, dtypes and other values that are equal or not."""
    # np.float64 is a float in every respect; other subclasses can redefine equality.
    if type(got) is np.float64 and type(expected) is float:
        got = float(got)
    if type(got) is not type(expected):
        return type_mistake(got, expected, context)
    if isinstance(expected, np.generic):
        return array_mistake(np.asarray(got), np.asarray(expected), context)
    if is_number(expected) and not isinstance(expected, bool):
        return number_mistake(got, expected, context)
    if type(expected).__eq__(expected, got) is True or got is expected:
        return None
    facts = f"expected {_short(expected)}, got {_short(got)}."
    reason = None
    if isinstance(expected, str) and expected.strip().casefold() == got.strip().casefold():
        reason = "Only spaces or capital letters differ."
    question = "which rule decides between the two?"
    return make_mistake("value", facts, Finding(reason, question), context)


def _short(value: Any) -> str:
    return shorten(repr(value) if isinstance(value, str) else str(value), 40)


def _sequence_mistake(got: Any, expected: Any, context: Context) -> Mistake | None:
    if not isinstance(got, (list, tuple)):
        return type_mistake(got, expected, context)
    if isinstance(expected, torch.Size) and (
        all(type(size) is int for size in got) and tuple(got) != tuple(expected)
    ):
        facts = f"expected {shape_text(expected)}, got {shape_text(got)}."
        return make_mistake("value", facts, Finding(None, "what does each axis count?"), context)
    if len(got) != len(expected):
        facts = f"expected {len(expected)} items, got {len(got)}."
        question = "which item is missing, or there twice?"
        if isinstance(expected, tuple):
            question = "what should the return line list?"
        return make_mistake("shape", facts, Finding(None, question), context)
    pairs = (((f"[{i}]", *pair)) for i, pair in enumerate(zip(got, expected, strict=True)))
    return _first(pairs, context)


def _mapping_mistake(got: Any, expected: Mapping, context: Context) -> Mistake | None:
    if not isinstance(got, Mapping):
        return type_mistake(got, expected, context)
    for what, keys in (
        ("is missing", [key for key in expected if key not in got]),
        ("is not asked for", [key for key in got if key not in expected]),
    ):
        if keys:
            more = f" (and {len(keys) - 1} more)" if len(keys) > 1 else ""
            facts = f"the key {_short(keys[0])!s}{more} {what}."
            finding = Finding(None, "which keys does the statement name?")
            return make_mistake("shape", facts, finding, context)
    return _first(((f"[{key!r}]", got[key], expected[key]) for key in expected), context)


def _first(items: Iterable[tuple[str, Any, Any]], context: Context) -> Mistake | None:
    """The first mistake among ``(key, got, expected)``, with its key in the path."""
    for key, got, expected in items:
        inner = replace(context, path=(context.path or context.root) + key)
        mistake = find_mistake(got, expected, inner)
        if mistake is not None:
            return mistake
    return None


def _module_mistake(got: Any, expected: torch.nn.Module, context: Context) -> Mistake | None:
    if not is_module(got):
        return type_mistake(got, expected, context)
    inner = replace(context, path=(context.path or context.root) + ".state_dict()")
    return _mapping_mistake(dict(got.state_dict()), dict(expected.state_dict()), inner)


def _set_mistake(got: Any, expected: set | frozenset, context: Context) -> Mistake | None:
    if not isinstance(got, (set, frozenset)):
        return type_mistake(got, expected, context)
    for what, items in (("is missing", expected - got), ("does not belong", got - expected)):
        if items:
            first = min(map(_short, items))
            finding = Finding(None, "which rule decides what belongs to the set?")
            return make_mistake("value", f"the element {first} {what}.", finding, context)
    return None
