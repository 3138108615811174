"""Versions that are registered while the stream runs, and ids that nobody has registered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contracts.folder import load_contracts
from contracts.registry import connect
from contracts.wire import frame
from tests.streams import RAW, Place, raw_values, running


def with_a_new_field(schema: dict[str, Any]) -> dict[str, Any]:
    new = {"name": "uv_index", "type": ["null", "double"], "default": None, "doc": "UV index."}
    return {**schema, "fields": [*schema["fields"], new]}


def test_records_of_a_version_registered_just_now_flow_and_none_is_put_aside_or_doubled(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    newer = with_a_new_field(load_contracts()[RAW].newest.schema)
    registry = connect(place.registry_url)
    # One schema has one id, whatever its subjects: this one is another's before it is ours.
    registry.register(f"{place.raw}-elsewhere-value", json.dumps(newer))
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(raw_values(40, place.raw_id))
        stream.wait_until_read(40)
        new_id = registry.register(f"{place.raw}-value", json.dumps(newer))
        # At once: the stream cannot have heard of it.
        place.produce([*raw_values(40, new_id, newer, uv_index=3.5), *raw_values(20, place.raw_id)])
        seconds = stream.wait_until_read(100)
    registry.close()
    print(f"the new version flowed after {seconds:.1f} s")
    assert len(place.read(place.final)) == 100
    assert place.lost_and_doubled() == ([], [])


def test_a_flood_of_foreign_ids_is_put_aside_and_the_stream_goes_on(
    place: Place, spark: SparkSession, tmp_path: Path
) -> None:
    with running(place, spark, tmp_path / "checkpoint") as stream:
        place.produce(raw_values(10, place.raw_id))
        stream.wait_until_read(10)
        good = raw_values(900, place.raw_id)
        foreign = [frame(1_000_000 + number, good[0][5:]) for number in range(100)]
        place.produce([value for i, bad in enumerate(foreign) for value in (*good[9 * i : 9 * i + 9], bad)])
        stream.wait_until_read(1010)
        place.produce(raw_values(10, place.raw_id))
        stream.wait_until_read(1020)
    assert len(place.read(place.quarantine)) == 100
    assert len(place.read(place.final)) == 920
    assert place.lost_and_doubled() == ([], [])
