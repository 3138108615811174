"""What `check` lets pass is really written and read, in Spark and in fastavro, with equal values."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import fastavro

from contracts.avro.json_form import from_json
from contracts.avro.reader import compile_reader
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import ENGINES, MODES, Labelled, Reach, check_schemas, parse
from contracts.folder.model import Contract, Mode
from contracts.folder.read import load_contract, load_contracts
from tests.avro_pairs import (
    Reading,
    as_written,
    encode,
    evolved,
    from_fastavro,
    from_spark,
    random_record,
    random_value,
    read_in_fastavro,
    read_in_spark,
    seen,
)
from tests.avro_pairs.kinds import RENAMED
from tests.unit.contracts.folders import newest_alone

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

IN_SPARK, IN_FASTAVRO = 200, 1_000
"""Pairs of schemas."""


def passing_pairs(count: int, engines: Collection[str], seed: int) -> Iterator[tuple[Reading, object]]:
    """Random pairs that `check` passes for `engines`, each with a random value and what ought to be seen."""
    random = Random(seed)
    found = 0
    while found < count:
        writer = random_record(random)
        reader = evolved(random, writer, rate=0.08)
        try:
            old, new = parse(writer), parse(reader)
        except UnusableSetting:  # the change has put two of a name into one union
            continue
        history = [Labelled(label="old", type=old)]
        if check_schemas(history, Labelled(label="new", type=new), Mode.BACKWARD, engines):
            continue
        value = random_value(random, old)
        found += 1
        yield Reading(writer, reader, encode(old, value)), seen(new, old, value)


def test_random_pairs_that_check_passes_are_written_and_read_in_spark_with_equal_values(
    spark: SparkSession,
) -> None:
    pairs = list(passing_pairs(IN_SPARK, ["spark"], seed=1))
    assert any(reading.writer != reading.reader for reading, _ in pairs)
    found = read_in_spark(spark, [reading for reading, _ in pairs])
    for (reading, wanted), (got, written) in zip(pairs, found, strict=True):
        assert from_spark(parse(reading.reader), got) == wanted, reading
        assert written == reading.body, reading


def test_random_pairs_that_check_passes_are_read_in_fastavro_and_by_our_reader_with_equal_values() -> None:
    for reading, wanted in passing_pairs(IN_FASTAVRO, ["fastavro"], seed=2):
        new, old = reading.types
        assert from_fastavro(read_in_fastavro(reading)) == wanted, reading
        assert from_fastavro(compile_reader(old, new)(reading.body, 0)[0]) == wanted, reading


def test_what_keeps_its_old_name_for_an_alias_passes_and_is_read_in_every_engine(spark: SparkSession) -> None:
    random, told = Random(3), []
    for reader, writer in RENAMED.values():
        new, old = parse(reader), parse(writer)
        history = [Labelled(label="old", type=old)]
        assert check_schemas(history, Labelled(label="new", type=new), Mode.BACKWARD, ENGINES) == []
        for _ in range(4):
            value = random_value(random, old)
            told.append((Reading(writer, reader, encode(old, value)), seen(new, old, value)))
    assert_seen_alike(spark, told)


def test_every_example_is_read_by_every_version_that_may_read_it(spark: SparkSession) -> None:
    own = [contract for contract in load_contracts().values() if not contract.schemas_of]
    told = [row for contract in own for row in golden(contract)]
    assert_seen_alike(spark, told)
    assert len({parse(reading.reader).full_name for reading, _ in told}) == len(own)


def test_an_example_is_read_across_versions(spark: SparkSession, tmp_path: Path) -> None:
    contract = evolved_copy(load_contracts()["topic-weather"], tmp_path / "topic-weather")
    told = list(golden(contract))
    versions = {(len(reading.writer["fields"]), len(reading.reader["fields"])) for reading, _ in told}
    assert len(versions) == 4, "two versions, each read with both"
    assert_seen_alike(spark, told)


def golden(contract: Contract) -> Iterator[tuple[Reading, object]]:
    """Every example of every version, with each version that the contract's mode lets read it."""
    reach = MODES[contract.mode]
    for version in contract.versions:
        writer = parse(version.schema)
        allowed = [other for other in contract.versions if may_read(reach, other.number - version.number)]
        paths = sorted((contract.home / "examples" / f"v{version.number}").glob("*.json"))
        assert paths, f"{contract.topic} has no examples of version {version.number}"
        for path in paths:
            native = from_json(writer, json.loads(path.read_text(encoding="utf-8")))
            value = as_written(writer, native)
            body = encode(writer, value)
            assert body == written_in_fastavro(version.schema, native), path
            for other in allowed:
                reader = parse(other.schema)
                yield Reading(version.schema, other.schema, body), seen(reader, writer, value)


def may_read(reach: Reach, ahead: int) -> bool:
    """Whether a reader so many versions ahead of the writer may read it."""
    in_reach = reach.all_history or abs(ahead) <= 1
    return ahead == 0 or (in_reach and (reach.new_reads_old if ahead > 0 else reach.old_reads_new))


def written_in_fastavro(schema: object, native: object) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(schema))), native)
    return out.getvalue()


def assert_seen_alike(spark: SparkSession, told: list[tuple[Reading, object]]) -> None:
    in_spark = read_in_spark(spark, [reading for reading, _ in told])
    for (reading, wanted), (got, written) in zip(told, in_spark, strict=True):
        assert from_spark(parse(reading.reader), got) == wanted, reading
        assert from_fastavro(read_in_fastavro(reading)) == wanted, reading
        assert written == reading.body, reading


def evolved_copy(contract: Contract, home: Path) -> Contract:
    """The newest version, and a second one: a field more, a field less, a symbol more, another order."""
    newest_alone(contract.topic, home)
    schema = json.loads((home / "v1.avsc").read_text(encoding="utf-8"))
    fields = [field for field in schema["fields"] if field["name"] not in ("city_id", "extra")]
    fields[0]["type"]["symbols"].append("METAR")
    micros = {"type": "long", "logicalType": "timestamp-micros"}
    added = [
        {"name": "uv_index", "type": ["null", "double"], "default": None},
        {"name": "measured_at", "type": ["null", micros], "default": None},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
    ]
    (home / "v2.avsc").write_text(
        json.dumps({**schema, "fields": [*fields[2:], *added, *fields[:2]]}), encoding="utf-8"
    )
    (home / "examples" / "v2").mkdir()
    for path in (home / "examples" / "v1").glob("*.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        told |= {
            "source": "METAR",
            "uv_index": 3.5,
            "measured_at": "2026-03-14T09:30:00.123456Z",
            "tags": ["x"],
        }
        told = {name: value for name, value in told.items() if name not in ("city_id", "extra")}
        (home / "examples" / "v2" / path.name).write_text(json.dumps(told), encoding="utf-8")
    made = load_contract(home)
    new = Labelled(label="v2", type=parse(made.newest.schema))
    old = Labelled(label="v1", type=parse(made.versions[0].schema))
    assert check_schemas([old], new, contract.mode, ENGINES) == []
    return made
