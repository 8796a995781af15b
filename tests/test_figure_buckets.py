"""The bucket timeline: its order is that of a fresh backward, its sentence that of its trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
from torchcourse.figures.buckets import RECORDED, TRACES, travel
from torchcourse.figures.buckets_record import CAPS, LAYERS, record

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.buckets()


def faults(trace: dict[str, Any]) -> list[str]:
    """What cannot be in a backward of DDP."""
    ready, found = dict(trace["ready"]), []
    if [layer for layer, _ in trace["ready"]] != list(range(LAYERS))[::-1]:
        found.append("backward goes from the last layer to the first")
    if list(ready.values()) != sorted(ready.values()):
        found.append("time runs forward")
    if sorted(layer for row in trace["buckets"] for layer in row[0]) != list(range(LAYERS)):
        found.append("every gradient is in one bucket")
    for layers, sent, arrived in trace["buckets"]:
        if not max(ready[layer] for layer in layers) <= sent <= arrived <= trace["end"]:
            found.append(f"bucket {layers}: computed, sent, arrived, then backward ends")
    sent = [row[1] for row in trace["buckets"]]
    if sent != sorted(sent):
        found.append("buckets leave in their order")
    return found


def early(trace: dict[str, Any]) -> int:
    """How many buckets leave while backward still computes."""
    return sum(sent < trace["ready"][-1][1] for _, sent, _ in trace["buckets"])


@pytest.mark.parametrize("number", range(3))
def test_the_order_is_that_of_a_fresh_run(number: int) -> None:
    stored, fresh = TRACES[number], record(CAPS[number])
    assert faults(stored) == []
    assert faults(fresh) == []
    assert [row[0] for row in fresh["buckets"]] == [row[0] for row in stored["buckets"]]
    # the last bucket waits for the last gradient; every other one leaves before it
    assert early(fresh) == early(stored) == len(stored["buckets"]) - 1


def test_faults_are_found() -> None:
    late = {**TRACES[1], "buckets": [[[5, 4, 3], 100, 200], TRACES[1]["buckets"][1]]}
    assert faults(late) == ["bucket [5, 4, 3]: computed, sent, arrived, then backward ends"]
    assert faults({**TRACES[1], "buckets": TRACES[1]["buckets"][:1]})
    assert faults({**TRACES[1], "ready": TRACES[1]["ready"][::-1]})


def busy(number: int) -> tuple[int, int]:
    """Microseconds with a bucket on the way, counted one by one; and those before the last one."""
    last = TRACES[number]["ready"][-1][1]
    there = {t for _, a, b in TRACES[number]["buckets"] for t in range(a, b)}
    return len(there), sum(t < last for t in there)


def ms(microseconds: int) -> str:
    return f"{int(microseconds / 100 + 0.5) / 10:.1f} ms"


def moments(number: int) -> list[int]:
    trace = TRACES[number]
    rows = [at for _, at in trace["ready"]] + [at for row in trace["buckets"] for at in row[1:]]
    return sorted({0, trace["end"], *rows})


def sentence(figure: Figure, b: int, e: int) -> str:
    trace, at = TRACES[b], moments(b)[e]
    done = [sum(row[i] <= at for row in trace["buckets"]) for i in (1, 2)]
    ready = sum(row[1] <= at for row in trace["ready"])
    total, hidden = map(ms, busy(b))
    return (
        f"{figure.data['names'][b]}, {ms(at)} after the start: {ready} of 6 gradients are "
        f"computed, {done[0]} of {len(trace['buckets'])} buckets sent, {done[1]} arrived. "
        f"Of {total} on the way, {hidden} were hidden behind the computing."
    )


def test_what_the_chapter_says_of_it(figure: Figure) -> None:
    for number in range(3):
        assert travel(number) == busy(number)
    assert [busy(number)[1] > 0 for number in range(3)] == [False, True, True]
    assert [row[1] for row in figure.table[1:]] == ["0 of 1", "1 of 2", "5 of 6"]
    assert RECORDED.split(",")[0] in figure.module
    assert RECORDED.split(", ")[1] in figure.module


# --- in a browser -------------------------------------------------------------------------------


def test_every_state(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    assert page.get_by_role("status").inner_text() == figure.words
    told = page.evaluate(
        """() => [...document.querySelectorAll("input[type=radio]")].flatMap((radio, b) => {
          radio.click();
          const slider = document.querySelector("input[type=range]");
          return [...Array(Number(slider.max) + 1).keys()].map((e) => {
            slider.value = e;
            slider.dispatchEvent(new Event("input"));
            const bars = (kind) => [...document.querySelectorAll(`.tc-bu-${kind}`)].map((r) =>
              [...r.dataset.t.split(" ").map(Number), r.x.baseVal.value, r.width.baseVal.value,
                r.classList.contains("tc-half"), r.classList.contains("tc-later")]);
            const line = [...document.querySelectorAll(".tc-bu path")].at(-1);
            return [b, e, document.querySelector("[role=status]").innerText, bars("layer"),
              bars("bucket"), parseFloat(line.getAttribute("d").slice(1))];
          });
        })"""
    )
    assert len(told) == sum(len(moments(b)) for b in range(3))
    unit = 300 / max(trace["end"] for trace in TRACES)
    for b, e, says, layers, travels, line in told:
        assert says == sentence(figure, b, e)
        ends = [at for _, at in TRACES[b]["ready"]]
        right = list(zip([0, *ends[:-1]], ends, strict=True))
        assert [tuple(bar[:2]) for bar in layers] == right
        assert [bar[:2] for bar in travels] == [row[1:] for row in TRACES[b]["buckets"]]
        now = moments(b)[e]
        assert line == pytest.approx(40 + now * unit, abs=0.06)
        for start, end, x, wide, half, later in layers + travels:
            assert (x, wide) == pytest.approx((40 + start * unit, (end - start) * unit), abs=0.11)
            assert (half, later) == (start < now < end, now <= start)


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    status, plot = page.get_by_role("status"), page.locator(".tc-bu")
    drawn = [plot.inner_html()]

    def press(key: str, b: int, e: int) -> None:
        page.keyboard.press(key)
        assert status.inner_text() == sentence(figure, b, e)
        drawn.append(plot.inner_html())

    page.keyboard.press("Tab")
    press("ArrowRight", 2, 5)
    page.keyboard.press("Tab")
    press("ArrowRight", 2, 6)
    press("End", 2, len(moments(2)) - 1)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == ms(TRACES[2]["end"])
    page.keyboard.press("Shift+Tab")
    press("ArrowLeft", 1, len(moments(1)) - 1)  # fewer events: it stays at the last one
    page.keyboard.press("Tab")
    press("Home", 1, 0)
    assert len(set(drawn)) == len(drawn)


def test_by_mouse(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    page.get_by_text("one bucket", exact=True).click()
    assert page.get_by_role("status").inner_text() == sentence(figure, 0, 5)
    box = page.get_by_role("slider").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    assert page.get_by_role("status").inner_text() == sentence(figure, 0, len(moments(0)) - 1)


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider").first
    assert heard_outside(page, control, "ArrowLeft", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.get_by_role("slider").nth(1).press("Home")
    told = [figure.words, sentence(figure, 1, 0)]
    assert page.get_by_role("status").all_inner_texts() == told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for b in range(3):
            page.get_by_role("radio").nth(b).check()
            for key in ("Home", "End"):
                page.get_by_role("slider").press(key)
                assert too_wide(page, ".tc-figure, .tc-figure p, .tc-bu") == []
                outside = page.evaluate(
                    """() => [...document.querySelectorAll(".tc-bu text")].filter((e) => {
                      const [a, b] = [e, e.ownerSVGElement].map((x) => x.getBoundingClientRect());
                      return a.left < b.left - 1 || a.right > b.right + 1;
                    }).map((e) => e.textContent)"""
                )
                assert outside == []
        assert axe_beside_text(page) == (set(), [])
        ground, texts = inks(page)
        assert contrast(texts[0], ground) >= 4.5
        # at the end all are done; their numbers have the ground's color
        for fill in fills(page, ".tc-bu-layer", ".tc-bu-bucket"):
            assert contrast(ground, fill) >= 4.5


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 4
