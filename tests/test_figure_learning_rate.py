"""The learning-rate figure: its runs are those of SGD, and a reader can move it without a mouse."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from figure_page import (
    DESK,
    PHONE,
    Look,
    axe_beside_text,
    contrast,
    heard_outside,
    inks,
    too_wide,
    write_page,
)
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.learning_rate()


# --- the data, computed a second time in fractions ------------------------------------------------


def exact(lr: float) -> list[tuple[Fraction, Fraction]]:
    """(w, loss) before each of 6 steps and after the last, with no rounding at all."""
    rate, w, seen = Fraction(str(lr)), Fraction(3), []
    for _ in range(7):
        seen.append((w, (2 * w - 10) ** 2))
        w -= rate * 4 * (2 * w - 10)
    return seen


def verdict(lr: float) -> str:
    """What theory says of a parabola with λ = 8."""
    factor = 1 - 8 * Fraction(str(lr))
    if factor == 0:
        return "it arrives in one step"
    if factor == -1:
        return "it jumps from side to side for ever and comes no closer"
    if abs(factor) > 1:
        return "it explodes"
    return f"it converges{' from one side' if factor > 0 else ', jumping from side to side'}"


def test_every_run_is_gradient_descent(figure: Figure) -> None:
    data = figure.data
    assert len(data["rates"]) == len(data["w"]) == len(data["losses"]) == 57
    for lr, ws, losses in zip(data["rates"], data["w"], data["losses"], strict=True):
        for w, loss, (true_w, true_loss) in zip(ws, losses, exact(lr), strict=True):
            assert w == pytest.approx(float(true_w), rel=6e-3, abs=1e-12), lr
            assert loss == pytest.approx(float(true_loss), rel=6e-4, abs=1e-12), lr


def test_verdicts_are_what_the_curvature_says(figure: Figure) -> None:
    data = figure.data
    assert (data["curvature"], data["limit"]) == (8, 0.25)
    for lr, factor, number in zip(data["rates"], data["factor"], data["verdict"], strict=True):
        assert factor == float(1 - 8 * Fraction(str(lr)))
        assert data["verdicts"][number] == verdict(lr)
    assert {0.125, 0.25, 0.255, 0.3} < set(data["rates"])
    assert set(data["verdict"]) == set(range(5))  # the slider reaches every kind of run


def test_the_numbers_of_the_notes(figure: Figure) -> None:
    at = dict(zip(figure.data["rates"], figure.data["losses"], strict=True))
    assert at[0.125][:3] == [16, 0, 0]
    assert at[0.25] == [16] * 7
    assert at[0.3][:4] == [16, 31.36, 61.47, 120.5]


# --- in a browser --------------------------------------------------------------------------------


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def dots(page: Page) -> list[list[float]]:
    """The middle of each dot: which w, and which loss."""
    return page.evaluate(
        """() => [...document.querySelectorAll("circle")]
          .map((c) => [c.cx.baseVal.value / 30, (190 - c.cy.baseVal.value) * 70 / 190])"""
    )


def told(x: Fraction) -> str:
    if 0 < x < Fraction(1, 1000):
        return "below 0.001"
    return f"{float(x):.4g}"


def sentence(lr: float) -> str:
    """What the figure should say, from the exact run."""
    losses = [told(loss) for _, loss in exact(lr)]
    where = "below" if lr < 0.25 else "above" if lr > 0.25 else "exactly"
    factor = f"{float(1 - 8 * Fraction(str(lr))):g}".replace("-", "−")
    return (
        f"lr = {lr}, {where} 2/λ = 2/8 = 0.25: each step multiplies the distance from w to 5 by "
        f"{factor}. Loss {' → '.join(losses[:4])}, and {losses[-1]} after 6 steps: {verdict(lr)}."
    )


def test_every_position_of_the_slider(page: Page, figure: Figure, address: str) -> None:
    """Sentence, picture and row of losses, for each learning rate."""
    page.goto(address)
    seen = page.evaluate(
        """() => [...Array(57).keys()].map((i) => {
          const slider = document.querySelector("input");
          slider.value = i;
          slider.dispatchEvent(new Event("input"));
          const all = (s) => [...document.querySelectorAll(s)].map((e) => e.textContent);
          return [all("[role=status]")[0], all(".tc-lr-losses b"), all(".tc-lr-bar b")[0],
            slider.getAttribute("aria-valuetext"), all("circle").length,
            all("svg text").some((text) => text.includes("leaves the picture"))];
        })"""
    )
    rates = figure.data["rates"]
    for lr, (says, row, value, spoken, count, leaves) in zip(rates, seen, strict=True):
        assert says == sentence(lr)
        assert row == [told(loss).replace("below 0.001", "≈ 0") for _, loss in exact(lr)]
        assert value == str(lr)
        assert spoken == f"learning rate {lr}: {verdict(lr)}"
        inside = [loss <= 70 for _, loss in exact(lr)]
        assert (count, leaves) == (sum(inside), not all(inside))


def test_by_mouse(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    assert status(page) == figure.words == sentence(0.24)
    before = dots(page)
    box = page.get_by_role("slider").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert status(page) == sentence(0.3)
    assert len(dots(page)) == 3 < len(before)
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    assert status(page) == sentence(0.02)


def test_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert status(page) == sentence(0.25)
    assert dots(page) == [pytest.approx(dot) for dot in [[3, 16], [7, 16]] * 3 + [[3, 16]]]
    page.keyboard.press("ArrowRight")
    assert status(page) == sentence(0.255)
    page.keyboard.press("End")
    assert status(page) == sentence(0.3)
    places = [[3, 16], [7.8, 31.36], [1.08, 61.47]]
    assert dots(page) == [pytest.approx(place, rel=1e-2) for place in places]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert status(page) == sentence(0.025)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "learning rate"


def test_the_ruler_stands_under_the_thumb(look: Look, figure: Figure, address: str) -> None:
    for size in (PHONE, DESK):
        with look(viewport=size) as page:
            page.goto(address)
            track = page.get_by_role("slider").bounding_box()
            for lr, mark in zip((0.125, 0.25), page.locator(".tc-lr-ruler i").all(), strict=True):
                at = figure.data["rates"].index(lr) / 56
                thumb = track["x"] + 8 + at * (track["width"] - 16)
                box = mark.bounding_box()
                assert box["x"] + box["width"] / 2 == pytest.approx(thumb, abs=2)


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider")
    assert heard_outside(page, control, "ArrowRight", "d", "Control+s") == ["Control", "s"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing(look: Look, address: str, scheme: str, size: dict) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        page.get_by_role("slider").focus()
        for key in ("Home", "End"):
            page.keyboard.press(key)
            assert axe_beside_text(page) == (set(), [])
            ground, colors = inks(page)
            assert len(colors) >= 9
            assert min(contrast(color, ground) for color in colors) >= 4.5


def test_fits_a_phone_and_does_not_jump(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE) as page:
        page.goto(address)
        heights = set()
        page.get_by_role("slider").focus()
        page.keyboard.press("Home")
        for _ in figure.data["rates"]:
            page.keyboard.press("ArrowRight")
            wide = too_wide(page, ".tc-figure, .tc-figure span, .tc-figure div", boxes=True)
            assert wide == []
            heights.add(page.evaluate("document.querySelector('.tc-figure').offsetHeight"))
        assert max(heights) - min(heights) <= 1  # a fraction of a pixel, rounded


def test_two_copies_live_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.get_by_role("slider").nth(1).press("End")
    says = page.get_by_role("status").all_inner_texts()
    assert says == [sentence(0.24), sentence(0.3)]


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 8
