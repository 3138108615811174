from __future__ import annotations

import threading
from pathlib import Path

import pytest

from contracts.files import replacing, write_whole


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
    writers = [
        threading.Thread(target=lambda t=text: [write_whole(file, t) for _ in range(20)]) for text in texts
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if file.exists():
            assert file.read_text(encoding="utf-8") in texts
    for writer in writers:
        writer.join()
    assert [each.name for each in tmp_path.iterdir()] == ["told.json"]
