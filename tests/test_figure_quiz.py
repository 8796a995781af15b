"""The diagnostic quiz: its right answers are what Python says, and anybody can take it offline."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from figure_page import DESK, PHONE, Look, axe, heard_outside, too_wide, write_page
from playwright.sync_api import Page

from torchcourse import figures
from torchcourse.figures import Figure
from torchcourse.figures.quiz import _made
from torchcourse.figures.quiz_questions import ADVICE, PATHS, QUESTIONS, SUBJECTS, UNSURE, WHAT
from torchcourse.site.plan import PARTS

pytest_plugins = ["browser"]

COUNT = 12


@pytest.fixture(scope="module")
def figure() -> Figure:
    return figures.quiz()


# --- the answers, found a second time -----------------------------------------------------------


@pytest.fixture(scope="module")
def shown(figure: Figure) -> list[str]:
    """What a fresh Python shows for the last line of each code, or the exception's name."""
    program = ["import numpy as np"]
    for question in figure.data["questions"]:
        *before, last = ast.parse(question["code"]).body
        if isinstance(last, ast.Expr):  # not a function whose slope is asked for
            text = ast.unparse(ast.Module(before, []))
            program += ["try:", f"    exec({text!r})", f"    print(repr({ast.unparse(last)}))"]
            program += ["except Exception as error:"]
            program += ["    print('it stops with', type(error).__name__)"]
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(program)], capture_output=True, check=True, text=True
    )
    return run.stdout.splitlines()


def plain(label: str) -> Any:
    """A label or an output as data: ``array([1, 2])`` becomes ("array", [1, 2])."""
    if label.startswith("it stops"):
        return label
    if label.startswith("array("):
        return "array", ast.literal_eval(label.removeprefix("array(").removesuffix(")"))
    return ast.literal_eval(label)


# The slope at a point by differences; the question about a small step by a function that fits it.
BY_HAND: dict[str, Callable[[Callable], float]] = {
    "x ** 2": lambda f: (f(3 + 1e-4) - f(3 - 1e-4)) / 2e-4,
    "(3 * x + 1) ** 2": lambda f: (f(1 + 1e-4) - f(1 - 1e-4)) / 2e-4,
    "x * x * y": lambda f: (f(2 + 1e-4, 5) - f(2 - 1e-4, 5)) / 2e-4,
}


def true_slope(question: dict) -> float:
    returned = re.search(r"return (.+)", question["code"])
    if returned:
        space: dict[str, Any] = {}
        exec(question["code"], space)
        return round(BY_HAND[returned[1]](space["f"]), 3)
    f = lambda x: 5 - 2 * (x - 1) + 0.3 * (x - 1) ** 2  # noqa: E731
    return round(f(1.01), 3)


@pytest.mark.parametrize("number", range(COUNT))
def test_the_right_option_is_what_a_fresh_python_says(
    figure: Figure, shown: list[str], number: int
) -> None:
    question = figure.data["questions"][number]
    assert len(shown) == 8
    labels = [label for label, _ in question["options"]]
    answer = plain(shown[number]) if number < 8 else true_slope(question)
    right = [i for i, label in enumerate(labels) if plain(label) == answer]
    assert right == [question["right"]]
    assert len(set(labels)) == 4


def test_twelve_questions_four_a_subject(figure: Figure) -> None:
    questions = figure.data["questions"]
    assert len(questions) == COUNT
    assert [q["subject"] for q in questions] == [0] * 4 + [1] * 4 + [2] * 4
    rights = [q["right"] for q in questions]
    assert all(rights.count(place) >= 2 for place in range(4))  # no place is a good guess
    assert [q["asks"] == "" for q in questions] == [True] * 8 + [False] * 4
    for question in questions:
        for _, why in question["options"]:
            assert re.fullmatch(r"[^?!]+\.", why), why
            assert not re.search(r"\. [A-Z]", why), why  # one sentence


@pytest.mark.parametrize("number", range(COUNT))
def test_a_question_without_one_right_option_is_refused(number: int) -> None:
    question = QUESTIONS[number]
    right = _made(question)["right"]
    options = list(question.options)
    with pytest.raises(ValueError, match="2 right options"):
        _made(replace(question, options=(*options, options[right])))
    del options[right]
    with pytest.raises(ValueError, match="0 right options"):
        _made(replace(question, options=tuple(options)))


# --- the recommendation ---------------------------------------------------------------------------


def path_for(*scores: int) -> str:
    return next(
        text for least, text in PATHS if all(a <= b for a, b in zip(least, scores, strict=True))
    )


def advice_for(subject: int, score: int) -> str:
    return next(text for least, text in ADVICE[subject] if least <= score)


def test_every_score_gets_a_path_and_advice() -> None:
    for scores in itertools.product(range(5), repeat=3):
        path = path_for(*scores)
        assert ("Python first" in path) == (scores[0] < 3)
        assert ("skip to chapter 6" in path) == (scores[0] >= 3 and scores[1] == 4)
        assert ("slowly" in advice_for(1, scores[1])) == (scores[1] < 3)
        assert ("chapter 6 slowly" in advice_for(2, scores[2])) == (scores[2] < 3)


def test_paths_and_hours_are_those_of_the_plan() -> None:
    plan = {chapter.number: chapter.hours for part in PARTS for chapter in part.chapters}
    told = [text for _, text in PATHS] + [text for line in ADVICE for _, text in line]
    for text in told:
        where = text.split("docs.python.org")[0] if "tutorial" not in text else ""
        assert {int(n) for n in re.findall(r"\d+", where)} <= set(plan), text
    titles = {chapter.number: chapter.title for part in PARTS for chapter in part.chapters}
    assert "Derivatives" in titles[6]
    assert titles[3].startswith("Shape")
    assert titles[4].startswith("Broadcasting")
    chapter = (ROOT / "lessons" / "00_using_this_book" / "chapter.md").read_text(encoding="utf-8")
    assert ast.literal_eval(re.search(r"^plan = (\[.+\])$", chapter, re.M)[1]) == list(
        plan.values()
    )
    left_out = ast.literal_eval(re.search(r"if n not in (\(.+?\))\)", chapter)[1])
    for _, text in PATHS[1:]:
        assert [int(n) for n in re.findall(r"\d+", text.split("without")[1])] == list(left_out)


# --- the page --------------------------------------------------------------------------------


def status(page: Page, copy: int = 0) -> str:
    return page.get_by_role("status").nth(copy).inner_text()


def opening(figure: Figure, number: int) -> str:
    subject = SUBJECTS[figure.data["questions"][number]["subject"]]
    return f"Question {number + 1} of 12, {subject}. Pick an answer, or press its number."


def feedback(question: dict, picked: int) -> str:
    name, why = question["options"][question["right"]]
    if picked == question["right"]:
        return f"Right. {why}"
    if picked == 4:
        return f"The answer is {name}. {why}"
    return f"Not this one. {question['options'][picked][1]} The answer is {name}."


def test_every_answer_to_every_question(page: Page, figure: Figure, address: str) -> None:
    """All 60 pairs by click: what is asked, what is said, and which options are marked."""
    page.goto(address)
    rounds = page.evaluate(
        """() => [0, 1, 2, 3, 4].map((pick) => {
          const one = (s) => document.querySelector(s);
          const seen = [...Array(12).keys()].map(() => {
            const asked = [one(".tc-quiz-task").innerText, one("[role=status]").textContent];
            document.querySelectorAll(".tc-quiz-option")[pick].click();
            const marked = [...document.querySelectorAll(".tc-quiz-option")].map((e) =>
              [e.classList[1], e.querySelector("small").textContent, e.ariaDisabled]);
            const told = one("[role=status]").textContent;
            one(".tc-quiz-go").click();
            return { asked, marked, told };
          });
          const end = [one("[role=status]").textContent, one(".tc-quiz-marks").textContent];
          one(".tc-quiz-go").click();
          return { seen, end };
        })"""
    )
    for pick, one in enumerate(rounds):
        right = [q["right"] == pick for q in figure.data["questions"]]
        for number, (question, seen) in enumerate(
            zip(figure.data["questions"], one["seen"], strict=True)
        ):
            text = f"{question['asks'] or WHAT}\n{question['code']}"
            assert re.sub(r"\n+", "\n", seen["asked"][0]) == re.sub(r"\n+", "\n", text)
            assert seen["asked"][1] == opening(figure, number)
            assert seen["told"] == feedback(question, pick)
            for place, (mark, note, disabled) in enumerate(seen["marked"]):
                mine, true = place == pick, place == question["right"]
                assert mark == ("tc-quiz-yes" if true else "tc-quiz-no" if mine else None)
                assert note == ": ".join(["your answer"] * mine + ["right"] * true)
                assert disabled == "true"
        scores = [sum(right[k : k + 4]) for k in (0, 4, 8)]
        told = ", ".join(f"{s} {n} of 4" for s, n in zip(SUBJECTS, scores, strict=True))
        assert one["end"][0] == f"{told}. {path_for(*scores)}"
        assert one["end"][1] == "".join("✓" if yes else "✗" for yes in right)


def test_all_right_by_keyboard(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")  # the first option: nothing else stands before it
    assert page.evaluate("document.activeElement.innerText").startswith("1")
    for number, question in enumerate(figure.data["questions"]):
        assert status(page) == opening(figure, number)
        page.keyboard.press(str(question["right"] + 1))
        assert status(page) == feedback(question, question["right"])
        assert page.locator(".tc-quiz-yes").count() == 1
        assert page.evaluate("document.activeElement.className") == "tc-quiz-go"
        page.keyboard.press("Enter")
    assert status(page) == f"Python 4 of 4, NumPy 4 of 4, Derivatives 4 of 4. {path_for(4, 4, 4)}"
    shown = page.locator(".tc-quiz-task").inner_text()
    assert [advice_for(i, 4) in shown for i in range(3)] == [True] * 3
    assert page.evaluate("document.activeElement.ariaLabel") == "Your scores"
    page.keyboard.press("3")  # there is nothing to answer now
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert status(page) == opening(figure, 0)
    assert page.locator(".tc-quiz-marks").inner_text().count("✓") == 0


def test_arrows_move_and_enter_answers(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    for key, at in (("ArrowDown", "2"), ("ArrowUp", "1"), ("ArrowUp", "1"), ("ArrowDown", "2")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.innerText").startswith(at)
    question = figure.data["questions"][0]
    assert status(page) == opening(figure, 0)
    page.keyboard.press("Enter")
    assert status(page) == feedback(question, 1)


def test_by_mouse_and_no_second_thoughts(page: Page, figure: Figure, address: str) -> None:
    page.goto(address)
    go = page.get_by_role("button", name="Next question")
    go.click(force=True)  # nothing picked: nothing happens
    assert status(page) == opening(figure, 0)
    options = page.locator(".tc-quiz-option")
    options.nth(0).click()
    told = status(page)
    assert told == feedback(figure.data["questions"][0], 0)
    options.nth(1).click(force=True)
    page.keyboard.press("2")
    assert status(page) == told
    assert page.locator(".tc-quiz-marks").inner_text().startswith("✗")
    go.click()
    page.get_by_role("button", name=UNSURE).click()
    assert status(page) == feedback(figure.data["questions"][1], 4)
    for _ in range(10):
        go.click()
        options.nth(4).click()
    page.get_by_role("button", name="Show my path").click()
    assert status(page) == f"Python 0 of 4, NumPy 0 of 4, Derivatives 0 of 4. {path_for(0, 0, 0)}"
    shown = page.locator(".tc-quiz-task").inner_text()
    assert [advice_for(i, 0) in shown for i in range(3)] == [True] * 3


def test_keys_stay_in_the_figure(page: Page, address: str) -> None:
    page.goto(address)
    control = page.locator(".tc-quiz-option").first
    assert heard_outside(page, control, "ArrowDown", "2", "a", "Control+1") == ["Control", "1"]


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", DESK)])
def test_axe_finds_nothing(look: Look, address: str, scheme: str, size: dict) -> None:
    def clean(page: Page) -> None:
        violated, doubtful = axe(page)
        assert violated == set()
        # axe judges letters, not signs
        assert [html for html in doubtful if not re.search(r">[✓✗·]</span>$", html)] == []

    with look(viewport=size, color_scheme=scheme) as page:
        page.goto(address)
        clean(page)
        page.locator(".tc-quiz-option").first.focus()
        page.keyboard.press("1")
        clean(page)
        for _ in range(11):
            page.keyboard.press("Enter")
            page.keyboard.press("1")
        page.keyboard.press("Enter")
        clean(page)


def test_fits_a_phone_and_answering_moves_nothing(look: Look, address: str) -> None:
    with look(viewport=PHONE) as page:
        page.goto(address)
        tops = "[...document.querySelectorAll('.tc-quiz-option')].map((e) => e.offsetTop)"
        for _ in range(COUNT + 1):
            wide = too_wide(
                page, ".tc-figure, .tc-figure span, .tc-figure div, .tc-figure button", boxes=True
            )
            assert wide == []
            before = page.evaluate(tops)
            page.locator(".tc-quiz-option, .tc-quiz-go").first.click()
            if before and page.locator(".tc-quiz-option").count():
                assert page.evaluate(tops) == before
                page.locator(".tc-quiz-go").click()


def test_two_copies_live_alone(page: Page, figure: Figure, tmp_path: Path) -> None:
    page.goto(write_page(tmp_path, figure, figure))
    page.locator(".tc-figure").nth(1).locator(".tc-quiz-option").nth(1).click()
    assert [status(page, i) for i in (0, 1)] == [
        figure.words,
        feedback(figure.data["questions"][0], 1),
    ]


def test_reads_without_scripts(look: Look, figure: Figure, address: str) -> None:
    with look(viewport=PHONE, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("p").first.inner_text() == figure.words == opening(figure, 0)
        assert page.locator("tr").count() == len(figure.table) == COUNT + 1
