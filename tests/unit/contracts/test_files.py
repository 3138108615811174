from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts.process.files import replacing, write_whole


def test_a_file_is_written_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "er" / "told.json"
    for text in ("first", "°C", ""):
        write_whole(file, text, durable=True)
        assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_a_file_stays_as_it_was_when_its_writer_fails(tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    write_whole(file, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "\ud800")
    with pytest.raises(KeyError), replacing(file) as draft:
        draft.write_text("half", encoding="utf-8")
        raise KeyError
    assert [each.read_text(encoding="utf-8") for each in tmp_path.iterdir()] == ["before"]


def test_writers_at_the_same_time_leave_the_whole_text_of_one_of_them(tmp_path: Path) -> None:
    file, texts = tmp_path / "told.json", [letter * 100_000 for letter in "abcd"]

    def write(text: str) -> None:
        for _ in range(20):
            write_whole(file, text)

    with ThreadPoolExecutor(len(texts)) as writers:
        ends = [writers.submit(write, text) for text in texts]
        while not all(end.done() for end in ends):
            if file.exists():
                assert file.read_text(encoding="utf-8") in texts
        assert [end.exception() for end in ends] == [None] * len(texts)
    assert [each.name for each in tmp_path.iterdir()] == ["told.json"]
