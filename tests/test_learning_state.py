"""What a reader has read and predicted stays in the browser, and shows on the home page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from site_pages import PHONE, Reader

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest_plugins = ["browser", "built_site", "site_browser"]

CHAPTER = "chapters/02_tensors"
MYTHS = "appendices/A_myths"
OTHER = {"version": 1, "read": {"chapters/03_shapes": "2026-01-02"}, "predicted": {}, "quiz": None}


def done(page: Page, says: str) -> None:
    """The home page comes to say this pattern: a browser tells its other pages a moment later."""
    expect(page.locator(".learning-state [role=status]").first).to_have_text(re.compile(says))


def test_a_chapter_is_marked_as_read_and_the_home_page_knows(reader: Reader, start: str) -> None:
    with reader() as page:
        page.goto(f"{start}/index.html")
        chapters = page.locator("table.course-path a").count()
        done(page, rf"^Read: 0 of {chapters} chapters\. Myths predicted: 0, right: 0\.$")
        page.goto(f"{start}/{CHAPTER}.html")
        button = page.locator(".read-mark button")
        assert button.inner_text() == "Mark as read"
        button.focus()
        page.keyboard.press("Enter")
        assert button.get_attribute("aria-pressed") == "true"
        assert button.inner_text().startswith("Read on 20")
        page.goto(f"{start}/index.html")
        done(page, rf"^Read: 1 of {chapters} chapters\.")
        row = page.locator("table.course-path tr", has=page.locator(".read"))
        assert row.count() == 1
        assert row.locator("a").get_attribute("href").endswith(f"{CHAPTER}.html")
        page.goto(f"{start}/{CHAPTER}.html")
        page.locator(".read-mark button").click()
        page.goto(f"{start}/index.html")
        done(page, "^Read: 0 of")


def test_two_tabs_know_of_each_other(reader: Reader, start: str) -> None:
    """Both were open before either was marked: the second mark must not undo the first."""
    with reader() as page:
        page.goto(f"{start}/index.html")
        tabs = [page.context.new_page() for _ in range(2)]
        for tab, chapter in zip(tabs, (CHAPTER, "chapters/03_shapes"), strict=True):
            tab.goto(f"{start}/{chapter}.html")
        for count, tab in enumerate(tabs, 1):
            tab.locator(".read-mark button").click()
            done(page, f"^Read: {count} of")


def test_a_page_that_slept_knows_what_others_wrote(reader: Reader, served: str) -> None:
    """Coming back by the Back button: no event tells such a page of what was written meanwhile."""
    with reader() as page:
        page.goto(f"{served}/{CHAPTER}.html")
        page.evaluate("text => localStorage.setItem('torchcourse', text)", json.dumps(OTHER))
        page.locator(".read-mark button").click()
        page.goto(f"{served}/index.html")
        done(page, "^Read: 2 of")
        page.evaluate(
            "text => localStorage.setItem('torchcourse', text)", json.dumps(OTHER | {"read": {}})
        )
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        done(page, "^Read: 0 of")


def test_a_prediction_comes_before_the_output(reader: Reader, start: str) -> None:
    with reader(viewport=PHONE) as page:
        page.goto(f"{start}/{MYTHS}.html")
        cards = page.locator("section.myth")
        many = cards.count()
        tally = page.locator(".tally")
        assert tally.inner_text() == f"Predicted: 0 of {many}, right: 0."
        for number, (wanted, right) in enumerate([(True, 1), (False, 1)]):
            card = cards.nth(number)
            assert not card.locator("details").is_visible()
            for output in card.locator(".cell_output").all():
                assert not output.is_visible()
            letter = card.locator("details strong").first.text_content()[0]
            choices = card.locator("button.predict")
            texts = choices.all_inner_texts()
            assert [text[:2] for text in texts] == ["a.", "b.", "c."][: len(texts)]
            picked = next(i for i, text in enumerate(texts) if (text[0] == letter) == wanted)
            choices.nth(picked).focus()
            page.keyboard.press("Space")
            assert card.locator("details").is_visible()
            assert "your prediction" in choices.nth(picked).inner_text()
            assert "holds" in choices.nth("abc".index(letter)).inner_text()
            assert tally.inner_text() == f"Predicted: {number + 1} of {many}, right: {right}."
            assert choices.first.is_disabled()
        page.reload()
        assert cards.nth(1).locator("details").is_visible()
        assert not cards.nth(2).locator("details").is_visible()
        page.goto(f"{start}/index.html")
        done(page, r"Myths predicted: 2, right: 1\.$")


def test_every_card_is_a_question(reader: Reader, served: str) -> None:
    with reader() as page:
        page.goto(f"{served}/{MYTHS}.html")
        titles = page.locator("section > h3").all_inner_texts()
        assert len(titles) == page.locator("section.myth").count() > 0
        for card in page.locator("section.myth").all():
            assert card.locator("button.predict").count() >= 2
            assert card.get_attribute("data-waiting") == ""


def test_without_scripts_everything_is_there(reader: Reader, served: str) -> None:
    with reader(java_script_enabled=False) as page:
        page.goto(f"{served}/{MYTHS}.html")
        assert page.locator("button.predict").count() == 0
        card = page.locator("section", has=page.locator("> h3")).last
        assert card.locator("details summary").is_visible()


def test_the_state_goes_to_a_file_and_comes_back(
    reader: Reader, served: str, tmp_path: Path
) -> None:
    with reader() as page:
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{served}/{CHAPTER}.html")
        page.locator(".read-mark button").click()
        page.goto(f"{served}/index.html")
        with page.expect_download() as caught:
            page.get_by_role("button", name="Save to a file").click()
        saved = tmp_path / "saved.json"
        caught.value.save_as(saved)
        assert list(json.loads(saved.read_text("utf-8"))["read"]) == [CHAPTER]
        page.get_by_role("button", name="Forget").click()
        done(page, "^Read: 0 of")
        page.locator(".learning-state input").set_input_files(saved)
        page.wait_for_function(
            "document.querySelector('.learning-state').innerText.includes('Read: 1 of')"
        )
        other = tmp_path / "other.json"
        other.write_text(json.dumps(OTHER), encoding="utf-8")
        page.locator(".learning-state input").set_input_files(other)
        page.wait_for_function(
            "document.querySelector('.read')?.closest('tr').innerText.includes('Shape')"
        )


@pytest.mark.parametrize(
    "text",
    [
        *("", "no", "[]", "{}", "null", '{"version": 2}', '{"version": 1, "read": 3}'),
        '{"version": 1, "read": null, "predicted": {}}',
    ],
)
def test_a_file_that_is_none_of_ours_changes_nothing(
    reader: Reader, served: str, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with reader() as page:
        page.goto(f"{served}/{CHAPTER}.html")
        page.locator(".read-mark button").click()
        page.goto(f"{served}/index.html")
        page.locator(".learning-state input").set_input_files(path)
        page.wait_for_function("document.body.innerText.includes('holds no learning state')")
        done(page, "^Read: 1 of")


def test_broken_or_forbidden_storage_is_no_error(reader: Reader, served: str) -> None:
    with reader() as page:
        page.goto(f"{served}/{CHAPTER}.html")
        page.evaluate("localStorage.setItem('torchcourse', '{\"version\": 1')")
        page.goto(f"{served}/index.html")
        done(page, "^Read: 0 of")
    with reader() as page:
        page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
        )
        page.goto(f"{served}/{CHAPTER}.html")
        page.locator(".read-mark button").click()
        assert page.locator(".read-mark button").inner_text().startswith("Read on")


def test_the_quiz_leaves_its_scores(reader: Reader, served: str) -> None:
    with reader() as page:
        page.goto(f"{served}/chapters/00_using_this_book.html")
        quiz = page.locator(".tc-quiz-task").locator(
            "xpath=ancestor::*[contains(@class,'tc-figure')]"
        )
        for _ in range(40):
            if quiz.locator(".tc-quiz-title").inner_text() == "Your scores":
                break
            quiz.locator(".tc-quiz-option").first.click()
            quiz.locator(".tc-quiz-go").click()
        page.goto(f"{served}/index.html")
        done(page, r" Quiz: .* of ")
