"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from contracts.errors import UnusableSetting


@contextlib.contextmanager
def replacing(file: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a path to write to; what is there takes the place of `file` when the block ends well.

    The folder is made where it is missing. Otherwise, `file` stays as it was. `durable` waits until the disk
    has the content, so that a power cut cannot leave an empty file. Raises OSError.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # Two writers of one file must not share a draft: each name is of its process and its thread.
    draft = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_native_id()}")
    try:
        yield draft
        if durable:
            with draft.open("rb") as written:
                os.fsync(written.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Have the block, which writes `path`, fail by `UnusableSetting` where the disk refuses."""
    try:
        yield
    except OSError as error:
        raise UnusableSetting(f"{path} cannot be written: {error.strerror or error}.") from None


def write_whole(file: Path, text: str, *, durable: bool = False) -> None:
    """Write `text` as UTF-8 into `file` in one step; raises OSError, and `file` stays as it was then."""
    with replacing(file, durable=durable) as draft:
        draft.write_text(text, encoding="utf-8")
