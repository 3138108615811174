"""A place is written in one line and asked for as the API takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from producer.places import place, places, places_in, places_of


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("2643743", {"id": "2643743"}),
        (" 38.72, -9.13 ", {"lat": "38.72", "lon": "-9.13"}),
        ("zip:94402,US", {"zip": "94402,US"}),
        ("London,GB", {"q": "London,GB"}),
        ("Praça 7 & more", {"q": "Praça 7 & more"}),
    ],
)
def test_each_way_to_write_a_place_becomes_its_query(written: str, query: dict[str, str]) -> None:
    assert place(written).query == query


@pytest.mark.parametrize("written", ["", "  ", "zip:", "91,0", "0,-180.5"])
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(UnusableSetting, match="is no place"):
        place(written)


def test_a_file_gives_its_places_once_each_without_comments(tmp_path: Path) -> None:
    file = tmp_path / "places.txt"
    file.write_text("# capitals\nLisboa,PT\n\n2643743\nLisboa,PT\n", encoding="utf-8")
    assert [one.text for one in places_of(file)] == ["Lisboa,PT", "2643743"]


def test_no_place_at_all_is_refused() -> None:
    with pytest.raises(UnusableSetting, match="no place is named"):
        places([])


def test_one_line_gives_places_between_semicolons() -> None:
    assert [one.text for one in places_in("London,GB; 38.72,-9.13;;2643743")] == [
        "London,GB",
        "38.72,-9.13",
        "2643743",
    ]
