"""Appendix B: every row has a date, an official source and a check; the graphs are run."""

from __future__ import annotations

import ast
import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlparse

import pytest
from conftest import ROOT

from torchcourse.authoring.masters import read_master

LESSON = "B_frameworks"
MASTER = ROOT / "lessons" / LESSON / "appendix.md"
HEADER = ["notes", "now", "date", "source", "check"]
SEEN = "2026-11-29"
PROMISES = ["promise", "call", "shown"]
DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
SOURCE = re.compile(r"\[[^\]]{3,}\]\((\S+)\)")
CHECK = re.compile(r"`(?:\w+=\w+ )?(?:python -c \"|pip (?:show|index versions) \S)|^the next cell")
# Projects' own pages, and repositories of their organizations on GitHub.
HOSTS = {
    *("ai.google.dev", "developers.googleblog.com", "docs.jax.dev", "keras.io", "pytorch.org"),
    *("spark.apache.org", "www.linuxfoundation.org", "www.tensorflow.org"),
}
GITHUB = {"google-ai-edge", "pytorch", "tensorflow", "torch"}
# What the course promises to name here (COVERAGE.md, "App. B").
TOPICS = (
    *("TensorFlow", "PySpark", "Spark", "Torch dates from 2002", "Lua Torch", "Keras", "JAX"),
    *("TensorFlow Lite", "LiteRT", "TensorFlow.js", "Google against Facebook", "Google Inc."),
    *("PyTorch Foundation", "Define-by-run", "Define-then-run", "dynamic", "static", "session"),
    *("`tf.Session`", "production", "research", "mobile & edge", "ExecuTorch", "TF Serving"),
    *("custom architectures", "TorchServe", "`torch.export`", "`torch.compile`"),
)
OPINION = re.compile(
    r"(?i)\b(?:easy|easier|easiest|simpler|better|best|worse|nicer|faster|slower|superior|"
    r"(?:most|widely) used|state.of.the.art|popular(?!\" is no row)|powerful|mature|modern)\b"
)


def tables_of(text: str) -> Iterator[list[list[str]]]:
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        lines = [line.strip().strip("|").split(" | ") for line in block.strip().split("\n")]
        yield [[cell.strip() for cell in line] for line in lines]


def faults_of(text: str, today: datetime.date) -> Iterator[str]:
    tables = list(tables_of(text))
    facts = [row for table in tables if table[0] == HEADER for row in table[2:]]
    yield from (f"a table of {t[0]}" for t in tables if t[0] not in (HEADER, PROMISES))
    if len(facts) < 20:
        yield f"{len(facts)} rows"
    for row in facts:
        yield from (f"{row[0]}: {fault}" for fault in faults_of_row(row, today))
    names = re.sub(r"https://\S+", "", text)
    for column in (0, 1):
        counts = Counter(row[column].lower() for row in facts if len(row) > column)
        yield from (f"twice: {cell}" for cell, count in counts.items() if count > 1)
    yield from (f"not named: {topic}" for topic in TOPICS if topic not in names)
    prose = re.sub(r"```.*?^```", "", text, flags=re.M | re.S)
    yield from (f"an opinion: {found[0]}" for found in OPINION.finditer(prose))
    if "pypi.org" in text:
        yield "a registry is linked"


def faults_of_row(row: list[str], today: datetime.date) -> Iterator[str]:
    if len(row) != len(HEADER) or not all(row):
        yield "a cell is missing"
        return
    _, now, date, source, check = row
    try:
        full = date + "-01" * (2 - date.count("-")) if DATE.fullmatch(date) else ""
        if datetime.date.fromisoformat(full) > today:
            yield f"in the future: {date}"
    except ValueError:
        yield f"no date: {date}"
    # What was seen on a day holds for the version that was run.
    if date == SEEN and not re.search(r"\d+\.\d+\.\d", now + check):
        yield "seen, but with which version?"
    link = SOURCE.fullmatch(source)
    url = urlparse(link[1] if link else "")
    if url.scheme != "https":
        yield f"no source: {source}"
    elif url.hostname == "github.com":
        if url.path.split("/")[1] not in GITHUB:
            yield f"not the project's repository: {url.path}"
    elif url.hostname not in HOSTS:
        yield f"not an official host: {url.hostname}"
    if not CHECK.search(check) or check.count("`") % 2:
        yield f"no check: {check}"


def test_every_row_can_be_checked():
    text = MASTER.read_text(encoding="utf-8")
    assert list(faults_of(text, datetime.date.today())) == []
    for program in re.findall(r'`(?:\w+=\w+ )?python -c "([^"`]+)"`', text):
        ast.parse(program)


def test_the_graphs_are_run_and_asserted(committed):
    cells = [cell for cell in read_master(MASTER).cells if cell.kind == "code"]
    assert len(cells) >= 8
    for cell in cells:
        assert "assert" in cell.source or "refusal(" in cell.source, f"line {cell.line}"
    code = "\n".join(cell.source for cell in cells)
    for call in ("torch.export.export(", "torch.compile(", "torch.cond(", "dynamic_shapes="):
        assert call in code
    assert not re.search(r"\b(?:import|from) (?:tensorflow|jax|keras|pyspark|executorch)", code)
    for cell in committed("appendices", LESSON).cells:
        for output in cell.get("outputs", ()):
            assert output.output_type == "execute_result", cell.source
            assert not re.search(r"0x[0-9a-f]{6}|site-packages|/tmp/|/home/", str(output))


# Each of these faults can be found: what nothing can break proves nothing. ---------------------


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(old, new, text, count=1, flags=re.M)


BREAKS = [
    ("no date: Sep 2019", swap(r"2019-09-30", "Sep 2019")),
    ("no date: 2019-13", swap(r"2019-09-30", "2019-13")),
    ("in the future: 2126", swap(r"\| 2025-10 \|", "| 2126 |")),
    ("a cell is missing", swap(r"\| 2025-10 \|", "|")),
    ("with which version?", swap(r" prints once, tensorflow 2\.21\.0", " prints once")),
    ("no source: release notes", swap(r"\[TensorFlow 2\.0\.0\]\(\S+\)", "release notes")),
    ("no source", swap(r"https://keras\.io/keras_3/", "http://keras.io/keras_3/")),
    ("not an official host: medium.com", swap(r"https://keras\.io/keras_3/", "https://medium.com/k")),
    ("repository: /someone", swap(r"github\.com/torch/torch7", "github.com/someone/torch7")),
    ("no check: ask around", swap(r"`pip index versions torchserve`", "ask around")),
    ("twice: there are two camps", swap(r"TensorFlow defines, then runs", "There are two camps")),
    ("not named: JAX", lambda text: text.replace("JAX", "it")),
    ("not named: Lua Torch", swap(r"Lua Torch", "Torch7")),
    ("an opinion: easier", swap(r"no longer developed", "easier")),
    ("a table of", swap(r"^\| notes \| now \| date", "| notes | now | when")),
    ("a registry is linked", lambda text: text + "\nhttps://pypi.org/project/keras\n"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "change"), BREAKS)
def test_a_fault_is_found(fault: str, change: Callable[[str], str]):
    text = MASTER.read_text(encoding="utf-8")
    assert change(text) != text
    found = list(faults_of(change(text), datetime.date.today()))
    assert any(fault in line for line in found), found
