"""Stored bodies are read back exactly as they were written."""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from producer.parse import LARGEST_BODY
from producer.stored import bodies_in, files_in, write_bodies


def test_written_bodies_are_read_back_byte_for_byte(tmp_path: Path) -> None:
    bodies = [b'{"a":1}', '{"name":"東京"}'.encode(), b"not json"]
    file = tmp_path / "deep" / "bodies.jsonl.gz"
    assert write_bodies(file, bodies) == 3
    assert [stored.body for stored in bodies_in(file)] == bodies
    assert list(file.parent.iterdir()) == [file]


def test_the_same_bodies_make_the_same_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl.gz", tmp_path / "two.jsonl.gz"
    for file in (one, two):
        write_bodies(file, [b"{}", b"[]"])
    assert one.read_bytes() == two.read_bytes()


def test_progress_adds_up_to_the_files_size(tmp_path: Path) -> None:
    file = tmp_path / "bodies.jsonl"
    file.write_bytes(b"\n".join(b'{"n":%d}' % n for n in range(20_000)) + b"\n\n")
    assert sum(stored.size for stored in bodies_in(file)) == file.stat().st_size


def test_a_line_without_end_is_cut_and_the_next_one_read(tmp_path: Path) -> None:
    file = tmp_path / "bodies.jsonl"
    file.write_bytes(b"x" * (3 * LARGEST_BODY) + b"\n{}\r\n")
    long, short = bodies_in(file)
    assert len(long.body) == LARGEST_BODY + 1
    assert (short.where, short.body) == (f"{file}:2", b"{}")


def test_a_line_with_nothing_but_a_byte_order_mark_is_blank(tmp_path: Path) -> None:
    file = tmp_path / "bodies.jsonl"
    file.write_bytes(codecs.BOM_UTF8 + b"\r\n{}\n" + codecs.BOM_UTF8 + b"[]\n" + codecs.BOM_UTF8)
    bodies = [(stored.where, stored.body) for stored in bodies_in(file)]
    assert bodies == [(f"{file}:2", b"{}"), (f"{file}:3", codecs.BOM_UTF8 + b"[]")]


def test_a_folder_gives_its_bodies_by_name(tmp_path: Path) -> None:
    for name in ("b.json", "a.jsonl", "notes.txt"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert [file.name for file in files_in([tmp_path])] == ["a.jsonl", "b.json"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableSetting, match="no file or folder"):
        files_in([tmp_path / "absent"])
    with pytest.raises(UnusableSetting, match=r"holds no \.json"):
        files_in([tmp_path])


def test_a_compressed_file_that_is_cut_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"n":1}\n' * 1000)[:-20])
    with pytest.raises(UnusableSetting, match="cannot be read to its end"):
        list(bodies_in(file))
