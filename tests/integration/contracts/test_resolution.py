"""Avro's resolution is decided as the Java library decides it, which is what registries and Spark run."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import SparkSession

from contracts.evolution.compatibility import parse, resolve
from tests.avro_pairs import evolved, random_schema
from tests.avro_pairs.kinds import OTHER, RENAMED

PAIRS = 2_000
KINDS = {**{f"renamed: {what}": (*pair, True) for what, pair in RENAMED.items()}, **OTHER}


@pytest.fixture(scope="module")
def java_reads(spark: SparkSession, real_part: Callable[[str], None]) -> Callable[[Any, Any], bool]:
    """Whether a reader's schema reads a writer's, by `org.apache.avro.SchemaCompatibility` in Spark's JVM.

    Of the session, and no JVM beside it: PySpark looks into the session's for whatever any of them throws.
    """
    avro = spark._jvm.org.apache.avro  # type: ignore[union-attr]
    parser, judge = avro.Schema.Parser, avro.SchemaCompatibility.checkReaderWriterCompatibility
    real_part("org.apache.avro.SchemaCompatibility, of PySpark's own jars")

    def reads(reader: Any, writer: Any) -> bool:
        parsed = [parser().parse(json.dumps(schema)) for schema in (reader, writer)]
        try:
            return str(judge(*parsed).getType().toString()) == "COMPATIBLE"
        except Py4JJavaError as error:
            # How it says that one of the reader's fields answers to two of the writer's.
            assert "matches multiple fields" in str(error.java_exception)
            return False

    return reads


@settings(
    max_examples=PAIRS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(random=st.randoms(use_true_random=False))
def test_random_pairs_are_judged_as_java_judges_them(
    random: Random, java_reads: Callable[[Any, Any], bool]
) -> None:
    reader = random_schema(random)
    writer = evolved(random, reader) if random.random() < 0.8 else random_schema(random)
    ours = not resolve(parse(reader), parse(writer))
    assert ours == java_reads(reader, writer), f"reader {json.dumps(reader)} writer {json.dumps(writer)}"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_pair_gets_the_verdict_of_avro_and_of_java(
    kind: str, java_reads: Callable[[Any, Any], bool]
) -> None:
    reader, writer, compatible = KINDS[kind]
    found = [finding.message for finding in resolve(parse(reader), parse(writer))]
    assert (not found, java_reads(reader, writer)) == (compatible, compatible), found


def wheel_pairs() -> list[Any]:
    """Every pair that the `avro` wheel's own tests compare, with the verdict of its checker."""
    module: Any = importlib.import_module("avro.test.test_compatibility")
    judge = module.ReaderWriterCompatibilityChecker
    found: list[Any] = []

    class Noting(judge):  # type: ignore[misc,valid-type]
        depth = 0

        def get_compatibility(self, reader: Any, writer: Any, *more: Any) -> Any:
            Noting.depth += 1
            result = super().get_compatibility(reader, writer, *more)
            Noting.depth -= 1
            if not Noting.depth:
                compatible = result.compatibility is module.SchemaCompatibilityType.compatible
                found.append((reader.to_json(), writer.to_json(), compatible))
            return result

    module.ReaderWriterCompatibilityChecker = Noting
    try:
        case = module.TestCompatibility()
        for name in dir(case):
            if name.startswith("test_"):
                getattr(case, name)()
    finally:
        module.ReaderWriterCompatibilityChecker = judge
    return found


def test_the_pairs_of_the_avro_wheels_own_tests_get_its_verdict() -> None:
    pairs = wheel_pairs()
    assert len(pairs) > 100
    for reader, writer, compatible in pairs:
        found = {finding.rule for finding in resolve(parse(reader), parse(writer))}
        assert (not found) is compatible, (reader, writer, found)
