"""A place is written in one line and asked for as the API takes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from contracts.errors import UnusableSetting
from producer.cli import app
from producer.places import WELL_KNOWN, WELL_KNOWN_BY_COORDINATES, place, places, places_in, places_of


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("2643743", {"id": "2643743"}),
        (" 38.72, -9.13 ", {"lat": "38.72", "lon": "-9.13"}),
        ("zip:94402,US", {"zip": "94402,US"}),
        ("ZIP: 94402,US", {"zip": "94402,US"}),
        ("-33.86,151.2", {"lat": "-33.86", "lon": "151.2"}),
        ("+51.5,-.5", {"lat": "51.5", "lon": "-0.5"}),
        ("-0,0.", {"lat": "0", "lon": "0"}),
        ("-90,180", {"lat": "-90", "lon": "180"}),
        ("London,GB", {"q": "London,GB"}),
        ("Praça 7 & more", {"q": "Praça 7 & more"}),
    ],
)
def test_each_way_to_write_a_place_becomes_its_query(written: str, query: dict[str, str]) -> None:
    assert place(written).query == query


@pytest.mark.parametrize(
    "written", ["", "  ", "zip:", "91,0", "0,-180.5", ",", "°", "--once", "-x", "M\udcfcnchen"]
)
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(UnusableSetting, match="is no place"):
        place(written)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("51,5074,-0,1278", "51.5074,-0.1278"),
        ("48,8534; 2,3488", "48.8534,2.3488"),
        ("51.5074 -0.1278", "51.5074,-0.1278"),
        ("51.5074;-0.1278", "51.5074,-0.1278"),
        ("51.5074/-0.1278", "51.5074,-0.1278"),
        ("(51.5074, -0.1278)", "51.5074,-0.1278"),
        ('"51.5074,-0.1278"', "51.5074,-0.1278"),
        ("5.15074e1,-1.278e-1", "51.5074,-0.1278"),
        ("-33,86,151,2", "-33.86,151.2"),
        ("51°30'N,0°7'W", "51.5,-0.1167"),
        ("51°30'26\"N 0°7'39\"W", "51.5072,-0.1275"),
        ("51º30′26″n, 0º7′39″w", "51.5072,-0.1275"),
        ("51˚30’26”N 0⁰7’39”W", "51.5072,-0.1275"),
        ("N51°30' W0°7'", "51.5,-0.1167"),
        ("0°7'W 51°30'N", "51.5,-0.1167"),
        ("51 30 26 N 0 7 39 W", "51.5072,-0.1275"),
        ("51d30m26sN 0d7m39sW", "51.5072,-0.1275"),
        ("33d51ms 151d12me", "-33.85,151.2"),
        ("33.86S,151.2E", "-33.86,151.2"),
        ("-33°51'35\" 151°12'26\"", "-33.8597,151.2072"),
        ("-0°7'39\",0°1'", "-0.1275,0.0167"),
        ("51° 30,5' N 0° 7,2' W", "51.5083,-0.12"),
        ("51:30:26,-0:07:39", "51.5072,-0.1275"),
        ("51.5°, -0.12°", "51.5,-0.12"),
        ("51.5 degrees north, 0.12 degrees west", "51.5,-0.12"),
        ("٥١٫٥٠٧٤،-٠٫١٢٧٨", "51.5074,-0.1278"),
        ("٥١.٥,٠.١", "51.5,0.1"),
        ("۵۱٫۵۰۷۴,۰٫۱۲۷۸", "51.5074,0.1278"),
        ("५१.५०७४,-०.१२७८", "51.5074,-0.1278"),
        ("５１．５０７４，－０．１２７８", "51.5074,-0.1278"),
        ("51.5074,\N{MINUS SIGN}0.1278", "51.5074,-0.1278"),
        ("\u200e51.5074,-0.1278", "51.5074,-0.1278"),
        ("geo:51.5074,-0.1278;u=35", "51.5074,-0.1278"),
        ("lat=51.5&lon=-0.12", "51.5,-0.12"),
        ("lon: 0 lat: 51", "51,0"),
        ('{"lat": 51.5, "lng": -0.12}', "51.5,-0.12"),
        ("POINT(-0.1278 51.5074)", "51.5074,-0.1278"),
        ('{"type":"Point","coordinates":[-0.1278,51.5074]}', "51.5074,-0.1278"),
        ("+51.5074-000.1278/", "51.5074,-0.1278"),
        ("https://www.google.com/maps/@51.5074,-0.1278,12z", "51.5074,-0.1278"),
        ("openstreetmap.org/#map=12/51.5074/-0.1278", "51.5074,-0.1278"),
        ("٢٩٨٨٥٠٧", "2988507"),
    ],
)
def test_coordinates_that_are_spelled_in_another_way_are_told_the_right_spelling(
    written: str, right: str
) -> None:
    with pytest.raises(UnusableSetting) as refused:
        place(written)
    assert str(refused.value) == f"{written!r} is no place: write {right}."
    assert place(right).text == right


def test_a_longitude_that_stands_first_is_told_so() -> None:
    for written in ("120,45", "120 45", "120°E 45°"):
        with pytest.raises(UnusableSetting, match="is no place"):
            place(written)
    with pytest.raises(UnusableSetting, match="no latitude is beyond 90, so write 45,120 where"):
        place("120,45")


@pytest.mark.parametrize(
    "written",
    [
        *("51.5", "-33.86", "51.5074,", "51°30'N", "1,2,3", "51,5,0", "51.5.3,4"),
        *("NaN,NaN", "nan,0", "inf,-inf", "1e400,0", "1e999999999,0", "91,200", "0,181", "12345-6789"),
        *("51.5 n 0.12", "51.5n,-0.12", "-33.86S,151.2E", "51°61'N 0°7'W", "51°N 52°N", "51 30 26 0 7"),
        *("9C3XGV4F+2V", "GV4F+2V London", "30U 699375 5710212", "30UXC9937510212"),
        *("geo:0,0?q=51.5,-0.12", "geo:51.5,-0.12;crs=moon", "https://maps.app.goo.gl/xyz"),
        "https://www.google.com/maps/place/London/@51.5074,-0.1278,12z/data=!3d51.5!4d-0.1",
        *("55°45' с. ш. 37°37' в. д.", "London 51.5074,-0.1278", "lat/lon 51.5 -0.12"),
        *("1 " * 9_000, "geo:" + "1" * 9_000, "°" * 9_000 + "1"),
    ],
)
def test_coordinates_that_can_be_read_in_several_ways_or_none_are_told_the_form(written: str) -> None:
    with pytest.raises(UnusableSetting, match="write coordinates as LATITUDE,LONGITUDE"):
        place(written)


@pytest.mark.parametrize(
    "name",
    [
        *("St. John's,CA", "'s-Hertogenbosch,NL", "100 Mile House,CA", "Al 'Amarah", "N'Djamena,TD", "Ö,SE"),
        *("6th of October City,EG", "Y,FR", "E,US", "S", "القاهرة,EG", "東京,JP", "शिमला,IN", "M'Sila"),
        *("1770,AU", "10115,DE", "12345,SE", "1012 NS,NL", "25 de Mayo,AR", "1º de Maio,BR", "1° de Mayo"),
        *("Nan,TH", "Nan", "Long,FR", "Lat 2 Kuala", "Edmonds 2", "Essen 45127", "Sector 5", "Km 8.5"),
        *("Biel/Bienne,CH", "St.Gallen/SG", "Washington, D.C.", "U.S.", "Point 5", "Dome 51", "2nd Street"),
    ],
)
def test_the_name_of_a_city_is_asked_for_whatever_digits_and_letters_it_holds(name: str) -> None:
    assert place(name).query == {"q": name}


@given(st.text(max_size=40) | st.text("0123456789.,;:-+ °'\"nsewNSEWdmgeolat=&/()٫٥", max_size=40))
def test_any_text_is_a_place_or_told_in_a_sentence(text: str) -> None:
    try:
        assert place(text).text == text.strip()
    except UnusableSetting as refused:
        assert "is no place: " in str(refused)


def test_the_well_known_places_are_places() -> None:
    assert len(WELL_KNOWN) == len(WELL_KNOWN_BY_COORDINATES) == 10


SOUTH = ("-33.86,151.2", "-33.86,-70.6", "-.5,12", "-0,0", "-90,180")


@pytest.mark.parametrize(
    "arguments",
    [
        *([south] for south in SOUTH),
        *(["London,GB", south] for south in SOUTH),
        list(SOUTH),
        ["-33.86,151.2", "London,GB"],
        ["--", *SOUTH],
        ["--once", "--", "-33.86,151.2"],
        ["--interval", "600", "-33.86,151.2", "--json"],
        ["-33.86,151.2", "--interval=600", "-.5,12", "--once"],
    ],
)
def test_a_place_in_the_south_is_no_option_wherever_it_stands(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENWEATHERMAP_API_KEY", raising=False)
    done = CliRunner().invoke(app, ["poll", *arguments])
    # The key is asked for after the places are understood.
    assert "OPENWEATHERMAP_API_KEY is not set" in str(done.exception), done.output


@pytest.mark.parametrize("verb", ["poll", "doctor"])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--intervall", "5", "London,GB"], "--intervall (Possible options: --interval)"),
        (["-33.86,151.2", "--intervall=5"], "--intervall (Possible options: --interval)"),
        (["London,GB", "-x"], "-x"),
        (["-x", "-33.86,151.2"], "-x"),
        (["-x5,6"], "-x5,6"),
        (["--33.86,151.2"], "--33.86,151.2"),
    ],
)
def test_an_unknown_option_is_a_usage_error_that_names_it(
    verb: str, arguments: list[str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, [verb, *arguments])
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert "No such option" in done.output
    assert named in done.output


def test_a_list_of_places_is_utf_8_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "places.txt"
    file.write_bytes("\ufeffMünchen,DE\n".encode())
    assert [one.text for one in places_of(file)] == ["München,DE"]
    file.write_bytes("München,DE".encode("utf-16"))
    with pytest.raises(UnusableSetting, match="is not UTF-8 text"):
        places_of(file)


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
