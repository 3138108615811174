"""Each constant, comparison and input of the weather's enrichment is changed: the proof has to notice it.

`MUTANTS` in the environment says how many of the changes are tried, by chance (60 by default), or `all`. The
proof is five files of tests. Their raw rows go through the real projection once for many mutants: the number
of a record's partition says by which one it is enriched. A file is asked only where its records differ.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate, islice
from typing import Any
from unittest.mock import patch

import fastavro
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.avro.wire import HEADER_SIZE
from streaming.engine.spark import configure
from streaming.record import enrich
from streaming.record.enrich.comfort import COMFORT
from streaming.record.enrich.conditions import SKY, SKY_ASIDE, SKY_OBSERVED
from streaming.record.enrich.humidity import MOISTURE, STEPS
from streaming.record.enrich.sun import SUN, SUN_ASIDE
from streaming.record.enrich.table import Enrichment, Rows
from streaming.record.enrich.weather import WEATHER
from streaming.record.enrich.wind import WIND
from streaming.record.plan import Plan, judged
from streaming.record.plan import publish as published
from streaming.record.projection import reader_schema
from streaming.record.source import named
from tests import plans
from tests.charts import RawValue, Record
from tests.conftest import ROOT
from tests.mutants import Mutant, Proof, mixed, mutants, mutated

plan, raw_value = plans.plan, plans.raw_value

_MUTANTS = os.environ.get("MUTANTS", "60")
_SEED = 20
_AT_ONCE = 24
_SECONDS = 30
"""For each mutant, at most."""
_OWN_FILE: Mapping[str, Rows] = {
    "moisture": {**STEPS, **MOISTURE},
    "comfort": COMFORT,
    "sun_and_sky": {**SUN_ASIDE, **SUN, **SKY, **SKY_OBSERVED, **SKY_ASIDE},
    "enrich": {**WEATHER.observed, **WIND},
    "quality_flags": {},
}
"""File of the proof to the rows that it is about: all are asked where it notices nothing."""

_SUN = ("sin_declination", "equation_of_time")
_DRY = ("exact_dew_point", "exact_vapour_pressure", "dew_point")
_RULE = "the contract's rules take out a value beyond the limit, so that none comes here: "
_TINY = "moves the sun of no year from 1970 to 2068 by a hundredth of the last decimal"
_STEP = "changes the step to the root by 0.0003 °C at most, while the step ends up to 0.034 °C from it"
EQUIVALENT: Sequence[tuple[Sequence[str], str, str]] = (
    ((*_DRY, "apparent_temperature"), "AND [60D -> 60.06D]", f"{_RULE}temperature-possible, 60 °C"),
    (("exact_dew_point",), "-[40D -> 40.04D]", "all that it is used for is without a vapour pressure there"),
    (_DRY, "humidity > [0D -> 0.001D]", f"{_RULE}humidity-possible, 0.01 %"),
    (("wind_compass",), "AND [360D -> 360.36D]", f"{_RULE}wind-direction-on-compass, 360°"),
    (("cloud_oktas",), "< [100D -> 100.1D]", f"{_RULE}cloudiness-possible, 100 %"),
    (("cloud_oktas",), "[1D -> 1.001D], least", "the whole number is taken of it"),
    (("cloud_oktas",), "[7D -> 7.007D], rint", "the whole number is taken of it"),
    (("wind_compass",), "wind_speed, [1D -> 1.001D]", "any speed that is no calm stands for an unknown one"),
    (("felt_temperature",), "[heat_index -> dew_point] IS NOT NULL", "no heat index is felt as none anyhow"),
    (("heat_index",), "BETWEEN [80D -> 80.08D] AND 112D", "so mild and dry, the simple formula holds"),
    (
        ("felt_temperature",), "CASE CASE WHEN [temperature -> equation_of_time] IS NULL",
        "without a temperature no method has a value",
    ),
    (("felt_method", "felt_temperature"), "> [3D -> 3.003D]\n", "these winds chill, and are not asked again"),
    (("solar_azimuth",), "(latitude)))), [360D -> 360.36D]", "never above the circle, and wrapped again"),
    *(
        (("wet_bulb",), change, _STEP)
        for change in (
            "- [2D -> 2.002D] / ", "+ [2D -> 2.002D] * ", "[0.000944D -> 0.000944944D] * (temp",
            "[0.000944D -> 0.000944944D]\n",
        )
    ),
    (("wet_bulb_start",), "D -> ", _STEP),
    *(
        (_SUN, f"[{number}D -> ", _TINY)
        for number in ("0.0003032", "0.0001537", "1.6389e-7", "5.036e-7")
    ),
    (_SUN[:1], "[0.000014D -> ", _TINY),
    (_SUN[:1], "[0.000101D -> ", _TINY),
    (_SUN[1:], "[0.0000001267D -> ", _TINY),
)  # fmt: skip
"""Mutants that no test can notice: rows, the change in each of them, and why."""


def is_equivalent(mutant: Mutant) -> bool:
    return any(mutant.row in rows and change in f"{mutant.change}\n" for rows, change, _ in EQUIVALENT)


class Projection:
    """Raw values, and what is published of them by the table and by its mutants."""

    def __init__(self, spark: SparkSession, plan: Plan, values: Sequence[bytes]) -> None:
        self._plan = plan
        self._session = configure(spark.newSession())
        rows = [("raw", 0, i, None, bytearray(b"k"), bytearray(v), None) for i, v in enumerate(values)]
        stamped = F.expr("timestamp_millis(1700000000123)")
        kafka = self._session.createDataFrame(rows, plans.KAFKA).withColumn("timestamp", stamped)
        self._rows = kafka.drop("partition").repartition(2).cache()
        own = self._by(WEATHER, [(1, 0, len(rows))]).select("number", F.col("value").alias("own")).cache()
        self._own = F.broadcast(own)
        self.values: dict[int, bytes] = {row.number: bytes(row.own) for row in own.collect()}

    def by(self, those: Mapping[Mutant, range]) -> dict[Mutant, dict[int, bytes]]:
        """The values of which each mutant makes others, by their numbers; it is given a range of them."""
        numbers = [(i, rows.start, rows.stop) for i, rows in enumerate(those.values(), 1)]
        made = self._by(mixed(WEATHER, list(those), "source_partition"), numbers)
        found: dict[Mutant, dict[int, bytes]] = {mutant: {} for mutant in those}
        names = list(those)
        for row in made.join(self._own, "number").where("value != own").drop("own").collect():
            found[names[row.mutant - 1]][row.number] = bytes(row.value)
        return found

    def _by(self, table: Enrichment, numbers: Sequence[tuple[int, int, int]]) -> DataFrame:
        mutants = self._session.createDataFrame(numbers, "partition int, first long, stop long")
        rows = self._rows.crossJoin(F.broadcast(mutants)).where("offset >= first AND offset < stop")
        with patch.dict(enrich.ENRICHMENTS, {"weather": table}):
            done = judged(named(rows), self._plan).withColumn("mutant", F.col("source_partition"))
            # A record tells where it was; that is no difference.
            done = done.withColumn("source_partition", F.lit(3))
            beside = ("mutant", F.col("source_offset").alias("number"))
            return published(done, self._plan, beside).select("mutant", "number", "value")


class Reader:
    """Values as records; each as if it were of the topic that has only the rows of its file."""

    def __init__(self, plan: Plan) -> None:
        final, quarantine = plan.final.newest.schema, plan.quarantine.newest.schema
        self._schemas: dict[int, Any] = {
            plans.FINAL_ID: fastavro.parse_schema(final),
            plans.QUARANTINE_ID: fastavro.parse_schema(quarantine),
        }

    def __call__(self, value: bytes, place: int) -> Record:
        schema = self._schemas[int.from_bytes(value[1:HEADER_SIZE], "big")]
        record: Any = fastavro.schemaless_reader(io.BytesIO(value[HEADER_SIZE:]), schema, None)
        return {**record, "source_offset": 100 + place}


class Judge:
    """The files of the proof, with what the table itself makes of their rows."""

    def __init__(self, spark: SparkSession, plan: Plan, raw_value: RawValue) -> None:
        files = [ROOT / f"tests/integration/streaming/test_{name}.py" for name in _OWN_FILE]
        self._proofs = [Proof(file) for file in files]
        counts = [len(proof.rows) for proof in self._proofs]
        ends = accumulate(counts)
        self._spans = [range(end - count, end) for count, end in zip(counts, ends, strict=True)]
        self._projection = Projection(spark, plan, [raw_value(**row) for p in self._proofs for row in p.rows])
        self._read = Reader(plan)
        own = self._projection.values
        self._own = [[self._read(own[i], i - span.start) for i in span] for span in self._spans]

    def own_failures(self) -> list[str]:
        """Tests that fail by the table itself."""
        failures = [proof.failing(own, WEATHER) for proof, own in zip(self._proofs, self._own, strict=True)]
        return [name for name in failures if name]

    def unnoticed(self, those: Sequence[Mutant]) -> dict[Mutant, int]:
        """The mutants that no test notices, each with how many values it changes."""
        files = list(_OWN_FILE.values())
        own = {m: next(i for i, rows in enumerate(files) if m.row in rows) for m in those}
        left = self._unnoticed({mutant: self._spans[file] for mutant, file in own.items()})
        return self._unnoticed(dict.fromkeys(left, range(self._spans[-1].stop)))

    def _unnoticed(self, those: Mapping[Mutant, range]) -> dict[Mutant, int]:
        left: dict[Mutant, int] = {}
        for start in range(0, len(those), _AT_ONCE):
            some = dict(islice(those.items(), start, start + _AT_ONCE))
            changed = self._projection.by(some)
            left |= {m: len(values) for m, values in changed.items() if not self._is_noticed(m, values)}
            print(f"{start + len(some)} of {len(those)} tried, {len(left)} not noticed yet", flush=True)
        return left

    def _is_noticed(self, mutant: Mutant, values: Mapping[int, bytes]) -> bool:
        table = mutated(WEATHER, mutant)
        for proof, span, own in zip(self._proofs, self._spans, self._own, strict=True):
            others = {i - span.start: self._read(values[i], i - span.start) for i in values if i in span}
            if others and proof.failing([others.get(i, one) for i, one in enumerate(own)], table):
                return True
        return False


@pytest.mark.timeout(300 + _SECONDS * (1000 if _MUTANTS == "all" else int(_MUTANTS)))
def test_the_proof_notices_each_change_of_the_weather_s_enrichment(
    spark: SparkSession, plan: Plan, raw_value: RawValue, capsys: pytest.CaptureFixture[str]
) -> None:
    spark.sparkContext.setLogLevel("ERROR")
    every = mutants(WEATHER, reader_schema(plan.raw), plan.final.newest.schema)
    others = [mutant for mutant in every if not is_equivalent(mutant)]
    equivalent = len(every) - len(others)
    gone = [
        (row, change)
        for rows, change, _ in EQUIVALENT
        for row in rows
        if not any(mutant.row == row and change in f"{mutant.change}\n" for mutant in every)
    ]
    assert gone == [], "a row was changed: look at the table of equivalent mutants"
    # In an order of chance: long rows are not all in one projection.
    count = len(others) if _MUTANTS == "all" else min(int(_MUTANTS), len(others))
    tried = random.Random(_SEED).sample(others, count)
    judge = Judge(spark, plan, raw_value)
    assert judge.own_failures() == []
    survivors = judge.unnoticed(tried)
    with capsys.disabled():
        print(f"\nkilled {count - len(survivors)} of {count} mutants; {equivalent} more are equivalent")
        for mutant, changed in sorted(survivors.items(), key=lambda one: str(one[0])):
            print(f"survives, with {changed} values that are others: {mutant}")
    assert len(survivors) == 0
