"""No topic, system or term that the course promises is missing from the glossary."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
from conftest import ROOT
from test_glossary import TEXT

FIELDS = tomllib.loads((ROOT / "tests" / "coverage_terms.toml").read_text(encoding="utf-8"))
ROWS = [row for rows in FIELDS.values() for row in rows]
USED = sorted({row["glossary"] for row in ROWS})
FEWEST = {
    "Systems and libraries": 42,
    "Maths": 33,
    "Tensor mechanics": 42,
    "Autograd and graphs": 32,
    "Learning": 77,
    "Data and scale": 11,
}
# The list that ours was carried over from is no part of the repository: it may lie beside it.
ORIGINAL = ROOT.parent / "shared" / "COVERAGE.md"
ENTRY = re.compile(r"^\*\*(.+)\*\*\n(?:.+\n?)+", re.M)
SOURCE = re.compile(r"\((S\dL?\d*[^)]*)\)")


def uncovered(rows: list[dict], text: str) -> list[str]:
    """Rows whose entry is not in the glossary, or does not speak of their term."""
    entries = {found[1]: found[0].lower() for found in ENTRY.finditer(text)}
    return [
        f"{row['term']}: no entry {row['glossary']}"
        if row["glossary"] not in entries
        else f"{row['term']}: not in the entry {row['glossary']}"
        for row in rows
        if not any(
            re.search(rf"(?<!\w){re.escape(words.lower())}", entries.get(row["glossary"], ""))
            for words in row.get("alias", [row["term"]])
        )
    ]


def items(text: str) -> Iterator[tuple[str, str, str]]:
    """Field, item and source of each item of the original list; nothing from an empty text."""
    section = text.partition("## 1.")[2].partition("\n## ")[0]
    for field, line in re.findall(r"^\*\*(.+?)\*\* – (.+)$", section, re.M):
        for item in line.split(" · "):
            for source in SOURCE.findall(item):
                yield field, item.partition(f"({source})")[0].replace("`", "").lower(), source


def not_carried_over(fields: dict[str, list[dict]], text: str) -> list[str]:
    """Items of the original list that have fewer rows than names, or rows of another name."""
    return [
        f"{field}: {item}({source})"
        for field, item, source in items(text)
        if sum(row["source"] == source and row["term"].lower() in item for row in fields[field])
        < len(re.split("[,;:]", item))
    ]


def test_every_row_has_an_entry_that_speaks_of_it() -> None:
    assert uncovered(ROWS, TEXT) == []


def test_every_field_is_there_in_full() -> None:
    assert list(FIELDS) == list(FEWEST)
    for field, rows in FIELDS.items():
        assert len({(row["term"], row["source"]) for row in rows}) == len(rows) >= FEWEST[field]
        assert all(re.match(r"S[0-4]", row["source"]) for row in rows)


def test_every_item_of_the_original_list_is_carried_over() -> None:
    text = ORIGINAL.read_text(encoding="utf-8") if ORIGINAL.exists() else ""
    assert not_carried_over(FIELDS, text) == []


@pytest.mark.parametrize("heading", USED)
def test_an_entry_that_is_removed_is_noticed(heading: str) -> None:
    without = ENTRY.sub(lambda found: "" if found[1] == heading else found[0], TEXT)
    terms = [row["term"] for row in ROWS if row["glossary"] == heading]
    assert uncovered(ROWS, without) == [f"{term}: no entry {heading}" for term in terms]


def test_an_entry_that_speaks_of_something_else_is_noticed() -> None:
    emptied = ENTRY.sub(lambda found: f"**{found[1]}**\n: Nothing.\n", TEXT)
    other = [row | {"glossary": "data model"} for row in ROWS if row["glossary"] != "data model"]
    assert len(uncovered(ROWS, emptied)) > len(ROWS) / 10
    assert len(uncovered(other, TEXT)) > len(other) * 0.95


def test_an_item_that_is_not_carried_over_is_noticed() -> None:
    text = "## 1. All\n**Maths** – slope (S9L1) 1 · chain rule (S0L12) 6, G\n\n## 2. No\n"
    assert not_carried_over(FIELDS, text) == ["Maths: slope (S9L1)"]
    assert not_carried_over({"Maths": []}, text)[1:] == ["Maths: chain rule (S0L12)"]
