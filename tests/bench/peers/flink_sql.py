"""The work of `work.py` as Flink SQL: a table to read, views step by step, two tables to write.

What cannot be equal:
- Flink's `avro-confluent` ends the job at a value that it cannot decode, and does not see bytes left over
  behind a record. So nothing becomes a dead letter for its bytes, and a dead letter has no `value`: a table
  has the bytes or the fields of a record. Nor does it say which version wrote a record: the id is given.
- Delivery is at least once; the stream's is exactly once in effect.
- A view is no step to Flink: it writes views into each other, each mention anew, and has no common
  subexpressions (as of 2.3), so that this SQL would grow a thousandfold. So in each step one value has the
  clock's time added, times zero: what is not deterministic is not repeated, and the step stays one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import JsonSchema
from contracts.kafka.coordinates import OFFSET_HEADER, PARTITION_HEADER
from streaming.engine.query import PRODUCER
from streaming.record.enrich.table import Row, levels
from streaming.record.schema import field_names
from tests.bench.peers.dialect import in_flink, share
from tests.bench.peers.topics import Topics
from tests.bench.peers.work import Work, times_of

Step = Mapping[str, str]
"""Field to its Flink SQL."""

_KEY, _HEADERS = "kafka_key", "kafka_headers"
_SOURCE = {
    "source_key": "BYTES",
    "source_partition": "INT METADATA FROM 'partition' VIRTUAL",
    "source_offset": "BIGINT METADATA FROM 'offset' VIRTUAL",
    "source_timestamp": "TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL",
}
"""What a Kafka record has beside its value."""
_TYPES = {
    "boolean": "BOOLEAN",
    "bytes": "BYTES",
    "double": "DOUBLE",
    "enum": "STRING",
    "int": "INT",
    "long": "BIGINT",
    "string": "STRING",
    "timestamp-millis": "TIMESTAMP(3)",
}
_MILLIS = (
    "CAST(TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', `{0}`) AS BIGINT) * 1000"
    " + EXTRACT(MILLISECOND FROM `{0}`)"
)
_HEADER = "ROW(CAST('' AS STRING), CAST(X'' AS BYTES))"
_NO_HEADERS = f"ARRAY_REMOVE(ARRAY[{_HEADER}], {_HEADER})"
_NAME = re.compile("`([^`]+)`")
_SOURCE_HEADERS = ", ".join(
    f"'{header}', ENCODE(CAST(`{name}` AS STRING), 'UTF-8')"
    for header, name in ((PARTITION_HEADER, "source_partition"), (OFFSET_HEADER, "source_offset"))
)


def script(topics: Topics) -> tuple[str, ...]:
    """The statements; the last one is the job."""
    work = Work()
    final, quarantine = work.plan.final.newest.schema, work.plan.quarantine.newest.schema
    time = "`source_timestamp`"
    good = _in_flink(work.published, {"ingested_at": time})
    bad = _in_flink(
        work.dead_letter,
        {
            "schema_id": "CAST(`writer_schema_id` AS BIGINT)",
            "source_topic": f"'{topics.raw}'",
            "source_timestamp": time,
            "value": "CAST(NULL AS BYTES)",
            "headers": _NO_HEADERS,
        },
    )
    outputs = (
        ("final", topics.final, final, good, f"ENCODE(`{work.plan.final.key}`, 'UTF-8')", "IS NULL"),
        ("quarantine", topics.quarantine, quarantine, bad, "`source_key`", "IS NOT NULL"),
    )
    selected = {
        table: [key, *(row[name] for name in field_names(schema)), f"MAP[{_SOURCE_HEADERS}]"]
        for table, _, schema, row, key, _ in outputs
    }
    views = [
        *_views(_steps(work, topics.writer), [*selected["final"], *selected["quarantine"], "`reason`"], work)
    ]
    inserts = "".join(
        f" INSERT INTO `{table}` SELECT {', '.join(selected[table])} FROM step_{len(views) - 1}"
        f" WHERE `reason` {holds};"
        for table, *_, holds in outputs
    )
    return (
        _source(topics, work.reader),
        *(_sink(table, topic, schema, topics) for table, topic, schema, *_ in outputs),
        *views,
        f"EXECUTE STATEMENT SET BEGIN{inserts} END",
    )


def _in_flink(rows: Mapping[str, str], given: Step = {}) -> dict[str, str]:  # noqa: B006 - it is only read
    """Rows of Spark SQL, and in the place of some of them what is `given` in Flink SQL."""
    return {name: given[name] if name in given else in_flink(sql) for name, sql in rows.items()}


def _steps(work: Work, writer: int) -> Iterator[Step]:
    """What each view makes; it passes on what later ones need."""
    yield {
        **{f"{name}_ms": _MILLIS.format(name) for name in times_of(work.reader)},
        "conditions_0": "`conditions`[1]",
        "writer_schema_id": str(writer),
        "source_timestamp": "CAST(`source_timestamp` AS TIMESTAMP(3))",
    }
    shared, observed = share(_in_flink(work.observed))
    yield from _levels(shared)
    yield observed
    yield _in_flink(work.spared)
    rows = {**work.enrichment.derived, **work.verdict}
    shared, derived = share(_in_flink({name: row.sql for name, row in rows.items()}))
    yield from _levels({**shared, **derived})


def _levels(rows: Step) -> Iterator[Step]:
    for level in levels({name: Row(sql) for name, sql in rows.items()}):
        yield {name: row.sql for name, row in level.items()}


def _views(steps: Iterable[Step], after: Sequence[str], work: Work) -> Iterator[str]:
    """A statement for each step; `after` is all that is made of the last one."""
    fields = {*field_names(work.reader), *_SOURCE}
    rows: list[dict[str, str]] = []
    for step in steps:
        rows.append({**{name: f"`{name}`" for name in sorted(fields - step.keys())}, **step})
        fields = set(rows[-1])
    # A step passes on what later ones read, and no more.
    above = after
    for number in reversed(range(len(rows))):
        read = Counter(_NAME.findall(" ".join(above)))
        row = {name: sql for name, sql in rows[number].items() if read[name]}
        most = max((name for name in row if _is_number(name, work)), key=lambda name: read[name])
        row[most] = f"({row[most]} + UNIX_TIMESTAMP() * {'0E0' if most in work.doubles else '0'})"
        rows[number], above = row, list(row.values())
    for number, row in enumerate(rows):
        selected = ", ".join(f"{sql} AS `{name}`" for name, sql in row.items())
        source = f"step_{number - 1}" if number else "`raw`"
        yield f"CREATE TEMPORARY VIEW step_{number} AS SELECT {selected} FROM {source} AS `record`"


def _is_number(name: str, work: Work) -> bool:
    return name in work.doubles or name.endswith("_ms")


def _source(topics: Topics, reader: JsonSchema) -> str:
    columns = {**_columns(reader), **_SOURCE}
    options = {
        **_connector(topics, topics.raw),
        **_values(topics, reader),
        "key.fields": "source_key",
        "scan.startup.mode": "earliest-offset",
        "scan.bounded.mode": "latest-offset",
        "properties.group.id": topics.final,
    }
    return _table("raw", columns, options)


def _sink(table: str, topic: str, schema: JsonSchema, topics: Topics) -> str:
    columns = {
        _KEY: "BYTES",
        **_columns(schema),
        _HEADERS: "MAP<STRING, BYTES> METADATA FROM 'headers'",
    }
    options = {
        **_connector(topics, topic),
        **_values(topics, schema),
        "value.avro-confluent.subject": f"{topic}-value",
        "key.fields": _KEY,
        "sink.delivery-guarantee": "at-least-once",
        **{f"properties.{name.removeprefix('kafka.')}": value for name, value in PRODUCER.items()},
    }
    return _table(table, columns, options)


def _connector(topics: Topics, topic: str) -> dict[str, str]:
    return {
        "connector": "kafka",
        "topic": topic,
        "properties.bootstrap.servers": topics.bootstrap,
        "key.format": "raw",
    }


def _values(topics: Topics, schema: JsonSchema) -> dict[str, str]:
    return {
        "value.format": "avro-confluent",
        "value.fields-include": "EXCEPT_KEY",
        "value.avro-confluent.url": topics.registry,
        "value.avro-confluent.schema": json.dumps(schema),
    }


def _table(name: str, columns: Mapping[str, str], options: Mapping[str, str]) -> str:
    typed = ", ".join(f"`{column}` {type_}" for column, type_ in columns.items())
    given = ", ".join(
        f"'{key}' = '{escaped}'" for key, value in options.items() for escaped in [value.replace("'", "''")]
    )
    return f"CREATE TEMPORARY TABLE `{name}` ({typed}) WITH ({given})"


def _columns(schema: JsonSchema) -> dict[str, str]:
    """Flink's own types for those of Avro: the format takes no other."""
    return {field.name: _sql_type(field.type) for field in parse(schema).fields}


def _sql_type(node: Type) -> str:
    if node.branches:
        return _sql_type(next(one for one in node.branches if one.kind != "null")).removesuffix(" NOT NULL")
    if node.kind == "array" and node.items:
        return f"ARRAY<{_sql_type(node.items)}> NOT NULL"
    if node.kind == "record":
        fields = ", ".join(f"`{one.name}` {_sql_type(one.type)}" for one in node.fields)
        return f"ROW<{fields}> NOT NULL"
    return f"{_TYPES[str(node.attributes.get('logicalType', node.kind))]} NOT NULL"
