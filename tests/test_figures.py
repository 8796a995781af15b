"""Figures: what they say is what PyTorch does, and a reader can see, move and read them offline."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from figure_page import DESK, PHONE, Look, axe, too_wide, write_page
from playwright.sync_api import Browser, Page

from torchcourse import figures
from torchcourse.figures import Figure

pytest_plugins = ["browser"]

MAKERS = {"sharing": figures.sharing, "promotion": figures.promotion}


@pytest.fixture(scope="module", params=MAKERS)
def figure(request: pytest.FixtureRequest) -> Figure:
    return MAKERS[request.param]()


@pytest.fixture(scope="module")
def sharing() -> Figure:
    return figures.sharing()


@pytest.fixture(scope="module")
def promotion() -> Figure:
    return figures.promotion()


# --- sharing: against reality -------------------------------------------------------------------


def _fresh(data: dict, op: dict) -> tuple[object, object]:
    space = {"np": np, "torch": torch}
    space["a"] = eval(data["sources"][op["source"]]["code"], space)
    return space["a"], eval(op["code"], space)


def _spot(x: object, element: int) -> int | tuple[int, ...]:
    if isinstance(x, list):
        return element
    return tuple(int(i) for i in np.unravel_index(element, tuple(x.shape)))


def _address(x: object, element: int) -> int | None:
    if isinstance(x, list):
        return None
    part = x[tuple(slice(i, i + 1) for i in _spot(x, element))]  # a view that starts there
    return part.ctypes.data if isinstance(part, np.ndarray) else part.data_ptr()


def _pages(data: dict) -> Iterator[tuple[dict, str, int]]:
    for op in data["ops"]:
        for side in "ab":
            for element in range(len(op["hits"][side])):
                yield op, side, element


def test_sharing_has_the_operations_that_chapter_2_teaches(sharing: Figure) -> None:
    shares = {
        (op["code"], sharing.data["sources"][op["source"]]["kind"]): op["shares"]
        for op in sharing.data["ops"]
    }
    numpy, tensor = "NumPy array, float32", "tensor, float32"
    assert len(sharing.data["ops"]) == len(shares) == 16
    assert [key for key, yes in shares.items() if yes] == [
        ("torch.as_tensor(a)", numpy),
        ("torch.from_numpy(a)", numpy),
        ("a.numpy()", tensor),
        ("a.view(2, 3)", tensor),
        ("a[1:4]", tensor),
        ("a.detach()", tensor),
        ("a.to(torch.float32)", tensor),
        ("a.T", tensor),
    ]


def test_sharing_writes_are_what_addresses_say(sharing: Figure) -> None:
    """Two routes to one fact: the figure wrote and looked; here we compare addresses."""
    for op, side, element in _pages(sharing.data):
        pair = dict(zip("ab", _fresh(sharing.data, op), strict=True))
        mine, theirs = pair.pop(side), next(iter(pair.values()))
        where = _address(mine, element)
        count = len(op["hits"]["b" if side == "a" else "a"])
        same = [i for i in range(count) if where is not None and _address(theirs, i) == where]
        assert same == [x for x in [op["hits"][side][element]] if x is not None], (op, side)


def test_sharing_writes_show_where_the_figure_says(sharing: Figure) -> None:
    for op, side, element in _pages(sharing.data):
        a, b = _fresh(sharing.data, op)
        mine, theirs = (a, b) if side == "a" else (b, a)
        mine[_spot(mine, element)] = 99
        count = len(op["hits"]["b" if side == "a" else "a"])
        now = [i for i in range(count) if float(theirs[_spot(theirs, i)]) == 99]
        assert now == [x for x in [op["hits"][side][element]] if x is not None], (op, side)


def test_sharing_values_and_offsets(sharing: Figure) -> None:
    for op in sharing.data["ops"]:
        a, b = _fresh(sharing.data, op)
        assert [float(b[_spot(b, i)]) for i in range(len(op["b"]["values"]))] == op["b"]["values"]
        if isinstance(b, list):
            assert op["b"]["at"] is None
            continue
        start = _address(a if op["shares"] else b, 0)
        assert [_address(b, i) - start for i in range(len(op["b"]["at"]))] == op["b"]["at"]
        assert op["shares"] == (not isinstance(a, list) and np.shares_memory(a, b))
        assert (b is a) == ("the same object" in op["why"])


# --- promotion: against reality -----------------------------------------------------------------


def test_promotion_is_result_type(promotion: Figure) -> None:
    dtypes = [getattr(torch, name) for name in promotion.data["left"]]
    makers = [lambda d: torch.zeros(3, dtype=d), lambda d: torch.zeros((), dtype=d)]
    rights = [[make(dtype) for dtype in dtypes] for make in makers] + [[False, 7, 2.5, -2j]]
    assert len(dtypes) == 9
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="ComplexHalf")
        for mode, operands in zip(promotion.data["modes"], rights, strict=True):
            for dtype, line in zip(dtypes, mode["cells"], strict=True):
                for right, (name, _) in zip(operands, line, strict=True):
                    result = torch.result_type(torch.zeros(3, dtype=dtype), right)
                    assert name == str(result).removeprefix("torch."), (dtype, right)


def test_promotion_of_dimensioned_tensors_is_promote_types(promotion: Figure) -> None:
    names = promotion.data["left"]
    for x, line in zip(names, promotion.data["modes"][0]["cells"], strict=True):
        for y, (name, _) in zip(names, line, strict=True):
            assert torch.promote_types(getattr(torch, x), getattr(torch, y)) == getattr(torch, name)


def test_promotion_reasons_fit_their_results(promotion: Figure) -> None:
    data = promotion.data
    rank = data["category"]
    for kind, mode in enumerate(data["modes"]):
        for left, line in zip(data["left"], mode["cells"], strict=True):
            for right, (result, why) in zip(mode["own"], line, strict=True):
                says = data["reasons"][why]
                assert rank[result] == max(rank[left], rank[right])  # the rule of categories
                assert ("is a higher category" in says) == (
                    rank[right] > rank[left] or (kind == 0 and rank[left] != rank[right])
                )
                if "counts only if" in says:
                    assert result == left
                    assert kind > 0
                if match := re.search(r"counts as (?:the default dtype, )?(\w+)$", says):
                    assert result == right == match[1]
                if "parts as precise" in says or "neither" in says:
                    assert result not in (left, right)
                if says.endswith("whatever their sizes"):
                    assert result == max(left, right, key=rank.get)


@pytest.mark.parametrize(
    ("kind", "left", "right", "result", "says"),
    [
        ("Python number", "int64", "1.0", "float32", "a Python float counts as the default dtype"),
        ("Python number", "float16", "1.0", "float16", "counts only if its category is higher"),
        ("Python number", "bool", "1", "int64", "a Python int counts as int64"),
        ("0-D tensor", "float32", "float64", "float32", "counts only if its category is higher"),
        ("0-D tensor", "int32", "float64", "float64", "floating point is a higher category"),
        ("1-D tensor", "int64", "float16", "float16", "floating point is a higher category"),
        ("1-D tensor", "float16", "bfloat16", "float32", "neither dtype holds the other"),
        ("1-D tensor", "int32", "int64", "int64", "the wider dtype wins"),
    ],
)
def test_promotion_says_the_documented_rule(
    promotion: Figure, kind: str, left: str, right: str, result: str, says: str
) -> None:
    (mode,) = [mode for mode in promotion.data["modes"] if mode["label"] == kind]
    row, col = promotion.data["left"].index(left), mode["right"].index(right)
    name, why = mode["cells"][row][col]
    assert name == result
    assert says in promotion.data["reasons"][why]


# --- in a browser -------------------------------------------------------------------------------


def _status(page: Page, copy: int = 0) -> str:
    return page.locator("[role=status]").nth(copy).inner_text().replace("\xa0", " ")


def test_two_copies_from_a_file_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    assert page.locator("table").count() == 0  # the words and the table gave way
    assert [_status(page, i) for i in (0, 1)] == [figure.words] * 2
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) == 2
    second = page.locator(".tc-figure").nth(1)
    second.locator("[aria-pressed=true], [aria-selected=true]").first.focus()
    page.keyboard.press("ArrowRight")
    second.get_by_role("radio").last.check()
    assert _status(page, 0) == figure.words
    assert _status(page, 1) != figure.words


def _sentence(data: dict, op: dict, side: str, element: int) -> str:
    def name(side: str, element: int) -> str:
        shape = (data["sources"][op["source"]] if side == "a" else op["b"])["shape"]
        return f"{side}{[int(i) for i in np.unravel_index(element, shape)]}"

    other = "b" if side == "a" else "a"
    seen = op["hits"][side][element]
    effect = f"changes nothing in {other}" if seen is None else f"also changes {name(other, seen)}"
    return f"After b = {op['code']}, {name(side, element)} = 99 {effect}: {op['why']}."


def test_sharing_every_state_by_mouse(page: Page, sharing: Figure, tmp_path: Path) -> None:
    """All 16 operations, each element of a and b: sentence, boxes and marks agree with the data."""
    page.goto(write_page(tmp_path, sharing))
    radios = page.locator(".tc-ops input")
    told = page.evaluate(
        """async () => {
          const seen = [];
          const radios = document.querySelectorAll(".tc-ops input");
          for (const radio of radios) {
            radio.click();
            for (const side of ["a", "b"]) {
              const count = document.querySelectorAll(`.tc-${side} button`).length;
              for (let i = 0; i < count; i += 1) {
                document.querySelectorAll(`.tc-${side} button`)[i].click();
                const text = (s) => [...document.querySelectorAll(s)].map((e) => e.innerText);
                seen.push([Number(radio.value), side, text("[role=status]")[0],
                  text(".tc-box.tc-new"), text(".tc-hit .tc-code"), text(".tc-strip").length]);
              }
            }
          }
          return seen;
        }"""
    )
    data = sharing.data
    states = list(_pages(data))
    assert radios.count() == 16
    assert len(told) == len(states)
    expected = {
        (i, _sentence(data, op, side, element)): op["hits"][side][element]
        for i, op in enumerate(data["ops"])
        for _, side, element in _pages({"ops": [op]})
    }
    for number, _, says, boxes, hits, strips in told:
        seen = expected.pop((number, says.replace("\xa0", " ")))
        op = data["ops"][number]
        assert len(hits) == (1 if seen is None else 2)
        assert boxes == ["99"]  # shared bytes are drawn once, and a copy does not change
        assert strips == (1 if op["shares"] else 2)
    assert not expected


def test_sharing_by_keyboard(page: Page, sharing: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, sharing))
    boxes = page.locator(".tc-box")
    assert boxes.all_inner_texts() == ["0", "1", "99", "3", "4", "5"]
    page.keyboard.press("Tab")  # the operations
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("After b = a[[1, 2, 3]], a[2] = 99 changes nothing in b")
    assert boxes.all_inner_texts() == ["0", "1", "99", "3", "4", "5", "1", "2", "3"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")  # write 99 to a or b
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("After b = a[1:4], b[1] = 99 also changes a[2]")
    page.keyboard.press("Tab")  # the elements
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("After b = a[1:4], b[2] = 99 also changes a[3]")
    assert boxes.all_inner_texts() == ["0", "1", "2", "99", "4", "5"]
    page.keyboard.press("ArrowUp")
    assert _status(page).startswith("After b = a[1:4], a[3] = 99 also changes b[2]")
    page.keyboard.press("End")
    assert _status(page).startswith("After b = a[1:4], a[5] = 99 changes nothing in b")
    assert page.evaluate("document.activeElement.innerText.split('\\n')[0]") == "a[5]"


def test_promotion_by_mouse(page: Page, promotion: Figure, tmp_path: Path) -> None:
    """Every cell of every mode: sentence, and the text in the cell."""
    page.goto(write_page(tmp_path, promotion))
    data = promotion.data
    for mode in data["modes"]:
        page.get_by_role("radio", name=mode["label"]).check()
        told = page.evaluate(
            """() => [...document.querySelectorAll("[role=gridcell]")].map((_, i) => {
              document.querySelectorAll("[role=gridcell]")[i].click();
              const on = document.querySelectorAll("[aria-selected=true]");
              return [document.querySelector("[role=status]").innerText, on.length,
                on[0].innerText];
            })"""
        )
        expected = [
            [f"{left} tensor + {says} → {result}: {data['reasons'][why]}.", 1, result]
            for left, line in zip(data["left"], mode["cells"], strict=True)
            for says, (result, why) in zip(mode["says"], line, strict=True)
        ]
        assert told == expected


def test_promotion_by_keyboard(page: Page, promotion: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, promotion))
    grid = page.get_by_role("grid")
    assert grid.get_by_role("gridcell").count() == 81
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert _status(page).startswith("float16 tensor + bfloat16 tensor → float32: neither")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # no way further
    assert _status(page).startswith("float16 tensor + complex64 tensor → complex64")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert grid.get_by_role("gridcell").count() == 36
    assert _status(page).startswith("float16 tensor + 1j → complex32")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    assert _status(page).startswith("int64 tensor + 1.0 → float32: floating point is a higher")
    assert page.evaluate("document.activeElement.ariaSelected") == "true"


def test_keys_stay_in_the_figure(page: Page, figure: Figure, tmp_path: Path) -> None:
    """A notebook must not see arrows and letters; chords, and keys we do not use, stay alive."""
    page.goto(write_page(tmp_path, figure))
    page.evaluate(
        """() => {
          window.heard = [];
          window.stopped = [];
          document.addEventListener("keydown", (e) => heard.push(e.key));
          const see = (e) => setTimeout(() => stopped.push([e.key, e.defaultPrevented]));
          document.addEventListener("keydown", see, true);
        }"""
    )
    page.locator("[aria-pressed=true], [aria-selected=true]").first.focus()
    for key in ("ArrowRight", "d", "Control+s", "PageDown"):
        page.keyboard.press(key)
    assert page.evaluate("heard") == ["Control", "s"]
    page.wait_for_function("stopped.length === 5")
    stopped = dict(page.evaluate("stopped"))
    assert stopped == {
        k: k == "ArrowRight" for k in ("ArrowRight", "d", "Control", "s", "PageDown")
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing(
    look: Look, figure: Figure, tmp_path: Path, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(write_page(tmp_path, figure, figure))
        for radio in (0, page.locator(".tc-figure").first.get_by_role("radio").count() - 1):
            page.locator(".tc-figure").first.get_by_role("radio").nth(radio).check()
            assert axe(page) == (set(), [])  # axe could compute every contrast


@pytest.mark.parametrize("mark", ["data-theme", "data-jp-theme-light"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_decides_between_light_and_dark(
    look: Look, figure: Figure, tmp_path: Path, mark: str, scheme: str
) -> None:
    """The host's switch wins over the system's preference; axe sees the colors that result."""
    system = "dark" if scheme == "light" else "light"
    value = scheme if mark == "data-theme" else str(scheme == "light").lower()
    with look(viewport=DESK, color_scheme=system) as page:
        page.goto(write_page(tmp_path, figure))
        page.evaluate("([key, value]) => document.body.setAttribute(key, value)", [mark, value])
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('.tc-figure')).backgroundColor"
        )
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 30, 35)"}[scheme]
        assert Axe().run(page, context=".tc-figure").violations_count == 0


def test_fits_a_phone(look: Look, figure: Figure, tmp_path: Path) -> None:
    with look(viewport=PHONE) as page:
        page.goto(write_page(tmp_path, figure))
        for radio in page.get_by_role("radio").all():
            radio.check()
            wide = too_wide(page, ".tc-figure, .tc-figure button, .tc-figure [role=gridcell]")
            assert wide == []


def test_reads_without_scripts(look: Look, figure: Figure, tmp_path: Path) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(write_page(tmp_path, figure))
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table)


def test_words_stay_where_drawing_fails(browser: Browser, figure: Figure, tmp_path: Path) -> None:
    broken = Figure(figure.name, {}, {}, figure.words, figure.alt, figure.table)
    context = browser.new_context(offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(write_page(tmp_path, broken))
    assert page.locator("p").first.inner_text() == figure.words
    assert errors
    context.close()
