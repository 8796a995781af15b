"""The saturation microscope: its numbers are those of ten real layers, by mouse and keyboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.saturation()


# --- the data, by backpropagation in NumPy ------------------------------------------------------

BENDS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 1 / (2 + np.exp(z) + np.exp(-z))),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}
SHOWN = (1, 4, 7, 10)


def ten_layers(bend: str, scale: float) -> tuple[list, list, np.ndarray]:
    """Activations and gradients (with respect to pre-activations) of all layers, last slopes."""
    f, slope_of = BENDS[bend]
    rng = torch.Generator().manual_seed(0)
    draw = [torch.randn(64, 100, generator=rng, dtype=torch.float64).numpy() for _ in range(2)]
    W = torch.randn(10, 100, 100, generator=rng, dtype=torch.float64).numpy() * scale
    (H, g), A, S = draw, [], []
    for weight in W:
        z = H @ weight
        H = f(z)
        A.append(H)
        S.append(slope_of(z))
    G = [g * S[-1]]
    for weight, slope in zip(W[:0:-1], S[-2::-1], strict=True):
        G.insert(0, (G[0] @ weight.T) * slope)
    return A, G, S[-1]


def heights(values: np.ndarray, edges: list[float]) -> str:
    counts = np.histogram(values, edges)[0]
    assert counts.sum() == values.size
    return "".join(np.base_repr(int(np.ceil(35 * n / counts.max())), 36) for n in counts)


def test_every_state_is_what_ten_layers_do(figure: Figure) -> None:
    data = figure.data
    lines = [-np.inf, *(np.arange(-8, 8) * 0.25 + 0.125), np.inf]
    decades = [0, *(10.0 ** np.arange(-12, 8)), np.inf]
    assert data["bins"] == [len(lines) - 1, len(decades) - 1] == [17, 21]
    assert data["bends"] == list(BENDS)
    for bend, row in zip(data["bends"], data["runs"], strict=True):
        for scale, (std, flat, ratio, verdict, drawn) in zip(data["scales"], row, strict=True):
            A, G, slope = ten_layers(bend, scale)
            assert number(std) == pytest.approx(A[-1].std(ddof=1), rel=0.051)
            assert flat == round(100 * (slope < 0.05).mean())
            exact = np.sqrt((G[0] ** 2).mean() / (G[-1] ** 2).mean())
            assert number(ratio) == pytest.approx(exact, rel=0.051)
            kind = "vanishes" if exact < 0.1 else "explodes" if exact > 10 else "keeps its size"
            assert data["verdicts"][verdict] == f"it {kind}"
            expected = [heights(A[n - 1], lines) for n in SHOWN]
            expected += [heights(np.abs(G[n - 1]), decades) for n in SHOWN]
            assert drawn == "".join(expected), (bend, scale)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_curves_are_the_bends(figure: Figure) -> None:
    z = np.linspace(-4, 4, 33)
    for bend, (line, flat) in zip(figure.data["bends"], figure.data["curves"], strict=True):
        f, slope_of = BENDS[bend]
        y = f(z)
        drawn = [int(digit, 36) / 35 for digit in line]
        assert np.allclose(drawn, (y - y.min()) / (y.max() - y.min()), atol=0.015)
        assert flat == "".join("01"[int(s < 0.05)] for s in slope_of(z))


def test_what_the_chapter_says_of_it(figure: Figure) -> None:
    """tanh dies at 0.02, keeps its size at 0.1, and at 1 saturates while its gradient explodes."""
    tanh, _, relu = figure.data["runs"]
    assert [number(tanh[k][0]) > 0.01 for k in (0, 3, 7)] == [False, True, True]
    assert [tanh[k][1] for k in (0, 3, 7)] == [0, 0, 82]
    assert [tanh[k][3] for k in (0, 3, 7)] == [0, 1, 2]
    assert [run[3] for run in relu] == [0, 0, 0, 0, 1, 2, 2, 2]


# --- in a browser -------------------------------------------------------------------------------


def sentence(figure: Figure, bend: int, at: int) -> str:
    data = figure.data
    std, flat, ratio, verdict, _ = data["runs"][bend][at]
    return (
        f"{data['bends'][bend]}, scale {data['scales'][at]:g}: after layer 10 the activations have "
        f"standard deviation {std}, and {flat} % of the neurons are saturated (slope below 0.05). "
        f"The gradient at layer 1 is {ratio} times as large as at layer 10: "
        f"{data['verdicts'][verdict]}."
    )


def test_every_state_by_mouse(page: Page, figure: Figure, address: str) -> None:
    """Sentence, bars and curve of each bend and scale."""
    page.goto(address)
    assert page.get_by_role("status").inner_text() == figure.words
    told = page.evaluate(
        """() => [...document.querySelectorAll("input[type=radio]")].flatMap((radio) => {
          radio.click();
          const slider = document.querySelector("input[type=range]");
          const all = (s) => [...document.querySelectorAll(s)];
          const seen = [];
          for (let i = 0; i <= Number(slider.max); i += 1) {
            slider.value = i;
            slider.dispatchEvent(new Event("input"));
            seen.push([document.querySelector("[role=status]").innerText,
              document.querySelector(".tc-sat-dial b").innerText,
              all("[data-bars]").map((e) => [...e.querySelectorAll("rect")].map((r) =>
                [r.x.baseVal.value, r.y.baseVal.value, r.height.baseVal.value])),
              all(".tc-sat-curve .tc-sat-f").length]);
          }
          return seen;
        })"""
    )
    states = [(bend, at) for bend in range(3) for at in range(8)]
    wide, decades = figure.data["bins"]
    for (bend, at), (says, scale, bars, flat) in zip(states, told, strict=True):
        assert says == sentence(figure, bend, at)
        assert float(scale) == figure.data["scales"][at]
        digits = figure.data["runs"][bend][at][4]
        parts = [digits[k * wide : (k + 1) * wide] for k in range(4)]
        rest = digits[4 * wide :]
        parts += [rest[k * decades : (k + 1) * decades] for k in range(4)]
        expected = [parts[k + 4 * side] for k in range(4) for side in (0, 1)]
        for drawn, part in zip(bars, expected, strict=True):
            right = [
                [100 * i / len(part), 35 - int(digit, 36), int(digit, 36)]
                for i, digit in enumerate(part)
                if digit != "0"
            ]
            assert np.allclose(drawn, right, atol=0.01)
        assert flat == figure.data["curves"][bend][1].count("1")


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    status, bars = page.get_by_role("status"), page.locator("[data-bars]")
    slider, curve = page.get_by_role("slider"), page.locator(".tc-sat-curve")
    page.keyboard.press("Tab")  # the bend
    before, shape = bars.first.inner_html(), curve.inner_html()
    page.keyboard.press("ArrowRight")
    assert status.inner_text() == sentence(figure, 1, 7)
    assert bars.first.inner_html() != before
    assert curve.inner_html() != shape
    page.keyboard.press("ArrowLeft")
    assert status.inner_text() == figure.words
    page.keyboard.press("Tab")  # the scale
    page.keyboard.press("ArrowLeft")
    assert status.inner_text() == sentence(figure, 0, 6)
    assert bars.first.inner_html() != before
    page.keyboard.press("Home")
    assert status.inner_text() == sentence(figure, 0, 0)
    assert slider.get_attribute("aria-valuetext") == "scale 0.02: the gradient: it vanishes"
    page.keyboard.press("End")
    assert status.inner_text() == figure.words


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider")
    assert heard_outside(page, control, "ArrowLeft", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.locator(".tc-figure").nth(1).get_by_role("radio").last.check()
    assert page.get_by_role("status").all_inner_texts() == [figure.words, sentence(figure, 2, 7)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for bend in range(3):
            page.get_by_role("radio").nth(bend).check()
            page.get_by_role("slider").fill(str(2 * bend))
            wide = too_wide(page, ".tc-figure, .tc-figure p, .tc-sat, .tc-sat > *")
            assert wide == []
        assert axe(page) == (set(), [])


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 13
