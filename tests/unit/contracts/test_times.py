from __future__ import annotations

import pytest

from contracts.process.times import milliseconds


def test_a_length_reads_every_unit() -> None:
    assert [milliseconds(each) for each in ("0s", "90s", "5m", "2h", "400d")] == [
        0,
        90_000,
        300_000,
        7_200_000,
        34_560_000_000,
    ]


@pytest.mark.parametrize(
    "text", ["", "5", "m", "-5m", "5.5m", "5 m", "5M", "5m ", "1w", "1234567s", None, 90, "٥m "]
)
def test_anything_else_is_no_length_and_the_sentence_shows_how_to_write_one(text: object) -> None:
    with pytest.raises(ValueError, match="is no length of time: write it as 90s, 5m, 2h or 1d"):
        milliseconds(text)
