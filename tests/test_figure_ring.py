"""The ring all-reduce: every chunk, computed again with real numbers, and anyone can move it."""

from __future__ import annotations

import random
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
from torchcourse.figures.ring import sends, states

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.ring()


@pytest.mark.parametrize("n", range(2, 9))
def test_it_ends_in_the_sum_and_sends_the_least(n: int) -> None:
    draw = random.Random(n)
    inputs = [[draw.randrange(-1000, 1000) for _ in range(n)] for _ in range(n)]
    seen = list(states(inputs))
    assert seen[0] == inputs
    assert len(seen) == 2 * (n - 1) + 1
    total = [sum(column) for column in zip(*inputs, strict=True)]
    assert seen[-1] == [total] * n
    assert seen[-2] != seen[-1]
    # after the first half each rank has one complete chunk, and all of them are different ones
    whole = [[row[c] == total[c] for c in range(n)].index(True) for row in seen[n - 1]]
    assert sorted(whole) == list(range(n))
    for t in range(1, len(seen)):  # only the chunk that arrives changes
        for rank in range(n):
            changed = [c for c in range(n) if seen[t][rank][c] != seen[t - 1][rank][c]]
            assert changed in ([], [sends(n, t, (rank - 1) % n)])


def held(n: int) -> list[list[list[int]]]:
    """Rank r starts with r + 1 in every chunk; written a second time, by who is in each sum."""
    who = [[{r} for _ in range(n)] for r in range(n)]
    found = [who]
    for t in range(1, 2 * n - 1):
        who = [[set(cell) for cell in row] for row in who]
        for r in range(n):
            half, k = divmod(t - 1, n - 1)
            c = (r + half - k) % n
            sent = found[-1][r][c]
            who[(r + 1) % n][c] = sent if half else sent | found[-1][(r + 1) % n][c]
        found.append(who)
    return [[[sum(r + 1 for r in cell) for cell in row] for row in state] for state in found]


def sentence(n: int, t: int) -> str:
    last = 2 * (n - 1)
    if t == 0:
        return f"{n} ranks, step 0 of {last}: each rank has its own numbers, in {n} chunks."
    first = t <= n - 1
    chunk = (1 - t) % n if first else (2 - (t - n + 1)) % n
    name, does = ("reduce-scatter", "adds it to its own") if first else ("all-gather", "keeps it")
    end = {n - 1: " Each rank now has one complete chunk.", last: " Every rank has every sum."}
    return (
        f"{n} ranks, step {t} of {last}, {name}: rank 0 sends chunk {chunk} to rank 1, "
        f"which {does}. Each rank has sent {t}/{n} of its numbers.{end.get(t, '')}"
    )


def test_what_the_chapter_says_of_it(figure: Figure) -> None:
    assert figure.words == sentence(4, 2)
    assert figure.table[-1][-1] == "6/4 of its numbers"
    assert [row[2] for row in figure.table[1:]] == [
        *("none", "none", "1", "0, 1", "0, 1, 3", "0, 1, 2, 3")
    ]


# --- in a browser -------------------------------------------------------------------------------


def test_every_state(page: Page, figure: Figure, address: str) -> None:
    """Sentence, sums, frames and arrows, for every number of ranks and every step."""
    page.goto(address)
    assert page.get_by_role("status").inner_text() == figure.words
    told = page.evaluate(
        """() => {
          const [ranks, step] = document.querySelectorAll("input[type=range]");
          const move = (slider, to) => {
            slider.value = to;
            slider.dispatchEvent(new Event("input"));
          };
          const all = (s, f) => [...document.querySelectorAll(s)].map(f);
          const seen = [];
          for (let n = 2; n <= 8; n += 1) {
            move(ranks, n);
            for (let t = 0; t <= Number(step.max); t += 1) {
              move(step, t);
              seen.push([n, t, document.querySelector("[role=status]").innerText,
                all(".tc-ri-c", (e) => [Number(e.dataset.sum), Number(e.children[1].textContent),
                  e.classList.contains("tc-full"), e.classList.contains("tc-got"),
                  e.querySelectorAll(".tc-ri-in").length]),
                all(".tc-ri [data-c]", (e) => [Number(e.dataset.c),
                  parseFloat(e.getAttribute("d").slice(1))])]);
            }
          }
          return seen;
        }"""
    )
    assert len(told) == sum(2 * n - 1 for n in range(2, 9))
    for n, t, says, cells, arrows in told:
        assert says == sentence(n, t)
        right, before = held(n)[t], held(n)[max(t - 1, 0)]
        flat = [value for row in right for value in row]
        assert [cell[0] for cell in cells] == [cell[1] for cell in cells] == flat
        full = n * (n + 1) // 2
        assert [cell[2] for cell in cells] == [value == full for value in flat]
        assert sum(cell[3] for cell in cells) == (n if t else 0)
        changed = [a != b for a, b in zip(flat, (v for row in before for v in row), strict=True)]
        assert all(got for got, moved in zip((c[3] for c in cells), changed, strict=True) if moved)
        assert all((cell[4] == n) == cell[2] for cell in cells)
        wide = 296 / n
        assert len(arrows) == (n + 1 if t else 0)  # the last rank's goes out below and in above
        for chunk, x in arrows:
            assert x == pytest.approx(44 + (chunk + 0.5) * wide, abs=0.01)


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    status, plot = page.get_by_role("status"), page.locator(".tc-ri")
    drawn = [plot.inner_html()]

    def press(key: str, n: int, t: int) -> None:
        page.keyboard.press(key)
        assert status.inner_text() == sentence(n, t)
        drawn.append(plot.inner_html())

    page.keyboard.press("Tab")
    press("ArrowRight", 5, 2)
    page.keyboard.press("Tab")
    press("ArrowRight", 5, 3)
    press("End", 5, 8)
    assert page.get_by_role("slider").nth(1).get_attribute("aria-valuetext") == "8 of 8"
    page.keyboard.press("Shift+Tab")
    press("Home", 2, 2)  # fewer ranks have fewer steps
    page.keyboard.press("Tab")
    press("Home", 2, 0)
    assert len(set(drawn)) == len(drawn)


def test_by_mouse(page: Page, address: str) -> None:
    page.goto(address)
    for n, place, state in ((0, -3, (8, 2)), (1, -3, (8, 14)), (1, 3, (8, 0))):
        box = page.get_by_role("slider").nth(n).bounding_box()
        x = box["x"] + (place if place > 0 else box["width"] + place)
        page.mouse.click(x, box["y"] + box["height"] / 2)
        assert page.get_by_role("status").inner_text() == sentence(*state)


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("slider").first
    assert heard_outside(page, control, "ArrowLeft", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.get_by_role("slider").nth(3).press("End")
    assert page.get_by_role("status").all_inner_texts() == [figure.words, sentence(4, 6)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for keys in (("Home", "Home"), ("End", "End")):
            for slider, key in zip((0, 1), keys, strict=True):
                page.get_by_role("slider").nth(slider).press(key)
            assert too_wide(page, ".tc-figure, .tc-figure p, .tc-ri") == []
        outside = page.evaluate(
            """() => [...document.querySelectorAll(".tc-ri text")].filter((e) => {
              const box = e.closest("g") ? e.parentNode.firstChild : e.ownerSVGElement;
              const [a, b] = [e.getBoundingClientRect(), box.getBoundingClientRect()];
              return a.left < b.left || a.right > b.right;
            }).map((e) => e.textContent)"""
        )
        assert outside == []
        assert axe_beside_text(page) == (set(), [])
        ground, texts = inks(page)
        assert min(contrast(ink, ground) for ink in set(texts)) >= 4.5
        [marks] = fills(page, ".tc-ri-in")
        assert contrast(marks, ground) >= 3


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 7
