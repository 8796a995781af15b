"""The engine of chapter 7: it is what its lesson says, and it agrees with torch."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import ROOT
from tiny import EXERCISES, plant

from torchcourse import engine
from torchcourse.authoring.build import build
from torchcourse.authoring.engine import assemble_modules
from torchcourse.authoring.masters import MasterError
from torchcourse.cli import main
from torchcourse.engine import Tensor, gradient, no_grad

LESSON = ROOT / "lessons" / "07_autograd_engine"
SOURCE = (ROOT / "src" / "torchcourse" / "engine.py").read_text(encoding="utf-8")


# --- what the file is ---------------------------------------------------------------------------


def test_the_committed_engine_is_its_assembly() -> None:
    assert dict(assemble_modules(ROOT)) == {ROOT / "src" / "torchcourse" / "engine.py": SOURCE}


def test_each_answer_is_in_it() -> None:
    functions = {n.name for n in ast.parse(SOURCE).body if isinstance(n, ast.FunctionDef)}
    named = re.findall(r"^module: \[(.*)\]$", (LESSON / "exercises.md").read_text("utf-8"), re.M)
    assert len(named) == 8
    assert {name for names in named for name in names.split(", ")} < functions


def test_it_has_fewer_than_200_lines() -> None:
    assert SOURCE.count("\n") < 200


def test_what_the_chapter_shows_of_it_stands_in_it() -> None:
    shown = re.findall(r"```python\n(.*?)```", (LESSON / "chapter.md").read_text("utf-8"), re.S)
    assert len(shown) == 2
    assert all(block in SOURCE for block in shown)


def test_it_needs_numpy_and_nothing_else() -> None:
    code = (
        "import sys; from torchcourse.engine import Tensor; x = Tensor(2.0, requires_grad=True)\n"
    )
    code += "(x * x).backward(); print(x.grad, 'torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout == "4.0 False\n"
    tree = ast.parse(SOURCE)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


# --- against torch ------------------------------------------------------------------------------


class Numpy:
    """The functions that an expression needs, for Tensors of the engine."""

    exp, log, tanh = np.exp, np.log, np.tanh

    @staticmethod
    def loss(logits: Tensor, labels: list[int]) -> Tensor:
        return logits.nll(np.array(labels))

    @staticmethod
    def greatest(x: Tensor, axis: int) -> Tensor:
        return x.max(axis=axis)

    @staticmethod
    def total(x: Tensor, axis: int) -> Tensor:
        return x.sum(axis, keepdims=True)


class Torch:
    """The same for torch."""

    exp, log, tanh, greatest = torch.exp, torch.log, torch.tanh, torch.amax

    @staticmethod
    def loss(logits: torch.Tensor, labels: list[int]) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits, torch.tensor(labels))

    @staticmethod
    def total(x: torch.Tensor, axis: int) -> torch.Tensor:
        return x.sum(axis, keepdim=True)


def expression(seed: int, leaves: list[Any], f: Any) -> Any:
    """One number from random operations on ``(3, 3)``, ``(3,)``, ``(3, 1)`` and ``()``.

    Sizes are all 3 or 1, so that any two results meet, by broadcasting or in a product.
    """
    rng, made = random.Random(seed), list(leaves)
    square = leaves[0]  # the latest (3, 3)
    for _ in range(15):
        a, b = rng.choices(made, k=2)
        place = rng.choice([[0, 2, 0], 1, slice(0, 2), ([0, 2, 2], [1, 0, 0])])
        wide = a + square  # (3, 3)
        options = [
            lambda a=a, b=b: a + b,
            lambda a=a, b=b: a - b / 2,
            lambda a=a, b=b: f.tanh(a) * b,
            lambda a=a, b=b: a / (b * b + 1),
            lambda a=a: f.exp(-a * a),
            lambda a=a: f.log(a * a + 1),
            lambda a=a: a * (a > 0),
            lambda wide=wide, b=b: f.tanh(wide) @ (wide + b),
            lambda wide=wide: f.tanh(wide) @ leaves[1],
            lambda wide=wide: (leaves[1] @ wide).reshape((1, 3)),
            lambda wide=wide: f.total(wide, rng.choice([0, 1, -1])),
            lambda wide=wide: f.greatest(wide, rng.choice([0, 1])),
            lambda wide=wide: wide.swapaxes(0, 1),
            lambda wide=wide, place=place: wide[place].sum(),
            lambda wide=wide: f.loss(wide, [0, 2, 1]),
        ]
        state = rng.random()  # both engines draw the same numbers
        made.append(options[int(state * len(options))]())
        if tuple(made[-1].shape) == (3, 3):
            square = f.tanh(made[-1])
    return f.tanh(sum(x.sum() for x in made) / 30)


def leaves_of(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in [(3, 3), (3,), (3, 1), ()]]


@pytest.mark.parametrize("seed", range(200))
def test_random_expressions_agree_with_torch(seed: int) -> None:
    """Values, gradients of each leaf, and gradients of gradients."""
    ours = [Tensor(x, requires_grad=True) for x in leaves_of(seed)]
    theirs = [torch.tensor(x, requires_grad=True) for x in leaves_of(seed)]
    y, t = expression(seed, ours, Numpy), expression(seed, theirs, Torch)
    assert y.data == pytest.approx(t.item(), rel=1e-9, abs=1e-9)
    y.backward()
    grads = torch.autograd.grad(t, theirs, create_graph=True)
    for x, grad in zip(ours, grads, strict=True):
        assert x.grad.shape == x.shape
        np.testing.assert_allclose(x.grad, grad.detach().numpy(), rtol=1e-6, atol=1e-6)
    first = gradient(y, ours[0])
    np.testing.assert_allclose(first.data, ours[0].grad, rtol=1e-9, atol=1e-12)
    second = gradient((first * first).sum(), ours[0])
    (right,) = torch.autograd.grad((grads[0] ** 2).sum(), theirs[0])
    np.testing.assert_allclose(second.data, right.numpy(), rtol=1e-6, atol=1e-6)


def test_the_expressions_use_every_rule() -> None:
    used = set()
    rules = dict(engine.RULES)
    spies = {
        key: rule and (lambda *a, key=key, rule=rule, **k: used.add(key) or rule(*a, **k))
        for key, rule in rules.items()
    }
    engine.RULES.update(spies)
    try:
        for seed in range(8):
            ours = [Tensor(x, requires_grad=True) for x in leaves_of(seed)]
            y = expression(seed, ours, Numpy)
            gradient(gradient(y, ours[0]).sum(), ours[0])
    finally:
        engine.RULES.update(rules)
    assert used == {key for key, rule in rules.items() if rule is not None}


# --- graphs that break engines ------------------------------------------------------------------


def test_a_chain_of_5000() -> None:
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 1.0 + 0.001
    y.backward()
    assert x.grad == 1.0


def test_diamonds_are_walked_once() -> None:
    """2 to the 60th paths, 60 pulls."""
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(60):
        y = y * 0.5 + y * 0.5
    assert len(engine.sweep(y, np.ones(()))) == 1 + 3 * 60
    y.backward()
    assert x.grad == 1.0


def test_ties_follow_amax() -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    t = torch.tensor(x, requires_grad=True)
    for axis in (0, 1, None):
        ours = Tensor(x, requires_grad=True)
        ours.max(axis=axis).sum().backward()
        (right,) = torch.autograd.grad(t.amax((0, 1) if axis is None else axis).sum(), t)
        np.testing.assert_allclose(ours.grad, right.numpy())


def test_gradients_accumulate_and_are_not_shared() -> None:
    a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    (a + b).sum().backward()
    before = b.grad.copy()
    (a * 3).sum().backward()
    np.testing.assert_array_equal(a.grad, [4.0, 4.0])
    np.testing.assert_array_equal(b.grad, before)


def test_nothing_is_remembered_where_nothing_is_wanted() -> None:
    w, data = Tensor(2.0, requires_grad=True), Tensor(3.0)
    with no_grad():
        assert (w * w).parents == ()
        with no_grad():
            pass
        assert (w * w).parents == (), "the inner block switched recording on"
    assert (data * data).parents == ()
    assert (w * data).parents == [w]
    with pytest.raises(ValueError, match="leaf"):
        (data * data).backward()
    with pytest.raises(ValueError, match="one number"):
        (w * np.ones(2)).backward()
    with pytest.raises(TypeError, match="Tensor"):
        np.sin(w)
    with pytest.raises(TypeError):
        w += 1  # writing in place would change what a rule still needs


# --- how it is assembled ------------------------------------------------------------------------

FRAME = '# ruff: noqa: F821\n"""Twice."""\n\n# solutions\n\nFOUR = double(2)\n'


def plant_frame(folder: Path, option: str = "module: [double]") -> Path:
    master = EXERCISES.replace("kind: fill in", f"kind: fill in\n{option}", 1)
    assert master != EXERCISES
    root = plant(folder, exercises=master)
    (root / "lessons" / "01_tiny" / "twice.py").write_text(FRAME, encoding="utf-8")
    return root


def test_a_frame_becomes_a_module_once(tmp_path: Path) -> None:
    root = plant_frame(tmp_path)
    assert "src/torchcourse/twice.py" in build(root).written
    text = (root / "src" / "torchcourse" / "twice.py").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text, names)
    assert names["FOUR"] == 4
    assert "# solution" not in text
    assert text.startswith("# From lessons/01_tiny: twice.py and the solutions")
    assert build(root).written == []


def test_an_answer_that_is_not_there_is_one_line(tmp_path: Path, capsys) -> None:
    root = plant_frame(tmp_path, "module: [triple]")
    with pytest.raises(MasterError, match="defines no 'triple'"):
        list(assemble_modules(root))
    assert main(["build", "--root", str(root)]) == 2
    assert capsys.readouterr().err.startswith("lessons/01_tiny/exercises.md:")
