"""The stride explorer: its numbers are torch's, and every state can be reached, seen and read."""

from __future__ import annotations

import itertools
import json
from math import prod
from pathlib import Path

import pytest
import torch
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.strides()


# --- what is shown, whatever shows it -----------------------------------------------------------


def test_data_are_plain_json(figure: Figure) -> None:
    assert json.loads(json.dumps(figure.data)) == figure.data


# --- against reality ----------------------------------------------------------------------------


def _tensor(layout: dict) -> torch.Tensor:
    line = torch.arange(12)
    return eval(layout["code"], {"line": line, "X": line.view(3, 4)})


def _places(shape: list[int], stride: list[int], offset: int) -> list[int]:
    return [
        offset + sum(i * step for i, step in zip(index, stride, strict=True))
        for index in itertools.product(*map(range, shape))
    ]


def test_layouts_are_what_torch_says(figure: Figure) -> None:
    for layout in figure.data["layouts"]:
        t = _tensor(layout)
        assert layout["shape"] == list(t.shape)
        assert layout["stride"] == list(t.stride())
        assert layout["offset"] == t.storage_offset()
        # Two routes to the places: the sum over strides, and the numbers that lie there.
        places = _places(layout["shape"], layout["stride"], layout["offset"])
        assert layout["places"] == places == t.reshape(-1).tolist()


def test_views_work_where_torch_says(figure: Figure) -> None:
    verdicts = []
    for layout in figure.data["layouts"]:
        t = _tensor(layout)
        for view in layout["views"]:
            assert prod(view["shape"]) == t.numel()
            places = _places(view["shape"], view["stride"], layout["offset"])
            # The steps reach every element exactly where a view exists.
            assert view["works"] == (places == layout["places"])
            if view["works"]:
                assert t.view(view["shape"]).stride() == tuple(view["stride"])
            else:
                with pytest.raises(RuntimeError, match="view size is not compatible"):
                    t.view(view["shape"])
            verdicts.append((layout["code"], tuple(view["shape"]), view["works"]))
    # What chapter 3 sends its reader to look at.
    assert ("X[:, :2]", (6,), False) in verdicts
    assert ("X[:, ::2]", (6,), True) in verdicts
    assert ("X.t()", (12,), False) in verdicts
    assert {works for _, _, works in verdicts} == {True, False}


# --- in a browser -------------------------------------------------------------------------------


def _status(page: Page, copy: int = 0) -> str:
    return page.locator("[role=status]").nth(copy).inner_text()


def _pick(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).check()


def _index(flat: int, shape: list[int]) -> list[int]:
    return list(list(itertools.product(*map(range, shape)))[flat])


def _sentence(layout: dict, view: dict | None, flat: int) -> str:
    form = view or layout
    index = _index(flat, form["shape"])
    terms = [f"{i}·{step}" for i, step in zip(index, form["stride"], strict=True)]
    text = " + ".join([str(layout["offset"]), *terms])
    led = _places(form["shape"], form["stride"], layout["offset"])[flat]
    place, name = layout["places"][flat], str(index)
    if view is None:
        count = layout["places"].count(place)
        more = f" {count} elements of t lie there." if count > 1 else ""
        return f"t{name} lies at place {text} = {place}.{more}"
    call = f"t.view({', '.join(map(str, view['shape']))})"
    if view["works"]:
        stride = tuple(view["stride"])
        return f"{call} works, with stride {stride}: {name} lies at place {text} = {place}."
    end = ", where it lies; look at the crossed-out ones."
    if led != place:
        end = f", and this element of t lies at {place}."
    return f"{call} is refused. Equal steps would put {name} at place {text} = {led}{end}"


def test_every_state_by_mouse(page: Page, figure: Figure, tmp_path: Path) -> None:
    """Each layout, each view, each element: sentence, pressed number, lit places, crossed out."""
    page.goto(write_page(tmp_path, figure))
    assert page.locator("table").count() == 0  # the words and the table gave way
    assert _status(page) == figure.words
    told = page.evaluate(
        """() => {
          const all = (s) => [...document.querySelectorAll(s)];
          const text = (s) => all(s).map((e) => e.firstChild.textContent);
          const seen = [];
          for (let i = 0; i < all(".tc-layouts input").length; i += 1) {
            all(".tc-layouts input")[i].click();
            for (let v = 0; v < all(".tc-views input").length; v += 1) {
              all(".tc-views input")[v].click();
              for (let k = 0; k < all(".tc-tensor button").length; k += 1) {
                all(".tc-tensor button")[k].click();
                seen.push([i, v, k, text("[role=status]")[0], text("[aria-pressed=true]"),
                  text(".tc-now"), text(".tc-lit"), text(".tc-off"), text(".tc-facts")[0]]);
              }
            }
          }
          return seen;
        }"""
    )
    expected = []
    for i, layout in enumerate(figure.data["layouts"]):
        places, facts = layout["places"], [tuple(layout["shape"]), tuple(layout["stride"])]
        for v, view in enumerate([None, *layout["views"]]):
            form = view or layout
            led = _places(form["shape"], form["stride"], layout["offset"])
            off = [str(at) for at, to in zip(places, led, strict=True) if at != to]
            for k, place in enumerate(places):
                lit = [str(one) for one in sorted(set(places))]
                now = [str(place)]
                line = f"t = {layout['code']}: shape {facts[0]}, stride {facts[1]}, "
                line += f"offset {layout['offset']}"
                says = _sentence(layout, view, k)
                expected.append([i, v, k, says, now, now, lit, off, line])
    assert told == expected


def test_by_keyboard(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure))
    lit = page.locator(".tc-now")
    page.keyboard.press("Tab")  # t = …
    page.keyboard.press("ArrowRight")
    assert _status(page) == "t[2] lies at place 1 + 2·4 = 9."  # X[:, 1] has three elements
    page.keyboard.press("ArrowRight")  # X[:, :2]
    assert page.locator(".tc-lit").count() == 6
    page.keyboard.press("Tab")  # shown as …
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("t.view(6) is refused. Equal steps would put [5] at place")
    assert page.locator(".tc-off").all_inner_texts() == ["4", "5", "8", "9"]
    page.keyboard.press("Tab")  # the elements
    page.keyboard.press("Home")
    assert _status(page).endswith("0 + 0·1 = 0, where it lies; look at the crossed-out ones.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert _status(page).endswith("0 + 2·1 = 2, and this element of t lies at 4.")
    assert lit.inner_text().strip() == "4"
    assert page.evaluate("document.activeElement.innerText") == "4"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowLeft")  # t itself: the same element, by its own index
    assert _status(page) == "t[1, 0] lies at place 0 + 1·4 + 0·1 = 4."
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")  # no way further
    assert _status(page) == "t[2, 1] lies at place 0 + 2·4 + 1·1 = 9."


def test_overlap_is_said_and_counted(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure))
    _pick(page, "X[1].expand(3, 4)")
    assert _status(page).endswith("3 elements of t lie there.")
    assert page.locator(".tc-lit small").all_inner_texts() == ["×3"] * 4


def test_two_copies_work_alone_and_keep_their_keys(
    page: Page, figure: Figure, tmp_path: Path
) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    control = page.locator(".tc-figure").nth(1).locator("[aria-pressed=true]")
    assert heard_outside(page, control, "ArrowUp", "d", "Control+s") == ["Control", "s"]
    assert [_status(page, copy) == figure.words for copy in (0, 1)] == [True, False]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(look: Look, figure: Figure, tmp_path: Path, scheme: str) -> None:
    states = [(PHONE, "X[:, :2]", "t.view(6)", 5), (DESK, "line.unfold(0, 4, 2)", "t", 3)]
    for size, layout, form, number in states:
        with look(viewport=size, color_scheme=scheme) as page:
            page.goto(write_page(tmp_path, figure))
            _pick(page, layout)
            _pick(page, form)
            page.locator(".tc-tensor button").nth(number).click()
            assert axe(page) == (set(), [])  # axe could compute every contrast


def test_fits_a_phone(look: Look, figure: Figure, tmp_path: Path) -> None:
    with look(viewport=PHONE) as page:
        page.goto(write_page(tmp_path, figure))
        for layout in figure.data["layouts"]:
            _pick(page, layout["code"])
            for radio in page.locator(".tc-views input").all():
                radio.check()
                wide = too_wide(
                    page, ".tc-figure, .tc-tensor, .tc-block, .tc-strip12, .tc-figure button"
                )
                assert wide == []


def test_reads_without_scripts(look: Look, figure: Figure, tmp_path: Path) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, figure))
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 11
        assert "view(12) is refused" in page.locator("tr").nth(2).inner_text()
