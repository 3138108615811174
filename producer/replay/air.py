"""The 116 daily observations of ozone in New York's summer of 1973, each as a body of the air pollution API.

The data set is R's `airquality`, which the package `great_tables` ships: mean ppb from 13 to 15 h.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from producer.parse import Source, Units
from producer.replay.observations import Observation, Station, rows_of

AIR_SOURCE: Source = "AIRQUALITY1973"

_STATION = Station(id=0, code="NYC", name="Roosevelt Island, New York", latitude=40.762, longitude=-73.95)
_MICROGRAMS = 47.998 / 24.45
"""µg/m³ of one ppb of ozone: g/mol over l/mol, at 25 °C and 1013.25 hPa."""
_HOUR_UTC = 19
"""14 h Eastern Standard Time: the middle of the two hours."""


@dataclass(frozen=True, slots=True)
class AirObservation(Observation):
    """One row of the file."""

    def body(self, units: Units) -> bytes:  # noqa: ARG002 - the API has one system of units
        """The body that the API would have given; not rounded, since the index cuts digits off."""
        entry = {"main": {}, "components": {"o3": float(self.row["Ozone"]) * _MICROGRAMS}, "dt": self.time}
        place = {"lon": self.station.longitude, "lat": self.station.latitude}
        return json.dumps({"coord": place, "name": self.station.name, "list": [entry]}).encode()


def load_air() -> list[Observation]:
    """Read every observation, in the order of time; raises `UnusableSetting` where the package is missing.

    A day without ozone has nothing that the product observes.
    """
    return rows_of("great_tables", "x-airquality.csv", _observations)


def _observations(rows: Iterable[Mapping[str, str]]) -> Iterator[Observation]:
    for row in rows:
        if row["Ozone"].isdecimal():
            at = datetime(1973, int(row["Month"]), int(row["Day"]), _HOUR_UTC, tzinfo=timezone.utc)
            yield AirObservation(_STATION, int(at.timestamp()), row)
