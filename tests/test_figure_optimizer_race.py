"""The optimizer race: its tracks are those of the update rules, and anyone can move it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

MOMENTA = (0.0, 0.3, 0.6, 0.9)
RATES = (0.03, 0.09, 0.11, 0.18, 0.4)
TURN = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.optimizer_race()


# --- the data, computed a second time in NumPy from the update rules ------------------------------


def valley(w: np.ndarray) -> tuple[float, np.ndarray]:
    return (w[0] ** 2 + 20 * w[1] ** 2) / 2, np.array([w[0], 20 * w[1]])


def turned(w: np.ndarray) -> tuple[float, np.ndarray]:
    loss, grad = valley(TURN.T @ w)
    return loss, TURN @ grad


def saddle(w: np.ndarray) -> tuple[float, np.ndarray]:
    loss = 4 * w[0] ** 2 + (w[1] ** 2 - 1) ** 2
    return loss, np.array([8 * w[0], 4 * w[1] * (w[1] ** 2 - 1)])


SURFACES = (
    ("valley", valley, np.array([-2.2, 0.5])),
    ("turned valley", turned, TURN @ [-2.2, 0.5]),
    ("saddle", saddle, np.array([-2.0, 0.05])),
)


def rule(number: int, lr: float):
    """Racer 0 to 3 is SGD with a momentum, 4 RMSprop, 5 Adam: a function of step and gradient."""
    first, second = np.zeros(2), np.zeros(2)

    def step(t: int, grad: np.ndarray) -> np.ndarray:
        nonlocal first, second
        if number < 4:
            first = MOMENTA[number] * first + grad
            return lr * first
        if number == 4:
            second = 0.99 * second + 0.01 * grad**2
            return lr * grad / (np.sqrt(second) + 1e-8)
        first, second = 0.9 * first + 0.1 * grad, 0.999 * second + 0.001 * grad**2
        scale = np.sqrt(second / (1 - 0.999**t)) + 1e-8
        return lr * first / (1 - 0.9**t) / scale

    return step


def runs():
    """(surface, rate, racer, places before each step and after the last, losses)"""
    with np.errstate(all="ignore"):
        for i, (_, f, start) in enumerate(SURFACES):
            for j, lr in enumerate(RATES):
                for k in range(6):
                    step, w, places, losses = rule(k, lr), start, [], []
                    for t in range(1, 42):
                        loss, grad = f(w)
                        places.append(w)
                        losses.append(loss)
                        w = w - step(t, grad)
                    yield i, j, k, places, losses


def decoded(text: str, start: list[float]) -> list[np.ndarray]:
    """What the script makes of a track."""
    moves = [k * abs(k) / 330 for k in (ord(c) - 80 for c in text)]
    steps = np.array(moves).reshape(-1, 2)
    return [np.array(start), *(np.array(start) + steps.cumsum(0))]


def track_of(figure: Figure, i: int, j: int, k: int) -> str:
    own = figure.data["tracks"][i][j]
    if len(own) == 6:
        return own[k]
    return figure.data["tracks"][0][j][k] if k < 4 else own[k - 4]


def test_every_track_is_the_update_rule(figure: Figure) -> None:
    for i, j, k, places, _ in runs():
        name, turn, *start = figure.data["surfaces"][i]
        assert (name, turn) == (SURFACES[i][0], 45 if i == 1 else 0)
        drawn = decoded(track_of(figure, i, j, k), start)
        before = [TURN.T @ w if turn else w for w in places]
        assert np.abs(drawn[0] - before[0]).max() < 1e-9
        for last, there, right in zip(drawn, drawn[1:], before[1:], strict=False):
            jump = np.abs(right - last)  # the longer, the coarser; two of the codes are not used
            assert (np.abs(there - right) <= 2 * np.sqrt(jump / 330) + 0.002).all()
        if len(drawn) < len(before):  # it ran away, or no longer moves
            rest = np.array(before[len(drawn) :])
            jump = np.abs(rest[0] - before[len(drawn) - 1]).max()
            gone = not max(np.abs(rest[0]).max(), jump) < 6
            assert gone or np.abs(rest - drawn[-1]).max() < 0.08, (name, RATES[j], k)


def test_arrivals_are_read_from_the_losses(figure: Figure) -> None:
    seen = set()
    for i, j, k, _, losses in runs():
        if not losses[-1] <= losses[0]:
            right = -1
        else:
            high = [n for n, loss in enumerate(losses) if loss >= losses[0] / 100]
            right = 0 if high[-1] == 40 else high[-1] + 1
        assert figure.data["arrived"][i][j][k] == right
        seen.add(min(right, 1))
    assert seen == {-1, 0, 1}  # the sliders reach every kind of end


def test_what_the_chapter_says_of_it(figure: Figure) -> None:
    """SGD does not notice the turn, RMSprop and Adam do; momentum raises the limit of lr."""
    plain, turned_, _ = figure.data["arrived"]
    for one, other in zip(plain, turned_, strict=True):
        assert one[:4] == other[:4]
    assert any(one[4] != other[4] for one, other in zip(plain, turned_, strict=True))
    assert any(one[5] != other[5] for one, other in zip(plain, turned_, strict=True))
    for lr, ends in zip(RATES, plain, strict=True):
        for beta, end in zip(MOMENTA, ends, strict=False):
            assert (end == -1) == (lr > 2 * (1 + beta) / 20)


# --- in a browser --------------------------------------------------------------------------------


def told(figure: Figure, i: int, j: int, m: int) -> list[str]:
    numbers = [figure.data["arrived"][i][j][k] for k in (0, m, 4, 5)]
    return ["explodes" if n < 0 else f"step {n}" if n else "not yet" for n in numbers]


def sentence(figure: Figure, i: int, j: int, m: int) -> str:
    racers = ("SGD", "SGD + momentum", "RMSprop", "Adam")
    ends = zip(racers, told(figure, i, j, m), strict=True)
    return (
        f"{SURFACES[i][0]}, lr = {RATES[j]}, momentum {MOMENTA[m]:g}. Within 40 steps, from where "
        "does the loss stay below 1/100 of the first? "
        f"{', '.join(f'{name} {end}' for name, end in ends)}."
    )


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def track(page: Page, racer: int) -> str:
    return page.locator(f"svg .tc-or-{racer} path").first.get_attribute("d")


def test_every_state(page: Page, figure: Figure, address: str) -> None:
    """Sentence, numbers and the four tracks, for all positions of the three controls."""
    page.goto(address)
    assert status(page) == figure.words
    seen = page.evaluate(
        """() => {
          const [rate, momentum] = document.querySelectorAll("input[type=range]");
          const move = (slider, to) => {
            slider.value = to;
            slider.dispatchEvent(new Event("input"));
          };
          return [...document.querySelectorAll("input[type=radio]")].flatMap((radio) => {
            radio.click();
            return [...Array(20).keys()].map((n) => {
              move(rate, Math.floor(n / 4));
              move(momentum, n % 4);
              const all = (s) => [...document.querySelectorAll(s)];
              return [document.querySelector("[role=status]").innerText,
                all(".tc-or-row b").map((e) => e.innerText),
                all(".tc-or-dials b").map((e) => e.innerText),
                [rate, momentum].map((e) => e.getAttribute("aria-valuetext")),
                all("svg g[data-n]").map((e) => [Number(e.dataset.n), e.dataset.end]),
                all("svg circle").map((e) => [e.cx.baseVal.value, e.cy.baseVal.value])[0]];
            });
          });
        }"""
    )
    assert len(seen) == 3 * 20
    for n, (says, row, values, spoken, tracks, circle) in enumerate(seen):
        i, j, m = n // 20, n % 20 // 4, n % 4
        assert says == sentence(figure, i, j, m)
        assert row == told(figure, i, j, m)
        assert values == spoken == [str(RATES[j]), f"{MOMENTA[m]:g}"]
        assert circle == pytest.approx((SURFACES[i][2] * [50, -50]).tolist(), abs=1e-4)
        start = figure.data["surfaces"][i][2:]
        for k, (length, end) in zip((0, m, 4, 5), tracks, strict=True):
            places = decoded(track_of(figure, i, j, k), start)
            assert length == len(places)
            there = [float(c) for c in end.split(",")]
            assert there == pytest.approx(places[-1].tolist(), abs=1e-9)


def points(page: Page, selector: str) -> list[np.ndarray]:
    """The corners of each path, (N, 2), in the units of w."""
    drawn = page.locator(selector).evaluate_all("all => all.map((e) => e.getAttribute('d'))")
    found = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", path) for path in drawn]
    return [np.array(one, dtype=float).reshape(-1, 2) / [50, -50] for one in found]


def test_contours_have_one_loss(page: Page, address: str) -> None:
    page.goto(address)
    for number, (_, f, start) in enumerate(SURFACES):
        page.get_by_role("radio").nth(number).check()
        drawn = points(page, "svg .tc-or-line, svg .tc-or-goal")
        for path, part in zip(drawn, (4, 2, 1, 0.5, 0.25, 0.06, 0.01), strict=True):
            assert len(path) > 40 or part > 1  # the longest ones lie outside
            assert (np.abs(path) <= [3, 2]).all()
            # a tenth of a unit of the drawing is 0.002, times the slope there
            for w in path:
                loss, grad = f(w)
                slack = 0.004 * np.linalg.norm(grad) + 0.01
                assert loss == pytest.approx(part * f(start)[0], abs=slack)


def test_tracks_are_drawn_where_they_are(page: Page, figure: Figure, address: str) -> None:
    """In the picture each place is a corner of the line; outside of it nothing is drawn."""
    page.goto(address)
    for number in range(3):
        page.get_by_role("radio").nth(number).check()
        for rate in (1, 4):
            page.get_by_role("slider").first.fill(str(rate))
            for k, n in zip((0, 2, 4, 5), range(4), strict=True):
                start = figure.data["surfaces"][number][2:]
                places = np.array(decoded(track_of(figure, number, rate, k), start))
                places = places @ TURN.T if number == 1 else places
                places = places[(np.abs(places) <= [3, 2]).all(1)]
                line, dots = points(page, f"svg .tc-or-{n} path")
                assert (np.abs(line) <= [3, 2]).all()
                assert np.allclose(dots[::2], places, atol=2e-3)
                near = np.abs(line[:, None] - places).max(2).min(0)
                assert near.max() <= 2e-3


def test_by_mouse(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    before = [track(page, n) for n in range(4)]
    box = page.get_by_role("slider").nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert status(page) == sentence(figure, 0, 1, 3)
    assert [track(page, n) == old for n, old in enumerate(before)] == [True, False, True, True]
    box = page.get_by_role("slider").nth(0).bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    assert status(page) == sentence(figure, 0, 0, 3)
    assert [track(page, n) == old for n, old in enumerate(before)] == [False] * 4
    page.get_by_text("saddle", exact=True).click()
    assert status(page) == sentence(figure, 2, 0, 3)


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")  # the surfaces
    page.keyboard.press("ArrowRight")
    assert status(page) == sentence(figure, 1, 1, 2)
    page.keyboard.press("Tab")  # the learning rate
    before = track(page, 3)
    page.keyboard.press("ArrowRight")
    assert status(page) == sentence(figure, 1, 2, 2)
    assert track(page, 3) != before
    page.keyboard.press("End")
    assert "SGD explodes, SGD + momentum explodes" in status(page)
    page.keyboard.press("Tab")  # the momentum
    page.keyboard.press("Home")
    assert status(page) == sentence(figure, 1, 4, 0)
    assert track(page, 0) == track(page, 1)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "momentum"


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider").first
    assert heard_outside(page, control, "ArrowRight", "d", "Control+s") == ["Control", "s"]


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", PHONE), ("dark", PHONE), ("light", DESK), ("dark", DESK)]
)
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        heights = set()
        for number in range(3):
            page.get_by_role("radio").nth(number).check()
            for key in ("Home", "End"):
                page.get_by_role("slider").first.press(key)
                heights.add(page.evaluate("document.querySelector('.tc-figure').offsetHeight"))
                wide = too_wide(
                    page, ".tc-figure, .tc-figure p, .tc-figure span, .tc-figure div", boxes=True
                )
                assert wide == []
        assert max(heights) - min(heights) <= 1  # the page below does not jump
        assert axe(page) == (set(), [])


def test_two_copies_live_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.get_by_role("slider").nth(2).press("End")
    says = page.get_by_role("status").all_inner_texts()
    assert says == [sentence(figure, 0, 1, 2), sentence(figure, 0, 4, 2)]


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 7
