"""Every line of the glossary runs and is true."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from conftest import ROOT

TEXT = (ROOT / "appendices" / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^\*\*(?P<term>.+)\*\*\n: (?P<says>.+)\n  `(?P<line>.+)` is `(?P<value>.+)`\.$", re.M
)
ENTRIES = [found.groupdict() for found in ENTRY.finditer(TEXT)]


def test_every_entry_has_one_sentence_and_one_line():
    assert len(ENTRIES) == len(re.findall(r"^\*\*", TEXT, re.M)) >= 25
    for entry in ENTRIES:
        assert len(re.findall(r"\.(?:\s|$)", entry["says"])) == 1, entry["term"]


def test_terms_are_sorted_and_unique():
    terms = [entry["term"].lower() for entry in ENTRIES]
    assert terms == sorted(set(terms))


# torch itself still uses torch.jit, at the first forward pass with slopes
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["term"])
def test_the_line_is_true(entry: dict[str, str]):
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    names = {"torch": torch, "np": np, "x": x}
    assert eval(entry["line"], names) == eval(entry["value"], names)
