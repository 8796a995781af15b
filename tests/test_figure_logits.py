"""The logit playground: what it shows is softmax and cross-entropy, by mouse and by keyboard."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from figure_page import LISTEN, Look, axe, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

CLASSES = ["cat", "dog", "bird"]
SLIDER = """([all, z]) => {
  const sliders = [...document.querySelectorAll("input[type=range]")];
  return all.map((z) => {
    sliders.forEach((slider, i) => {
      slider.value = z[i];
      slider.dispatchEvent(new Event("input"));
    });
    const wide = (kind) => [...document.querySelectorAll(kind + " i")].map(
      (e) => [parseFloat(e.style.left), parseFloat(e.style.width)]);
    return [document.querySelector("[role=status]").innerText, wide(".tc-logit-p"),
      wide(".tc-logit-g"), wide(".tc-logit-price"),
      sliders.map((e) => e.getAttribute("aria-valuetext"))];
  });
}"""


@pytest.fixture(scope="module")
def logits() -> Figure:
    return figures.logits()


def _exact(z: tuple[float, ...]) -> tuple[np.ndarray, float]:
    """Probabilities and the cat's price, by NumPy."""
    odds = np.exp(np.array(z) - max(z))
    return odds / odds.sum(), float(np.log(odds.sum()) + max(z) - z[0])


def _signed(x: float) -> str:
    text = f"{abs(x):.3f}"
    return text if text == "0.000" else ("−" if x < 0 else "+") + text


def _sentence(z: tuple[float, ...]) -> str:
    p, price = _exact(z)
    grad = p - [1, 0, 0]
    first = [name for name, one in zip(CLASSES, z, strict=True) if one == max(z)]
    says = "The model says " if len(first) == 1 else "The model hesitates between "
    says = "The model cannot decide" if len(first) == 3 else says + " and ".join(first)
    pulls = ", ".join(f"{n} {_signed(g)}" for n, g in zip(CLASSES, grad, strict=True))
    small = all(abs(float(f"{g:.3f}")) < 0.02 for g in grad)
    end = "finds almost nothing to mend" if small else "goes the other way"
    return (
        f"{says}; the picture shows a cat, which got {p[0]:.3f}: cross-entropy {price:.3f}. "
        f"Gradient: {pulls}. A step of gradient descent {end}."
    )


def test_the_data_are_softmax(logits: Figure) -> None:
    apart, step = logits.data["apart"], logits.data["step"]
    assert len(apart) == 2 * logits.data["reach"] / step + 1
    for far, row in enumerate(apart):
        assert len(row) == far + 1
        for near, found in enumerate(row):
            p, price = _exact((0.0, -near * step, -far * step))
            exact = 1000 * np.array([*p, price])
            assert np.abs(exact - found).max() <= 0.5 + 1e-6
            # rounded on no machine to the other neighbor
            assert np.abs(exact % 1 - 0.5).min() > 1e-4


def test_the_table(logits: Figure) -> None:
    for z, probs, price, grad in logits.table[1:]:
        p, exact = _exact(tuple(float(x.replace("−", "-")) for x in z.split(",")))
        assert probs == ", ".join(f"{x:.3f}" for x in p)
        assert price == f"{exact:.3f}"
        assert grad == ", ".join(map(_signed, p - [1, 0, 0]))


def test_states_by_mouse(page: Page, logits: Figure, tmp_path: Path) -> None:
    """A seventh of all states: the sentence, the bars, and what each slider says."""
    page.goto(write_page(tmp_path, logits))
    assert page.locator("[role=status]").inner_text() == logits.words
    marks = np.arange(-4, 4.5, 0.5).tolist()
    asked = list(itertools.product(marks, marks, marks))[::7]
    told = page.evaluate(SLIDER, [asked, None])
    assert len(told) == len(asked) > 700
    assert {one.count("hesitates") for one, *_ in told} == {0, 1}
    for z, (says, shares, pulls, cost, values) in zip(asked, told, strict=True):
        assert says == _sentence(z)
        p, price = _exact(z)
        for i, (share, pull) in enumerate(zip(shares, pulls, strict=True)):
            assert share == pytest.approx([0, 100 * p[i]], abs=0.051)
            g = p[i] - (i == 0)
            assert pull == pytest.approx([50 + min(50 * g, 0), abs(50 * g)], abs=0.051)
            at = f"{z[i]:g}".replace("-", "−")
            assert values[i] == f"{at}, probability {p[i]:.3f}"
        assert cost == [[0, pytest.approx(100 * price / 9, abs=0.01)]]
        assert 0 < cost[0][1] < 100


def test_by_keyboard(page: Page, logits: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, logits))
    status = page.locator("[role=status]")
    page.evaluate(LISTEN)
    state = [0.0, 3.0, -1.0]
    bars = page.locator(".tc-logit-row i")
    drawn = "all => all.map((e) => e.style.cssText)"
    for i, keys in enumerate((["ArrowRight", "End"], ["ArrowLeft", "Home"], ["End", "ArrowLeft"])):
        page.keyboard.press("Tab")
        for key in keys:
            before = bars.evaluate_all(drawn)
            page.keyboard.press(key)
            step = {"ArrowRight": state[i] + 0.5, "ArrowLeft": state[i] - 0.5, "End": 4.0}
            state[i] = step.get(key, -4.0)
            assert status.inner_text() == _sentence(tuple(state))
            assert bars.evaluate_all(drawn) != before
    assert page.evaluate("heard") == ["Tab"]  # the first one, pressed outside of the figure


def test_moving_all_three_alike_changes_nothing(page: Page, logits: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, logits))
    near, far = page.evaluate(SLIDER, [[[0, 3, -1], [-1, 2, -2]], None])
    assert near[:4] == far[:4]
    assert near[4] != far[4]


def test_two_copies_work_alone(page: Page, logits: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, logits, logits))
    page.locator(".tc-figure").nth(1).get_by_role("slider").first.fill("4")
    told = page.locator("[role=status]").all_inner_texts()
    assert told == [logits.words, _sentence((4.0, 3.0, -1.0))]


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 360), ("dark", 1100)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, logits: Figure, tmp_path: Path, scheme: str, width: int
) -> None:
    with look(viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, logits))
        heights = set()
        for z in ([0, 3, -1], [-4, 4, 4], [4, -4, -4], [0, 0, 0], [-3.5, -3.5, 3.5]):
            page.evaluate(SLIDER, [[z], None])
            wide = page.evaluate(
                """() => [document.documentElement, ...document.querySelectorAll(
                  ".tc-figure, .tc-figure *")].filter((e) => e.scrollWidth > e.clientWidth + 1 &&
                  getComputedStyle(e).display !== "inline").map((e) => e.outerHTML)"""
            )
            assert wide == [], z
            heights.add(page.locator(".tc-figure").evaluate("e => e.offsetHeight"))
        assert len(heights) == 1  # the page below does not jump
        violated, _ = axe(page)
        assert violated == set()


def test_reads_without_scripts(look: Look, logits: Figure, tmp_path: Path) -> None:
    with look(viewport={"width": 360, "height": 800}, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, logits))
        assert page.locator("p").first.inner_text() == logits.words
        assert page.locator("tr").count() == len(logits.table) == 8
