"""Engine against torch: each number is what really comes out, by mouse and keyboard, readable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from figure_page import DESK, PHONE, Look, axe, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import engine, figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

MISTAKES = ["none", "overwrites", "ties get all", "no unbroadcast", "no transpose"]
NODES = ["y", "m", "s", "a", "b", "z", "W"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.engine_vs_torch()


# --- the data, by another route ------------------------------------------------------------------


def test_values_and_gradients_are_torchs(figure: Figure) -> None:
    W = torch.tensor([[1.0, -1.0], [1.0, 3.0]], requires_grad=True)
    b = torch.tensor([1.0, -1.0], requires_grad=True)
    z = torch.tensor([[1.0, 0.0], [1.0, 1.0]]) @ W
    a = z + b
    s = a * a
    m = s.amax(1)
    y = m.sum()
    tensors = dict(zip(NODES, (y, m, s, a, b, z, W), strict=True))
    grads = torch.autograd.grad(y, list(tensors.values()))
    assert [one["code"][0] for one in figure.data["nodes"]] == NODES
    for one, t, grad in zip(figure.data["nodes"], tensors.values(), grads, strict=True):
        assert one["value"] == t.tolist()
        assert one["grad"] == grad.tolist()
        kind = "AccumulateGrad" if t.grad_fn is None else type(t.grad_fn).__name__
        assert one["torch"] == kind


def test_each_mistake_by_hand(figure: Figure) -> None:
    """What each mistake does to a gradient, written out again in NumPy."""
    X = np.array([[1.0, 0.0], [1.0, 1.0]])
    a, ties = np.array([[2.0, -2.0], [3.0, 1.0]]), np.array([[0.5, 0.5], [1.0, 0.0]])
    for one in figure.data["mistakes"]:
        name = one["name"]
        s = np.ceil(ties) if name == "ties get all" else ties
        at_a = s * a if name == "overwrites" else 2 * s * a
        b = at_a if name == "no unbroadcast" else at_a.sum(0)
        W = (X if name == "no transpose" else X.T) @ at_a
        right = [1, [1, 1], s.tolist(), at_a.tolist(), b.tolist(), at_a.tolist(), W.tolist()]
        assert one["grads"] == right, name


def test_each_mistake_has_a_first_node_of_its_own(figure: Figure) -> None:
    right = [one["grad"] for one in figure.data["nodes"]]
    first = {}
    for one in figure.data["mistakes"]:
        pairs = zip(NODES, one["grads"], right, strict=True)
        first[one["name"]] = next((node for node, ours, theirs in pairs if ours != theirs), None)
    assert list(first) == MISTAKES
    assert list(first.values()) == [None, "a", "s", "b", "W"]


def test_the_engine_is_whole_afterwards() -> None:
    before = (engine.accumulate, engine.unbroadcast, dict(engine.RULES))
    figures.engine_vs_torch()
    assert (engine.accumulate, engine.unbroadcast, engine.RULES) == before


# --- in a browser --------------------------------------------------------------------------------


def _text(value: Any) -> str:
    return str(value)


def _sentence(node: dict[str, Any], grad: Any) -> str:
    says = f"{node['code']} ({node['torch']}): both have the value {_text(node['value'])}. "
    if grad == node["grad"]:
        return f"{says}Both have the gradient {_text(grad)}."
    off = "and the shapes differ"
    if np.shape(grad) == np.shape(node["grad"]):
        off = f"off by up to {np.abs(np.subtract(grad, node['grad'])).max():g}"
    return f"{says}The engine's gradient is {_text(grad)}, torch's {_text(node['grad'])}: {off}."


def test_every_state_by_mouse(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure))
    status, rows = page.get_by_role("status"), page.locator(".tc-rows button")
    assert status.inner_text() == figure.words
    assert page.get_by_role("radio").count() == len(MISTAKES)
    for number, mistake in enumerate(figure.data["mistakes"]):
        page.get_by_role("radio").nth(number).check()
        for i, (node, grad) in enumerate(zip(figure.data["nodes"], mistake["grads"], strict=True)):
            rows.nth(i).click()
            assert status.inner_text() == _sentence(node, grad)
            assert rows.nth(i).get_attribute("aria-pressed") == "true"
            shown = rows.nth(i).locator(".tc-pair").last.locator("> *").all_inner_texts()
            equal = grad == node["grad"]
            assert shown == [_text(grad), "=" if equal else "≠", _text(node["grad"])]
            says = "agree" if equal else "differ"
            assert (
                rows.nth(i).get_attribute("aria-label") == f"{node['code']}: the gradients {says}"
            )
            assert rows.nth(i).evaluate("e => e.classList.contains('tc-off')") == (not equal)


def test_by_keyboard(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure))
    status, off = page.get_by_role("status"), page.locator(".tc-rows .tc-off")
    page.keyboard.press("Tab")  # the mistakes
    assert off.count() == 4
    page.keyboard.press("ArrowRight")
    assert off.count() == 5
    page.keyboard.press("Tab")  # the nodes
    assert status.inner_text().startswith("y = m.sum()")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    assert status.inner_text().startswith("s = a * a (MulBackward0)")
    assert "[[1, 1], [1, 0]], torch's [[0.5, 0.5], [1, 0]]: off by up to 0.5" in status.inner_text()
    assert page.evaluate("document.activeElement.innerText").startswith("s = a * a")
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    assert status.inner_text().startswith("W, a leaf")
    page.keyboard.press("ArrowUp")
    assert status.inner_text().startswith("z = X @ W")


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", PHONE), ("dark", DESK)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, figure: Figure, tmp_path: Path, scheme: str, size: dict[str, int]
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, figure))
        for number in range(len(MISTAKES)):
            page.get_by_role("radio").nth(number).check()
            page.locator(".tc-rows button").nth(3).click()
            wide = too_wide(page, ".tc-figure, .tc-figure *", boxes=True)
            assert wide == [], MISTAKES[number]
        violated, doubtful = axe(page)
        assert violated == set()
        # axe takes a sign alone for no text; its color is --c2, which has a contrast of 4.5
        assert set(doubtful) <= {"<b>≠</b>"}
