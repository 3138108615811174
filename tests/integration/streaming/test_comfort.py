"""How the air feels: the charts of weather services, cell by cell, and where each index ends."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from tests.charts import (
    HEAT_INDEX_NWS,
    WIND_CHILL_ECCC,
    WIND_CHILL_NWS,
    Publish,
    RawValue,
    Record,
    published,
)

# Cells of the heat index chart that the Weather Prediction Center's equation does not give, with what it
# gives: the chart has no adjustment for more than 85 % of humidity, and its first columns are rounded.
NOT_BY_EQUATION = {
    (45, 90): 92.49, (70, 90): 105.92, (90, 82): 91.99, (95, 80): 87.80, (95, 82): 93.97, (95, 84): 100.88,
    (95, 86): 108.53, (100, 80): 89.29, (100, 82): 96.04, (100, 84): 103.56,
}  # fmt: skip
# Air so dry that the equation takes an adjustment off (Weather Prediction Center), and dry air without one.
DRY_AIR = [(100, 10, 94.122), (90, 5, 84.452), (95, 5, 88.177), (111, 27, 121.025)]

# Cells of Environment Canada's chart that the National Weather Service's formula misses by one: the two have
# one model, each with its own rounding of the constants, and differ by up to 0.069 °C.
ECCC_ONLY = {(30, -10), (40, -30), (70, -50), (75, 5), (80, -35)}

# Bureau of Meteorology, apparent temperature without radiation: °C, %, m/s to °C.
APPARENT = [(30, 60, 4, 31.57), (20, 50, 0, 19.85), (35, 40, 2, 36.99), (10, 80, 5, 5.74)]

# Environment Canada, glossary: °C and dew point to humidex; its table has 34, 42, 36 and 33.
HUMIDEX = [(30, 15, 33.98), (30, 25, 42.35), (28, 20, 35.58), (25, 20, 32.58)]

BANDS = [(125, "EXTREME_DANGER"), (103, "DANGER"), (90, "EXTREME_CAUTION"), (80, "CAUTION")]
"""National Weather Service: °F of the heat index from which each holds."""

# Field, the last that has a value, and the first that has none. Imperial: °F and mph.
EDGES: list[tuple[str, Record, Record]] = [
    ("apparent_temperature", {"temperature": -40.0}, {"temperature": -40.01}),
    ("apparent_temperature", {"temperature": 60.0}, {"temperature": 60.01}),
    ("apparent_temperature", {"wind_speed": 40.0}, {"wind_speed": 40.01}),
    ("heat_index", {"units": "IMPERIAL", "temperature": 80.0}, {"units": "IMPERIAL", "temperature": 79.9}),
    ("heat_index", {"temperature": 26.67}, {"temperature": 26.66}),
    ("wind_chill", {"temperature": 10.0}, {"temperature": 10.01}),
    ("wind_chill", {"temperature": 0.0, "wind_speed": 1.3412}, {"temperature": 0.0, "wind_speed": 1.3411}),
    ("wind_chill", {"temperature": -90.0}, {"temperature": -90.01}),
    ("humidex", {"temperature": 20.0}, {"temperature": 19.99}),
    ("humidex", {"temperature": 30.0, "humidity": 24.0}, {"temperature": 30.0, "humidity": 23.0}),
]


def fahrenheit(celsius: float) -> float:
    return celsius * 9 / 5 + 32


def imperial(t: float, **more: float) -> Record:
    return {"units": "IMPERIAL", "temperature": float(t), **{name: float(v) for name, v in more.items()}}


def of_dew_point(t: float, dew_point: float) -> Record:
    """Air of a dew point, by the curve that the project uses."""
    exponents = [17.625 * c / (243.04 + c) for c in (dew_point, t)]
    return {"temperature": float(t), "humidity": 100 * math.exp(exponents[0] - exponents[1])}


# What is felt, and by which method: °F, %, mph.
FELT: list[tuple[Record, str | None]] = [
    (imperial(50, humidity=50, wind_speed=3.1), "WIND_CHILL"),
    (imperial(50, humidity=50, wind_speed=3.0), "AIR"),
    (imperial(50.1, humidity=50, wind_speed=30), "AIR"),
    (imperial(79.9, humidity=50, wind_speed=30), "AIR"),
    (imperial(80, humidity=50, wind_speed=30), "HEAT_INDEX"),
    (imperial(113, humidity=100, wind_speed=3), None),
    # As close to 80 and 50 °F and to 3 mph as what is published goes.
    ({"temperature": 26.66}, "AIR"),
    ({"temperature": 10.01}, "AIR"),
    ({"temperature": 0.0, "wind_speed": 1.3412}, "WIND_CHILL"),
    ({"temperature": 0.0, "wind_speed": 1.3411}, "AIR"),
    ({**imperial(49), "wind_speed": None}, None),
    ({**imperial(60), "wind_speed": None, "humidity": None}, "AIR"),
    ({**imperial(90), "humidity": None}, None),
    ({"temperature": None}, None),
]
# Bands at their edges, within 0.006 °F by the Weather Prediction Center's equation: °F and %.
STRESS: list[tuple[Record, str | None]] = [
    (imperial(79.9, humidity=100), "NONE"),
    ({"temperature": 26.66, "humidity": 100.0}, "NONE"),
    (imperial(80, humidity=40), "NONE"),
    (imperial(81.0, humidity=32.5), "NONE"),
    (imperial(80.9, humidity=33.4), "CAUTION"),
    (imperial(87.7, humidity=48.4), "CAUTION"),
    (imperial(89.2, humidity=41.5), "EXTREME_CAUTION"),
    (imperial(95.7, humidity=44.4), "EXTREME_CAUTION"),
    (imperial(96.1, humidity=43.1), "DANGER"),
    (imperial(105.4, humidity=42.1), "DANGER"),
    (imperial(101.5, humidity=52.0), "EXTREME_DANGER"),
    (imperial(113, humidity=100), "EXTREME_DANGER"),  # off the chart
    ({**imperial(90, humidity=50), "wind_speed": None}, "EXTREME_CAUTION"),
    ({**imperial(79), "humidity": None}, "NONE"),
    ({**imperial(90), "humidity": None}, None),
    ({"temperature": None}, None),
]
# °C and %: by chance, and at the ends of the heat index's formulas and adjustments.
_uniform = random.Random(11).uniform
STATES = [
    *((round(_uniform(-40, 60), 2), round(_uniform(1, 100), 2)) for _ in range(300)),
    *((round(_uniform(26.67, 45), 2), round(_uniform(1, 13), 2)) for _ in range(100)),
    *((round(_uniform(26.67, 30.5), 2), round(_uniform(85, 100), 2)) for _ in range(100)),
    (27.22, 5.9), (27.22, 6.1), (26.68, 90.0), (44.47, 5.0), (30.58, 100.0), (35.0, 13.01), (27.0, 85.05),
    (40.0, 55.09), (40.0, 55.11), (35.0, 83.04), (35.0, 83.06),
]  # fmt: skip
WINDS = [round(_uniform(0, 40), 2) for _ in STATES]
TABLES: dict[str, list[Record]] = {
    "states": [
        {"temperature": t, "humidity": rh, "wind_speed": v} for (t, rh), v in zip(STATES, WINDS, strict=True)
    ],
    "heat": [imperial(t, humidity=rh) for rh, t in HEAT_INDEX_NWS],
    "dry": [imperial(t, humidity=rh) for t, rh, _ in DRY_AIR],
    # Cells beyond the chart.
    "beyond heat": [
        {"temperature": 45.0, "humidity": 100.0},
        {"temperature": 60.0, "humidity": 100.0},
        *(imperial(t, humidity=rh) for t, rh in [(113, 100), (110, 45), (108, 50)]),
    ],
    "chill": [imperial(t, wind_speed=v) for v, t in WIND_CHILL_NWS],
    "canada": [{"temperature": float(t), "wind_speed": v / 3.6} for v, t in WIND_CHILL_ECCC],
    "apparent": [
        {"temperature": float(t), "humidity": float(rh), "wind_speed": float(v)} for t, rh, v, _ in APPARENT
    ],
    "humidex": [of_dew_point(t, dew_point) for t, dew_point, _ in HUMIDEX],
    "inside": [inside for _, inside, _ in EDGES],
    "outside": [outside for *_, outside in EDGES],
    "felt": [row for row, _ in FELT],
    "stress": [row for row, _ in STRESS],
}
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    return published(publish, raw_value, TABLES)


def nearest(value: float | None) -> int | None:
    return None if value is None else math.floor(value + 0.5)


def weather_prediction_center(t: float, rh: float) -> float | None:
    """The Heat Index Equation, °F, as its page has it; here from 80 °F on, and up to the chart's end."""
    if t < 80:
        return None
    simple = (0.5 * (t + 61.0 + ((t - 68.0) * 1.2) + (rh * 0.094)) + t) / 2
    if simple < 80:
        return simple
    index = (
        -42.379 + 2.04901523 * t + 10.14333127 * rh - 0.22475541 * t * rh - 0.00683783 * t * t
        - 0.05481717 * rh * rh + 0.00122874 * t * t * rh + 0.00085282 * t * rh * rh
        - 0.00000199 * t * t * rh * rh
    )  # fmt: skip
    if index >= 137.5:
        return None
    if rh < 13 and 80 <= t <= 112:
        index -= ((13 - rh) / 4) * math.sqrt((17 - abs(t - 95.0)) / 17)
    elif rh > 85 and 80 <= t <= 87:
        index += ((rh - 85) / 10) * ((87 - t) / 5)
    return index


def close_to(value: float | None) -> Any:
    """Half of the last decimal that is published, which is what rounding changes."""
    return value if value is None else pytest.approx(value, abs=5.001e-5)


def test_heat_index_is_the_equation_of_the_weather_prediction_center(found: Found) -> None:
    for (t, rh), record in zip(STATES, found["states"], strict=True):
        index = weather_prediction_center(fahrenheit(t), rh)
        assert record["heat_index"] == close_to(index and (index - 32) / 1.8), (t, rh)


def test_wind_chill_is_the_formula_of_the_national_weather_service(found: Found) -> None:
    for (t, _), v, record in zip(STATES, WINDS, found["states"], strict=True):
        f, power = fahrenheit(t), (v / 0.44704) ** 0.16
        chill = 35.74 + 0.6215 * f - 35.75 * power + 0.4275 * f * power
        chills = f <= 50 and v / 0.44704 > 3
        assert record["wind_chill"] == close_to((chill - 32) / 1.8 if chills else None), (t, v)


def test_apparent_temperature_is_the_formula_of_the_bureau_of_meteorology(found: Found) -> None:
    for (t, rh), v, record in zip(STATES, WINDS, found["states"], strict=True):
        vapour = rh / 100 * 6.105 * math.exp(17.27 * t / (237.7 + t))
        assert record["apparent_temperature"] == close_to(t + 0.33 * vapour - 0.70 * v - 4.00), (t, rh, v)


def test_humidex_is_the_formula_of_environment_canada(found: Found) -> None:
    for (t, rh), record in zip(STATES, found["states"], strict=True):
        ratio = math.log(rh / 100) + 17.625 * t / (243.04 + t)
        dew_point = 273.15 + 243.04 * ratio / (17.625 - ratio)
        vapour = 6.11 * math.exp(5417.7530 * (1 / 273.15 - 1 / dew_point))
        humidex = t + 0.5555 * (vapour - 10.0)
        assert record["humidex"] == close_to(humidex if t >= 20 and humidex > t else None), (t, rh)


def test_heat_index_equals_the_chart_of_the_national_weather_service(found: Found) -> None:
    assert len(HEAT_INDEX_NWS) == 135
    indices = dict(zip(HEAT_INDEX_NWS, (record["heat_index"] for record in found["heat"]), strict=True))
    cells = {cell: None if index is None else nearest(fahrenheit(index)) for cell, index in indices.items()}
    others = {cell: index for cell, index in HEAT_INDEX_NWS.items() if cells[cell] != index}
    assert others.keys() == NOT_BY_EQUATION.keys(), {cell: cells[cell] for cell in others}


def test_where_the_chart_of_heat_is_not_the_equation_s_the_equation_is_published(found: Found) -> None:
    indices = dict(zip(HEAT_INDEX_NWS, (record["heat_index"] for record in found["heat"]), strict=True))
    for cell, value in NOT_BY_EQUATION.items():
        assert fahrenheit(indices[cell]) == pytest.approx(value, abs=0.0051), cell


def test_heat_index_of_dry_air_is_adjusted(found: Found) -> None:
    for (*_, value), record in zip(DRY_AIR, found["dry"], strict=True):
        assert fahrenheit(record["heat_index"]) == pytest.approx(value, abs=0.001)


def test_beyond_the_chart_of_heat_there_is_no_index_but_the_greatest_danger(found: Found) -> None:
    for record in found["beyond heat"]:
        assert (record["heat_index"], record["felt_temperature"], record["felt_method"]) == (None,) * 3
        assert record["heat_stress"] == "EXTREME_DANGER"


def test_wind_chill_equals_the_chart_of_the_national_weather_service(found: Found) -> None:
    assert len(WIND_CHILL_NWS) == 216
    cells = [nearest(fahrenheit(record["wind_chill"])) for record in found["chill"]]
    assert dict(zip(WIND_CHILL_NWS, cells, strict=True)) == WIND_CHILL_NWS


def test_wind_chill_is_within_a_rounding_of_environment_canada_s_chart(found: Found) -> None:
    assert len(WIND_CHILL_ECCC) == 192
    cells = dict(zip(WIND_CHILL_ECCC, (record["wind_chill"] for record in found["canada"]), strict=True))
    others = {cell: value for cell, value in WIND_CHILL_ECCC.items() if nearest(cells[cell]) != value}
    assert others.keys() == ECCC_ONLY
    for (v, t), chill in cells.items():
        # Environment Canada's own formula, which gives every cell.
        power = v**0.16
        canadian = 13.12 + 0.6215 * t - 11.37 * power + 0.3965 * t * power
        assert nearest(canadian) == WIND_CHILL_ECCC[v, t]
        assert chill == pytest.approx(canadian, abs=0.07)


def test_apparent_temperature_equals_the_formula_of_the_bureau_of_meteorology(found: Found) -> None:
    felt = [record["apparent_temperature"] for record in found["apparent"]]
    assert felt == [pytest.approx(value, abs=0.005) for *_, value in APPARENT]


def test_humidex_equals_environment_canada_s(found: Found) -> None:
    felt = [record["humidex"] for record in found["humidex"]]
    assert felt == [pytest.approx(value, abs=0.0051) for *_, value in HUMIDEX]


@pytest.mark.parametrize("edge", range(len(EDGES)), ids=[f"{name} {out}" for name, _, out in EDGES])
def test_an_index_ends_where_its_domain_does(found: Found, edge: int) -> None:
    name = EDGES[edge][0]
    assert found["inside"][edge][name] is not None
    assert found["outside"][edge][name] is None


def test_a_humidex_is_above_the_temperature(found: Found) -> None:
    records = [record for records in found.values() for record in records if record["humidex"] is not None]
    assert len(records) > 100
    assert [record for record in records if record["humidex"] <= record["temperature"]] == []


def test_what_is_felt_is_wind_chill_heat_index_or_the_air(found: Found) -> None:
    assert [record["felt_method"] for record in found["felt"]] == [method for _, method in FELT]


def test_the_felt_temperature_is_that_of_its_method(found: Found) -> None:
    fields: dict[str | None, str | None] = {
        "WIND_CHILL": "wind_chill", "HEAT_INDEX": "heat_index", "AIR": "temperature", None: None,
    }  # fmt: skip
    for record in (record for records in found.values() for record in records):
        name: Any = fields[record["felt_method"]]
        assert record["felt_temperature"] == (name and record[name])
        assert (record["felt_temperature"] is None) == (name is None)


def test_heat_stress_begins_at_the_bands_of_the_national_weather_service(found: Found) -> None:
    assert [record["heat_stress"] for record in found["stress"]] == [band for _, band in STRESS]
    for record in found["heat"]:
        if record["heat_index"] is not None:
            index = fahrenheit(record["heat_index"])
            band = next((band for start, band in BANDS if index >= start), "NONE")
            assert record["heat_stress"] == band, index
