"""What the sky does: conditions, present weather in one vocabulary, and what falls how fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from streaming.record.enrich.table import Row
from streaming.record.enrich.units import rounded

OPEN_METEO_CONDITIONS = {
    0: ("Clear", "clear sky"),
    1: ("Clouds", "mainly clear"),
    2: ("Clouds", "partly cloudy"),
    3: ("Clouds", "overcast"),
    45: ("Fog", "fog"),
    48: ("Fog", "depositing rime fog"),
    51: ("Drizzle", "light drizzle"),
    53: ("Drizzle", "moderate drizzle"),
    55: ("Drizzle", "dense drizzle"),
    56: ("Drizzle", "light freezing drizzle"),
    57: ("Drizzle", "dense freezing drizzle"),
    61: ("Rain", "slight rain"),
    63: ("Rain", "moderate rain"),
    65: ("Rain", "heavy rain"),
    66: ("Rain", "light freezing rain"),
    67: ("Rain", "heavy freezing rain"),
    71: ("Snow", "slight snow fall"),
    73: ("Snow", "moderate snow fall"),
    75: ("Snow", "heavy snow fall"),
    77: ("Snow", "snow grains"),
    80: ("Rain", "slight rain showers"),
    81: ("Rain", "moderate rain showers"),
    82: ("Rain", "violent rain showers"),
    85: ("Snow", "slight snow showers"),
    86: ("Snow", "heavy snow showers"),
    95: ("Thunderstorm", "slight or moderate thunderstorm"),
    96: ("Thunderstorm", "thunderstorm with slight hail"),
    99: ("Thunderstorm", "thunderstorm with heavy hail"),
}
"""Open-Meteo's weather code to OpenWeatherMap's group and its own words (open-meteo.com/en/docs)."""

NOTHING_SIGNIFICANT = 508
PRESENT_WEATHER: Mapping[int, int] = {
    **dict.fromkeys((210, 211, 221), 191),
    **dict.fromkeys((200, 201, 230, 231), 192),
    212: 194,
    **dict.fromkeys((202, 232), 195),
    300: 151,
    **dict.fromkeys((301, 321), 152),
    302: 153,
    310: 157,
    **dict.fromkeys((311, 312, 313, 314), 158),
    500: 161,
    501: 162,
    **dict.fromkeys((502, 503, 504), 163),
    511: 164,
    520: 181,
    **dict.fromkeys((521, 531), 182),
    522: 183,
    600: 171,
    601: 172,
    602: 173,
    # Sleet is ice pellets in American use, and what OpenWeatherMap's list is in.
    **dict.fromkeys((611, 612), 174),
    613: 175,
    615: 167,
    616: 168,
    620: 185,
    621: 186,
    622: 187,
    701: 110,
    **dict.fromkeys((711, 721, 761), 104),
    731: 127,
    741: 130,
    751: 127,
    762: 204,
    771: 118,
    781: 219,
    **dict.fromkeys((800, 801, 802, 803, 804), 100),
}
"""OpenWeatherMap's 55 codes to WMO's BUFR table 0 20 003, which adds 100 to code table 4680."""
SMOKE_OR_DUST = (711, 721, 761)
"""Codes that are 105, not 104, where one sees less than 1 km."""

KINDS: Mapping[str, Iterable[int]] = {
    "NONE": (
        *range(50), *range(100, 136), 191, 194, 204, NOTHING_SIGNIFICANT,
    ),
    "LIQUID": (
        *range(50, 56), *range(58, 66), *range(80, 83), 91, 92,
        143, 144, *range(150, 154), 157, 158, *range(160, 164), *range(181, 185),
    ),
    "FREEZING": (56, 57, 66, 67, 147, 148, *range(154, 157), *range(164, 167)),
    "MIXED": (68, 69, 83, 84, 87, 88, 93, 94, 96, 99, 167, 168, 193, 196),
    "SOLID": (*range(70, 80), 85, 86, 89, 90, 145, 146, *range(170, 179), *range(185, 190)),
}  # fmt: skip
"""What falls, to the codes of present weather that say so; a thunderstorm "with rain or snow" does not."""

_PRIMARY = "get(record.conditions, 0)"
_WMO = "WMO-No. 306, BUFR table 0 20 003"
_OPENWEATHERMAP, _OPEN_METEO = "record.source = 'OPENWEATHERMAP'", "record.source = 'OPEN_METEO'"


def _look_up(key: str, table: Mapping[int, object]) -> str:
    """A CASE over a hundred rows is slow Java; a map is built once, since it is constant."""
    pairs = ", ".join(f"{code}L, {value!r}" for code, value in table.items())
    return f"try_element_at(map({pairs}), {key})"


def _condition(part: str, place: int) -> Row:
    """A text of the primary condition: the source's own, else what Open-Meteo's code means."""
    words = _look_up(f"{_PRIMARY}.id", {code: texts[place] for code, texts in OPEN_METEO_CONDITIONS.items()})
    return Row(
        f"coalesce({_PRIMARY}.{part}, CASE WHEN {_OPEN_METEO} THEN {words} END)",
        authority="the source; Open-Meteo's list of codes",
    )


def _present_weather() -> Row:
    code = f"{_PRIMARY}.id"
    near = "record.visibility >= 0D AND record.visibility < 1000D"
    hazy = f"{code} IN ({', '.join(map(str, SMOKE_OR_DUST))}) AND {near}"
    # A body with rain and with snow says itself that its sleet is of both.
    mixed = f"{code} = 611 AND record.rain IS NOT NULL AND record.snow IS NOT NULL"
    return Row(
        f"CASE WHEN {_OPEN_METEO} THEN CASE WHEN {code} BETWEEN 0L AND 3L THEN {NOTHING_SIGNIFICANT}"
        f" WHEN {code} BETWEEN 4L AND 99L THEN CAST({code} AS INT) END"
        f" WHEN {hazy} THEN 105 WHEN {mixed} THEN 168"
        f" ELSE CAST({_look_up(code, PRESENT_WEATHER)} AS INT) END",
        "null for a code that is in no list",
        f"{_WMO}; OpenWeatherMap's and Open-Meteo's lists of codes",
    )


def _amount(field: str, part: str) -> str:
    """OpenWeatherMap leaves `rain` and `snow` out of a body where there was none."""
    own = f"record.{field}.{part} + 0D"
    if part != "one_hour":
        return own
    return f"coalesce({own}, CASE WHEN {_OPENWEATHERMAP} AND record.{field} IS NULL THEN 0D END)"


def _rate() -> str:
    rain, snow = (f"coalesce({kind}_1h, {kind}_3h / 3D)" for kind in ("rain", "snow"))
    # A source that tells rain and snow apart has both; another may have the one that it saw.
    other = f"CASE WHEN source != 'OPENWEATHERMAP' THEN coalesce({rain}, {snow}, rate_of_interval) END"
    return rounded(f"coalesce({rain} + {snow}, {other})")


def _kind() -> str:
    kinds = " ".join(
        f"WHEN present_weather IN ({', '.join(map(str, codes))}) THEN '{kind}'"
        for kind, codes in KINDS.items()
    )
    return f"CASE {kinds} ELSE 'UNKNOWN' END"


def _oktas() -> str:
    return (
        "CASE WHEN cloudiness = 0D THEN 0 WHEN cloudiness = 100D THEN 8"
        " WHEN cloudiness > 0D AND cloudiness < 100D"
        " THEN CAST(greatest(1D, least(7D, rint(cloudiness * 0.08D))) AS INT) END"
    )


SKY_OBSERVED = {
    "condition": _condition("main", 0),
    "condition_description": _condition("description", 1),
    "condition_code": Row(f"{_PRIMARY}.id", authority="the source"),
    "present_weather": _present_weather(),
    "rain_1h": Row(_amount("rain", "one_hour"), authority="OpenWeatherMap: absent is none"),
    "rain_3h": Row(_amount("rain", "three_hours")),
    "snow_1h": Row(_amount("snow", "one_hour"), authority="OpenWeatherMap: absent is none"),
    "snow_3h": Row(_amount("snow", "three_hours")),
}
"""What the sources say of the sky, from the raw record."""

SKY_ASIDE = {
    "rate_of_interval": Row(
        "CASE WHEN record.precipitation.interval > 0"
        " THEN record.precipitation.amount * 3600D / record.precipitation.interval END"
    ),
}
"""What it takes besides, and is not published."""

SKY = {
    "precipitation_rate": Row(_rate(), "where the source tells all that fell"),
    "visibility_at_least": Row(
        # OpenWeatherMap's documented maximum, and METAR's 10 miles.
        "CASE WHEN visibility IS NULL THEN NULL WHEN source = 'OPENWEATHERMAP' THEN visibility >= 10000D"
        " WHEN source = 'NYCFLIGHTS13' THEN visibility >= 16093D ELSE false END",
        authority="OpenWeatherMap, current weather; METAR",
    ),
    "precipitation_kind": Row(_kind(), authority=_WMO),
    "cloud_oktas": Row(_oktas(), "from 0 to 100 %", "WMO code table 2700"),
}
"""What follows from it."""
