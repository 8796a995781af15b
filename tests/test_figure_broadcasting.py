"""The broadcasting figure: what it says is what NumPy and torch do, and a reader can move it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide
from playwright.sync_api import Locator, Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.broadcasting()


def states(figure: Figure) -> list[tuple[int, int, tuple[int, ...], tuple[int, ...], list]]:
    shapes, pairs = figure.data["shapes"], figure.data["pairs"]
    numbers = range(len(shapes))
    return [(i, j, shapes[i], shapes[j], pairs[i][j]) for i in numbers for j in numbers]


# --- the data, computed a second time by NumPy ---------------------------------------------------


def test_every_pair_is_what_numpy_says(figure: Figure) -> None:
    """NumPy has the same rule and code of its own: results, refusals, and who reads what."""
    refused = 0
    for *_, left, right, fit in states(figure):
        try:
            shape = np.broadcast_shapes(left, right)
        except ValueError:
            refused += 1
            assert len(fit) == 2, (left, right)
            axis = fit[0]
            assert {left[axis], right[axis]}.isdisjoint({1}), (left, right)
            assert left[axis] != right[axis]
            behind = [(left[k], right[k]) for k in range(axis + 1, 0)]
            assert all(x == y or 1 in (x, y) for x, y in behind)  # the first from the right
            with pytest.raises(RuntimeError) as told:
                torch.ones(left) + torch.ones(right)
            assert str(told.value) == figure.data["messages"][fit[1]]
            continue
        assert tuple(fit[0]) == shape == tuple(torch.broadcast_shapes(left, right))
        for own, strides in zip((left, right), fit[1:], strict=True):
            flat = np.arange(np.prod(own, dtype=int)).reshape(own)
            wide = np.broadcast_to(flat, shape)
            for index in np.ndindex(*shape):
                assert np.dot(index, strides) == wide[index], (left, right, index)
    assert 20 < refused < len(figure.data["shapes"]) ** 2 / 2


def test_it_has_the_cases_that_chapter_4_teaches(figure: Figure) -> None:
    found = {(left, right): fit[0] for *_, left, right, fit in states(figure)}
    assert found[(3, 1), (4,)] == [3, 4]
    assert found[(4, 1), (4,)] == [4, 4]
    assert found[(), (2, 3, 4)] == [2, 3, 4]
    assert found[(2, 3, 1), (4,)] == [2, 3, 4]
    assert found[(3, 4), (3,)] == -1
    assert found[(2, 4), (3, 4)] == -2


def test_the_static_table_has_every_pair(figure: Figure) -> None:
    head, *rows = figure.table
    assert list(head[1:]) == [f"b {shape}" for shape in figure.data["shapes"]]
    for row, shape in zip(rows, figure.data["shapes"], strict=True):
        assert row[0] == f"a {shape}"
        for cell, other in zip(row[1:], figure.data["shapes"], strict=True):
            try:
                assert cell == str((np.zeros(shape) + np.zeros(other)).shape)
            except ValueError:
                assert cell == "error"


# --- in a browser --------------------------------------------------------------------------------


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def chips(page: Page, operand: str) -> Locator:
    return page.get_by_role("radiogroup", name=f"shape of {operand}").get_by_role("radio")


def boxes(page: Page) -> list[list[str]]:
    """The numbers of each panel."""
    return [p.locator(".tc-n").all_inner_texts() for p in page.locator(".tc-panel").all()]


def sentence(a: np.ndarray, b: np.ndarray, index: tuple[int, ...]) -> str:
    """What the figure should say, from NumPy's own broadcasting of a and b."""
    wide = np.broadcast_arrays(a, b)
    parts = []
    for name, own, seen in zip("ab", (a, b), wide, strict=True):
        spot = [int(i) for i in np.argwhere(own == seen[index])[0]] if own.ndim else ""
        times = int((seen == seen[index]).sum())
        used = "once" if times == 1 else f"{times} times"
        parts.append(f"{name}{spot} = {seen[index]}, used {used}")
    where = f"Element {list(index)}" if index else "The element"
    return (
        f"a {a.shape} + b {b.shape} → {wide[0].shape}. "
        f"{where} is {wide[0][index] + wide[1][index]}: {parts[0]}; {parts[1]}."
    )


def test_every_state_by_mouse(page: Page, figure: Figure, address: str) -> None:
    """Every pair of shapes, every element of every result: sentence, numbers and copies."""
    page.goto(address)
    told = page.evaluate(
        """() => {
          const all = (s, e = document) => [...e.querySelectorAll(s)];
          const [left, right] = all("[role=radiogroup]");
          const seen = [];
          for (const a of all("input", left)) for (const b of all("input", right)) {
            a.click();
            b.click();
            const says = [];
            for (let i = 0; i < all("[role=gridcell]").length; i += 1) {
              all("[role=gridcell]")[i].click();
              says.push(document.querySelector("[role=status]").textContent);
            }
            seen.push([
              says.length ? says : document.querySelector("[role=status]").textContent,
              all(".tc-panel").map((p) => all(".tc-n", p).map((e) => Number(e.textContent))),
              all(".tc-panel").map((p) => all(".tc-again", p).length),
              all("table tr").slice(-2).map((row) => row.textContent),
            ]);
          }
          return seen;
        }"""
    )
    for (*_, left, right, fit), (says, numbers, copies, last) in zip(
        states(figure), told, strict=True
    ):
        a = np.arange(1, np.prod(left, dtype=int) + 1).reshape(left)
        b = 100 * np.arange(1, np.prod(right, dtype=int) + 1).reshape(right)
        if len(fit) == 2:
            axis, message = fit
            assert says == (
                f"a {left} + b {right} fails: at axis {axis}, {left[axis]} meets {right[axis]}, "
                f"and neither is 1. torch says: {figure.data['messages'][message]}."
            )
            assert numbers == [a.ravel().tolist(), b.ravel().tolist()]
            assert last[1] == "a + bno result"
            assert last[0].count("does not fit") >= 1
            continue
        wide = np.broadcast_arrays(a, b)
        assert numbers == [x.ravel().tolist() for x in (*wide, a + b)]
        assert copies == [wide[0].size - a.size, wide[1].size - b.size, 0]
        assert says == [sentence(a, b, index) for index in np.ndindex(*wide[0].shape)]
        shape = wide[0].shape
        sizes = zip(*((1,) * (len(shape) - x.ndim) + x.shape for x in (a, b)), strict=True)
        verdicts = [
            "equal" if x == y else f"a repeats, {y} times" if x == 1 else f"b repeats, {x} times"
            for x, y in sizes
        ]
        rows = ["sizes" + "".join(verdicts), "a + b" + "".join(map(str, shape))]
        assert last == (rows if shape else [])


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    assert status(page) == figure.words
    first = boxes(page)
    page.keyboard.press("Tab")  # the shape of a: (3, 1)
    page.keyboard.press("ArrowRight")  # (4, 1)
    assert status(page).startswith("a (4, 1) + b (4,) → (4, 4). Element [1, 2] is 302: a[1, 0]")
    assert len(boxes(page)[2]) == 16 != len(first[2])
    page.keyboard.press("Tab")  # the shape of b: (4,)
    page.keyboard.press("ArrowRight")  # (3,)
    assert status(page).startswith("a (4, 1) + b (3,) → (4, 3). Element [2, 0] is 103: a[2, 0]")
    page.keyboard.press("Tab")  # the elements of the result
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "Element [3, 1] is 204: a[3, 0] = 4, used 3 times; b[1] = 200" in status(page)
    assert page.locator(".tc-same").all_inner_texts() == ["4"] * 3 + ["200"] * 4
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # no way further
    assert "Element [3, 2] is 304" in status(page)
    assert page.evaluate("document.activeElement.ariaSelected") == "true"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")  # (3, 1)
    assert "fails: at axis -2, 4 meets 3, and neither is 1." in status(page)
    assert len(boxes(page)) == 2


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.locator("[aria-selected=true]")
    assert heard_outside(page, control, "ArrowRight", "d", "Control+s") == ["Control", "s"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing(look: Look, address: str, scheme: str, size: dict) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for left, right in ((3, 1), (7, 1), (6, 5)):  # (3, 1) + (4,), three axes, a refusal
            chips(page, "a").nth(left).check()
            chips(page, "b").nth(right).check()
            assert axe(page) == (set(), [])


def test_fits_a_phone(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE) as page:
        page.goto(address)
        for left, right in itertools.product((0, 3, 6, 7, 8), (1, 4, 8)):
            chips(page, "a").nth(left).check()
            chips(page, "b").nth(right).check()
            wide = too_wide(page, ".tc-figure, .tc-panel, .tc-n")
            assert wide == []


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=DESK, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table)
