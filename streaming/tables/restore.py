"""Sends a table's rows to a topic of their own: history that the table's topic no longer holds.

Rows go day by day, and within a day as they were published: to the partition that they came from, with key
and source headers as before, by the contract's newest registered version. Each carries a mark, the header
`replay-of`, with its partition and offset on the table's topic. A row whose mark is on the new topic already
is not sent again, however an earlier run ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from contracts.avro.encode import encoder
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import Contract
from contracts.folder.read import load_contracts
from contracts.generations.defaults import default_value
from contracts.kafka.cluster import Kafka
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER
from contracts.kafka.settings import Addresses
from contracts.kafka.topics import Broker
from contracts.registry.registry import connect
from contracts.tables.columns import OFFSET, PARTITION, RAW_OFFSET, RAW_PARTITION
from contracts.tables.keep import ends, opened, table_of
from contracts.tables.known import learn
from contracts.tables.read import scan
from contracts.tables.settings import Warehouse
from streaming.lease import Lease
from streaming.record.encode import MARK
from streaming.recovery.offsets import header_values
from streaming.reprocess import Sender

_DAY = timedelta(days=1)
_MIDNIGHT = datetime.min.time().replace(tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as a record that can be sent."""

    record: Mapping[str, Any]
    key: bytes | None
    partition: int
    headers: tuple[tuple[str, bytes | None], ...]
    mark: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Chooses the rows that fit all of its fields; an empty field fits every row."""

    stations: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None


def restore_topic(
    services: Addresses,
    contract: Contract,
    to: str,
    warehouse: Warehouse,
    chosen: Selection,
    *,
    dry_run: bool = False,
) -> tuple[int, int]:
    """Send the chosen rows of the table of `contract` to the topic `to`, made where it is missing.

    Gives how many were sent, and how many were there before. Raises `UnusableSetting` where `to` is a topic
    of a contract, and what `contracts.tables.scan`, `learn` and `Sender` raise.
    """
    if to in {contract.topic, *load_contracts()}:
        raise UnusableSetting(
            f"{to} is the topic of a contract, whose readers expect new records: name another with --to."
        )
    with opened(warehouse) as catalogue:
        partitions = max(ends(table_of(catalogue, contract.topic)), default=0) + 1
    with closing(connect(services.registry)) as registry:
        known = learn(contract, registry).contract
        rows = restored(known, warehouse, chosen)
        if dry_run:
            there = _marks(services.kafka, to)
            before = [row.mark in there for row in rows]
            return before.count(False), before.count(True)
        # However old the records are, none of them is to be deleted for its age.
        Broker(services.kafka).create(to, partitions, {"retention.ms": "-1"})
        encode = encoder(known.newest.schema, registry.register(f"{to}-value", known.newest.text))
    sent = left_out = 0
    with Lease(services.kafka, to) as lease:
        # Nobody else sends any more: what is there now is all.
        there = _marks(services.kafka, to)
        with Sender(services.kafka, to, lease) as sender:
            for row in rows:
                if row.mark in there:
                    left_out += 1
                    continue
                sender.send(encode(row.record), row.key, row.partition, row.headers, row.mark)
                sent += 1
    return sent, left_out


def _marks(kafka: Kafka, topic: str) -> set[bytes]:
    return header_values(kafka, [topic], MARK, 0) if topic in Broker(kafka).topics() else set()


def restored(contract: Contract, warehouse: Warehouse, chosen: Selection) -> Iterator[Row]:
    """Give the chosen rows of the table of `contract`, by its newest version; a day is in memory at a time.

    Raises what `contracts.tables.scan` raises.
    """
    root = parse(contract.newest.schema)
    defaults = {field.name: default_value(field) for field in root.fields if field.has_default}
    for day in _days(contract.topic, warehouse):
        begin = datetime.combine(day, _MIDNIGHT)
        since, until = max(begin, chosen.since or begin), min(begin + _DAY, chosen.until or begin + _DAY)
        if since >= until:
            continue
        station = list(chosen.stations) or None
        rows = scan(contract.topic, station=station, since=since, until=until, at=warehouse)
        for row in rows.sort_by([(PARTITION, "ascending"), (OFFSET, "ascending")]).to_pylist():
            yield _row(row, root, defaults, contract.key)


def _days(topic: str, warehouse: Warehouse) -> list[date]:
    """The days that the table has rows of, in order: it is partitioned by them."""
    with opened(warehouse) as catalogue:
        found = table_of(catalogue, topic).inspect.partitions()["partition"].to_pylist()
    return sorted({day for partition in found for day in partition.values() if day is not None})


def _row(row: Mapping[str, Any], root: Type, defaults: Mapping[str, Any], key: str | None) -> Row:
    record = {
        # A row from before its column came is null there: to a reader of the topic it has the default.
        field.name: defaults.get(field.name)
        if row.get(field.name) is None and not field.type.takes_null
        else _datum(field.type, row.get(field.name))
        for field in root.fields
    }
    raw = ((PARTITION_HEADER, row[RAW_PARTITION]), (OFFSET_HEADER, row[RAW_OFFSET]))
    return Row(
        record=record,
        key=str(record[key]).encode() if key and record.get(key) is not None else None,
        partition=row[PARTITION],
        headers=tuple((name, str(value).encode()) for name, value in raw if value is not None),
        mark=f"{row[PARTITION]}:{row[OFFSET]}".encode(),
    )


def _datum(node: Type, value: Any) -> Any:
    """What Avro's writer takes for what Arrow gives: only a map is another thing, a list of pairs."""
    plain = node.plain
    if value is None:
        return None
    if plain.kind == "record":
        return {field.name: _datum(field.type, value[field.name]) for field in plain.fields}
    if plain.kind == "array" and plain.items:
        return [_datum(plain.items, one) for one in value]
    if plain.kind == "map" and plain.items:
        return {name: _datum(plain.items, one) for name, one in dict(value).items()}
    return value
