"""Float formats bit by bit: what is drawn is what torch stores, by mouse and by keyboard."""

from __future__ import annotations

import re
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
    return figures.float_bits()


INTS = {8: torch.uint8, 16: torch.int16, 32: torch.int32}


def from_bits(bits: str, name: str) -> float:
    """The number that torch reads from these bits."""
    whole = int(bits, 2)
    wide = len(bits)
    if wide > 8 and bits[0] == "1":
        whole -= 1 << wide
    stored = torch.tensor([whole], dtype=INTS[wide]).view(getattr(torch, name))
    return stored.to(torch.float64).item()


def to_bits(x: float, name: str) -> str:
    """The bits that torch stores for x, by way of float32."""
    stored = torch.tensor([x], dtype=torch.float32).to(getattr(torch, name))
    wide = 8 * stored.element_size()
    return f"{stored.view(INTS[wide]).item() % (1 << wide):0{wide}b}"


def test_formats_are_those_of_torch(figure: Figure) -> None:
    for one in figure.data["formats"]:
        info = torch.finfo(getattr(torch, one["name"]))
        assert 1 + one["exponent"] + one["fraction"] == one["bits"] == info.bits
        assert 2.0 ** -one["fraction"] == info.eps
        assert 2.0 ** one["lowest"] == info.smallest_normal
        smallest = "0" * (info.bits - 1) + "1"
        assert one["least"] == from_bits(smallest, one["name"])
        assert one["max"] == info.max
        assert one["inf"] == (from_bits(to_bits(1e39, one["name"]), one["name"]) == float("inf"))
    assert figure.state["bits"] == to_bits(1e-8, "float16")


# --- in a browser -------------------------------------------------------------------------------

STATE = """() => [[...document.querySelectorAll(".tc-fb button")].map((e) => e.innerText).join(""),
  document.querySelector(".tc-fb-value").innerText,
  document.querySelector("[role=status]").innerText]"""
NUMBERS = [
    0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 257.0, 1 + 2**-8, 1 + 3 * 2**-8, 65504.0, 65519.0, 65520.0,
    448.0, 464.0, 465.0, 57344.0, 61440.0, 1e5, 3.4e38, -1e39, 1e-3, 6e-5, 5.96e-8, 2.9e-8, 1e-8,
    1.5 * 2**-9, 2.5 * 2**-9, 2**-10, 2**-17, 3 * 2**-18, 1e-39, 1e-45, 16777217.0, 12345.678,
]  # fmt: skip


def test_every_format_stores_what_torch_stores(page: Page, figure: Figure, address: str) -> None:
    """Ties, subnormal numbers, overflow and underflow: bits, value and sentence."""
    page.goto(address)
    assert page.get_by_role("status").inner_text() == figure.words
    told = page.evaluate(
        f"""(numbers) => [...document.querySelectorAll("input[type=radio]")].map((radio) => {{
          radio.click();
          const field = document.querySelector("input[type=text]");
          return numbers.map((x) => {{
            field.value = x;
            field.dispatchEvent(new Event("input"));
            return ({STATE})();
          }});
        }})""",
        [repr(x) for x in NUMBERS],
    )
    kinds = set()
    for one, row in zip(figure.data["formats"], told, strict=True):
        for x, (bits, value, says) in zip(NUMBERS, row, strict=True):
            right = to_bits(x, one["name"])
            stored = from_bits(right, one["name"])
            if stored != stored:  # torch 2.11
                right = right[0] + "1" * 6 + "0"
                stored = from_bits(right, one["name"])
            assert bits == right, (one["name"], x)
            assert float(value) == pytest.approx(stored, rel=1e-5)
            limit = torch.finfo(getattr(torch, one["name"])).smallest_normal
            over = abs(stored) == float("inf") or ("e4m3" in one["name"] and abs(x) > 464)
            for word, holds in {
                "underflow": x != 0 and stored == 0,
                "overflow": over,
                "% off": not over and stored != 0 and stored != x,
                "subnormal": abs(stored) < limit and not (x and not stored),
            }.items():
                assert (word in says) == holds, (one["name"], x, says)
                kinds.add((word, holds))
            assert says.startswith(f"{one['name']}: ")
    assert len(kinds) == 8


def test_every_bit_flips_and_the_gap_is_right(page: Page, figure: Figure, address: str) -> None:
    """From the bits of 0.3, each bit is flipped by a click and flipped back."""
    page.goto(address)
    for k, one in enumerate(figure.data["formats"]):
        page.get_by_role("radio").nth(k).check()
        page.get_by_role("textbox").fill("0.3")
        before = to_bits(0.3, one["name"])
        told = page.evaluate(
            f"""() => [...document.querySelectorAll(".tc-fb button").keys()].map((i) => {{
              document.querySelectorAll(".tc-fb button")[i].click();
              const state = ({STATE})();
              document.querySelectorAll(".tc-fb button")[i].click();
              return state;
            }})"""
        )
        for i, (bits, value, says) in enumerate(told):
            assert bits == before[:i] + "10"[int(before[i])] + before[i + 1 :]
            stored = from_bits(bits, one["name"])
            assert float(value) == pytest.approx(stored, rel=1e-5, nan_ok=True)
            if abs(stored) < float("inf"):
                (gap,) = re.findall(r"next number is (\S+?)\.(?:\s|$)", says)
                after = from_bits(f"{int(bits, 2) + 1:0{len(bits)}b}", one["name"])
                if abs(after) < float("inf"):
                    assert float(gap) == pytest.approx(abs(after - stored), rel=1e-5)
        assert page.evaluate(STATE)[0] == before


def test_a_new_format_keeps_the_wish(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    page.get_by_role("radio").nth(0).check()
    bits, value, _ = page.evaluate(STATE)
    assert bits == to_bits(1e-8, "float32")
    assert float(value) == pytest.approx(1e-8)
    page.get_by_role("radio").nth(1).check()
    assert page.evaluate(STATE)[0] == to_bits(1e-8, "bfloat16")


def test_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    status = page.get_by_role("status")
    page.keyboard.press("Tab")  # the format
    page.keyboard.press("ArrowLeft")
    assert status.inner_text().startswith("bfloat16: 1e-8 becomes")
    page.keyboard.press("Tab")  # the number
    page.keyboard.press("Control+a")
    page.keyboard.type("1.5")
    assert page.evaluate(STATE)[:2] == [to_bits(1.5, "bfloat16"), "1.5"]
    page.keyboard.press("Tab")  # the bits
    page.keyboard.press("Space")
    assert page.evaluate(STATE)[1] == "-1.5"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.evaluate(STATE)[0] == "1" + to_bits(1.5, "bfloat16")[1:-1] + "1"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert page.evaluate(STATE)[0][-2:] == "11"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "bit 1, fraction"


def test_what_is_no_number_changes_nothing(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    for text in ("", "abc", "1e"):
        page.get_by_role("textbox").fill(text)
        assert page.get_by_role("status").inner_text() == figure.words


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.get_by_role("textbox")
    assert heard_outside(page, control, "ArrowLeft", "d", "Control+s") == ["Control", "s"]


def test_two_copies_work_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.locator(".tc-figure").nth(1).get_by_role("textbox").fill("2")
    first, second = page.get_by_role("status").all_inner_texts()
    assert first == figure.words
    assert second.startswith("float16: the bits hold 2.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_overflows(
    look: Look, address: str, scheme: str, size: dict
) -> None:
    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        for k, text in [(0, "0.1"), (2, "1e-8"), (4, "500")]:
            page.get_by_role("radio").nth(k).check()
            page.get_by_role("textbox").fill(text)
            kinds = ".tc-figure, .tc-figure p, .tc-fb, .tc-fb > div"
            assert too_wide(page, kinds) == []
        assert axe(page) == (set(), [])


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words
        assert page.locator("tr").count() == len(figure.table) == 6
