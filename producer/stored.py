"""Reads stored bodies: `.json` files, one body each, and `.jsonl` or `.jsonl.gz` files, one body a line."""

from __future__ import annotations

import codecs
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from contracts.errors import UnusableSetting
from contracts.process.files import replacing
from producer.parse import LARGEST_BODY, PARTS, Context

_SUFFIXES = (".json", ".jsonl", ".jsonl.gz")
_LARGEST_OF_SEVERAL = 64 * LARGEST_BODY
"""Bytes of a body that may hold several observations: of a year's hours, some two million."""


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body, where it lies (`file`, or `file:line`), and how many bytes of its file were read for it."""

    where: str
    body: bytes
    size: int


def files_in(paths: Iterable[Path]) -> list[Path]:
    """List the files to read: those named, and in folders those with a known suffix, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.name.endswith(_SUFFIXES))
            if not inside:
                raise UnusableSetting(f"{path} holds no {', '.join(_SUFFIXES)} file.")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise UnusableSetting(f"there is no file or folder {path}.")
    return found


def observations_in(file: Path, context: Context) -> Iterator[StoredBody]:
    """Read the bodies of one file, and part those that hold several observations; raises as `bodies_in`."""
    part = PARTS.get((context.product, context.source))
    for stored in bodies_in(file, _LARGEST_OF_SEVERAL if part else LARGEST_BODY):
        bodies = part(stored.body) if part else [stored.body]
        for number, body in enumerate(bodies):
            where = f"{stored.where}/list/{number}" if len(bodies) > 1 else stored.where
            yield StoredBody(where, body, 0 if number else stored.size)


def bodies_in(file: Path, largest: int = LARGEST_BODY) -> Iterator[StoredBody]:
    """Read the bodies of one file, in order; raises `UnusableSetting` where the file itself is broken.

    Of a body over `largest` bytes, one more than that is read, which is enough to be refused.
    """
    try:
        if not file.name.endswith((".jsonl", ".jsonl.gz")):
            with file.open("rb") as whole:
                yield StoredBody(str(file), whole.read(largest + 1), file.stat().st_size)
            return
        with file.open("rb") as raw:
            yield from _lines(file, raw, largest)
    except (OSError, EOFError, zlib.error) as error:
        raise UnusableSetting(f"{file} cannot be read to its end: {error}.") from None


def write_bodies(file: Path, bodies: Iterable[bytes]) -> int:
    """Write bodies as compressed JSON lines, whole or not at all; returns how many."""
    count = 0
    try:
        # No name and no time in the header: the same bodies make the same file.
        with (
            replacing(file) as draft,
            draft.open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as lines,
        ):
            for count, body in enumerate(bodies, start=1):  # noqa: B007
                lines.write(body + b"\n")
    except (
        FileNotFoundError,
        PermissionError,
        NotADirectoryError,
        IsADirectoryError,
        FileExistsError,
    ) as error:
        raise UnusableSetting(f"{file} cannot be written: {error.strerror}.") from None
    return count


def _lines(file: Path, raw: BinaryIO, largest: int) -> Iterator[StoredBody]:
    lines: BinaryIO = gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw  # type: ignore[assignment]
    before = 0
    number = 0
    while line := lines.readline(largest + 1):
        number += 1
        if len(line) > largest:
            while rest := lines.readline(largest):
                if rest.endswith(b"\n"):
                    break
        # Progress is shown by the position in the file, not in the text that it decompresses to.
        position = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
        if line.removeprefix(codecs.BOM_UTF8).strip():
            yield StoredBody(f"{file}:{number}", line.rstrip(b"\r\n"), position - before)
            before = position
