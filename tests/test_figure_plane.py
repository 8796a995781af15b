"""The plane: what it draws and says is what torch does, by mouse and keyboard, and readable."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from figure_page import Look, axe, contrast, heard_outside, inks, too_wide, write_page
from playwright.sync_api import Locator, Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def plane() -> Figure:
    return figures.plane()


# --- the data, against NumPy --------------------------------------------------------------------


def test_the_matrices_differ_in_what_they_teach(plane: Figure) -> None:
    found = {one["name"]: np.linalg.svd(one["A"])[1] for one in plane.data["matrices"]}
    assert [name for name, (a, b) in found.items() if np.isclose(a, b)] == [
        "quarter turn",
        "mirror",
    ]
    assert [name for name, (_, b) in found.items() if b < 1e-12] == ["flat"]
    condition = np.divide(*found["nearly flat"])
    assert 10 < condition < 100
    real = {
        one["name"]: np.isreal(np.linalg.eigvals(one["A"])).all() for one in plane.data["matrices"]
    }
    assert [name for name, yes in real.items() if not yes] == ["quarter turn"]


def test_singular_values_and_vectors(plane: Figure) -> None:
    for one in plane.data["matrices"]:
        A, V = np.array(one["A"]), np.array(one["v"])
        assert np.allclose(one["s"], np.linalg.svd(A)[1], atol=6e-4)
        assert one["det"] == pytest.approx(np.linalg.det(A), abs=6e-4)
        assert np.allclose(V @ V.T, np.eye(2), atol=2e-3)
        assert np.allclose(np.linalg.norm(A @ V.T, axis=0), one["s"], atol=2e-3)
        assert np.allclose(np.array(one["Av"]), V @ A.T, atol=3e-3)
        assert np.dot(*one["Av"]) == pytest.approx(0, abs=5e-3)  # perpendicular on both planes
        (x, y), second = V
        assert (x, y) > (0, 0)
        assert np.allclose(second, [-y, x], atol=2e-3)  # a quarter turn on
        for v, degrees in zip(V, one["at"], strict=True):
            there = math.degrees(math.atan2(v[1], v[0])) % 360
            assert there == pytest.approx(degrees, abs=0.6)


def test_images_of_the_arrow(plane: Figure) -> None:
    step, last = plane.data["step"], plane.data["last"]
    for one in plane.data["matrices"]:
        assert len(one["to"]) == last // step + 1
        for i, (x, y, length, degrees) in enumerate(one["to"]):
            t = math.radians(i * step)
            image = np.array(one["A"]) @ [math.cos(t), math.sin(t)]
            assert np.allclose([x, y], image, atol=6e-4)
            assert length == pytest.approx(np.linalg.norm(image), abs=6e-4)
            if degrees is None:
                assert length == 0
            else:
                exact = math.degrees(math.atan2(image[1], image[0])) % 360
                assert abs(exact - degrees) <= 0.6 or exact > 359.4
                # rounded on no machine to the other neighbor
                assert abs(exact % 1 - 0.5) > 1e-6
        lengths = [length for _, _, length, _ in one["to"]]
        assert min(lengths) >= one["s"][1] - 6e-4
        assert max(lengths) <= one["s"][0] + 6e-4


# --- in a browser -------------------------------------------------------------------------------


def _short(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def _sentence(one: dict, degrees: int, image: list) -> str:
    rows = ", ".join("[" + ", ".join(f"{x:g}" for x in row) + "]" for row in one["A"])
    *_, length, there = image
    says = f"{one['name']}, A = [{rows}]: x at {degrees}° becomes {_short(length)} times as long, "
    says += "and has no direction. " if there is None else f"at {there}°. "
    first, second = map(_short, one["s"])
    if first == second:
        says += f"So does every arrow: σ1 = σ2 = {first}. "
    else:
        v1, v2 = one["at"]
        says += f"Longest: σ1 = {first}, for v1 at {v1}°; shortest: σ2 = {second}, for v2 at {v2}°."
        says += " "
    ends = {-1: ", turned over", 0: ", and no way back", 1: ""}
    return f"{says}Areas × {_short(abs(one['det']))}{ends[int(np.sign(one['det']))]}."


def test_every_state_by_mouse(page: Page, plane: Figure, tmp_path: Path) -> None:
    """All matrices and directions: the sentence, and where the arrows on both planes end."""
    page.goto(write_page(tmp_path, plane))
    assert page.locator("[role=status]").inner_text() == plane.words
    told = page.evaluate(
        """() => [...document.querySelectorAll("input[type=radio]")].flatMap((radio) => {
          radio.click();
          const slider = document.querySelector("input[type=range]");
          const seen = [];
          for (let x = 0; x <= Number(slider.max); x += Number(slider.step)) {
            slider.value = x;
            slider.dispatchEvent(new Event("input"));
            seen.push([radio.value, x, document.querySelector("[role=status]").innerText,
              document.querySelector(".tc-dial b").innerText,
              [...document.querySelectorAll("svg [data-to]")].map((e) => e.dataset.to),
              document.querySelectorAll("svg .tc-dot").length]);
          }
          return seen;
        })"""
    )
    matrices, step = plane.data["matrices"], plane.data["step"]
    assert len(told) == sum(len(one["to"]) for one in matrices)
    for number, degrees, says, dial, ends, dots in told:
        one = matrices[int(number)]
        image = one["to"][degrees // step]
        assert says == _sentence(one, degrees, image)
        assert dial == f"{degrees}°"
        t = math.radians(degrees)
        after = [p for p in (*one["Av"], image[:2]) if math.hypot(*p) >= 0.02]
        drawn = [*one["v"], [math.cos(t), math.sin(t)], *after]
        assert len(ends) + dots == 6
        for end, right in zip(ends, drawn, strict=True):
            assert [float(c) for c in end.split()] == pytest.approx(right, abs=1e-9)


def test_circle_and_grid_are_moved_by_the_matrix(page: Page, plane: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, plane))
    t = np.arange(73) * np.pi / 36
    for number, one in enumerate(plane.data["matrices"]):
        page.get_by_role("radio").nth(number).check()
        A = np.array(one["A"])
        for svg, M in zip(page.locator("svg").all(), (np.eye(2), A), strict=True):
            (round_,) = _points(svg, ".tc-round")
            assert np.allclose(round_, (M @ [np.cos(t), np.sin(t)]).T, atol=3e-3)
            assert len(_points(svg, ".tc-axis")) == 2
            for line in [*_points(svg, ".tc-grid-line"), *_points(svg, ".tc-axis")]:
                assert np.abs(line).max() <= 2.5 + 1e-6
                (x, y), length = line[1] - line[0], np.linalg.norm(line[1] - line[0])
                off = [abs(x * b - y * a) / math.hypot(a, b) for a, b in M.T]  # from each column
                assert min(off) <= 0.01 + 0.01 * length


def _points(svg: Locator, kind: str) -> list[np.ndarray]:
    """The points of each path of this kind, (N, 2), in the units of the plane."""
    found = svg.locator(kind).evaluate_all("all => all.map((e) => e.getAttribute('d'))")
    pairs = [[p.split() for p in d.removeprefix("M").split("L")] for d in found]
    return [np.array(p, dtype=float) * [0.025, -0.025] for p in pairs]


def test_by_keyboard(page: Page, plane: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, plane))
    status, ellipse = page.locator("[role=status]"), page.locator("svg .tc-round").last
    arrow = page.locator("svg .tc-x .tc-shaft").last
    page.keyboard.press("Tab")  # the matrices
    before = ellipse.get_attribute("d")
    page.keyboard.press("ArrowRight")
    assert status.inner_text().startswith("quarter turn, A = [[0, -1], [1, 0]]: x at 90°")
    assert ellipse.get_attribute("d") != before
    page.keyboard.press("ArrowLeft")
    assert status.inner_text() == plane.words
    page.keyboard.press("Tab")  # the direction
    before = arrow.get_attribute("d")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "x at 60° becomes 1.62 times as long" in status.inner_text()
    assert arrow.get_attribute("d") != before
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "60°"
    page.keyboard.press("End")
    assert "x at 180° becomes 1 times as long, at 180°" in status.inner_text()
    page.keyboard.press("Home")
    assert "x at 0° becomes 1 times as long, at 0°" in status.inner_text()


def test_keys_stay_in_the_figure(page: Page, plane: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, plane))
    control = page.get_by_role("slider")
    assert heard_outside(page, control, "ArrowRight", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, plane: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, plane, plane))
    page.locator(".tc-figure").nth(1).get_by_role("radio").last.check()
    told = page.locator("[role=status]").all_inner_texts()
    assert told[0] == plane.words
    assert told[1].startswith("flat, A = [[1, 1], [0.5, 0.5]]")


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 360), ("dark", 1100)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, plane: Figure, tmp_path: Path, scheme: str, width: int
) -> None:
    with look(viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, plane))
        for number, one in enumerate(plane.data["matrices"]):
            page.get_by_role("radio").nth(number).check()
            wide = too_wide(page, ".tc-figure, p")
            assert wide == [], one["name"]
            page.get_by_role("slider").fill("135")
            # every label lies inside its drawing
            outside = page.evaluate(
                """() => [...document.querySelectorAll("svg text")].filter((e) => {
                  const [a, b] = [e, e.ownerSVGElement].map((x) => x.getBoundingClientRect());
                  return a.left < b.left || a.right > b.right || a.top < b.top;
                }).map((e) => e.textContent)"""
            )
            assert outside == [], one["name"]
        violated, doubtful = axe(page)
        assert violated == set()
        assert {"<text" in html for html in doubtful} <= {True}
        # axe cannot compute text in a drawing, so we do
        ground, colors = inks(page)
        assert len(set(colors)) == 3
        assert min(contrast(ink, ground) for ink in colors) >= 4.5


def test_reads_without_scripts(look: Look, plane: Figure, tmp_path: Path) -> None:
    with look(viewport={"width": 360, "height": 800}, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, plane))
        assert page.locator("p").first.inner_text() == plane.words
        assert page.locator("tr").count() == len(plane.table) == 9
