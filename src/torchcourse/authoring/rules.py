"""Rules on an answer's source: ``rules: [no loops, not torch.softmax]`` in its cell's options.

    no loops            neither statements nor comprehensions, nor map and its like
    no try              no try statement
    no in-place         no method whose name ends in _, no assignment into a tensor
    not torch.name      neither this function nor a method or submodule of its name
    not torch.nn.name   this one by its full name only; `x.name` may be a method that is allowed
    only torch.name     no other function of torch, besides what asks for a shape or stride

Here they are looked for in the syntax tree. The grader looks again while the answer runs
(``torchcourse.grading.watch``), where a name that was put together at run time shows what it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LOOPS, TRY, IN_PLACE = "no loops", "no try", "no in-place"
FIXED = (LOOPS, TRY, IN_PLACE)
NAMED = re.compile(r"(not|only) ([A-Za-z_][\w.]*)")
LOOP_NODES = (
    *(ast.For, ast.While, ast.AsyncFor),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
# Loops under another name.
LOOPING = {"map", "filter", "reduce", "vectorize", "apply_along_axis", "fromiter", "nditer"}
ROOTS = {"torch", "F", "nn", "np"}
MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


class UnknownRule(ValueError):
    """A rule that nobody can check."""


@dataclass(frozen=True)
class Violation:
    """Where a source breaks a rule. line: 1-based, in the source."""

    rule: str
    line: int
    source: str

    def __str__(self) -> str:
        return f"line {self.line} breaks the rule “{self.rule}”: {self.source[:80]}"


def check_rules(rules: Any) -> list[str]:
    """The rules themselves, if each of them is one that we know. Raises UnknownRule."""
    if not isinstance(rules, list):
        raise UnknownRule("write rules as a list, such as [no loops, not torch.softmax]")
    for rule in rules:
        if rule not in FIXED and not (isinstance(rule, str) and NAMED.fullmatch(rule)):
            known = ", ".join((*FIXED, "not torch.name", "only torch.name"))
            raise UnknownRule(f"unknown rule {rule!r}: write one of {known}")
    return list(rules)


def named(rules: Sequence[str], word: str) -> dict[str, str]:
    """Full names after ``not`` or ``only``, each with its rule."""
    found = (NAMED.fullmatch(rule) for rule in rules)
    return {match[2]: match[0] for match in found if match and match[1] == word}


def violations(source: str, rules: Sequence[str]) -> list[Violation]:
    """What the syntax tree shows. Source that does not parse has other troubles, so: nothing."""
    if not rules:
        return []
    try:
        tree = ast.parse(MAGIC.sub("pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    lines, found = source.split("\n"), {}
    for node in ast.walk(tree):
        for rule in _broken_by(node, rules):
            line = getattr(node, "lineno", 1)
            found.setdefault((line, rule), Violation(rule, line, lines[line - 1].strip()))
    return sorted(found.values(), key=lambda violation: violation.line)


def _broken_by(node: ast.AST, rules: Sequence[str]) -> Iterator[str]:
    names = _names(node)
    if LOOPS in rules and (isinstance(node, LOOP_NODES) or LOOPING.intersection(names)):
        yield LOOPS
    if TRY in rules and isinstance(node, ast.Try | ast.TryStar):
        yield TRY
    if IN_PLACE in rules and isinstance(node, ast.Attribute) and in_place(node.attr):
        yield IN_PLACE
    for name, rule in named(rules, "not").items():
        if name.split(".")[-1] in names and _means(name, node):
            yield rule
    only = named(rules, "only")
    if only and isinstance(node, ast.Call):
        path = _path(node.func)
        if path.split(".")[0] in ROOTS and path not in only:
            yield next(iter(only.values()))


def _means(name: str, node: ast.AST) -> bool:
    """Whether an attribute of the right name can be the function of this full name."""
    parts, path = name.split("."), _path(node).split(".")
    if len(parts) < 3 or not isinstance(node, ast.Attribute):
        return True
    if parts[1] == "Tensor":
        return len(path) < 2 or path[-2] not in ("F", "functional")
    return path[0] in (*ROOTS, *parts[1:-1])


def in_place(name: str) -> bool:
    """torch's methods that write into their tensor end in one underscore."""
    return name.endswith("_") and not name.endswith("__") and not name.startswith("_")


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [part for alias in node.names for part in alias.name.split(".")]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        return [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
    return []


def _path(node: ast.AST) -> str:
    """``torch.nn.Linear`` of an attribute chain; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
