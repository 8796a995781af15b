"""The same expression in the course's engine and in torch: value and gradient, node beside node.

Both really run. For each mistake a part of the engine is replaced while the engine sweeps, and the
gradients are what came out. The numbers are chosen so that all of them are exact: halves and whole
numbers, a tie in one row of ``s``, and a square ``X``, on which a forgotten transpose fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from .figure import Figure

X = ((1.0, 0.0), (1.0, 1.0))
LEAVES = {"W": ((1.0, -1.0), (1.0, 3.0)), "b": (1.0, -1.0)}
STEPS = (
    ("z", "X @ W"),
    ("a", "z + b"),
    ("s", "a * a"),
    ("m", "s.max(axis=1)"),
    ("y", "m.sum()"),
)
ORDER = ("y", "m", "s", "a", "b", "z", "W")  # each after all nodes that use it
OPENS_ON = (1, 0)


def engine_vs_torch() -> Figure:
    """The figure: pick a mistake in the engine, and a node to compare."""
    with torch.device("cpu"), torch.enable_grad():
        theirs = _torch()
    codes = {**{name: f"{name}, a leaf" for name in LEAVES}}
    codes |= {name: f"{name} = {code}" for name, code in STEPS}
    nodes = [{"code": codes[name], **theirs[name]} for name in ORDER]
    mistakes = []
    for name, replaced in _mistakes():
        with replaced():
            values, grads = _engine()
        assert values == {name: one["value"] for name, one in theirs.items()}, "another value"
        mistakes.append({"name": name, "grads": [grads[node] for node in ORDER]})
    at, node = OPENS_ON
    return Figure(
        name="engine_vs_torch",
        data={"nodes": nodes, "mistakes": mistakes},
        state={"mistake": at, "node": node},
        words=_words(mistakes[at], nodes[node], mistakes[at]["grads"][node]),
        alt="Seven nodes of one expression from the result down to the leaves, with the gradient "
        "that the course's engine finds at each, and torch's beside it; a mistake in the engine "
        "shows at its node and below.",
        table=[
            ("node", "value", "gradient, torch", *(f"engine: {one['name']}" for one in mistakes)),
            *(
                (
                    one["code"],
                    *(_text(one[key]) for key in ("value", "grad")),
                    *(_text(mistake["grads"][i]) for mistake in mistakes),
                )
                for i, one in enumerate(nodes)
            ),
        ],
    )


def _torch() -> dict[str, dict[str, Any]]:
    """By node: torch's name for it, its value and its gradient."""
    made = {k: torch.tensor(v, dtype=torch.float64).requires_grad_() for k, v in LEAVES.items()}
    names: dict[str, Any] = {"X": torch.tensor(X, dtype=torch.float64), **made}
    for name, code in STEPS:
        # torch's max(axis) is another rule; amax splits ties as the engine's max does.
        names[name] = made[name] = eval(code.replace("max", "amax"), dict(names))
        made[name].retain_grad()
    made["y"].backward()
    return {
        name: {
            "torch": "AccumulateGrad" if t.grad_fn is None else t.grad_fn.name(),
            "value": _plain(t.detach().numpy()),
            "grad": _plain(t.grad.numpy()),
        }
        for name, t in made.items()
    }


def _engine() -> tuple[dict[str, Any], dict[str, Any]]:
    """Values and gradients by node, from the engine as it is now."""
    from .. import engine  # here, because no other figure needs it

    made = {name: engine.Tensor(v, requires_grad=True) for name, v in LEAVES.items()}
    names: dict[str, Any] = {"X": np.array(X), **made}
    for name, code in STEPS:
        names[name] = made[name] = eval(code, dict(names))
    grads = {id(node): grad for node, grad in engine.sweep(made["y"], np.ones(()))}
    values = {name: _plain(t.data) for name, t in made.items()}
    return values, {name: _plain(grads[id(t)]) for name, t in made.items()}


def _mistakes() -> list[tuple[str, Callable[[], Any]]]:
    from .. import engine

    rules = engine.RULES

    def overwrite(grads: dict, keys: list, given: list) -> None:
        grads.update(zip(keys, given, strict=True))

    def greedy(grad: Any, x: Any, axis: int) -> tuple:
        return (np.expand_dims(grad, axis) * (x == x.max(axis=axis, keepdims=True)),)

    def straight(grad: Any, a: Any, b: Any) -> tuple:
        return grad @ b, a @ grad

    return [
        ("none", lambda: _instead(vars(engine))),
        ("overwrites", lambda: _instead(vars(engine), accumulate=overwrite)),
        ("ties get all", lambda: _instead(rules, {np.max: greedy})),
        ("no unbroadcast", lambda: _instead(vars(engine), unbroadcast=lambda grad, shape: grad)),
        ("no transpose", lambda: _instead(rules, {np.matmul: straight})),
    ]


@contextmanager
def _instead(place: dict, parts: dict | None = None, **named: Any) -> Iterator[None]:
    """Other values under some keys of ``place``, for a while."""
    parts = {**(parts or {}), **named}
    before = {key: place[key] for key in parts}
    place.update(parts)
    try:
        yield
    finally:
        place.update(before)


def _plain(array: Any) -> Any:
    """Nested lists; whole numbers as int, so that -0.0 is 0."""
    numbers = np.asarray(array)
    if numbers.ndim:
        return [_plain(part) for part in numbers]
    number = float(numbers)
    return int(number) if number == int(number) else number


def _text(value: Any) -> str:
    return str(value)


def _words(mistake: dict[str, Any], node: dict[str, Any], grad: Any) -> str:
    """The sentence of a state, as ``engine_vs_torch.mjs`` says it."""
    says = f"{node['code']} ({node['torch']}): both have the value {_text(node['value'])}. "
    if grad == node["grad"]:
        return f"{says}Both have the gradient {_text(grad)}."
    ours, theirs = np.array(grad), np.array(node["grad"])
    off = "and the shapes differ"
    if ours.shape == theirs.shape:
        off = f"off by up to {_text(_plain(np.abs(ours - theirs).max()))}"
    return f"{says}The engine's gradient is {_text(grad)}, torch's {_text(node['grad'])}: {off}."
