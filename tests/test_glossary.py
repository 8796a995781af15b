"""Every line of the glossary runs and is true."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from conftest import CHAPTERS, ROOT

from torchcourse.site.terms import SENSES, address, addresses

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


def senses(page: str, text: str) -> list[str]:
    """Bold words of a chapter that have several entries, none of which `SENSES` names for it."""
    plain = [re.sub(r" \(.*\)$", "", entry["term"]).lower() for entry in ENTRIES]
    many = {word for word in plain if plain.count(word) > 1}
    headings = {entry["term"].lower() for entry in ENTRIES}
    bold = {word.lower() for word in re.findall(r"\*\*([^*\n]+)\*\*", text)}
    return sorted(
        word for word in bold & many if word not in headings and (page, word) not in SENSES
    )


def test_a_word_with_several_entries_leads_to_the_one_that_is_meant():
    for path in CHAPTERS:
        assert senses(f"chapters/{path.parent.name}", path.read_text(encoding="utf-8")) == []
    assert senses("chapters/99_new", "A **backend** of some kind.") == ["backend"]
    terms = {entry["term"]: address(entry["term"]) for entry in ENTRIES}
    assert set(SENSES.values()) <= set(terms)
    assert addresses("chapters/17_fast", terms)["kernel"] == terms["kernel (of a device)"]
    assert addresses("chapters/00_using_this_book", terms)["kernel"] == terms["kernel"]
    assert addresses("chapters/05_linear_algebra", terms)["rank"] == terms["rank"]
