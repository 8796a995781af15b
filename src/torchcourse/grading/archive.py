"""Archives of a learning platform: read member by member, never extracted.

An archive may claim anything about itself, so what comes out of it is counted: the whole of it, and
less for an archive in the archive, which is one learner's.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from .plainfile import IGNORED, LARGEST, SUFFIX, Submission, Unreadable, open_plain, shown

LARGEST_ARCHIVE = 2 << 30
MOST_UNPACKED = 4 << 30
MOST_MEMBERS = 20_000
MOST_UNPACKED_INNER = 64 << 20
MOST_MEMBERS_INNER = 500
MOST_NOTEBOOKS_INNER = 20


@dataclass
class Budget:
    """Bytes that may still come out of an archive."""

    left: int

    def spend(self, size: int) -> None:
        self.left -= size


def in_archive(path: Path) -> Iterator[Submission]:
    """The notebooks of an archive and of the archives in it."""
    name = shown(path)
    try:
        with open_plain(path, LARGEST_ARCHIVE) as file:
            yield from _members(name, file, [Budget(MOST_UNPACKED)])
    except Unreadable as error:
        yield Submission(name, None, str(error))


def _members(name: str, file: BinaryIO, budgets: list[Budget]) -> Iterator[Submission]:
    """budgets: of this archive, and of the one around it. Raises Unreadable."""
    inner = len(budgets) > 1
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable("no zip archive") from None
    most = MOST_MEMBERS_INNER if inner else MOST_MEMBERS
    if len(members) > most:
        raise Unreadable(f"more than {most} files in one archive")
    wanted = [member for member in members if _is_wanted(member, inner)]
    if inner and len(wanted) > MOST_NOTEBOOKS_INNER:
        raise Unreadable(f"more than {MOST_NOTEBOOKS_INNER} notebooks of one learner")
    for member in wanted:
        if min(budget.left for budget in budgets) <= 0:
            raise Unreadable("unpacks to too much; the rest was not read")
        place = f"{name}/{member.filename}"
        try:
            content = _content(archive, member, budgets)
            if not member.filename.endswith(SUFFIX):
                within = [Budget(MOST_UNPACKED_INNER), *budgets]
                yield from _members(place, io.BytesIO(content), within)
                continue
        except Unreadable as error:
            yield Submission(place, None, str(error))
        else:
            yield Submission(place, content)


def _is_wanted(member: zipfile.ZipInfo, inner: bool) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if member.is_dir() or IGNORED.intersection(parts):
        return False
    is_archive = member.filename.lower().endswith(".zip") and not inner
    return member.filename.endswith(SUFFIX) or is_archive


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budgets: list[Budget]) -> bytes:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or (parts and (parts[0] == "/" or ":" in parts[0])):
        raise Unreadable("its path leads out of the archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Unreadable("a symbolic link")
    too_large = Unreadable(f"larger than {LARGEST >> 20} MB")
    if member.file_size > LARGEST:
        raise too_large
    most = min(LARGEST, *(budget.left for budget in budgets))
    try:
        with archive.open(member) as file:
            # What the archive says about sizes may be a lie: count what comes out.
            content = file.read(most + 1)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError, EOFError, ValueError):
        _spend(budgets, member.file_size)
        raise Unreadable("cannot be unpacked (damaged or encrypted)") from None
    except Exception as error:  # zlib and lzma have errors of their own
        _spend(budgets, member.file_size)
        raise Unreadable(f"cannot be unpacked ({type(error).__name__})") from None
    _spend(budgets, len(content))
    if len(content) > most:
        raise too_large if most == LARGEST else Unreadable("unpacks to too much")
    return content


def _spend(budgets: list[Budget], size: int) -> None:
    for budget in budgets:
        budget.spend(size)
