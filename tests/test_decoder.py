"""The error decoder finds the entry of a pasted traceback, offline, from http and from files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
import pytest
from conftest import ROOT
from site_pages import PHONE, Reader

pytest_plugins = ["browser", "built_site", "site_browser"]

PAGE = "appendices/E_errors"
HEADING = re.compile(r"^### `(.+)`$", re.M)
FRAMES = """Traceback (most recent call last):
  File "train.py", line 41, in <module>
    main()
  File "train.py", line 33, in main
    loss = step(model, xb, yb, optimizer)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"""


def raised() -> Iterator[tuple[str, str]]:
    """Each entry's heading, and what its cell really raised, as a terminal shows it."""
    heading = ""
    for cell in nbformat.read(ROOT / f"{PAGE}.ipynb", as_version=4).cells:
        if cell.cell_type == "markdown":
            found = HEADING.findall(cell.source)
            heading = found[-1] if found else heading
        elif "raises-exception" in cell.metadata.get("tags", []):
            [error] = [output for output in cell.outputs if output.output_type == "error"]
            yield heading, f"{FRAMES}{error.ename}: {error.evalue}\n"


def test_each_pasted_traceback_finds_its_entry_first(reader: Reader, start: str) -> None:
    with reader(viewport=PHONE) as page:
        page.goto(f"{start}/{PAGE}.html")
        box, first = page.locator("#decoder"), page.locator(".decoded li").first
        wrong = {}
        for heading, text in raised():
            box.fill(text)
            found = first.inner_text() if first.count() else "nothing"
            if found != heading:
                wrong[heading] = found
        assert not wrong


def test_part_of_a_message_is_enough(reader: Reader, served: str) -> None:
    with reader() as page:
        page.goto(f"{served}/{PAGE}.html")
        for text in ("mat1 and mat2 shapes", "RuntimeError: mat1 and mat2 shapes cannot be mult"):
            page.locator("#decoder").fill(text)
            found = page.locator(".decoded li").all_inner_texts()
            assert 1 <= len(found) <= 3
            assert "mat1 and mat2 shapes cannot be multiplied" in found[0]
            said = page.locator(".decoder [role=status]").inner_text()
            many = f"{len(found)} entries fit, the best first."
            assert said == (many if len(found) > 1 else "One entry fits.")


@pytest.mark.parametrize("text", ["", "   ", "what is this", "KeyError: 'name'", "12345 ^^^ <<>>"])
def test_what_is_no_message_finds_nothing_and_says_what_to_do(
    reader: Reader, served: str, text: str
) -> None:
    with reader() as page:
        page.goto(f"{served}/{PAGE}.html")
        page.locator("#decoder").fill(text)
        assert page.locator(".decoded li").count() == 0
        said = page.locator(".decoder [role=status]").inner_text()
        many = page.locator("section > h3").count()
        assert said == (
            "No entry fits. Paste the last line of the traceback, the one that names the error."
            if text.strip()
            else f"{many} messages can be found here."
        )


def test_an_entry_is_reached_by_keyboard(reader: Reader, start: str) -> None:
    with reader() as page:
        page.goto(f"{start}/{PAGE}.html")
        page.locator("#decoder").focus()
        page.keyboard.type("mat1 and mat2 shapes cannot be multiplied")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        target = page.evaluate("decodeURIComponent(location.hash).slice(1)")
        place = page.locator(f'[id="{target}"]')
        assert "mat1 and mat2" in place.locator("h3").first.inner_text()
        assert 0 <= place.bounding_box()["y"] < 400
