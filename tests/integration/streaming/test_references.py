"""Every formula against the libraries that meteorologists use, on grids of `tests/references.json`.

`python -m tests.references` makes the file anew, with the libraries in an environment of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.charts import Publish, RawValue, Record, published
from tests.references import GROSS, rows_of


class Agreement(NamedTuple):
    """How far a field may be from a library's value, and why it is at all."""

    table: str
    column: str
    """The library, and the field."""
    within: float
    why: str
    where: Callable[[Record], bool] = lambda _: True
    of_value: bool = False
    """Whether `within` is a part of the value."""

    @property
    def field(self) -> str:
        return self.column.split()[-1]

    def apart(self, row: Record, record: Record) -> float:
        ours, theirs = float(record[self.field]), float(row[self.column])
        if self.field == "solar_azimuth":
            # A degree of azimuth is small where the sun is high.
            high = math.cos(math.radians(record["solar_elevation"]))
            return abs((ours - theirs + 180) % 360 - 180) * high
        return abs(ours - theirs) / (abs(theirs) if self.of_value else 1)


def averaged(row: Record) -> float:
    """°F of the Weather Prediction Center's first formula, which holds below 80."""
    t, rh = float(row["temperature"]) * 1.8 + 32, float(row["humidity"])
    return (0.5 * (t + 61 + (t - 68) * 1.2 + rh * 0.094) + t) / 2


CURVE = "MetPy's saturation is of Ambaum 2020, ours of Alduchov and Eskridge"
ROUNDING = "one formula; four decimals are published"
AGREEMENTS = [
    Agreement("moisture", "metpy dew_point", 0.023, CURVE, lambda row: row["temperature"] < 0),
    Agreement("moisture", "metpy dew_point", 0.045, CURVE, lambda row: 0 <= row["temperature"] <= 30),
    Agreement("moisture", "metpy dew_point", 0.103, CURVE, lambda row: 30 < row["temperature"] <= 40),
    Agreement("moisture", "metpy dew_point", 0.2, CURVE, lambda row: row["temperature"] > 40),
    Agreement("moisture", "metpy mixing_ratio", 0.0081, CURVE, of_value=True),
    Agreement("moisture", "metpy air_density", 0.0005, CURVE, of_value=True),
    Agreement(
        "moisture", "heatindex wet_bulb", 0.36,
        "Romps' wet bulb is the one of thermodynamics, ours is what a psychrometer shows",
    ),
    Agreement("heat", "metpy heat_index", 5.1e-5, ROUNDING, lambda row: averaged(row) >= 80),
    Agreement(
        "heat", "metpy heat_index", 1.37,
        "another formula: MetPy goes over to the regression at 79 °F, the Center at 80 of its average",
        lambda row: averaged(row) < 80,
    ),
    Agreement("chill", "metpy wind_chill", 0.07, "MetPy has the metric rounding of the formula's constants"),
    Agreement("felt", "thermofeel apparent_temperature", 5.1e-5, ROUNDING),
    Agreement("wind", "metpy wind_u", 5.1e-5, ROUNDING),
    Agreement("wind", "metpy wind_v", 5.1e-5, ROUNDING),
    Agreement("sun", "pvlib solar_elevation", 0.02, "NREL's algorithm has the moon's and planets' pull too"),
    Agreement("sun", "pvlib solar_azimuth", 0.02, "NREL's algorithm has the moon's and planets' pull too"),
]  # fmt: skip
"""Each row of a table is in one of these for each column."""
REFERENCES = {name: rows_of(name) for name in dict.fromkeys(one.table for one in AGREEMENTS)}
FLAGS = {f"gross range of {name}": rows_of(f"gross range of {name}") for name in GROSS}
INPUTS = {"station_pressure": "ground_level_pressure"}
"""Final field to the raw one of another name."""


def raw(row: Record) -> Record:
    """The raw record of a row's inputs."""
    inputs = {INPUTS.get(name, name): value for name, value in row.items() if " " not in name}
    measures = {name: value if name == "observed_at" else float(value) for name, value in inputs.items()}
    return {**measures, "received_at": measures.get("observed_at", 1_700_000_060_000)}


TABLES = {
    **{name: [raw(row) for row in rows] for name, rows in REFERENCES.items()},
    # A variable without its first field is missing.
    **{name: [{"pressure": 1000.0, **raw(row)} for row in rows] for name, rows in FLAGS.items()},
}
Found = dict[str, list[Record]]


@pytest.fixture(scope="module")
def found(publish: Publish, raw_value: RawValue) -> Found:
    return published(publish, raw_value, TABLES)


@pytest.mark.parametrize("agreement", AGREEMENTS, ids=lambda one: f"{one.column} within {one.within}")
def test_a_field_is_as_close_to_a_library_as_their_definitions_are(
    found: Found, agreement: Agreement
) -> None:
    pairs = zip(REFERENCES[agreement.table], found[agreement.table], strict=True)
    apart = {
        tuple(row.values()): agreement.apart(row, record)
        for row, record in pairs
        if row[agreement.column] is not None and record[agreement.field] is not None and agreement.where(row)
    }
    worst = max(apart, key=apart.__getitem__)
    assert apart[worst] <= agreement.within, worst
    # A wider tolerance than it takes would hide a fault; one that definitions need has to be needed.
    assert apart[worst] > agreement.within / 2


def test_a_field_has_a_value_where_a_library_has_one_but_off_the_chart_of_heat(found: Found) -> None:
    for agreement in AGREEMENTS:
        for row, record in zip(REFERENCES[agreement.table], found[agreement.table], strict=True):
            if row[agreement.column] is not None and record[agreement.field] is None:
                assert agreement.field == "heat_index", row
                # 137.5 °F.
                assert row[agreement.column] >= 58.6, row


def test_flags_of_limits_are_those_of_ioos_qc(found: Found) -> None:
    variables = {"humidity": "qc_humidity", "station_pressure": "qc_pressure"}
    for field, flag in variables.items():
        name = f"gross range of {field}"
        flags = {row[field]: record[flag] for row, record in zip(FLAGS[name], found[name], strict=True)}
        assert flags == {row[field]: row["ioos_qc flag"] for row in FLAGS[name]}
        assert set(flags.values()) == {1, 3, 4}
