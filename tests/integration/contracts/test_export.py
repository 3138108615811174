"""The exported rules are taken by the engines themselves."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]

from contracts.avro.json_form import from_json
from contracts.checks.patterns import unlike
from contracts.checks.rules import CHECKS, fields_of, literal, predicate
from contracts.evolution.compatibility import parse
from contracts.export import FORMATS
from contracts.folder.model import Contract
from contracts.folder.read import HOME, load_contracts
from tests.random_rules import FIELDS, PATTERNS, contract_at_random

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

    newest = f"v{CONTRACT.newest.number}"
    path = HOME / CONTRACT.topic / "examples" / newest / "jfk-replay.json"
    good = from_json(parse(CONTRACT.newest.schema), json.loads(path.read_text(encoding="utf-8")))
    judging = [rule for rule in CONTRACT.rules if predicate(rule)]
    fields = sorted({name for rule in judging for name in fields_of(rule)})
    types = {str: "string", bool: "boolean", int: "bigint", datetime: "timestamp"}
    schema = ", ".join(f"{f} {types.get(type(good[f]), 'double')}" for f in fields)
    broken = {**good, "temperature": 99.0, "station": " "}
    rows = spark.createDataFrame([tuple(r[f] for f in fields) for r in (good, broken)], schema)
    judged = [row for row in FORMATS["spark"].document(CONTRACT)["rules"] if row["predicate"] is not None]
    first, second = rows.select(*(F.expr(row["predicate"]).alias(row["rule"]) for row in judged)).collect()
    assert all(first.asDict().values())
    assert {rule for rule, kept in second.asDict().items() if not kept} == {
        "temperature-possible", "temperature-plausible", "station-present",
    }  # fmt: skip


NOW = datetime(2026, 1, 1)
VALUES: dict[str, Any] = {
    "boolean": True, "int": 1, "bigint": 1, "float": float("nan"), "double": float("nan"),
    "decimal(6, 2)": Decimal("0.10"), "string": "UP", "timestamp": NOW, "timestamp_ntz": NOW,
    "date": date.min, "binary": b"x", "array<string>": ["a"], "map<string, string>": {"a": "b"},
    "struct<n: int>": (1,), "struct<member0: string, member1: bigint>": (None, 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def at_random(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """A contract with every rule that the loader took of those made at random."""
    contract, _ = contract_at_random(tmp_path_factory.mktemp("contracts") / "topic-random", 2_000)
    assert {rule.check for rule in contract.rules} == CHECKS.keys()
    return contract


def test_spark_judges_by_every_rule_that_the_loader_takes(spark: SparkSession, at_random: Contract) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    schema = ", ".join(f"{name} {type_}" for name, (_, type_) in FIELDS.items())
    full = tuple(VALUES[type_] for _, type_ in FIELDS.values())
    rows = spark.createDataFrame([full, (None,) * len(FIELDS)], schema)
    judging = [rule for rule in at_random.rules if predicate(rule)]
    for start in range(0, len(judging), 100):
        some = judging[start : start + 100]
        found = rows.select(*(F.expr(str(predicate(rule))).alias(rule.id) for rule in some)).collect()
        for rule in some:
            present, absent = (row[rule.id] for row in found)
            assert present is not None, rule
            assert absent is (rule.check != "not_null"), rule
            if rule.check == "one_of" and "UP" in rule.parameters["values"]:
                assert present, rule


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "Pacific/Honolulu"])
def test_a_season_begins_at_midnight_by_utc_whatever_the_time_zone_of_the_session_is(
    zone: str, spark: SparkSession
) -> None:
    winters = dict.fromkeys(("low_winter", "high_winter"), (0, 0))
    summers = dict.fromkeys(("low_summer", "high_summer"), (1, 1))
    keeps = CHECKS["in_season"].predicate
    assert keeps is not None
    summer = keeps({"field": "t", "latitude": "lat", "time": "at", **winters, **summers})
    times = [f"TIMESTAMP'2026-{time}Z'" for time in ("03-31 23:59:59.999999", "04-01 00:00:00")]
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", str(zone))
    try:
        rows = spark.sql(
            f"SELECT {summer} FROM VALUES (1, 5, {times[0]}), (1, 5, {times[1]}) AS r(t, lat, at)"
        )
        assert [row[0] for row in rows.collect()] == [False, True]
    finally:
        spark.conf.set("spark.sql.session.timeZone", str(before))


def test_a_text_of_a_rule_is_the_same_text_in_spark(spark: SparkSession) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    texts = [
        "${spark.app.name}",
        "${env:HOME}",
        "$",
        "\\",
        "\\u0041",
        "'",
        "\\'",
        "a\nb",
        "\x00",
        "%_",
        "é雨😀",
        "`",
    ]
    [row] = (
        spark.range(1)
        .select(*(F.expr(literal(text)).alias(str(n)) for n, text in enumerate(texts)))
        .collect()
    )
    assert list(row) == texts


@pytest.mark.filterwarnings("ignore")
def test_great_expectations_takes_every_rule_that_the_loader_takes(at_random: Contract) -> None:
    gx = pytest.importorskip("great_expectations")
    document = json.loads(json.dumps(FORMATS["great-expectations"].document(at_random)))
    suite = gx.ExpectationSuite(**document)
    assert [e.meta["rule"] for e in suite.expectations] == [
        rule.id for rule in at_random.rules if CHECKS[rule.check].exported
    ]


@settings(
    max_examples=3_000,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pattern=PATTERNS, texts=st.lists(st.text("aAb1 .-&,", max_size=5), min_size=4, max_size=4))
def test_a_pattern_that_is_taken_is_read_alike_by_java_and_python(
    pattern: str, texts: list[str], spark: SparkSession
) -> None:
    if unlike(pattern):
        return
    try:
        java = spark._jvm.java.util.regex.Pattern.compile(pattern)  # type: ignore[union-attr]
    except Py4JJavaError as error:
        pytest.fail(f"Java cannot read {pattern!r}: {error.java_exception}")
    python = re.compile(pattern, re.ASCII)
    for text in texts:
        assert java.matcher(text).find() is (python.search(text) is not None), (pattern, text)
