"""The overfitting dial: stored curves of real training, by mouse and by keyboard."""

from __future__ import annotations

import itertools
import math
import re
import sys
from pathlib import Path

import pytest
import torch
from figure_page import DESK, LISTEN, PHONE, Look, axe, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

MODULE = sys.modules["torchcourse.figures.overfitting"]
STATES = list(itertools.product(range(3), range(3), range(8)))
SAYS = "document.querySelector('[role=status]').innerText"


@pytest.fixture(scope="module")
def dial() -> Figure:
    return figures.overfitting()


def points() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(3)
    x = 2 * torch.rand(116, generator=rng, dtype=torch.float64) - 1
    return x, (3 * x).sin() + 0.3 * torch.randn(116, 1, generator=rng, dtype=torch.float64)[:, 0]


def train(width: int, decay: float) -> list[tuple[int, int]]:
    """The same network and AdamW without torch.nn and torch.optim; losses in thousandths."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(*s) for s in ((1, width), (width, width), (width, 1))]
    ws = [p.detach().double().requires_grad_() for one in layers for p in (one.weight, one.bias)]
    first, second = ([torch.zeros_like(w) for w in ws] for _ in range(2))
    x, y = points()

    def squares() -> torch.Tensor:
        h = x[:, None]
        for n in (0, 2, 4):
            h = h @ ws[n].T + ws[n + 1]
            h = h.tanh() if n < 4 else h
        return (h[:, 0] - y) ** 2

    found = []
    for t in range(1, 201):
        grads = torch.autograd.grad(squares()[:16].mean(), ws)
        with torch.no_grad():
            for w, g, m, v in zip(ws, grads, first, second, strict=True):
                w.mul_(1 - 0.01 * decay)
                m.mul_(0.9).add_(0.1 * g)
                v.mul_(0.999).add_(0.001 * g * g)
                scale = (v / (1 - 0.999**t)).sqrt() + 1e-8
                w.sub_(0.01 * m / (1 - 0.9**t) / scale)
            if t in (10, 20, 50, 100, 200):
                s = squares()
                found.append(tuple(round(1000 * p.mean().item()) for p in (s[:16], s[16:])))
    return found


def test_the_stored_runs_are_what_training_gives(dial: Figure) -> None:
    """All nine runs again. Another processor may round a step otherwise, so not to the last one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # such small products only wait for other threads
    try:
        losses, curves = MODULE.measure()
    finally:
        torch.set_num_threads(threads)
    for i, j in itertools.product(range(3), range(3)):
        stored = dial.data["losses"][i][j]
        assert len(stored) == len(losses[i][j]) == 16
        for old, new in zip(stored, losses[i][j], strict=True):
            assert abs(old - new) <= 3, (i, j)
        assert len(dial.data["curves"][i][j]) == len(curves[i][j]) == 8 * 41
        for old, new in zip(dial.data["curves"][i][j], curves[i][j], strict=True):
            assert abs(MODULE.CODES.index(old) - MODULE.CODES.index(new)) <= 1, (i, j)


@pytest.mark.parametrize(("i", "j"), [(0, 1), (1, 2), (2, 0)])
def test_the_runs_are_adamw_by_hand(dial: Figure, i: int, j: int) -> None:
    stored = dial.data["losses"][i][j]
    for n, pair in enumerate(train((2, 8, 64)[i], (0, 1, 5)[j])):
        for old, new in zip(stored[2 * n : 2 * n + 2], pair, strict=True):
            assert abs(old - new) <= 2, (i, j, n)


def test_the_stored_points_and_the_codes(dial: Figure) -> None:
    x, y = points()
    text, codes = dial.data["points"], dial.data["codes"]
    assert len(set(codes)) == len(codes) > 80
    assert len(text) == 2 * 116
    step = 2 * MODULE.REACH / (len(codes) - 1)
    for n in range(116):
        for c, number in zip(text[2 * n : 2 * n + 2], (x[n], y[n]), strict=True):
            assert abs(codes.index(c) * step - MODULE.REACH - number) <= step / 2 + 1e-9


def test_the_story_that_the_chapter_tells(dial: Figure) -> None:
    """Wide without decay overfits, wide with decay does not, too much decay underfits."""
    losses = dial.data["losses"]
    wide = losses[2][0]
    low = min(wide[1::2])
    assert wide.index(low) == 2 * 2 + 1  # after 50 epochs
    assert wide[-2] == 0
    assert wide[-1] > 2 * low
    assert losses[2][1][-1] < 0.6 * wide[-1]
    assert losses[1][2][-2] > 20 * losses[1][0][-2]


def sentence(dial: Figure, i: int, j: int, n: int) -> str:
    data = dial.data
    train, val = data["losses"][i][j][2 * n : 2 * n + 2]
    curve = data["losses"][i][j][1::2]
    low = min(curve)
    if train > 150:
        verdict = "underfitting: the network has not learned the curve"
    elif val > 1.25 * low:
        verdict = "overfitting: the network follows the noise of its points"
    else:
        verdict = "a good fit: the network follows the curve and little else"
    return (
        f"Width {data['widths'][i]}, weight decay {data['decays'][j]}, after {data['epochs'][n]} "
        f"epochs: training loss {train / 1000:.3f}, validation loss {val / 1000:.3f}; its lowest "
        f"was {low / 1000:.3f} after {data['epochs'][curve.index(low)]}. This is {verdict}."
    )


def test_the_table(dial: Figure) -> None:
    _, *rows = dial.table
    assert len(rows) == 18
    for width, decay, epochs, *losses in rows:
        i, j = (2, 8, 64).index(int(width)), (0, 1, 5).index(int(decay))
        n = 2 * dial.data["epochs"].index(int(epochs))
        stored = dial.data["losses"][i][j][n : n + 2]
        assert losses == [f"{loss / 1000:.3f}" for loss in stored]


DRAWN = (
    """() => [...document.querySelectorAll(".tc-of-plots path")].map((e) => e.getAttribute("d"))"""
)
VISIT = """(all) => {
  const chips = [...document.querySelectorAll("input[type=radio]")];
  const slider = document.querySelector("input[type=range]");
  return all.map(([i, j, n]) => {
    chips[i].click();
    chips[3 + j].click();
    slider.value = n;
    slider.dispatchEvent(new Event("input"));
    const paths = [...document.querySelectorAll(".tc-of-plots path")];
    return [document.querySelector("[role=status]").innerText,
      paths.map((e) => [e.getAttribute("class"), e.getAttribute("d")]),
      slider.getAttribute("aria-valuetext"),
      [...document.querySelectorAll(".tc-of-plots svg:last-of-type circle.tc-of-is-0")].length];
  });
}"""


def test_every_state_by_mouse(page: Page, dial: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, dial))
    assert page.evaluate(SAYS) == dial.words == sentence(dial, 2, 0, 7)
    told = page.evaluate(VISIT, STATES)
    drawn = set()
    for (i, j, n), (says, paths, value, dots) in zip(STATES, told, strict=True):
        assert says == sentence(dial, i, j, n)
        assert value == f"{dial.data['epochs'][n]} epochs"
        assert dots == 1
        lines = {
            kind: [
                [float(c) for c in spot.split(",")]
                for spot in re.sub(r"^M", "", d).split("L")
                if "," in spot
            ]
            for kind, d in paths
        }
        drawn.add(str(lines["tc-of-net"]))
        step = 2 * MODULE.REACH / (len(MODULE.CODES) - 1)
        for k, (x, y) in enumerate(lines["tc-of-net"]):
            code = MODULE.CODES.index(dial.data["curves"][i][j][41 * n + k])
            assert x == pytest.approx(150 + (k / 20 - 1) * 300 / 2.1, abs=0.06)
            up = (code * step - MODULE.REACH) * 90 / MODULE.REACH
            assert y == pytest.approx(90 - up, abs=0.06)
        for kind, part in (("tc-of-train", 0), ("tc-of-val", 1)):
            heights = [y for _, y in lines[kind]]
            losses = dial.data["losses"][i][j][part::2]
            assert heights == pytest.approx([180 - loss * 0.24 for loss in losses], abs=0.06)
        for k, (_, y) in enumerate(lines["tc-of-true"]):
            assert y == pytest.approx(90 - math.sin(3 * (k / 20 - 1)) * 90 / MODULE.REACH, abs=0.06)
    assert len(drawn) > 0.95 * len(STATES)  # the smallest network rests for a while


def test_by_keyboard(page: Page, dial: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, dial))
    page.evaluate(LISTEN)
    state = [2, 0, 7]
    keys = {0: [("ArrowLeft", 1), ("ArrowLeft", 0)], 1: [("ArrowRight", 1), ("ArrowRight", 2)]}
    keys[2] = [("ArrowLeft", 6), ("Home", 0), ("End", 7)]
    for at, pressed in keys.items():
        picks = page.get_by_role("radio", checked=True)
        (page.get_by_role("slider") if at == 2 else picks.nth(at)).focus()
        for key, to in pressed:
            before = page.evaluate(DRAWN)
            page.keyboard.press(key)
            state[at] = to
            assert page.evaluate(SAYS) == sentence(dial, *state)
            assert page.evaluate(DRAWN) != before
    assert page.evaluate("heard") == []


def test_tab_goes_through_three_controls(page: Page, dial: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, dial))
    kinds = []
    for _ in range(3):
        page.keyboard.press("Tab")
        kinds.append(page.evaluate("document.activeElement.type"))
    assert kinds == ["radio", "radio", "range"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.tc-figure')") is None


def test_two_copies_work_alone(page: Page, dial: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, dial, dial))
    page.locator(".tc-figure").nth(1).get_by_role("slider").fill("0")
    told = page.locator("[role=status]").all_inner_texts()
    assert told == [dial.words, sentence(dial, 2, 0, 0)]


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", PHONE), ("dark", DESK)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, dial: Figure, tmp_path: Path, scheme: str, size: dict[str, int]
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, dial))
        heights = set()
        for state in STATES[::5]:
            page.evaluate(VISIT, [state])
            assert too_wide(page, ".tc-figure, .tc-figure p, .tc-figure div", boxes=True) == []
            heights.add(page.evaluate("document.querySelector('.tc-figure').offsetHeight"))
        assert len(heights) == 1  # the page below does not jump
        violated, _ = axe(page)
        assert violated == set()
