"""Names places as the weather API takes them.

A place is written in one line: a number is the API's city id, two numbers are latitude and longitude,
`zip:94402,US` is a postcode, anything else a name such as `London,GB`. Coordinates in another spelling are
refused rather than taken for a name: no API finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from contracts.errors import UnusableSetting
from producer import coordinates

_ID = re.compile(r"[0-9]+")
_DEGREES = r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
_COORDINATES = re.compile(rf"{_DEGREES}\s*,\s*{_DEGREES}")
_ZIP = "zip:"
_NO_NAME = re.compile(r"-|zip:\s*$|.*[\ud800-\udfff]", re.IGNORECASE)
"""An option, a postcode that is missing, and bytes of the command line that are no text."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place: as it was written, and as parameters of the API's query."""

    text: str
    query: Mapping[str, str]


def place(written: str) -> Place:
    """Understand one written place; raises `UnusableSetting`."""
    text = written.strip()
    if _ID.fullmatch(text):
        return Place(text, {"id": text})
    if match := _COORDINATES.fullmatch(text):
        latitude, longitude = map(Decimal, match.groups())
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise _no_place(written, coordinates.correction(latitude, longitude))
        return Place(text, {"lat": coordinates.spell(latitude), "lon": coordinates.spell(longitude)})
    if text[: len(_ZIP)].casefold() == _ZIP and (code := text[len(_ZIP) :].strip()):
        return Place(text, {"zip": code})
    if (advice := coordinates.advice(text)) is not None:
        raise _no_place(written, advice)
    is_name = any(letter.isalpha() for letter in text) and not _NO_NAME.match(text)
    if not is_name:
        raise _no_place(written, "write a city id, latitude,longitude, zip:CODE,COUNTRY or NAME,COUNTRY")
    return Place(text, {"q": text})


def _no_place(written: str, advice: str) -> UnusableSetting:
    return UnusableSetting(f"{written!r} is no place: {advice}.")


def places_of(file: Path) -> list[Place]:
    """Read places from a file, one a line; blank lines and those that begin with # are left out."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UnusableSetting(f"{file} cannot be read as a list of places: {error}.") from None
    except UnicodeDecodeError:
        raise UnusableSetting(f"{file} is not UTF-8 text: save the list of places as UTF-8.") from None
    return places(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def places(written: Iterable[str]) -> list[Place]:
    """Understand several places; a place that is named twice is asked for once."""
    found = {one.text: one for one in map(place, written)}
    if not found:
        raise UnusableSetting("no place is named: name at least one, such as London,GB.")
    return list(found.values())


def places_in(text: str) -> list[Place]:
    """Read places from one line that separates them by semicolons: a place itself may hold a comma."""
    return places(part for part in text.split(";") if part.strip())


_CITIES = {
    "2643743": "51.5085,-0.1257",
    "2988507": "48.8534,2.3488",
    "2950159": "52.5244,13.4105",
    "5128581": "40.7143,-74.0060",
    "3448439": "-23.5475,-46.6361",
    "1850147": "35.6895,139.6917",
    "1273294": "28.6667,77.2167",
    "2147714": "-33.8679,151.2073",
    "360630": "30.0626,31.2497",
    "184745": "-1.2833,36.8167",
}
"""London, Paris, Berlin, New York, São Paulo, Tokyo, Delhi, Sydney, Cairo, Nairobi: OpenWeatherMap's id of
each, and its coordinates."""

WELL_KNOWN = places(_CITIES)
WELL_KNOWN_BY_COORDINATES = places(_CITIES.values())
