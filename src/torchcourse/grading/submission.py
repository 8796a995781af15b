"""Read what was handed in, strictly: files, folders and archives of a learning platform.

Nothing is followed, extracted or executed; every notebook gets an entry, readable or not.
"""

from __future__ import annotations

import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

LARGEST = 20 << 20  # bytes of one notebook
LARGEST_ARCHIVE = 2 << 30
MOST_MEMBERS = 20_000
LONGEST_ANSWER = 200_000  # characters
SUFFIX = ".ipynb"
IGNORED = {".ipynb_checkpoints", "__MACOSX", ".git"}


class Unreadable(Exception):
    """Why a submission cannot be graded, in a few words."""


@dataclass(frozen=True)
class Submission:
    """One notebook. file: where it was found. data: its bytes, or None with a reason."""

    file: str
    data: bytes | None
    reason: str = ""
    learner: str = ""


def find_submissions(paths: list[Path]) -> list[Submission]:
    """Every notebook in the files, folders and archives, in order, with distinct learners."""
    found = [submission for path in paths for submission in _below(path)]
    seen: dict[str, int] = {}
    named = []
    for submission in found:
        name = learner_of(submission.file)
        seen[name] = seen.get(name, 0) + 1
        learner = name if seen[name] == 1 else f"{name} ({seen[name]})"
        named.append(Submission(submission.file, submission.data, submission.reason, learner))
    return named


def learner_of(file: str) -> str:
    """From the file's name, or its folder's where that is the name of a lesson."""
    path = PurePosixPath(file.replace("\\", "/"))
    stem = re.sub(r" ?\(\d+\)$", "", path.name.removesuffix(SUFFIX))
    folder = path.parent.name
    if folder and re.fullmatch(r"\d\d_[a-z0-9_]+", stem):
        stem = re.sub(r"_\d+_assignsubmission_file.*$", "", folder.removesuffix(".zip"))
    return re.sub(r"[^\w .@+-]", "_", stem)[:80].strip() or "unnamed"


def _below(path: Path) -> Iterator[Submission]:
    if path.is_dir() and path.suffix != SUFFIX:
        yield from _in_folder(path)
    elif path.suffix.lower() == ".zip":
        yield from _in_archive(path)
    else:
        yield _file(path)


def _in_folder(folder: Path) -> Iterator[Submission]:
    for place, folders, files in os.walk(folder):
        notebooks = [name for name in folders if name.endswith(SUFFIX)]
        folders[:] = sorted(set(folders) - IGNORED - set(notebooks))
        for name in sorted(files + notebooks):
            if name.endswith(SUFFIX):
                yield _file(Path(place, name))
            elif name.lower().endswith(".zip"):
                yield from _in_archive(Path(place, name))


def _file(path: Path) -> Submission:
    try:
        return Submission(path.as_posix(), read_plain(path, LARGEST))
    except Unreadable as error:
        return Submission(path.as_posix(), None, str(error))


def read_plain(path: Path, most: int) -> bytes:
    """The bytes of a regular file. Raises Unreadable; never waits for a pipe's other end."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise Unreadable("a symbolic link")
        if path.is_dir():
            raise Unreadable("a folder")
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise Unreadable(error.strerror or "cannot be opened") from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("no regular file")
        if status.st_size > most:
            raise Unreadable(f"larger than {most >> 20} MB")
        return file.read(most)


def _in_archive(path: Path) -> Iterator[Submission]:
    name = path.as_posix()
    try:
        data = read_plain(path, LARGEST_ARCHIVE)
    except Unreadable as error:
        yield Submission(name, None, str(error))
        return
    yield from _members(name, data, nested=True)


def _members(name: str, data: bytes, nested: bool) -> Iterator[Submission]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        yield Submission(name, None, "no zip archive")
        return
    if len(members) > MOST_MEMBERS:
        yield Submission(name, None, f"more than {MOST_MEMBERS} files in one archive")
        return
    budget = LARGEST_ARCHIVE
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        is_archive = nested and member.filename.lower().endswith(".zip")
        wanted = member.filename.endswith(SUFFIX) or is_archive
        if not wanted or member.is_dir() or IGNORED.intersection(parts):
            continue
        file = f"{name}/{member.filename}"
        try:
            content = _member(archive, member, parts, min(budget, LARGEST))
        except Unreadable as error:
            yield Submission(file, None, str(error))
            continue
        budget -= len(content)
        if is_archive:
            yield from _members(file, content, nested=False)
        else:
            yield Submission(file, content)


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, parts: tuple[str, ...], most: int
) -> bytes:
    if ".." in parts or (parts and (parts[0] == "/" or ":" in parts[0])):
        raise Unreadable("its path leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("a symbolic link")
    try:
        with archive.open(member) as file:
            # What the archive says about sizes may be a lie: count what comes out.
            content = file.read(most + 1)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, ValueError):
        raise Unreadable("cannot be unpacked (damaged or encrypted)") from None
    except Exception as error:  # zlib and lzma have errors of their own
        raise Unreadable(f"cannot be unpacked ({type(error).__name__})") from None
    if len(content) > most:
        raise Unreadable(f"larger than {most >> 20} MB")
    return content


def read_answers(data: bytes, anchors: dict[str, str]) -> dict[str, str | None]:
    """Text of the answer cells by exercise. anchors: exercise to the reference's cell id.

    A cell is found by its tags, else by its id; parts of one answer are joined in document order.
    Raises Unreadable.
    """
    cells = list(_cells(_json(data)))
    found: dict[str, str | None] = {}
    for exercise, id in anchors.items():
        pieces = [s for s, tags, _ in cells if "answer" in tags and f"ex-{exercise}" in tags]
        pieces = pieces or [source for source, _, own in cells if own == id]
        found[exercise] = _joined(pieces) if pieces else None
    return found


def _joined(pieces: list[str]) -> str:
    """One answer. An untouched stub beside a written copy is left out, wherever it stands."""
    written = [p for p in pieces if p.strip() and not _is_stub(p)]
    text = "\n".join(written or pieces).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_ANSWER:
        raise Unreadable(f"an answer of more than {LONGEST_ANSWER} characters")
    return text


def _is_stub(source: str) -> bool:
    return any(line.strip() == "raise NotImplementedError" for line in source.splitlines())


def _json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        raise Unreadable("an empty file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"no JSON ({str(error)[:80]})") from None
    if not isinstance(notebook, dict):
        raise Unreadable("no Jupyter notebook")
    return notebook


def _cells(notebook: dict[str, Any]) -> Iterator[tuple[str, list[Any], Any]]:
    """Source, tags and id of each cell, of version 4 or 3."""
    version = notebook.get("nbformat")
    if version == 3:
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise Unreadable("no Jupyter notebook")
        cells = [c for s in sheets if isinstance(s, dict) for c in _list(s.get("cells"))]
    elif version == 4:
        cells = _list(notebook.get("cells"))
    else:
        raise Unreadable(f"a notebook of version {str(version)[:10]}; save it as version 4")
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        if isinstance(source, str):
            text = source.encode("utf-8", "replace").decode("utf-8")
            yield text, tags if isinstance(tags, list) else [], cell.get("id")


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("no Jupyter notebook")
    return value
