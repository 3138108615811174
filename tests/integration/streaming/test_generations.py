"""Two generations of the final topic, of one decoding: each record once in each, and readers that move."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.consume import consume
from contracts.errors import UnusableSetting
from contracts.folder.read import load_contract
from contracts.generations.check import succession
from contracts.generations.mapping import Step
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import watermarks
from streaming.record.generations import Generation
from streaming.record.plan import Plan
from tests.generations import (
    Feed,
    Reader,
    TwoGenerations,
    make_changes,
    source_of,
    steps_of_readme,
    two_generations,
    typed,
    wait_until,
    write_second,
)
from tests.plans import FINAL_ID, Projected
from tests.streams import raw_values, running, sources

if TYPE_CHECKING:
    from tests.conftest import RunCli

SECOND_ID = 10


@pytest.fixture
def two(
    topic: Callable[..., str],
    bootstrap_servers: str,
    registry_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> TwoGenerations:
    """Topics of the test's own, and a folder of contracts in use that has the first generation alone."""
    made = two_generations(topic, bootstrap_servers, registry_url, tmp_path / "contracts")
    monkeypatch.setenv("CONTRACTS_DIR", str(made.folder))
    return made


def without_consumers(text: str) -> str:
    return text[: text.index("consumers:")] + text[text.index("service_level:") :]


def decoded(value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    body = io.BytesIO(bytes(value)[HEADER_SIZE:])
    record: Any = fastavro.schemaless_reader(body, fastavro.parse_schema(schema), None)
    return dict(record)


def test_both_generations_are_made_of_one_record_as_the_mapping_says_and_quarantine_has_the_rest(
    plan: Plan, projected: Projected, raw_value: Callable[..., bytes], tmp_path: Path
) -> None:
    write_second(plan.final, tmp_path / "second")
    new = load_contract(tmp_path / "second")
    made = succession(plan.final, new)
    both = replace(plan, later=(Generation(contract=new, schema_id=SECOND_ID, made=made),))
    moments = random.Random(19)
    values = [
        raw_value(humidity=moments.uniform(1, 100), temperature=moments.uniform(-40, 50)) for _ in range(40)
    ]
    values += [raw_value(country="GB"), raw_value(humidity=None), b"", frame(1 << 30, b"x")]

    rows = projected(both, values)

    first, second = ([row for row in rows if row.topic == topic] for topic in (plan.final.topic, "second"))
    assert [row.source_offset for row in first] == [row.source_offset for row in second]
    assert [row.topic for row in rows].count(plan.quarantine.topic) == 2
    assert len(first) == 42
    for old, young in zip(first, second, strict=True):
        assert (old.key, old.headers) == (young.key, young.headers)
        assert bytes(young.value)[:HEADER_SIZE] == frame(SECOND_ID, b"")
        assert bytes(old.value)[:HEADER_SIZE] == frame(FINAL_ID, b"")
        record = decoded(old.value, plan.final.newest.schema)
        assert decoded(young.value, new.newest.schema) == made.up(record)
        assert made.down(made.up(record)) == record
    # A first generation that is retired is made, and not written.
    retired = replace(both, final=replace(plan.final, retired=date(2026, 1, 1)))
    alone = projected(retired, values)
    assert sorted({row.topic for row in alone}) == ["second", plan.quarantine.topic]
    assert [row.value for row in alone if row.topic == "second"] == [row.value for row in second]


def test_spark_converts_a_number_to_the_very_same_double_as_python(spark: SparkSession) -> None:
    moments = random.Random(19)
    values = [moments.uniform(-1, 1) * 10 ** moments.randint(-6, 9) for _ in range(500)]
    values += [round(value, 2) for value in values] + [0.0, -0.0, 0.125, float("inf")]
    steps = [
        Step(name="new", of="old", times=times, plus=plus, decimals=decimals)
        for times in (3.6, 1.8, 0.001, -2.5)
        for plus in (0.0, 32.0, -273.15)
        for decimals in (None, 0, 2, 4)
    ]
    rows = spark.createDataFrame([(value,) for value in values], "old double")
    made = rows.selectExpr("old", *(f"{step.sql('old')} AS s{n}" for n, step in enumerate(steps))).collect()
    for row in made:
        assert list(row)[1:] == [step.up(row.old) for step in steps], row.old


def test_by_readme_readers_move_while_all_is_at_work_and_no_record_is_missed_or_seen_twice(
    two: TwoGenerations, spark: SparkSession, run_cli: RunCli, tmp_path: Path
) -> None:
    checkpoint, where = tmp_path / "checkpoint", {"CONTRACTS_DIR": str(two.folder)}
    address: dict[str, Any] = {"bootstrap_servers": two.bootstrap_servers, "registry_url": two.registry_url}
    begin, check_and_apply, move, retire = steps_of_readme()
    values = raw_values(300, two.raw_id, country="US", humidity=50.0)

    def contracts(words: Sequence[str], *more: str) -> Any:
        named = {"topic-weather-final": two.final, "dashboard": "mover"}
        if words[0] == "generate":
            more = ("--output", str(tmp_path))
        return run_cli("contracts", *(named.get(word, word) for word in words), *more, env=where)

    def walk(block: Sequence[Sequence[str]]) -> None:
        for words in block:
            done = contracts(words)
            assert done.returncode == 0, f"{words}: {done.stderr}"

    def moved(group: str, *more: str) -> Any:
        return contracts(["translate-offsets", "--group", group, *more])

    two.produce([*values, b"", None])
    old = typed(two.folder)[two.final]
    with Feed(two, values):
        # The old generation alone, a reader that keeps up, and one that does not.
        with running(two, spark, checkpoint) as stream:
            stream.wait_until_read(300)
            reader = Reader(consume(two.final, old, group="mover", **address))
            wait_until(lambda: len(reader.seen) >= 300, "the old reader at work")
            assert len(list(consume(two.final, old, group="laggard", limit=10, **address))) == 10

        # A generation begins; the producer and the old reader know nothing of it.
        walk(begin)
        make_changes(two.folder / two.second)
        walk(check_and_apply)
        new = typed(two.folder)[two.second]
        with running(two, spark, checkpoint):
            wait_until(lambda: published(two, two.second) >= 100, "the new generation")
            # A reader that is at work, or too far behind, or that nobody knows, does not move.
            assert "is at work, with 1 members" in moved("mover").stderr
            assert "let it read" in moved("laggard").stderr
            assert "has no offsets" in moved("nobody").stderr
            before = len(reader.seen)
            wait_until(lambda: len(reader.seen) > before, "the old reader during the overlap")
            reader.leave()
            walk(move)
            walk(move)
            later = Reader(consume(two.second, new, group="mover", **address))
            wait_until(lambda: len(later.seen) >= 50, "the reader of the new generation")

            # The old one is retired once no declared reader is left, while all goes on.
            refused = contracts(retire[0])
            assert (refused.returncode, "quality-report" in refused.stderr) == (1, True)
            two.change(two.final, without_consumers)
            walk(retire)
        kept = published(two, two.final)
        with running(two, spark, checkpoint):
            more = published(two, two.second) + 50
            wait_until(lambda: published(two, two.second) >= more, "the new generation alone")
            later.leave()
    with running(two, spark, checkpoint) as stream:
        stream.wait_until_read(len(two.read(two.raw)))
    rest = list(consume(two.second, new, group="mover", stop_at_end=True, **address))

    good = {place for place, value in coordinates(two, two.raw).items() if value}
    read = sorted([*reader.seen, *later.seen, *(source_of(message) for message in rest)])
    assert read == sorted(good)
    # Each record is once in each generation that there was, and the retired one has what it had.
    first, second = (sources(two.read(topic)) for topic in (two.final, two.second))
    assert len(first) == len(set(first)) == kept == published(two, two.final)
    assert len(second) == len(set(second))
    assert set(first) | set(second) == good
    assert set(first) & set(second), "there was no overlap"
    assert len(two.read(two.quarantine)) == 2

    # Each generation reads as the other, the retired one too.
    whole = {source_of(one): one.value for one in consume(two.final, old, stop_at_end=True, **address)}
    mapped = list(consume(two.final, new, through=new, stop_at_end=True, **address))
    assert len(mapped) == len(whole) == kept
    for message in mapped:
        former = whole[source_of(message)]
        assert message.value.country_code == former.country == "US"
        assert message.value.absolute_humidity == round(former.absolute_humidity / 1000, 7)
    back = list(consume(two.second, old, through=new, stop_at_end=True, **address))
    assert len(back) == len(second)
    assert all(whole.get(source_of(one), one.value) == one.value for one in back)
    part = next(consume(two.final, new, through=new, reads=["country_code"], **address))
    assert part.value.country_code == "US"


def coordinates(two: TwoGenerations, topic: str) -> dict[tuple[int, int], bytes | None]:
    """Partition and offset of each record of a topic, with its value."""
    found: list[Any] = two.read(topic)
    return {(message.partition(), message.offset()): message.value() for message in found}


def published(two: TwoGenerations, topic: str) -> int:
    """How many records a topic was ever given."""
    return sum(end for _, end in watermarks(Kafka(two.bootstrap_servers), topic).values())


def test_a_mapping_that_loses_something_is_not_read_backwards(two: TwoGenerations) -> None:
    two.begin()
    two.change(two.second, lambda text: text.replace("lossless: true", "lossless: false"))
    classes = typed(two.folder)
    with pytest.raises(UnusableSetting, match="`lossless`"):
        next(
            consume(
                two.second,
                classes[two.final],
                through=classes[two.second],
                bootstrap_servers=two.bootstrap_servers,
                registry_url=two.registry_url,
            )
        )
