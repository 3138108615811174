"""The moisture of the air: what authorities publish, and the equation of the psychrometer."""

from __future__ import annotations

import math
import random

import pytest

from tests.charts import Publish, RawValue, Record, published

# °C, % and hPa of the station to published fields. The first two are of the formulas in WMO-No. 8 with the
# constants of Alduchov and Eskridge; MetPy 1.7 has 7.249 and 12.541 g/kg, and the same densities. Standard
# air is of the ICAO; frost points are of WMO-No. 8, annex 4.B.
STATES: list[tuple[float, float, float, Record]] = [
    (20.0, 50.0, 1013.25, {
        "dew_point": 9.2611, "vapour_pressure": 11.6672, "vapour_pressure_deficit": 11.6672,
        "wet_bulb": 13.84, "absolute_humidity": 8.6237, "mixing_ratio": 7.2453, "air_density": 1.19888,
        "frost_point": None,
    }),
    (25.0, 40.0, 640.0, {
        "dew_point": 10.4651, "wet_bulb": 14.9110, "mixing_ratio": 12.5386, "air_density": 0.74222,
    }),
    (15.0, 0.01, 1013.25, {"air_density": 1.2250}),
    (-10.0, 80.0, 1013.25, {"dew_point": -12.795, "frost_point": -11.39}),
]  # fmt: skip
PLACES = {"wet_bulb": 0.005, "dew_point": 6e-4, "frost_point": 0.011, "absolute_humidity": 3e-4}
"""Half of the last place that is known, with what rounding adds; 6e-5 unless it is named here. The absolute
humidity is of 216.68, which is 1e5 / 461.5 rounded; the frost point of a vapour by the WMO's own curve."""

# FAO-56, example 3: saturation by Tetens, hPa; the two curves differ by 0.2 %.
FAO_SATURATION = [(24.5, 30.75), (15.0, 17.05)]

# ICAO standard atmosphere: m to hPa.
ICAO_PRESSURES = [(0.0, 1013.25), (1000.0, 898.75), (3000.0, 701.08), (-400.0, 1062.2)]

MOISTURE = (
    "dew_point", "vapour_pressure", "vapour_pressure_deficit", "wet_bulb", "absolute_humidity",
    "mixing_ratio", "air_density",
)  # fmt: skip
# The last that has moisture, and the first that has none.
EDGES: list[tuple[Record, Record]] = [
    ({"temperature": -40.0}, {"temperature": -40.01}),
    ({"temperature": 60.0}, {"temperature": 60.01}),
    ({"humidity": 0.01}, {"humidity": 0.0}),
    ({"humidity": 104.0}, {"humidity": 104.01}),
]

_uniform = random.Random(8).uniform
GRID = [
    (t, rh, hpa)
    for t in range(-40, 51, 5)
    for rh in (5, 7, *range(10, 101, 10), 97)
    for hpa in (600, 700, 850, 1000, 1050)
]
STATES_AT_RANDOM = [
    (round(_uniform(-40, 60), 3), round(_uniform(1, 100), 3), round(_uniform(500, 1060), 2))
    for _ in range(1500)
]


def raw(t: float, rh: float, hpa: float | None = None) -> Record:
    return {"temperature": float(t), "humidity": float(rh), "ground_level_pressure": hpa and float(hpa)}


ORDINARY = raw(20, 50, 1000)
# Nothing of moisture depends on the time; in February the equation of time is negative.
IN_FEBRUARY: Record = {"observed_at": 1_707_652_800_000, "received_at": 1_707_652_800_000}
TABLES = {
    "states": [raw(*state[:3]) for state in STATES],
    # Of a source that tells of no snow.
    "of instruments": [{**raw(*state[:3]), "source": "NYCFLIGHTS13"} for state in STATES],
    "saturated": [raw(t, 100) for t, _ in FAO_SATURATION],
    "grid": [raw(*state) for state in GRID],
    "random": [raw(*state) for state in STATES_AT_RANDOM],
    "fog": [{**raw(t, 100, 900), **IN_FEBRUARY} for t in range(-40, 61, 4)],
    "at heights": [{**raw(20, 50), "elevation": metres} for metres, _ in ICAO_PRESSURES],
    "at their pressures": [raw(20, 50, hpa) for _, hpa in ICAO_PRESSURES],
    "at a height with a pressure": [{**raw(20, 50, 1013.25), "elevation": 3000.0}],
    "nowhere": [{**raw(20, 50), "pressure": 1013.25, "sea_level_pressure": 1013.25}],
    "inside": [{**ORDINARY, **inside} for inside, _ in EDGES],
    "outside": [{**ORDINARY, **outside} for _, outside in EDGES],
    "about frost": [raw(0, 99.9, 1000), raw(0, 100, 1000), raw(0.1, 100, 1000)],
}


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> dict[str, list[Record]]:
    return published(publish, raw_value, TABLES)


def saturation(celsius: float) -> float:
    """Alduchov and Eskridge's curve, hPa over water."""
    return 6.1094 * math.exp(17.625 * celsius / (243.04 + celsius))


def psychrometer(t: float, rh: float, hpa: float) -> float:
    """The wet bulb of WMO-No. 8, annex 4.B, by halving."""
    vapour = saturation(t) * rh / 100
    low, high = t - 60, t
    for _ in range(60):
        x = (low + high) / 2
        left = saturation(x) - 6.53e-4 * (1 + 9.44e-4 * x) * hpa * (t - x)
        low, high = (x, high) if left < vapour else (low, x)
    return (low + high) / 2


Found = dict[str, list[Record]]


def test_states_of_the_air_have_the_values_that_authorities_give(found: Found) -> None:
    records = [*found["states"], *found["of instruments"]]
    for (*state, expected), record in zip(STATES * 2, records, strict=True):
        for name, value in expected.items():
            close = value if value is None else pytest.approx(value, abs=PLACES.get(name, 6e-5))
            assert record[name] == close, (state, name)


def test_saturated_air_holds_what_fao_56_says(found: Found) -> None:
    for (_, hpa), record in zip(FAO_SATURATION, found["saturated"], strict=True):
        assert record["vapour_pressure"] == pytest.approx(hpa, rel=0.0025)
        assert record["vapour_pressure_deficit"] == 0


def test_dew_point_agrees_with_the_formula_of_the_wmo(found: Found) -> None:
    for (t, rh, _), record in zip(GRID, found["grid"], strict=True):
        # WMO-No. 8, annex 4.B: saturation vapour pressure over water.
        ratio = math.log(rh / 100) + 17.62 * t / (243.12 + t)
        assert record["dew_point"] == pytest.approx(243.12 * ratio / (17.62 - ratio), abs=0.035), (t, rh)


def test_the_dew_point_is_where_the_vapour_is_saturated(found: Found) -> None:
    for record in found["random"]:
        assert saturation(record["dew_point"]) == pytest.approx(record["vapour_pressure"], abs=6e-4)
        deficit = saturation(record["temperature"]) - record["vapour_pressure"]
        assert record["vapour_pressure_deficit"] == pytest.approx(deficit, abs=2e-4)


def test_the_wet_bulb_is_the_root_of_the_psychrometer_s_equation(found: Found) -> None:
    errors = {
        state: abs(record["wet_bulb"] - psychrometer(*state))
        for state, record in zip(GRID, found["grid"], strict=True)
    }
    assert {state: error for state, error in errors.items() if error > 0.04} == {}
    # Where most weather is, four times closer.
    usual = [error for (t, rh, hpa), error in errors.items() if t >= -20 and rh >= 10 and hpa >= 700]
    assert max(usual) <= 0.0115
    mild = [error for (t, rh, hpa), error in errors.items() if 0 <= t <= 35 and rh >= 60 and hpa >= 850]
    assert max(mild) <= 6e-5


def test_the_wet_bulb_lies_between_dew_point_and_temperature(found: Found) -> None:
    for record in [*found["grid"], *found["random"]]:
        assert record["dew_point"] <= record["wet_bulb"] + 1e-3, record
        assert record["wet_bulb"] <= record["temperature"] + 1e-3, record


def test_in_saturated_air_dew_point_wet_bulb_and_temperature_are_one(found: Found) -> None:
    for record in found["fog"]:
        assert record["dew_point"] == pytest.approx(record["temperature"], abs=1e-4)
        assert record["wet_bulb"] == pytest.approx(record["temperature"], abs=1e-3)


def test_density_and_mixing_ratio_are_those_of_two_ideal_gases(found: Found) -> None:
    for (t, rh, hpa), record in zip(GRID, found["grid"], strict=True):
        vapour, kelvin = 100 * saturation(t) * rh / 100, t + 273.15
        # The gas constant by the molar masses of air and water (BIPM; IUPAC).
        moist = ((100 * hpa - vapour) * 28.965e-3 + vapour * 18.015e-3) / (8.31446 * kelvin)
        assert record["air_density"] == pytest.approx(moist, abs=7e-5)
        ratio = 1000 * 18.015 / 28.965 * vapour / (100 * hpa - vapour)
        assert record["mixing_ratio"] == pytest.approx(ratio, rel=1.5e-4, abs=1e-4)
        water = 1000 * vapour * 18.015e-3 / (8.31446 * kelvin)
        assert record["absolute_humidity"] == pytest.approx(water, rel=1.5e-4, abs=1e-4)


def test_an_unknown_pressure_is_the_standard_atmosphere_s_for_the_wet_bulb_alone(found: Found) -> None:
    for height, pressure in zip(found["at heights"], found["at their pressures"], strict=True):
        assert height["wet_bulb"] == pytest.approx(pressure["wet_bulb"], abs=2e-4)
        assert (height["station_pressure"], height["mixing_ratio"], height["air_density"]) == (None,) * 3
    # A known pressure goes before.
    assert found["at a height with a pressure"][0]["wet_bulb"] == found["at heights"][0]["wet_bulb"]


def test_pressure_at_sea_level_is_never_taken_for_the_station_s(found: Found) -> None:
    (record,) = found["nowhere"]
    assert record["pressure"] == 1013.25
    fields = ("station_pressure", "wet_bulb", "mixing_ratio", "air_density")
    assert [record[name] for name in fields] == [None] * 4


@pytest.mark.parametrize("edge", range(len(EDGES)), ids=[str(outside) for _, outside in EDGES])
def test_moisture_ends_where_its_domain_does(found: Found, edge: int) -> None:
    inside, outside = found["inside"][edge], found["outside"][edge]
    assert [name for name in MOISTURE if inside[name] is None] == []
    assert [name for name in (*MOISTURE, "frost_point") if outside[name] is not None] == []


def test_a_frost_point_is_only_below_zero_and_nowhere_below_the_dew_point(found: Found) -> None:
    freezing, at_zero, above = found["about frost"]
    assert freezing["dew_point"] < 0
    assert freezing["frost_point"] is not None
    assert (at_zero["frost_point"], above["frost_point"]) == (None, None)
    for record in [*found["grid"], *found["random"]]:
        assert (record["frost_point"] is not None) == (record["dew_point"] < 0)
        # The two curves of saturation meet 0.005 °C below zero.
        if (frost := record["frost_point"]) is not None:
            assert frost >= record["dew_point"] - 0.006
            ice = 6.112 * math.exp(22.46 * frost / (272.62 + frost))
            assert ice == pytest.approx(record["vapour_pressure"], abs=1.1e-4)
