"""What holds for every figure, present and future: deterministic, small, offline, one module."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from torchcourse import figures
from torchcourse.figures import Figure

MAKERS = {name: getattr(figures, name) for name in figures.__all__ if name != "Figure"}
# What a notebook may have set before it shows a figure.
UNDISTURBED = ""
DISTURBED = (
    "import numpy as np, torch; torch.set_default_dtype(torch.float16)\n"
    "torch.set_grad_enabled(False); np.set_printoptions(precision=1, threshold=1)\n"
    "torch.set_default_device('meta')\n"
)


@pytest.fixture(scope="module", params=MAKERS)
def figure(request: pytest.FixtureRequest) -> Figure:
    return MAKERS[request.param]()


@pytest.fixture(scope="module")
def elsewhere() -> dict[str, dict[str, list[str]]]:
    """Every figure as two other processes draw it, one after the other, in opposite orders."""
    drawn = {}
    for seed, (before, order) in enumerate([(UNDISTURBED, 1), (DISTURBED, -1)], start=1):
        names = list(MAKERS)[::order]
        code = f"""{before}
import json
from torchcourse import figures
made = {{name: getattr(figures, name)() for name in {names}}}
print(json.dumps({{name: [x.html, repr(x)] for name, x in made.items()}}))
"""
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
        drawn["disturbed" if before else "undisturbed"] = json.loads(run.stdout)
    return drawn


@pytest.mark.parametrize("process", ["undisturbed", "disturbed"])
def test_same_bytes_in_every_process(
    figure: Figure, process: str, elsewhere: dict[str, dict[str, list[str]]]
) -> None:
    assert elsewhere[process][figure.name] == [figure.html, repr(figure)]


def test_same_whatever_the_notebook_set_before(figure: Figure) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        with (
            torch.device("meta"),
            np.printoptions(threshold=1),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            again = MAKERS[figure.name]()
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert again.html == figure.html
    assert not told


def test_reprs_hold_no_address(figure: Figure) -> None:
    assert not re.search(r"0x[0-9a-f]+|/(home|root|tmp|work)/", figure.html + repr(figure))
    assert figure.words in repr(figure)
    assert figure._repr_html_() == figure.html


def test_nothing_is_fetched(figure: Figure) -> None:
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|\bsrc=|\bimport\b[ (]", figure.html)


def test_small(figure: Figure) -> None:
    assert len(figure.html.encode()) <= 20 * 1024
    assert figure.path.stat().st_size <= 8 * 1024


def test_module_is_anywidget_format(figure: Figure) -> None:
    assert figure.module.endswith("export default { render };\n")
    assert figure.path.read_text(encoding="utf-8") in figure.module
    assert figure.module in figure.html


class _Words(HTMLParser):
    """The text that is left where styles and scripts are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag

    def handle_data(self, data: str) -> None:
        if self.inside not in ("style", "script"):
            self.text.append(data)


def test_words_and_table_without_scripts(figure: Figure) -> None:
    parser = _Words()
    parser.feed(figure.html)
    assert figure.words in parser.text
    for row in figure.table:
        assert set(row) <= set(parser.text)


def test_data_cannot_end_the_script() -> None:
    made = Figure("sharing", {"x": "</script><b>&"}, {"op": 0}, "<i>", 'say "hi"', [["<u>"]])
    assert made.html.count("</script>") == 1
    assert "<b>" not in made.html
    assert "<i>" not in made.html
    assert "<u>" not in made.html
    assert 'aria-label="say &quot;hi&quot;"' in made.html


def test_widget_is_the_same_module(figure: Figure) -> None:
    anywidget = pytest.importorskip("anywidget", reason="the extra `widgets` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # ipywidgets' own
        widget = figure.widget()
    assert isinstance(widget, anywidget.AnyWidget)
    assert str(widget._esm) == figure.module
    assert json.loads(json.dumps(widget.data)) == json.loads(json.dumps(figure.data))
    for key, value in figure.state.items():
        assert getattr(widget, key) == value
        assert key in widget.keys  # synced


def test_widget_without_anywidget_says_how(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match="pip install anywidget"):
        figure.widget()


def test_import_is_light() -> None:
    code = (
        "import sys, torchcourse, torchcourse.figures as f; f.sharing()\n"
        "print([m for m in ('matplotlib', 'anywidget', 'IPython', 'nbformat') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout == "[]\n"
