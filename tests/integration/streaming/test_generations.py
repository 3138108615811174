"""Two generations of the final topic, of one decoding: each record once in each, and readers that move."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
from pyspark.sql import SparkSession

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.consume import Message, consume
from contracts.errors import UnusableSetting
from contracts.folder.read import load_contract
from contracts.generations.check import succession
from contracts.generations.mapping import Step
from streaming.record.generations import Generation
from streaming.record.plan import Plan
from tests.generations import CHANGES, TwoGenerations, two_generations, typed, write_second
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


def source_of(message: Message[Any]) -> tuple[int, int]:
    headers = dict(message.headers)
    return int(headers["source-partition"] or 0), int(headers["source-offset"] or 0)


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


def test_readers_move_without_a_record_missed_or_seen_twice_and_the_old_generation_is_retired(
    two: TwoGenerations, spark: SparkSession, run_cli: RunCli, tmp_path: Path
) -> None:
    checkpoint, where = tmp_path / "checkpoint", {"CONTRACTS_DIR": str(two.folder)}
    address: dict[str, Any] = {"bootstrap_servers": two.bootstrap_servers, "registry_url": two.registry_url}
    values = raw_values(300, two.raw_id, country="US", humidity=50.0)
    # What `begin` changes is what README tells to change.
    readme = Path("README.md").read_text(encoding="utf-8")
    assert all(changed.strip() in readme for changed in CHANGES.values())

    def contracts(*arguments: str) -> Any:
        return run_cli("contracts", *arguments, env=where)

    def moved(group: str, *more: str) -> Any:
        return contracts("translate-offsets", "--group", group, "--from", two.final, "--json", *more)

    # The old generation alone, an old reader that keeps up, and one that does not.
    old = typed(two.folder)[two.final]
    two.produce(values)
    with running(two, spark, checkpoint) as stream:
        stream.wait_until_read(300)
    seen = list(consume(two.final, old, group="mover", stop_at_end=True, **address))
    assert len(seen) == 300
    assert len(list(consume(two.final, old, group="laggard", limit=10, **address))) == 10

    # A generation begins; the producer and the old reader know nothing of it.
    two.begin()
    new = typed(two.folder)[two.second]
    two.produce([*values, b"", None])
    with running(two, spark, checkpoint) as stream:
        stream.wait_until_read(602)
    seen += consume(two.final, old, group="mover", limit=120, **address)
    assert len(set(sources(two.read(two.second)))) == len(two.read(two.second)) == 300

    # A reader that is at work, or too far behind, does not move.
    at_work = consume(two.final, old, group="mover", **address)
    next(at_work)
    assert "is at work, with 1 members" in moved("mover").stderr
    at_work.close()
    assert "let it read" in moved("laggard").stderr
    assert "has no offsets" in moved("nobody").stderr

    # The other goes on where it stopped.
    dry = moved("mover", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    done = moved("mover")
    assert done.returncode == 0, done.stderr
    assert moved("mover").returncode == 0
    rest = list(consume(two.second, new, group="mover", stop_at_end=True, **address))
    read = sorted(source_of(message) for message in (*seen, *rest))
    assert len(read) == 600
    assert read == sorted(set(sources(two.read(two.final))))

    # Each generation reads as the other.
    whole = {source_of(one): one.value for one in consume(two.final, old, stop_at_end=True, **address)}
    mapped = list(consume(two.final, new, through=new, stop_at_end=True, **address))
    assert len(mapped) == len(whole) == 600
    for message in mapped:
        before = whole[source_of(message)]
        assert message.value.country_code == before.country == "US"
        assert message.value.absolute_humidity == round(before.absolute_humidity / 1000, 7)
    back = list(consume(two.second, old, through=new, stop_at_end=True, **address))
    assert len(back) == 300
    assert all(message.value == whole[source_of(message)] for message in back)
    part = next(consume(two.final, new, through=new, reads=["country_code"], **address))
    assert part.value.country_code == "US"

    # The old one is retired once no declared reader is left, and keeps what it has.
    refused = contracts("retire", two.final)
    assert refused.returncode == 1
    assert "quality-report" in refused.stderr
    two.change(two.final, without_consumers)
    assert contracts("retire", two.final).returncode == 0
    two.produce(values[:50])
    with running(two, spark, checkpoint) as stream:
        stream.wait_until_read(652)
    assert len(two.read(two.final)) == 600
    assert len(set(sources(two.read(two.second)))) == len(two.read(two.second)) == 350
    assert len(list(consume(two.final, new, through=new, stop_at_end=True, **address))) == 600


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
