"""The training dashboard: live while it runs, the same picture afterwards, wherever it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
import torch
from figure_page import contrast
from nbclient import NotebookClient

from torchcourse import dashboard
from torchcourse.dashboard import Dashboard


class Output:
    """A stand-in for IPython's display handle: what a notebook's output has shown so far."""

    def __init__(self, data: dict[str, str]) -> None:
        self.shown = [data]

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)


class Clock:
    """Seconds that pass only when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    made: list[Output] = []

    def new(data: dict[str, str]) -> Output:
        made.append(Output(data))
        return made[-1]

    monkeypatch.setattr(dashboard, "_new_output", new)
    return made


def run(total: int, clock: Clock, seconds: float = 0.1, **settings: Any) -> Dashboard:
    with Dashboard(total, clock=clock, **settings) as board:
        for step in range(1, total + 1):
            clock.now += seconds
            board.log(step, samples=5, loss=1 / step)
            if step % 4 == 0:
                board.log(step, val=torch.tensor(0.5 + step / 100))
    return board


def fail(board: Dashboard, losses: list[float], error: Exception) -> None:
    for step, loss in enumerate(losses, 1):
        board.log(step, loss=loss)
    raise error


def test_one_output_is_updated_a_few_times_a_second(outputs: list[Output]) -> None:
    run(40, Clock(), seconds=0.125, every=0.25)
    (output,) = outputs
    live = [data["text/plain"] for data in output.shown[1:-1]]
    assert [int(words.split()[1]) for words in live] == list(range(1, 40, 2))
    assert all("40 samples per second" in words for words in live)  # 5 in an eighth of a second
    assert live[0].endswith("5 s left")
    for data in output.shown:
        assert set(data) == {"text/html", "text/plain"}


def test_what_stays_has_no_time_in_it(outputs: list[Output]) -> None:
    slow, fast = (run(40, Clock(), seconds) for seconds in (0.3, 0.001))
    ends = [output.shown[-1] for output in outputs]
    assert ends[0] == ends[1]
    assert "second" not in ends[0]["text/html"]
    assert slow.html == fast.html == ends[0]["text/html"] == slow._repr_html_()
    words = "step 40 of 40 · loss 0.025, lowest 0.025 at step 40 · val 0.9, lowest 0.54 at step 4"
    assert ends[0]["text/plain"] == words
    assert repr(slow) == f"Dashboard: {words}"


def test_last_digits_of_a_float_do_not_show(outputs: list[Output]) -> None:
    with Dashboard(50) as one, Dashboard(50) as other:
        for step in range(1, 51):
            one.log(step, loss=0.1 * step)
            other.log(step, loss=0.1 * step * (1 + 1e-12))
    assert one.html == other.html


def test_the_picture_is_the_curves(outputs: list[Output]) -> None:
    board = run(40, Clock())
    svg = ElementTree.fromstring(re.search(r"<svg.*</svg>", board.html, re.S)[0])
    assert svg.get("aria-label") == board.words
    frame, loss, val = svg.findall("path")
    assert frame.get("stroke") == "var(--rule)"
    assert loss.get("stroke-dasharray") != val.get("stroke-dasharray")  # not by color alone
    for path, curve in ((loss, board.curves["loss"]), (val, board.curves["val"])):
        spots = [tuple(map(int, p.split())) for p in path.get("d")[1:].split("L")]
        assert len(spots) == len(curve)
        for (x, y), (step, value) in zip(spots, curve, strict=True):
            assert abs(x - step * dashboard.WIDE / 40) <= 0.5
            up = (1.0 - value) / (1.0 - 0.025) * dashboard.HIGH
            assert abs(y - dashboard.TOP - up) <= 0.5
    texts = [text.text for text in svg.findall("text")]
    assert texts == ["val 0.9", "loss 0.025", "1", "0.025", "step 40"]


def test_names_at_one_height_do_not_cover_one_another(outputs: list[Output]) -> None:
    with Dashboard(2) as board:
        board.log(1, a=2.0, b=2.0, c=2.0, d=3.0)
        board.log(2, a=1.0, b=1.0, c=1.0, d=1.0)
    heights = sorted(int(y) for y in re.findall(r'y="(\d+)" style', board.html))
    assert len(heights) == 4
    assert all(low + 15 <= high for low, high in pairwise(heights))
    assert heights[-1] <= dashboard.TOP + dashboard.HIGH + 4


def test_small_however_long_the_run(outputs: list[Output]) -> None:
    with Dashboard(10_000) as board:
        for step in range(1, 10_001):
            board.log(step, loss=1.5, train=2 / step, val=step / 7, test=-step)
    assert len(board.html.encode()) < 10 * 1024
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|\bsrc=|<script", board.html)


def test_a_constant_and_an_empty_curve(outputs: list[Output]) -> None:
    with Dashboard(3) as board:
        assert board.words == "step 0 of 3"
        board.log(1, loss=2)
        board.log(3, loss=2)
    assert board.words == "step 3 of 3 · loss 2, lowest 2 at step 1"
    assert "nan" not in board.html


def test_an_exception_leaves_the_last_state_and_goes_on(outputs: list[Output]) -> None:
    board = Dashboard(9)
    with pytest.raises(RuntimeError, match="out of memory"), board:
        fail(board, [3.0, 2.0], RuntimeError("out of memory"))
    assert board.words == "stopped at step 2 of 9 · loss 2, lowest 2 at step 2"
    assert outputs[0].shown[-1]["text/plain"] == board.words
    board = Dashboard(9)
    with pytest.raises(KeyboardInterrupt), board:
        raise KeyboardInterrupt
    assert board.words == "stopped at step 0 of 9"


@pytest.mark.parametrize(
    ("step", "values", "says"),
    [
        (4, {"loss": 1.0}, "step 4 is out of order: now it is 2 to 3"),
        (1, {"loss": 1.0}, "step 1 is out of order: now it is 2 to 3"),
        (3, {"loss": float("nan")}, "loss is nan at step 3: look at the step before it"),
        (3, {"val": torch.tensor(float("-inf"))}, "val is -inf at step 3"),
        (3, {"loss": torch.ones(2)}, "loss at step 3 is no single number: tensor"),
        (3, {"loss": "low"}, "loss at step 3 is no single number: 'low'"),
        (3, {"loss": None}, "loss at step 3 is no single number: None"),
        (3, dict.fromkeys("abcd", 1.0), "a dashboard draws at most 4 curves"),
    ],
)
def test_bad_input_gets_one_line(
    outputs: list[Output], step: int, values: dict[str, Any], says: str
) -> None:
    board = Dashboard(3)
    board.log(2, loss=1.0)
    before = board.html
    with pytest.raises(ValueError, match=re.escape(says)) as caught:
        board.log(step, **values)
    assert "\n" not in str(caught.value)
    assert board.html == before


@pytest.mark.parametrize("total", [0, -3])
def test_a_total_without_steps(total: int) -> None:
    with pytest.raises(ValueError, match="at least 1 step"):
        Dashboard(total)


def test_a_loss_with_a_graph_is_taken_as_its_number(outputs: list[Output]) -> None:
    with Dashboard(1) as board:
        board.log(1, loss=torch.ones((), requires_grad=True) * 3)
    assert board.curves == {"loss": [(1, 3.0)]}


def test_without_a_notebook_it_prints_a_tenth_at_a_time(capsys: pytest.CaptureFixture) -> None:
    run(40, Clock())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("step 4 of 40 · loss 0.25")
    assert lines[-1].startswith("step 40 of 40")
    board = Dashboard(40)
    with pytest.raises(ZeroDivisionError), board:
        fail(board, [1.0] * 6, ZeroDivisionError())
    assert capsys.readouterr().out.splitlines()[-1].startswith("stopped at step 6 of 40")


def test_markup_in_a_name_is_text(outputs: list[Output]) -> None:
    with Dashboard(1) as board:
        board.log(1, **{"<b>&": 1.0})
    assert "<b>" not in board.html
    assert "&lt;b&gt;&amp; 1" in board.html


def test_colors_can_be_read() -> None:
    """Text and lines have a contrast of 4.5 on the background, in light and in dark mode."""
    pairs = dict(re.findall(r"--(\w+): light-dark\((#\w+, #\w+)\)", dashboard.STYLE))
    assert set(pairs) == {"bg", "fg", "rule", "c0", "c1", "c2", "c3"}

    def rgb(text: str) -> str:
        digits = text[1:] if len(text) == 7 else "".join(2 * c for c in text[1:])
        return f"rgb({', '.join(str(int(digits[i : i + 2], 16)) for i in (0, 2, 4))})"

    for name, pair in pairs.items():
        for color, background in zip(pair.split(", "), pairs["bg"].split(", "), strict=True):
            if name != "bg":
                least = 3 if name == "rule" else 4.5
                assert contrast(rgb(color), rgb(background)) >= least, name


CELL = """
import time
from torchcourse.dashboard import Dashboard
with Dashboard(30, every=0.01) as board:
    for step in range(1, 31):
        time.sleep(0.003)
        board.log(step, samples=2, loss=1 / step)
"""


def test_in_a_real_kernel_one_output_stays(tmp_path: Path) -> None:
    """Two runs: messages come while the cell runs, and what is stored is the same."""
    stored = []
    for _ in range(2):
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
        client = NotebookClient(node, timeout=60, kernel_name="python3")
        kinds: list[str] = []
        known = client.process_message

        def spy(msg: dict, *rest: Any, kinds: list = kinds, known: Any = known) -> Any:
            kinds.append(msg["msg_type"])
            return known(msg, *rest)

        client.process_message = spy
        client.execute()
        (output,) = node.cells[0].outputs
        assert kinds.count("display_data") == 1
        assert kinds.count("update_display_data") >= 3
        stored.append(json.dumps(output))
    assert stored[0] == stored[1]
    assert "step 30 of 30" in stored[0]


def test_the_import_is_light() -> None:
    code = (
        "import sys, torchcourse.dashboard as d\n"
        "with d.Dashboard(1) as b: b.log(1, loss=1)\n"
        "print([m for m in ('torch', 'matplotlib', 'IPython', 'ipywidgets') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert out.stdout.splitlines()[-1] == "[]"
