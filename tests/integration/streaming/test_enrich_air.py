"""The indices of the air at the breakpoints of the official tables, computed by the projection itself."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import fastavro
import pytest
from pyspark.sql import SparkSession

from contracts.avro.json_form import from_json, to_json
from contracts.avro.wire import HEADER_SIZE, frame
from contracts.evolution.compatibility import parse
from contracts.folder.product import product_named
from streaming.engine.spark import configure
from streaming.record.enrich.air import EPA, EUROPE, european_level
from streaming.record.plan import Plan, project, unfilled
from streaming.record.source import named
from tests.plans import Asked, kafka_row

Record = dict[str, Any]
Publish = Callable[[Sequence[Mapping[str, Any]]], list[tuple[str, Record]]]

RAW_ID, FINAL_ID, QUARANTINE_ID = 7, 8, 9
PRODUCT = product_named("air")

# EPA-454/B-24-002 (May 2024), table 6: lowest and highest concentration of each class, and its indices. Ozone
# has the column of 8 hours up to an index of 300, and that of one hour above it.
INDICES = [(0, 50), (51, 100), (101, 150), (151, 200), (201, 300), (301, 500)]
TABLE_6 = {
    "ozone": "0.000-0.054 0.055-0.070 0.071-0.085 0.086-0.105 0.106-0.200 0.405-0.604",
    "pm2_5": "0.0-9.0 9.1-35.4 35.5-55.4 55.5-125.4 125.5-225.4 225.5-325.4",
    "pm10": "0-54 55-154 155-254 255-354 355-424 425-604",
    "carbon_monoxide": "0.0-4.4 4.5-9.4 9.5-12.4 12.5-15.4 15.5-30.4 30.5-50.4",
    "sulphur_dioxide": "0-35 36-75 76-185 186-304 305-604 605-1004",
    "nitrogen_dioxide": "0-53 54-100 101-360 361-649 650-1249 1250-2049",
}
MICROGRAMS = {
    # µg/m³ of the table's unit: ppm of ozone and CO, ppb of SO₂ and NO₂; 24.45 l/mol at 25 °C and 1013 hPa.
    "ozone": 1000 * 47.998 / 24.45,
    "pm2_5": 1.0,
    "pm10": 1.0,
    "carbon_monoxide": 1000 * 28.010 / 24.45,
    "sulphur_dioxide": 64.066 / 24.45,
    "nitrogen_dioxide": 46.006 / 24.45,
}
# European Air Quality Index, bands as revised in 2024: whole µg/m³ of good, fair, moderate, poor, very poor.
BANDS = {
    "pm2_5": "0-5 6-15 16-50 51-90 91-140",
    "pm10": "0-15 16-45 46-120 121-195 196-270",
    "nitrogen_dioxide": "0-10 11-25 26-60 61-100 101-150",
    "ozone": "0-60 61-100 101-120 121-160 161-180",
    "sulphur_dioxide": "0-20 21-40 41-125 126-190 191-275",
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(
        raw=PRODUCT.raw,
        final=PRODUCT.final,
        quarantine=PRODUCT.quarantine,
        writers={RAW_ID: PRODUCT.raw.newest.text},
        final_id=FINAL_ID,
        quarantine_id=QUARANTINE_ID,
    )


@pytest.fixture(scope="module")
def publish(spark: SparkSession, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Publish:
    """Runs raw records, of which only what is given is not ordinary, through the projection, in order."""
    session = configure(spark.newSession())
    projected = Asked(session, tmp_path_factory.mktemp("air"), lambda kafka: project(named(kafka), plan))
    raw = fastavro.parse_schema(plan.raw.newest.schema)
    schemas = {
        FINAL_ID: fastavro.parse_schema(plan.final.newest.schema),
        QUARANTINE_ID: fastavro.parse_schema(plan.quarantine.newest.schema),
    }
    ordinary = {
        "source": "OPENWEATHERMAP",
        "replay": False,
        "station": "geo:38.7078,-9.1366",
        "observed_at": 1_700_000_000_000,
        "received_at": 1_700_000_060_000,
    }

    def encode(fields: Mapping[str, Any]) -> bytes:
        body = io.BytesIO()
        fastavro.schemaless_writer(body, raw, {**ordinary, **fields})
        return frame(RAW_ID, body.getvalue())

    def decode(value: bytes) -> Any:
        schema = schemas[int.from_bytes(value[1:HEADER_SIZE], "big")]
        return fastavro.schemaless_reader(io.BytesIO(value[HEADER_SIZE:]), schema, None)

    def run(records: Sequence[Mapping[str, Any]]) -> list[tuple[str, Record]]:
        published = projected([kafka_row(encode(one), i) for i, one in enumerate(records)])
        ordered = sorted(published, key=lambda row: int(row.source_offset))
        return [(row.topic, decode(bytes(row.value))) for row in ordered]

    return run


def final(publish: Publish, records: Sequence[Mapping[str, Any]]) -> list[Record]:
    found = publish(records)
    assert {topic for topic, _ in found} == {PRODUCT.final.topic}
    return [record for _, record in found]


def classes(line: str) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(low), Fraction(high)) for low, high in (band.split("-") for band in line.split())]


def step(line: str) -> Fraction:
    digits = line.split("-", maxsplit=1)[0].partition(".")[2]
    return Fraction(1, 10 ** len(digits))


def micrograms(field: str, concentration: Fraction) -> dict[str, float]:
    return {field: float(concentration) * MICROGRAMS[field]}


@pytest.mark.parametrize("field", TABLE_6)
def test_each_class_of_the_epa_begins_and_ends_at_its_breakpoints(publish: Publish, field: str) -> None:
    bands = classes(TABLE_6[field])
    ends = [concentration for band in bands for concentration in band]
    found = final(publish, [micrograms(field, concentration) for concentration in ends])
    assert [record[f"us_aqi_{field}"] for record in found] == [index for pair in INDICES for index in pair]


@pytest.mark.parametrize("field", TABLE_6)
def test_what_is_beyond_the_last_digit_that_the_epa_keeps_is_cut_off(publish: Publish, field: str) -> None:
    almost = step(TABLE_6[field]) * Fraction(9, 10)
    ends = [high + almost for _, high in classes(TABLE_6[field])]
    found = final(publish, [micrograms(field, concentration) for concentration in ends])
    assert [record[f"us_aqi_{field}"] for record in found] == [top for _, top in INDICES]


@pytest.mark.parametrize("field", TABLE_6)
def test_between_and_beyond_its_ends_a_class_of_the_epa_is_a_line(publish: Publish, field: str) -> None:
    bands, one = classes(TABLE_6[field]), step(TABLE_6[field])
    asked: list[Fraction] = []
    expected: list[int] = []
    for (low, high), (bottom, top) in zip(bands, INDICES, strict=True):
        middles = [low + one * (int((high - low) / one) * part // 7) for part in range(1, 7)]
        beyond = [high + one, high + 20 * one] if high == bands[-1][1] else []
        for concentration in middles + beyond:
            asked.append(concentration)
            exact = bottom + (concentration - low) * (top - bottom) / (high - low)
            expected.append(math.floor(exact + Fraction(1, 2)))
    found = final(publish, [micrograms(field, concentration) for concentration in asked])
    assert [record[f"us_aqi_{field}"] for record in found] == expected


def test_ozone_between_the_epa_s_columns_of_eight_hours_and_of_one_stays_at_300(publish: Publish) -> None:
    between = [Fraction(ppb, 1000) for ppb in (201, 300, 404)]
    found = final(publish, [micrograms("ozone", concentration) for concentration in between])
    assert [record["us_aqi_ozone"] for record in found] == [300, 300, 300]


@pytest.mark.parametrize("field", BANDS)
def test_each_european_level_begins_and_ends_at_its_band(publish: Publish, field: str) -> None:
    bands = classes(BANDS[field])
    values = [float(end) for band in bands for end in band]
    beyond = [values[-1] + 1, values[-1] + 0.49, values[-1] + 0.5]
    found = final(publish, [{field: value} for value in values + beyond])
    levels = [level for level in (1, 2, 3, 4, 5) for _ in "ab"]
    assert [record[f"european_aqi_{field}"] for record in found] == [*levels, 6, 5, 6]


def test_the_index_is_the_worst_pollutant_s_and_names_it(publish: Publish) -> None:
    # Lisbon on 2023-06-23 17:21:57 UTC, as the API answered.
    lisbon = {
        "carbon_monoxide": 196.93,
        "nitrogen_monoxide": 0.65,
        "nitrogen_dioxide": 3.98,
        "ozone": 107.29,
        "sulphur_dioxide": 1.46,
        "pm2_5": 8.58,
        "pm10": 13.5,
        "ammonia": 2.03,
    }
    nothing = {"ammonia": 2.03}
    both = {"pm2_5": 9.0, "pm10": 54.0}
    found = final(publish, [lisbon, nothing, both])
    told = [
        (r["us_aqi"], r["us_aqi_pollutant"], r["european_aqi"], r["european_aqi_pollutant"]) for r in found
    ]
    assert told == [
        (50, "ozone", 3, "ozone"),
        (None, None, None, None),
        (50, "pm2_5", 3, "pm10"),
    ]
    assert {name: found[0][name] for name in lisbon} == lisbon
    assert found[0]["flags"] == []


@pytest.mark.parametrize("field", sorted(EPA.keys() | {"nitrogen_monoxide", "ammonia"}))
def test_a_concentration_that_cannot_be_goes_to_quarantine_and_stops_nothing(
    publish: Publish, field: str
) -> None:
    impossible = [-0.01, math.nan, math.inf, -math.inf, 1e300]
    found = publish([{field: value} for value in impossible] + [{field: 0.0}])
    topics = [PRODUCT.quarantine.topic] * len(impossible) + [PRODUCT.final.topic]
    assert [topic for topic, _ in found] == topics
    assert {tuple(record["rules"]) for _, record in found[:-1]} == {(f"{field.replace('_', '-')}-possible",)}


def test_what_cannot_be_has_no_index(spark: SparkSession) -> None:
    impossible = [(value,) for value in (-0.01, math.nan, math.inf, -math.inf, 1e300, None)]
    frame = configure(spark.newSession()).createDataFrame(impossible, "c double")
    scales = [scale.index("c") for scale in EPA.values()]
    levels = [european_level("c", ends) for ends in EUROPE.values()]
    assert {tuple(row) for row in frame.selectExpr(*scales, *levels).collect()} == {(None,) * 11}


def test_the_final_contract_s_examples_are_what_the_stream_makes_of_the_raw_ones(publish: Publish) -> None:
    examples = sorted((PRODUCT.raw.home / "examples" / "v1").glob("*.json"))
    schema = parse(PRODUCT.raw.newest.schema)
    found = final(publish, [from_json(schema, json.loads(path.read_text())) for path in examples])
    for path, record in zip(examples, found, strict=True):
        expected = json.loads((PRODUCT.final.home / "examples" / "v1" / path.name).read_text())
        made = {**to_json(record), "writer_schema_id": expected["writer_schema_id"]}
        assert made == expected


def test_every_field_of_the_final_contract_is_filled() -> None:
    assert unfilled(PRODUCT.raw, PRODUCT.final) == ()
