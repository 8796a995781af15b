"""Asynchronous launches: the model's time lines, recomputed as a simulation of two workers."""

from __future__ import annotations

import heapq
from pathlib import Path

import pytest
from figure_page import (
    DESK,
    PHONE,
    Look,
    axe_beside_text,
    contrast,
    fills,
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
    return figures.launches()


def simulate(n: int, work: int, cost: int, clock: int) -> tuple[list, list, int]:
    """Intervals of the CPU's launches and of the device, and what a clock shows, event by event."""
    events = [(0, "cpu")]
    queue, busy, left, cpu, device, reads = 0, False, n, [], [], None
    while events:
        now, what = heapq.heappop(events)
        if what == "cpu" and left:
            cpu.append((now, now + cost))
            left -= 1
            heapq.heappush(events, (now + cost, "launched"))
        elif what == "cpu" and clock == 0:
            reads = now
        elif what == "launched":
            queue += 1
            if clock != 2:
                heapq.heappush(events, (now, "cpu"))
        elif what == "done":
            busy = False
            if clock == 2:
                heapq.heappush(events, (now, "cpu"))
        if queue and not busy:
            queue, busy = queue - 1, True
            device.append((now, now + work))
            heapq.heappush(events, (now + work, "done"))
    return cpu, device, device[-1][1] if reads is None else reads


def sentence(figure: Figure, kernel: int, launch: int, clock: int) -> str:
    data = figure.data
    work, cost = data["kernels"][kernel], data["launches"][launch]
    _, device, reads = simulate(data["n"], work, cost, clock)
    done = device[-1][1]
    idle = done - sum(end - start for start, end in device)
    early = f"{done - reads} µs too early" if reads < done else "when all work is done"
    return (
        f"In this model the clock, read {data['clocks'][clock]}, shows {reads} µs: {early}. "
        f"The device ends at {done} µs and was idle for {idle} µs of them."
    )


def test_what_the_chapter_says_of_it(figure: Figure) -> None:
    """Long kernels fool the clock; with short ones the device waits for the CPU."""
    assert figure.data["kernels"][3] == 20
    assert figure.data["launches"][0] == 4
    _, device, reads = simulate(6, 20, 4, 0)
    assert (reads, device[-1][1]) == (24, 124)
    assert "shows 24 µs" in figure.words
    assert simulate(6, 20, 4, 1)[2] == 124
    assert simulate(6, 20, 4, 2)[2] == 144
    assert simulate(6, 2, 4, 1)[2] == 26


def test_the_table_is_the_model(figure: Figure) -> None:
    for kernel, launch, clock, shows, done in figure.table[1:]:
        at = figure.data["clocks"].index(clock)
        work, cost = int(kernel.split()[0]), int(launch.split()[0])
        _, device, reads = simulate(figure.data["n"], work, cost, at)
        assert (shows, done) == (f"{reads} µs", f"{device[-1][1]} µs")


# --- in a browser -------------------------------------------------------------------------------

BOXES = """(kind) => [...document.querySelectorAll(`.tc-la-${kind}`)].map((e) =>
  [Number(e.dataset.from), Number(e.dataset.to)])"""


def test_every_state_by_mouse(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    assert page.get_by_role("status").inner_text() == figure.words
    told = page.evaluate(
        f"""() => [...document.querySelectorAll("input[type=radio]")].map((radio) => {{
          radio.click();
          const [kernel, launch] = document.querySelectorAll("input[type=range]");
          const seen = [];
          for (let k = 0; k <= Number(kernel.max); k += 1) {{
            for (let c = 0; c <= Number(launch.max); c += 1) {{
              for (const [slider, value] of [[kernel, k], [launch, c]]) {{
                slider.value = value;
                slider.dispatchEvent(new Event("input"));
              }}
              seen.push([k, c, document.querySelector("[role=status]").innerText,
                ({BOXES})("cpu"), ({BOXES})("gpu"),
                [...document.querySelectorAll(".tc-la rect")].map((e) => [e.x.baseVal.value,
                  e.width.baseVal.value, Number(e.dataset.from), Number(e.dataset.to)]),
                document.querySelector(".tc-la path").getAttribute("d")]);
            }}
          }}
          return seen;
        }})"""
    )
    assert sum(map(len, told)) == 45
    for clock, row in enumerate(told):
        for k, c, says, cpu, device, drawn, line in row:
            data = figure.data
            right = simulate(data["n"], data["kernels"][k], data["launches"][c], clock)
            assert says == sentence(figure, k, c, clock)
            assert [[tuple(one) for one in part] for part in (cpu, device)] == list(right[:2])
            unit = 320 / right[1][-1][1]
            for x, wide, start, end in drawn:
                assert (x, wide) == pytest.approx((start * unit, (end - start) * unit), abs=0.06)
            assert float(line[1:].split()[0]) == pytest.approx(right[2] * unit, abs=0.06)


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    status, plot = page.get_by_role("status"), page.locator(".tc-la")
    drawn = [plot.inner_html()]

    def press(key: str, *state: int) -> None:
        page.keyboard.press(key)
        assert status.inner_text() == sentence(figure, *state)
        drawn.append(plot.inner_html())

    page.keyboard.press("Tab")
    press("ArrowLeft", 2, 0, 0)
    press("Home", 0, 0, 0)
    assert page.get_by_role("slider").first.get_attribute("aria-valuetext") == "2 µs"
    page.keyboard.press("Tab")
    press("ArrowRight", 0, 1, 0)
    page.keyboard.press("Tab")
    press("ArrowRight", 0, 1, 1)
    press("ArrowRight", 0, 1, 2)
    assert len(set(drawn)) == len(drawn)


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider").first
    assert heard_outside(page, control, "ArrowLeft", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.locator(".tc-figure").nth(1).get_by_role("radio").last.check()
    told = [figure.words, sentence(figure, 3, 0, 2)]
    assert page.get_by_role("status").all_inner_texts() == told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for clock in range(3):
            page.get_by_role("radio").nth(clock).check()
            assert too_wide(page, ".tc-figure, .tc-figure p, .tc-la") == []
            outside = page.evaluate(
                """() => [...document.querySelectorAll(".tc-la text")].filter((e) => {
                  const [a, b] = [e.getBoundingClientRect(),
                    document.querySelector(".tc-figure").getBoundingClientRect()];
                  return a.left < b.left || a.right > b.right;
                }).length"""
            )
            assert outside == 0
        assert axe_beside_text(page) == (set(), [])
        ground, texts = inks(page)
        assert contrast(texts[0], ground) >= 4.5
        for fill in fills(page, ".tc-la-cpu", ".tc-la-gpu"):
            assert contrast(ground, fill) >= 4.5  # the numbers in the boxes have the ground's color


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 7
