"""Rules on an answer while it runs: torch's own hook and Python's show what was really called.

It runs in the learner's process. Whoever goes as far as to switch it off there has broken the rule
on purpose and in writing, which a reader of the notebook sees.
"""

from __future__ import annotations

import contextlib
import dis
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ..authoring.rules import IN_PLACE, LOOPS, TRY, in_place, named

# What a tensor says about itself; no rule forbids to ask.
ASKING = {
    *("__get__", "size", "stride", "dim", "numel", "storage_offset", "is_contiguous", "__len__"),
    *("data_ptr", "element_size", "untyped_storage", "ndimension", "get_device", "__repr__"),
    *("is_floating_point", "is_complex", "__format__", "__hash__", "type", "__bool__", "item"),
}
MOST_CALLS = 100
PROBE = "<probe>"  # the author's own expression around the answer, which no rule binds


class RuleBroken(Exception):
    """Raised in the learner's process, by a call that the rules forbid."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"breaks the rule “{rule}”")


@contextlib.contextmanager
def watched(rules: Sequence[str]) -> Iterator[None]:
    """Calls within break off with RuleBroken where they break a rule."""
    with contextlib.ExitStack() as stack:
        if any(rule not in (LOOPS, TRY) for rule in rules):
            stack.enter_context(_Functions(rules))
        if LOOPS in rules:
            stack.enter_context(_no_loops())
        yield


class _Functions(TorchFunctionMode):
    """Sees each function of torch that the learner's code calls, by whatever name."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__()
        self.banned: dict[str, str] = {}
        self.modules: dict[str, str] = {}
        self.functions: list[tuple[Any, str]] = []
        for path, rule in named(rules, "not").items():
            parts = path.removeprefix("torch.").split(".")
            self.functions.append((_resolved(parts), rule))
            if len(parts) == 1:
                self.banned[parts[0]] = rule
                self.modules[f"{parts[0]}_"] = rule  # torch.linalg.svd is called linalg_svd
            elif parts[0] != "nn":
                self.banned["_".join(parts)] = rule
        self.only = {path.split(".")[-1]: rule for path, rule in named(rules, "only").items()}
        self.in_place = IN_PLACE in rules

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if sys._getframe(1).f_code.co_filename == PROBE:
            return func(*args, **kwargs)
        name = str(getattr(func, "__name__", "")).split(".")[0]
        bare = name.strip("_")
        rule = self.banned.get(name) or self.banned.get(bare)
        rule = rule or next((r for f, r in self.functions if f is not None and f is func), None)
        rule = rule or next((r for m, r in self.modules.items() if bare.startswith(m)), None)
        if rule is None and self.only and name not in self.only and name not in ASKING:
            rule = next(iter(self.only.values()))
        if rule is None and self.in_place and (_writes(name) or kwargs.get("out") is not None):
            rule = IN_PLACE
        if rule is not None:
            raise RuleBroken(rule)
        return func(*args, **kwargs)


def _resolved(parts: list[str]) -> Any:
    """The object of torch that a full name means, or None."""
    found: Any = torch
    for part in parts:
        found = getattr(found, part, None)
    return found


def _writes(name: str) -> bool:
    augmented = name.startswith("__i") and name not in ("__int__", "__index__", "__invert__")
    return in_place(name) or name == "__setitem__" or augmented


@contextlib.contextmanager
def _no_loops() -> Iterator[None]:
    """Looks at each function that starts: jumps backwards, recursion, or the hundredth call."""
    calls: dict[Any, int] = {}
    verdicts: dict[Any, bool] = {}

    def look(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not _is_learners(frame):
            return
        calls[code] = calls.get(code, 0) + 1
        if code not in verdicts:
            verdicts[code] = _loops(code)
        if verdicts[code] or calls[code] > MOST_CALLS or _recurses(frame):
            sys.settrace(None)
            raise RuleBroken(LOOPS)

    before = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def _is_learners(frame: FrameType) -> bool:
    """A cell, or text that a cell has had evaluated; libraries evaluate text of their own."""
    path = frame.f_code.co_filename
    if path == PROBE:
        return False
    if "ipykernel_" in path or path.startswith(("<ipython-input", "<cell")):
        return True
    return path.startswith("<") and frame.f_globals.get("__name__") in (None, "__main__")


def _loops(code: Any) -> bool:
    return any(
        instruction.opname.startswith("JUMP_BACKWARD") or instruction.opname == "FOR_ITER"
        for instruction in dis.get_instructions(code)
    )


def _recurses(frame: FrameType) -> bool:
    above = frame.f_back
    while above is not None:
        if above.f_code is frame.f_code:
            return True
        above = above.f_back
    return False
