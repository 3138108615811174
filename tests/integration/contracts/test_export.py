"""The exported rules are taken by the engines themselves."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from contracts.compatibility import parse
from contracts.export import FORMATS
from contracts.folder import HOME, load_contracts
from contracts.json_form import from_json
from contracts.rules import CHECKS, fields_of, predicate

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONTRACT = load_contracts()["topic-weather-final"]


@pytest.mark.filterwarnings("ignore")
def test_great_expectations_loads_the_suite() -> None:
    gx = pytest.importorskip("great_expectations")
    document = json.loads(json.dumps(FORMATS["great-expectations"].document(CONTRACT)))
    suite = gx.ExpectationSuite(**document)
    assert [e.meta["rule"] for e in suite.expectations] == [
        rule.id for rule in CONTRACT.rules if CHECKS[rule.check].exported
    ]


def test_spark_judges_by_the_predicates(spark: SparkSession) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    path = HOME / CONTRACT.topic / "examples" / "v1" / "jfk-replay.json"
    good = from_json(parse(CONTRACT.newest.schema), json.loads(path.read_text(encoding="utf-8")))
    judging = [rule for rule in CONTRACT.rules if predicate(rule)]
    fields = sorted({name for rule in judging for name in fields_of(rule)})
    types = {str: "string", bool: "boolean", datetime: "timestamp"}
    schema = ", ".join(f"{f} {types.get(type(good[f]), 'double')}" for f in fields)
    broken = {**good, "temperature": 99.0, "station": " "}
    rows = spark.createDataFrame([tuple(r[f] for f in fields) for r in (good, broken)], schema)
    judged = [row for row in FORMATS["spark"].document(CONTRACT)["rules"] if row["predicate"] is not None]
    first, second = rows.select(*(F.expr(row["predicate"]).alias(row["rule"]) for row in judged)).collect()
    assert all(first.asDict().values())
    assert {rule for rule, kept in second.asDict().items() if not kept} == {
        "temperature-possible", "station-present",
    }  # fmt: skip
