"""Broker and registry are killed under a running stream, which goes on by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from contracts.registry.registry import connect
from embedded import Services
from tests.stream_process import stream_process
from tests.streams import RAW, make_place, raw_values
from tests.versions import with_a_new_field

_WITHIN = 150.0


@pytest.mark.timeout(600)
def test_records_flow_without_a_registry_and_after_the_broker_was_killed(
    tmp_path: Path, real_part: Callable[[str], None]
) -> None:
    with Services(data_dir=tmp_path / "data", log_dir=tmp_path / "logs") as own:
        real_part(f"embedded broker and registry of {tmp_path.name}, pids {own.pids}")
        topics = ["outage-raw", "outage-final", "outage-quarantine"]
        for topic in topics:
            Broker(Kafka(own.bootstrap_servers)).create(topic, 2)
        place = make_place(own.bootstrap_servers, own.schema_registry_url, topics)
        with stream_process(place, tmp_path / "checkpoint", tmp_path / "log") as stream:
            place.produce(raw_values(40, place.raw_id))
            stream.wait_until_published(40, _WITHIN)

            own.kill("registry")
            place.produce(raw_values(40, place.raw_id))
            stream.wait_until_published(80, _WITHIN)

            own.kill("broker")
            own.restart("broker")
            place.produce(raw_values(40, place.raw_id))
            stream.wait_until_published(120, _WITHIN)

            own.restart("registry")
            newer = with_a_new_field(load_contracts()[RAW].newest.schema)
            registry = connect(own.schema_registry_url)
            new_id = registry.register(f"{place.raw}-value", json.dumps(newer))
            registry.close()
            place.produce(raw_values(40, new_id, newer, uv_index=3.5))
            stream.wait_until_published(160, _WITHIN)
            assert stream.end(_WITHIN) == 0, stream.told
        assert place.lost_and_doubled() == ([], [])
        assert len(place.read(place.final)) == 160
