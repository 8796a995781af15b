"""The stepper: its slopes are those of the expression, and it walks by mouse and by keyboard."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from figure_page import Look, axe, contrast, heard_outside, inks, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

NODES: dict[str, Callable[..., float]] = {
    "x": lambda x: x,
    "a": lambda x: x * x,
    "b": lambda a: math.log(a),
    "c": lambda x: math.sin(x),
    "d": lambda b, c: b * c,
    "e": lambda x: 1 / x,
    "y": lambda d, e: d + e,
}
NUDGE = 1e-5


@pytest.fixture(scope="module")
def stepper() -> Figure:
    return figures.stepper()


def _run(x: float, moved: str = "", by: float = 0.0) -> dict[str, float]:
    """Value of every node, where one of them is moved after it has been computed."""
    values = {"x": x + (by if moved == "x" else 0.0)}
    for name in list(NODES)[1:]:
        function = NODES[name]
        inputs = function.__code__.co_varnames
        values[name] = function(*(values[i] for i in inputs)) + (by if moved == name else 0.0)
    return values


def _slope(x: float, of: str, by: str) -> float:
    """d of / d by, by central differences."""
    high, low = _run(x, by, NUDGE), _run(x, by, -NUDGE)
    return (high[of] - low[of]) / (2 * NUDGE)


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


# --- the data, against central differences ------------------------------------------------------


def test_values_and_local_slopes(stepper: Figure) -> None:
    assert [_number(point["values"]["x"]) for point in stepper.data["points"]] == [2, 1, 3]
    for point in stepper.data["points"]:
        x = _number(point["values"]["x"])
        values = _run(x)
        for name, text in point["values"].items():
            assert _number(text) == pytest.approx(values[name], abs=5.1e-4)
        for (start, end, _), text in zip(stepper.data["edges"], point["local"], strict=True):
            inputs = NODES[end].__code__.co_varnames
            high, low = (
                NODES[end](*(values[i] + s * NUDGE * (i == start) for i in inputs)) for s in (1, -1)
            )
            assert _number(text) == pytest.approx((high - low) / (2 * NUDGE), abs=5.1e-4)


def test_both_walks_are_orders_and_end_in_the_slope(stepper: Figure) -> None:
    edges = stepper.data["edges"]
    for walk, order in stepper.data["walks"].items():
        assert sorted(order) == list(range(len(edges)))
        at = 0 if walk == "forward" else 1  # which end of an edge hands over
        for place, number in enumerate(order):
            later = {edges[n][1 - at] for n in order[place:]}
            assert edges[number][at] not in later, "handed on before it is complete"
        for point in stepper.data["points"]:
            x = _number(point["values"]["x"])
            sums = {"x" if walk == "forward" else "y": 1.0}
            for number, (added, total) in zip(order, point[walk], strict=True):
                target = edges[number][1 - at]
                assert _number(total) == pytest.approx(
                    sums.get(target, 0) + _number(added), abs=1.1e-3
                )
                sums[target] = _number(total)
            for name, slope in sums.items():
                right = _slope(x, name, "x") if walk == "forward" else _slope(x, "y", name)
                assert slope == pytest.approx(right, abs=6e-4), (walk, name)


def test_no_number_is_rounded_at_a_border(stepper: Figure) -> None:
    """Another machine's last digit cannot change what is shown."""
    for x in (2.0, 1.0, 3.0):
        numbers = [*_run(x).values(), *(_slope(x, n, "x") for n in NODES)]
        numbers += [_slope(x, "y", n) for n in NODES]
        assert all(abs(abs(n * 1000) % 1 - 0.5) > 1e-3 for n in numbers)


# --- in a browser -------------------------------------------------------------------------------


def _sentence(figure: Figure, walk: str, at: int, done: int) -> str:
    point, edges, order = (
        figure.data["points"][at],
        figure.data["edges"],
        figure.data["walks"][walk],
    )
    forward = walk == "forward"
    says = f"{walk.title()} at x = {point['values']['x']}, "
    if not done:
        return f"{says}before the first edge: {'x' if forward else 'y'} starts with " + (
            "dx/dx = 1." if forward else "dy/dy = 1."
        )
    hands = [(edges[n][0], edges[n][1]) if forward else (edges[n][1], edges[n][0]) for n in order]
    sums = {"x" if forward else "y": "1"}
    for (_, target), (_, total) in zip(hands[: done - 1], point[walk], strict=False):
        sums[target] = total
    (source, target), (added, total) = hands[done - 1], point[walk][done - 1]
    seen = sum(t == target for _, t in hands[:done])
    needs = sum(t == target for _, t in hands)
    name = f"d{target}/dx" if forward else f"dy/d{target}"
    end = f"which has {seen} of its {needs} contributions, {total} so far."
    if seen == needs:
        end = f"so {name} = {total}."
    return (
        f"{says}edge {done} of 8: {source} hands {sums[source]} × {point['local'][order[done - 1]]}"
        f" = {added} to {target}, {end}"
    )


STATE = """() => ({
  says: document.querySelector("[role=status]").innerText,
  taken: [...document.querySelectorAll("[data-edge].tc-was, [data-edge].tc-now")]
    .map((e) => e.dataset.edge).sort(),
  now: [...document.querySelectorAll("[data-edge].tc-now")].map((e) => e.dataset.edge),
  heads: document.querySelectorAll(".tc-head").length,
  full: [...document.querySelectorAll("[data-node].tc-full")].map((e) => e.dataset.node),
  slopes: Object.fromEntries([...document.querySelectorAll("[data-node]")]
    .map((e) => [e.dataset.node, e.querySelector(".tc-slope").textContent])),
})"""


EVERY = """() => {
  const [next] = [...document.querySelectorAll("button")].slice(-1);
  const radio = (value) => document.querySelector(`input[value="${value}"]`);
  const seen = [];
  for (const at of [0, 1, 2]) {
    for (const walk of ["forward", "backward"]) {
      radio(at).click();
      radio(walk === "forward" ? "backward" : "forward").click(); // a change starts anew
      radio(walk).click();
      for (let done = 0; done <= 8; done += 1) {
        seen.push([at, walk, done, next.getAttribute("aria-disabled"), (STATE)(), (WRONG)()]);
        next.click();
      }
    }
  }
  return seen;
}"""


def test_every_state_by_mouse(page: Page, stepper: Figure, tmp_path: Path) -> None:
    """All places, directions and numbers of edges: the sentence and the drawing."""
    page.goto(write_page(tmp_path, stepper))
    assert page.locator("[role=status]").inner_text() == stepper.words
    told = page.evaluate(EVERY.replace("STATE", STATE).replace("WRONG", "() => []"))
    assert len(told) == 3 * 2 * 9
    for at, walk, done, disabled, state, _ in told:
        order = stepper.data["walks"][walk]
        assert state["says"] == _sentence(stepper, walk, at, done)
        names = ["".join(stepper.data["edges"][n][:2]) for n in order[:done]]
        assert state["taken"] == sorted(names)
        assert state["now"] == names[-1:]
        assert state["heads"] == done
        assert disabled == str(done == 8).lower()
        if done == 8:
            assert set(state["full"]) == set(NODES)
            total = stepper.data["points"][at][walk][-1][1]
            assert state["slopes"]["y" if walk == "forward" else "x"] == f"dy/dx = {total}"
    page.get_by_role("radio").nth(2).check()
    page.get_by_role("button", name="back").click()
    assert page.evaluate(STATE)["says"] == _sentence(stepper, "backward", 0, 7)


def test_by_keyboard(page: Page, stepper: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, stepper))
    page.keyboard.press("Tab")  # the direction
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(STATE)["says"] == _sentence(stepper, "forward", 0, 0)
    page.keyboard.press("Tab")  # where
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STATE)["says"] == _sentence(stepper, "forward", 1, 0)
    page.keyboard.press("Tab")  # back, which has nowhere to go
    page.keyboard.press("Enter")
    assert page.evaluate(STATE)["taken"] == []
    page.keyboard.press("Tab")  # next edge
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    state = page.evaluate(STATE)
    assert state["says"] == _sentence(stepper, "forward", 1, 2)
    assert state["taken"] == ["ab", "xa"]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STATE)["now"] == ["xc"]
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(STATE)["now"] == ["ab"]
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(STATE)["says"] == _sentence(stepper, "forward", 1, 8)
    page.keyboard.press("Home")
    assert page.evaluate(STATE)["taken"] == []


def test_keys_stay_in_the_figure(page: Page, stepper: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, stepper))
    control = page.get_by_role("button", name="next edge")
    assert heard_outside(page, control, "ArrowRight", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, stepper: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, stepper, stepper))
    page.locator(".tc-figure").nth(1).get_by_role("button", name="next edge").click()
    told = page.locator("[role=status]").all_inner_texts()
    assert told == [stepper.words, _sentence(stepper, "backward", 0, 4)]


BADLY_PLACED = """() => {
  const box = (e) => e.getBoundingClientRect();
  const all = (kind) => [...document.querySelectorAll(`svg ${kind}`)];
  const inside = (t, b) =>
    t.left >= b.left && t.right <= b.right && t.top >= b.top && t.bottom <= b.bottom;
  const apart = (a, b) =>
    a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  const labels = all(".tc-local");
  return [
    ...all("[data-node] text")
      .filter((t) => !inside(box(t), box(t.parentNode.querySelector("rect")))),
    ...labels.filter((t) => !inside(box(t), box(t.ownerSVGElement)) ||
      [...all("rect"), ...labels].some((e) => e !== t && !apart(box(e), box(t)))),
  ].map((t) => t.textContent);
}"""
WIDE = """() => [document.documentElement, ...document.querySelectorAll(".tc-figure, p")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)"""


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 360), ("dark", 1100)])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, stepper: Figure, tmp_path: Path, scheme: str, width: int
) -> None:
    with look(viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, stepper))
        told = page.evaluate(EVERY.replace("STATE", WIDE).replace("WRONG", BADLY_PLACED))
        assert [wrong for *_, wide, misplaced in told for wrong in (*wide, *misplaced)] == []
        page.get_by_role("button", name="next edge").press("ArrowLeft")
        violated, doubtful = axe(page)
        assert violated == set()
        assert {"<text" in html for html in doubtful} <= {True}
        # axe cannot compute text in a drawing, so we do
        ground, colors = inks(page)
        assert len(set(colors)) == 3
        assert min(contrast(ink, ground) for ink in colors) >= 4.5


def test_reads_without_scripts(look: Look, stepper: Figure, tmp_path: Path) -> None:
    with look(viewport={"width": 360, "height": 800}, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, stepper))
        assert page.locator("p").first.inner_text() == stepper.words
        assert page.locator("tr").count() == len(stepper.table) == 9
