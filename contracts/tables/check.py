"""Compares a topic and its table, record by record and field by field, each read to its end."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message
from pyiceberg.table import Table

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.wire import schema_id_header
from contracts.evolution.compatibility.paths import fields_by_name
from contracts.evolution.compatibility.schema import parse
from contracts.folder.model import Contract
from contracts.kafka.log import Log, Span
from contracts.tables.columns import OFFSET, TIMESTAMP, VERSION
from contracts.tables.known import Known
from contracts.tables.where import at_offsets

_AT_ONCE = 20_000
"""Offsets of a partition that are compared at once."""
_LAST = 2**63 - 1


@dataclass(slots=True)
class Comparison:
    """What was found. A place is `PARTITION:OFFSET` of the topic."""

    equal: int = 0
    """Records that are in the table once, with the same values."""
    unreadable: int = 0
    """Records that nobody can read by the contract; the table is without them."""
    only_in_table: int = 0
    """Rows of records that the topic no longer holds."""
    not_yet: int = 0
    """Records behind the end that the table has read."""
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Rows in the place of an unreadable record, or of none."""
    different: list[str] = field(default_factory=list)
    """Each place with the first column that differs."""

    @property
    def faults(self) -> dict[str, list[str]]:
        """What must not be, by kind; without the kinds that there are none of."""
        kinds = {name: getattr(self, name) for name in ("missing", "doubled", "strange", "different")}
        return {name: places for name, places in kinds.items() if places}


def compare(table: Table, ends: Mapping[int, int], known: Known, log: Log) -> Comparison:
    """Compare `table`, which has read its topic up to `ends`, with what the `log` holds."""
    topic = known.contract.topic
    work = _Work(table, known)
    for partition, span in sorted(log.watermarks(topic)[topic].items()):
        end = min(span.end, ends.get(partition, 0))
        work.found.not_yet += span.end - max(span.begin, end)
        work.found.only_in_table += work.rows(partition, Span(0, span.begin))
        for begin in range(span.begin, end, _AT_ONCE):
            part = Span(begin, min(begin + _AT_ONCE, end))
            work.compare(partition, part, log.read({(topic, partition): part}))
        if work.rows(partition, Span(end, _LAST)):
            work.found.strange.append(f"{partition}:{end} and behind")
    return work.found


class _Work:
    def __init__(self, table: Table, known: Known) -> None:
        self.table, self.found = table, Comparison()
        self._same = _Same(known.contract)
        self._decoder = Decoder(
            json.dumps(known.contract.newest.schema),
            known.writers.get,
            lambda guid: known.writers.get(known.guids.get(guid, -1)),
        )

    def rows(self, partition: int, span: Span) -> int:
        """How many rows there are of these offsets."""
        if span.begin >= span.end:
            return 0
        return int(
            self.table.scan(at_offsets({partition: span}), selected_fields=(OFFSET,)).to_arrow().num_rows
        )

    def compare(self, partition: int, span: Span, messages: Iterator[Message]) -> None:
        """Compare the rows of these offsets with the records of the topic."""
        found = self.found
        rows: dict[int, dict[str, Any]] = {}
        for row in self.table.scan(at_offsets({partition: span})).to_arrow().to_pylist():
            if row[OFFSET] in rows:
                found.doubled.append(f"{partition}:{row[OFFSET]}")
            rows[row[OFFSET]] = row
        for message in messages:
            place, row = f"{partition}:{message.offset()}", rows.pop(message.offset() or 0, {})
            try:
                record = self._decoder.decode(message.value(), schema_id_header(message.headers()))
            except Undecodable:
                found.unreadable += 1
                found.strange += [place] * bool(row)
                continue
            if not row:
                found.missing.append(place)
            elif column := self._same.difference(record, row, message):
                found.different.append(f"{place} in {column}")
            else:
                found.equal += 1
        found.strange += [f"{partition}:{offset}" for offset in rows]


class _Same:
    """Says where a record of the topic and a row of the table differ.

    A row that was written before its table had a column has null there, where the topic's reader gives the
    default: that is no difference.
    """

    def __init__(self, contract: Contract) -> None:
        self._fields = {
            version.number: {name for name, _ in fields_by_name(parse(version.schema))}
            for version in contract.versions
        }
        self._names = [one["name"] for one in contract.newest.schema["fields"]]

    def difference(self, record: Mapping[str, Any], row: Mapping[str, Any], message: Message) -> str | None:
        """Name of the first column that differs; None where all are the same."""
        if message.timestamp()[1] != round(row[TIMESTAMP].timestamp() * 1000):
            return TIMESTAMP
        written = self._fields.get(row[VERSION])
        return next(
            (name for name in self._names if not _alike(record[name], row[name], name, written)), None
        )


def _alike(told: Any, kept: Any, path: str, written: Collection[str] | None) -> bool:
    if kept is None and told is not None:
        return written is None or path not in written
    if isinstance(told, dict):
        pairs = dict(kept) if isinstance(kept, list) else kept
        return told.keys() == pairs.keys() and all(
            _alike(value, pairs[name], f"{path}.{name}", written) for name, value in told.items()
        )
    if isinstance(told, list):
        return len(told) == len(kept) and all(
            _alike(one, other, path, written) for one, other in zip(told, kept, strict=True)
        )
    if isinstance(told, float) and math.isnan(told):
        return isinstance(kept, float) and math.isnan(kept)
    return bool(told == kept)
