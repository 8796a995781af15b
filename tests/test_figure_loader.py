"""The loader timeline: the simulation keeps the rules of a real DataLoader, and anyone can move it.

The rules are those that a trace of a real loader with two workers obeys, whatever the machine does.
"""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pytest
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide, write_page
from playwright.sync_api import Page
from torch.utils.data import DataLoader, get_worker_info

from torchcourse import figures
from torchcourse.figures import Figure
from torchcourse.figures.loader import Batch, idle, simulate

pytest_plugins = ["browser"]

WORKERS, PREFETCH, COSTS = (0, 1, 2, 3, 4), (1, 2, 4), (1, 2, 4, 8)
NAMES = ("¼ step", "½ step", "1 step", "2 steps")
STATES = list(product(range(5), range(3), range(4)))


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.loader()


# --- the simulation, against a real loader --------------------------------------------------------


class Noted:
    """Example k is (k, worker, start, end); each seventh one takes six times as long."""

    def __init__(self, n: int, folder: str) -> None:
        self.n, self.folder = n, Path(folder)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, k: int) -> tuple[int, int, float, float]:
        start = time.monotonic()
        time.sleep(0.02 * (6 if k % 7 == 6 else 1))
        info = get_worker_info()
        (self.folder / str(k)).touch()
        return k, info.id if info else -1, start, time.monotonic()


def trace(workers: int, prefetch: int, n: int, folder: Path) -> tuple[list[list[float]], int]:
    """(worker, start, end, called, taken) of each batch; and how many came before the first call.

    called and taken: when the ``next`` that gave the batch began and ended.
    """
    ahead = workers * prefetch
    options = {"num_workers": workers, "prefetch_factor": prefetch, "timeout": 120}
    loader = DataLoader(
        Noted(n, str(folder)), batch_size=None, multiprocessing_context="spawn", **options
    )
    batches, rows = iter(loader), []
    deadline = time.monotonic() + 120
    while len(list(folder.iterdir())) < ahead and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)  # a batch too many would be loaded by now
    early = len(list(folder.iterdir()))
    for _ in range(n):
        called = time.monotonic()
        _, worker, start, end = next(batches)
        rows.append([worker, start, end, called, time.monotonic()])
        time.sleep(0.02)
    assert next(batches, None) is None
    return rows, early


def rules(rows: list[list[float]], workers: int, prefetch: int) -> None:
    """What must hold of (worker, start, end, called, taken) of each batch, in their order."""
    ahead = workers * prefetch
    for k, (worker, start, end, called, taken) in enumerate(rows):
        assert called <= taken
        assert worker == k % workers
        assert start < end <= taken
        if k:
            assert rows[k - 1][4] <= called  # taken in order
        if k >= workers:
            assert rows[k - workers][2] <= start  # a worker loads one batch at a time
        if k >= ahead:
            assert rows[k - ahead][3] <= start  # and asked for when that one was called for


def test_a_real_loader_keeps_the_rules(tmp_path: Path) -> None:
    rows, early = trace(2, 2, 16, tmp_path)
    assert early == 4  # prefetch_factor for each worker, and not one more
    rules(rows, 2, 2)


@pytest.mark.parametrize(("w", "p", "c"), STATES)
def test_the_simulation_keeps_them_and_never_dawdles(w: int, p: int, c: int) -> None:
    workers, prefetch = WORKERS[w], PREFETCH[p]
    long = [COSTS[c] * (6 if k % 7 == 6 else 1) for k in range(16)]
    run = simulate(workers, prefetch, long)
    assert [b.end - b.start for b in run] == long
    free = 0
    for k, batch in enumerate(run):
        assert batch.taken == max(batch.end, free)  # the model takes as soon as both are ready
        if not workers:
            assert batch.start == free
        else:
            before = [0]
            before += [run[k - workers].end] if k >= workers else []
            before += [run[k - workers * prefetch].taken] if k >= workers * prefetch else []
            assert batch.start == max(before)
        free = batch.taken + 4
    if workers:
        rows = [[k % workers, b.start, b.end, b.taken, b.taken] for k, b in enumerate(run)]
        rules(rows, workers, prefetch)


def test_what_the_chapter_says_of_it() -> None:
    """More workers never hurt here; a deeper queue bridges slow batches until loading limits."""
    for w, p, c in STATES:
        long = [COSTS[c] * (6 if k % 7 == 6 else 1) for k in range(16)]
        one = idle(simulate(WORKERS[w], PREFETCH[p], long))
        if w < 4:
            assert idle(simulate(WORKERS[w + 1], PREFETCH[p], long)) <= one
        if p < 2:
            assert idle(simulate(WORKERS[w], PREFETCH[p + 1], long)) <= one
    slow = [4 * (6 if k % 7 == 6 else 1) for k in range(16)]
    assert [idle(simulate(2, p, slow)) for p in PREFETCH] == [36, 24, 16]
    assert len({idle(simulate(1, p, slow)) for p in PREFETCH}) == 1
    assert idle([Batch(0, 4, 4), Batch(4, 8, 8)]) == 33  # 4 of 12


# --- in a browser --------------------------------------------------------------------------------


def run_of(w: int, p: int, c: int) -> list[Batch]:
    long = [COSTS[c] * (6 if k % 7 == 6 else 1) for k in range(16)]
    return simulate(WORKERS[w], PREFETCH[p], long)


def sentence(w: int, p: int, c: int) -> str:
    run = run_of(w, p, c)
    who = "1 worker" if w == 1 else f"{w} workers"
    who += f", prefetch_factor {PREFETCH[p]}" if w else ""
    total = run[-1].taken + 4
    waits = round(100 * (total - 64) / total)
    return (
        f"{who}, loading costs {NAMES[c]}: 16 batches take the time of {total / 4:g} steps, "
        f"and the model is idle for {waits} % of it."
    )


def status(page: Page) -> str:
    return page.get_by_role("status").inner_text()


def drawing(page: Page) -> str:
    return page.locator(".tc-ld").inner_html()


def test_every_state(page: Page, figure: Figure, address: str) -> None:
    """Sentence, and every bar of every lane, for all positions of the three controls."""
    page.goto(address)
    assert status(page) == figure.words == sentence(0, 1, 2)
    seen = page.evaluate(
        """() => {
          const groups = [...document.querySelectorAll("[role=radiogroup]")]
            .map((group) => [...group.querySelectorAll("input")]);
          return groups[0].flatMap((w) => groups[1].flatMap((p) => groups[2].map((c) => {
            for (const radio of [w, p, c]) radio.click();
            return [document.querySelector("[role=status]").innerText,
              [...document.querySelectorAll(".tc-ld-lane")].map((lane) => [...lane.children]
                .map((e) => [e.className, ...e.dataset.t.split(" ").map(Number)]))];
          })));
        }"""
    )
    assert len(seen) == len(STATES) == 60
    for (w, p, c), (says, lanes) in zip(STATES, seen, strict=True):
        run = run_of(w, p, c)
        assert says == sentence(w, p, c)
        model, *others = lanes
        assert model == [
            ["tc-ld-idle", 0, run[-1].taken + 4],
            *(["tc-ld-step", b.taken, 4] for b in run),
        ]
        for n, lane in enumerate(others):
            own = run[n :: max(w, 1)] if n < max(w, 1) else []
            assert lane == [["tc-ld-load", b.start, b.end - b.start] for b in own]


def test_bars_are_drawn_where_they_are(page: Page, address: str) -> None:
    """Left edge and width of every bar are its times, on one scale for each cost of loading."""
    page.goto(address)
    for w in (0, 2):
        page.get_by_role("radio").nth(w).check()
        whole = run_of(0, 1, 2)[-1].taken + 4
        for left, width, text in page.locator(".tc-ld-lane span").evaluate_all(
            """all => all.map((e) => [e.offsetLeft / e.parentNode.clientWidth,
              e.offsetWidth / e.parentNode.clientWidth, e.dataset.t])"""
        ):
            start, long = map(float, text.split())
            assert left == pytest.approx(start / whole, abs=0.01)
            assert width == pytest.approx(long / whole, abs=0.01)


def test_by_mouse(page: Page, address: str) -> None:
    page.goto(address)
    before = drawing(page)
    page.get_by_role("radiogroup", name="num_workers").get_by_text("2", exact=True).click()
    assert status(page) == sentence(2, 1, 2)
    assert drawing(page) != before
    before = drawing(page)
    page.get_by_role("radiogroup", name="prefetch_factor").get_by_text("4", exact=True).click()
    assert status(page) == sentence(2, 2, 2)
    assert drawing(page) != before
    before = drawing(page)
    page.get_by_text("2 steps", exact=True).click()
    assert status(page) == sentence(2, 2, 3)
    assert drawing(page) != before


def test_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    at = [0, 1, 2]
    page.keyboard.press("Tab")
    for group, key, by in ((0, "ArrowRight", 1), (0, "ArrowRight", 1), (1, "ArrowLeft", -1)):
        while not page.evaluate(
            "n => [...document.querySelectorAll('[role=radiogroup]')][n]"
            ".contains(document.activeElement)",
            group,
        ):
            page.keyboard.press("Tab")
        before = drawing(page)
        page.keyboard.press(key)
        at[group] += by
        assert status(page) == sentence(*at)
        assert drawing(page) != before
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert status(page) == sentence(2, 0, 3)


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("radio").first
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
        for w, c in ((0, 0), (4, 0), (4, 3), (1, 3)):
            page.get_by_role("radio").nth(w).check()
            page.get_by_role("radio").nth(8 + c).check()
            heights.add(page.evaluate("document.querySelector('.tc-figure').offsetHeight"))
            assert too_wide(page, ".tc-figure, .tc-figure p, .tc-figure div", boxes=True) == []
        assert max(heights) - min(heights) <= 1  # the page below does not jump
        assert axe(page) == (set(), [])


def test_two_copies_live_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.get_by_role("radio").nth(15).check()
    says = page.get_by_role("status").all_inner_texts()
    assert says == [sentence(0, 1, 2), sentence(3, 1, 2)]


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 5
