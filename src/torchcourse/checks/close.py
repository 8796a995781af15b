"""Whether two values are equal within tolerance, as ``torch.testing`` decides it.

``torch.testing.assert_close`` begins with ``from torch.distributed.tensor import DTensor``, which
imports sympy and some 500 modules: measured 0.46-0.56 s for the first call and 0.05 ms for each
later one, whether the values are equal or not (torch 2.13.0, 2 cores; 2.11.0 has no such line).
Everything after that line, with the same pairs, tolerances and messages, takes 5 ms the first
time, so that is where we enter. ``tests/bench_checks.py`` measures both, ``tests/test_checks.py``
holds them equal. Should a version of torch move these names, the public function serves, half a
second later.

Importing this module runs no tensor operation: a process that has only imported it can fork.
"""

import re
from typing import Any

import torch

try:
    from torch.testing._comparison import (
        BooleanPair,
        NonePair,
        NumberPair,
        TensorLikePair,
        not_close_error_metas,
    )
except ImportError:  # pragma: no cover - a later torch
    not_close_error_metas = None

_assert_close = torch.testing.assert_close


def mismatch(
    got: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    *,
    check_dtype: bool = True,
) -> str | None:
    """None if close, else the message of ``torch.testing``. NaN equals NaN.

    Takes tensors, NumPy arrays, numbers, bools, None, and sequences and mappings of them. Without
    tolerances those of torch.testing for the dtype apply; if one is given, the other is 0.
    """
    if (rtol is None) != (atol is None):
        rtol, atol = rtol or 0.0, atol or 0.0
    options = {"rtol": rtol, "atol": atol, "equal_nan": True, "check_dtype": check_dtype}
    if not_close_error_metas is None:  # pragma: no cover
        return _public_mismatch(got, expected, options)
    pairs = (NonePair, BooleanPair, NumberPair, TensorLikePair)
    # The grad mode matters: a compared tensor that requires grad would record a graph.
    with torch.no_grad():
        metas = not_close_error_metas(got, expected, pair_types=pairs, **options)
    return str(metas[0].to_error()) if metas else None


def _public_mismatch(got: Any, expected: Any, options: dict[str, Any]) -> str | None:
    """The same by the documented function."""
    try:
        with torch.no_grad():
            _assert_close(got, expected, **options)
    except AssertionError as error:
        return str(error)
    return None


def first_mismatch(
    got: torch.Tensor, expected: torch.Tensor, rtol: float | None, atol: float | None
) -> int:
    """Flat index of the first element that is not close; both have one shape, and differ.

    Bisection over prefixes keeps the tolerances where they belong: about log2(numel) comparisons.
    """
    got, expected = got.detach().reshape(-1), expected.detach().reshape(-1)
    low, high = 0, got.numel()
    while high - low > 1:
        middle = (low + high) // 2
        if mismatch(got[low:middle], expected[low:middle], rtol, atol) is None:
            low = middle
        else:
            high = middle
    return low


def count_mismatches(message: str) -> int | None:
    """How many elements differ, read from a message of ``mismatch``; None for a scalar."""
    found = re.search(r"Mismatched elements: (\d+) / \d+", message)
    return int(found[1]) if found else None
