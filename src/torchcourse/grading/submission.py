"""Find what was handed in: files, folders and archives of a learning platform.

Nothing is followed, extracted or executed; every notebook gets an entry, readable or not.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .archive import in_archive
from .plainfile import IGNORED, LARGEST, SUFFIX, Submission, Unreadable, read_plain, shown

LONGEST_NAME = 200  # bytes; a file's name ends at 255


def find_submissions(paths: list[Path]) -> Iterator[Submission]:
    """Every notebook in the files, folders and archives, in order, with distinct learners.

    One at a time: all notebooks of a class need not fit into memory.
    """
    taken: set[str] = set()
    for path in paths:
        for submission in _below(path):
            name = learner = learner_of(submission.file)
            number = 1
            while _as_file(learner) in taken:  # some file systems know no capital letters
                number += 1
                learner = f"{name} ({number})"
            taken.add(_as_file(learner))
            yield replace(submission, learner=learner)


def learner_of(file: str) -> str:
    """From the file's name, or its folder's where that is the name of a lesson."""
    path = PurePosixPath(file.replace("\\", "/"))
    stem = re.sub(r" ?\(\d+\)$", "", path.name.removesuffix(SUFFIX))
    folder = path.parent.name
    if folder and re.fullmatch(r"\d\d_[a-z0-9_]+", stem):
        stem = re.sub(r"_\d+_assignsubmission_file.*$", "", folder.removesuffix(".zip"))
    name = re.sub(r"[^\w .@+-]", "_", stem)[:80]
    name = name.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore")
    return name.strip(" .") or "unnamed"


def _as_file(learner: str) -> str:
    return unicodedata.normalize("NFC", learner).casefold()


def _below(path: Path) -> Iterator[Submission]:
    if path.is_dir() and path.suffix != SUFFIX:
        yield from _in_folder(path)
    elif path.suffix.lower() == ".zip":
        yield from in_archive(path)
    else:
        yield _file(path)


def _in_folder(folder: Path) -> Iterator[Submission]:
    """Not by os.walk, which calls itself for each level and leaves out what it cannot read."""
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"a folder that cannot be read ({error.strerror})"
            yield Submission(shown(place), None, reason)
            continue
        folders = []
        for entry in found:
            if entry.name.endswith(SUFFIX):
                yield _file(Path(entry.path))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in IGNORED:
                    folders.append(Path(entry.path))
            elif entry.name.lower().endswith(".zip"):
                yield from in_archive(Path(entry.path))
        waiting += folders[::-1]


def _file(path: Path) -> Submission:
    try:
        return Submission(shown(path), read_plain(path, LARGEST))
    except Unreadable as error:
        return Submission(shown(path), None, str(error))
