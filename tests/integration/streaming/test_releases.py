"""A new version of the final contract, while the stream runs and from one release of it to the next."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar

import pytest
from pyspark.sql import SparkSession

from contracts.avro.wire import schema_id
from contracts.consume import Message, Record, consume
from contracts.folder.read import HOME, load_contracts
from contracts.records.topic_weather_final import Observation
from contracts.registry.registry import connect
from tests.streams import FINAL, QUARANTINE, RAW, Place, raw_values, running

R = TypeVar("R", bound=Record)
_TAKEN_UP_WITHIN = 60.0
SNOW_DEPTH = {
    "name": "snow_depth",
    "type": ["null", "double"],
    "doc": "Depth.",
    "unit": "cm",
    "default": None,
}


def release(folder: Path, *names: str) -> Path:
    """The contracts of a release that has these fields more, in the raw and in the final contract."""
    for topic in (RAW, FINAL, QUARANTINE):
        shutil.copytree(HOME / topic, folder / topic)
    for topic in (RAW, FINAL) if names else ():
        contract = load_contracts(folder)[topic]
        fields = [*contract.newest.schema["fields"], *({**SNOW_DEPTH, "name": name} for name in names)]
        newer = folder / topic / f"v{contract.newest.number + 1}.avsc"
        newer.write_text(json.dumps({**contract.newest.schema, "fields": fields}), encoding="utf-8")
    about = folder / RAW / "contract.yaml"
    reads = "".join(f"{name}, " for name in names)
    about.write_text(about.read_text("utf-8").replace("reads: [", f"reads: [{reads}"), encoding="utf-8")
    return folder


class NewerObservation(SimpleNamespace):
    """A typed consumer's record of the newer release."""

    SCHEMA: ClassVar[str]

    @classmethod
    def from_dict(cls, value: Any) -> NewerObservation:
        return cls(**value)


def test_a_final_version_is_taken_up_when_it_is_registered_and_releases_may_follow_in_any_order(
    place: Place, spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = release(tmp_path / "older")
    newer = release(tmp_path / "newer", "snow_depth")
    folder = tmp_path / "deployed"
    shutil.copytree(older, folder)
    monkeypatch.setenv("CONTRACTS_DIR", str(folder))
    checkpoint, registry = tmp_path / "checkpoint", connect(place.registry_url)
    before, after = load_contracts(older)[RAW].newest.schema, load_contracts(newer)

    with running(place, spark, checkpoint) as stream:
        place.produce(raw_values(20, place.raw_id, before))
        stream.wait_until_read(20)
        # The new release lies there, and is not registered yet: the old one goes on.
        shutil.copytree(newer, folder, dirs_exist_ok=True)
        place.produce(raw_values(20, place.raw_id, before))
        stream.wait_until_read(40)
        new_id = registry.register(f"{place.raw}-value", after[RAW].newest.text)
        new_final_id = registry.register(f"{place.final}-value", after[FINAL].newest.text)
        began = time.monotonic()
        while new_final_id not in written_with(place):
            assert time.monotonic() < began + _TAKEN_UP_WITHIN, "the new version was not taken up"
            place.produce(raw_values(1, new_id, after[RAW].newest.schema, snow_depth=4.0))
            stream.wait_until_read(len(place.read(place.raw)))
        print(f"the new version was taken up after {time.monotonic() - began:.1f} s")
        # A version that this release does not know: it writes the one that it knows.
        beyond = load_contracts(release(tmp_path / "beyond", "snow_depth", "slope"))[FINAL]
        beyond_id = registry.register(f"{place.final}-value", beyond.newest.text)
        place.produce(raw_values(20, place.raw_id, before))
        stream.wait_until_read(len(place.read(place.raw)))

    for home, wanted in ((older, place.final_id), (newer, new_final_id)):
        monkeypatch.setenv("CONTRACTS_DIR", str(home))
        written = written_with(place)
        with running(place, spark, checkpoint) as stream:
            place.produce(raw_values(10, new_id, after[RAW].newest.schema, snow_depth=4.0))
            stream.wait_until_read(len(place.read(place.raw)))
        assert written_with(place) - written == Counter({wanted: 10})

    registry.close()
    assert beyond_id not in written_with(place)
    assert place.lost_and_doubled() == ([], [])
    assert place.read(place.quarantine) == []
    NewerObservation.SCHEMA = after[FINAL].newest.text
    old = [message.value for message in everything(place, Observation)]
    new = [message.value for message in everything(place, NewerObservation)]
    assert len(old) == len(new) == len(place.read(place.raw))
    assert {one.temperature for one in old} == {20.0}
    assert {one.snow_depth for one in new} == {None, 4.0}


def everything(place: Place, record_type: type[R]) -> Iterator[Message[R]]:
    """The final topic, as a typed consumer reads it."""
    return consume(
        place.final,
        record_type,
        bootstrap_servers=place.bootstrap_servers,
        registry_url=place.registry_url,
        stop_at_end=True,
    )


def written_with(place: Place) -> Counter[int]:
    """Schema id to how many final records were written with it."""
    return Counter(schema_id(bytes(message.value() or b"")) for message in place.read(place.final))
