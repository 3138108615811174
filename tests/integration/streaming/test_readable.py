"""What is published can be read by all who are promised it, whatever a raw record holds."""

from __future__ import annotations

import io
import json
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql.avro.functions import from_avro, to_avro

from contracts.avro.decode import Decoder
from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.model import Contract
from contracts.generate import module_text
from contracts.records.topic_weather_quarantine import DeadLetter
from streaming.record.plan import Plan

RAW_ID, FINAL_ID, QUARANTINE_ID = 7, 8, 9
Projected = Callable[..., list[Row]]

_UUID = "12345678-9abc-def0-1234-56789abcdef0"
_ENUM = {"type": "enum", "name": "Sky", "symbols": ["CLEAR", "DARK"]}
_NOTE = {
    "type": "record",
    "name": "Note",
    "fields": [
        {"name": "text", "type": ["null", "string"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
_MORE: dict[str, tuple[Any, Any]] = {
    "day": ({"type": "int", "logicalType": "date"}, 0),
    "clock": ({"type": "int", "logicalType": "time-millis"}, 0),
    "clock_us": ({"type": "long", "logicalType": "time-micros"}, 0),
    "moment": ({"type": "long", "logicalType": "timestamp-micros"}, 0),
    "local": ({"type": "long", "logicalType": "local-timestamp-millis"}, 0),
    "local_us": (["null", {"type": "long", "logicalType": "local-timestamp-micros"}], None),
    "price": ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"\x05"),
    "uid": ({"type": "string", "logicalType": "uuid"}, _UUID.encode()),
    "sky": (_ENUM, "CLEAR"),
    "texts": ({"type": "array", "items": "string"}, []),
    "labels": ({"type": "map", "values": ["null", "string"]}, {}),
    "note": (["null", _NOTE], None),
    "notes": ({"type": "array", "items": "Note"}, []),
    "days": (
        {"type": "map", "values": {"type": "array", "items": {"type": "int", "logicalType": "date"}}},
        {},
    ),
    "tag": ({"type": "fixed", "name": "Tag", "size": 3}, b"abc"),
    "blob": ("bytes", b""),
    "small": ("float", 0.5),
}
"""Fields of every type that a final contract may have: the type, and an ordinary value as plain Avro."""

_ORDINARY: dict[str, Any] = {
    "source": "OPENWEATHERMAP",
    "replay": False,
    "station": b"JFK",
    "observed_at": 1_700_000_000_000,
    "received_at": 1_700_000_060_000,
    "units": "METRIC",
    "temperature": 20.0,
    **{name: value for name, (_, value) in _MORE.items()},
}
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999
_BAD_TEXTS = (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"a\xe2\x82")


@pytest.fixture(scope="module")
def wide(plan: Plan) -> Plan:
    """A plan whose contracts have a field of every type."""
    more = [{"name": name, "type": kind} for name, (kind, _) in _MORE.items()]

    def wider(contract: Contract) -> Contract:
        schema = {**contract.newest.schema, "fields": [*contract.newest.schema["fields"], *more]}
        newest = replace(contract.newest, schema=schema, text=json.dumps(schema))
        consumers = tuple(replace(c, reads=(*c.reads, *_MORE)) for c in contract.consumers)
        return replace(contract, versions=(newest,), consumers=consumers)

    raw = wider(plan.raw)
    return replace(plan, raw=raw, final=wider(plan.final), writers={RAW_ID: raw.newest.text})


def _plain(node: Any) -> Any:
    """A schema of the same bytes by which fastavro writes any value: no logical types, and text as bytes."""
    if isinstance(node, list):
        return [_plain(branch) for branch in node]
    if not isinstance(node, dict):
        return "bytes" if node == "string" else node
    if node["type"] not in {"record", "enum", "fixed", "array", "map"}:
        return _plain(node["type"])
    changed = {key: value for key, value in node.items() if key != "logicalType"}
    changed |= {key: _plain(node[key]) for key in ("items", "values") if key in node}
    if "fields" in node:
        changed["fields"] = [
            {key: value for key, value in f.items() if key != "default"} | {"type": _plain(f["type"])}
            for f in node["fields"]
        ]
    return changed


def _written(plan: Plan, record: dict[str, Any]) -> bytes:
    schema = fastavro.parse_schema(_plain(plan.raw.newest.schema))
    body, empty = io.BytesIO(), {"conditions": [], "extra": {}, "correction": False}
    fastavro.schemaless_writer(body, schema, {**empty, **_ORDINARY, **record})
    return frame(RAW_ID, body.getvalue())


@cache
def _typed(source: str) -> Any:
    """The record class of a generated module."""
    # Where `dataclass` looks for it.
    module = sys.modules["typed_observations"] = ModuleType("typed_observations")
    exec(source, module.__dict__)
    return module.__dict__["Observation"]


def _read_by_all(spark: SparkSession, final: Contract, bodies: Sequence[bytes]) -> None:
    """Read each body in every declared reader, and write what each read: the same bytes come out."""
    text = json.dumps(final.newest.schema)
    rows = spark.createDataFrame([(bytearray(body),) for body in bodies], "body binary")
    read = from_avro("body", text, {"mode": "FAILFAST"})
    by_spark = [bytes(row[0]) for row in rows.select(to_avro(read, text)).collect()]
    typed = _typed(module_text(final))
    schema, decoder = fastavro.parse_schema(json.loads(text)), Decoder(typed.SCHEMA, lambda _: text)
    for body, spark_wrote in zip(bodies, by_spark, strict=True):
        by_fastavro = fastavro.schemaless_reader(io.BytesIO(body), schema, None)
        by_type = typed.from_dict(decoder.decode(frame(FINAL_ID, body))).to_dict()
        assert spark_wrote == body
        for seen in (by_fastavro, by_type):
            again = io.BytesIO()
            fastavro.schemaless_writer(again, schema, seen)
            assert again.getvalue() == body


def _check(spark: SparkSession, plan: Plan, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Read all that came out; gives reason and explanation of each, empty where it was published."""
    published = [bytes(row.value) for row in rows if row.topic == plan.final.topic]
    if published:
        _read_by_all(spark, plan.final, [value[HEADER_SIZE:] for value in published])
    letters = Decoder(DeadLetter.SCHEMA, lambda _: plan.quarantine.newest.text)
    told = []
    for row in rows:
        if row.topic == plan.final.topic:
            told.append(("", ""))
        else:
            letter = DeadLetter.from_dict(letters.decode(bytes(row.value)))
            told.append((letter.reason.value, letter.explanation))
    return told


_MOMENTS = ((_FIRST, True), (_LAST, True), (_FIRST - 1, False), (_LAST + 1, False))
_EDGES: list[tuple[str, Any, bool]] = [
    *((name, value, good) for name in ("observed_at", "received_at") for value, good in _MOMENTS),
    *(("local", value, good) for value, good in _MOMENTS),
    *(
        (name, value * 1000, good)
        for name in ("moment", "local_us")
        for value, good in (_MOMENTS[0], _MOMENTS[3])
    ),
    *((name, _LAST * 1000 + 999, True) for name in ("moment", "local_us")),
    *((name, _FIRST * 1000 - 1, False) for name in ("moment", "local_us")),
    *((name, value, False) for name in ("moment", "local_us") for value in (2**63 - 1, -(2**63))),
    *(
        ("day", day, good)
        for day, good in ((-719_162, True), (2_932_896, True), (-719_163, False), (2_932_897, False))
    ),
    *(("day", day, False) for day in (2**31 - 1, -(2**31))),
    *(("clock", value, good) for value, good in ((86_399_999, True), (86_400_000, False), (-1, False))),
    *(
        ("clock_us", value, good)
        for value, good in ((86_399_999_999, True), (86_400_000_000, False), (-1, False))
    ),
    ("price", (999_999_999).to_bytes(4, "big"), True),
    ("price", (1_000_000_000).to_bytes(4, "big"), False),
    ("uid", _UUID.encode(), True),
    *(
        ("uid", text, False)
        for text in (b"", b"x", _UUID.encode() + b"\n", b"{" + _UUID.encode() + b"}", b"\xff")
    ),
    *((name, text, False) for name in ("station", "name", "country") for text in _BAD_TEXTS),
    *((name, b"a\x00b \xf0\x9f\x8c\xa7", True) for name in ("station", "name", "country")),
    ("conditions", [{"id": None, "main": b"\xff", "description": None, "icon": None}], False),
    ("conditions", [{"id": None, "main": b"", "description": None, "icon": b"\xff"}], True),
    ("texts", [b"", b"\xff"], False),
    ("labels", {"a": None, "b": b"\xff"}, False),
    ("note", {"text": b"\xff", "at": 0}, False),
    ("note", {"text": None, "at": _LAST + 1}, False),
    ("notes", [{"text": None, "at": 0}, {"text": None, "at": _FIRST - 1}], False),
    ("notes", [{"text": b"\xc3\xbc", "at": _LAST}], True),
    ("days", {"a": [0], "b": [0, 2_932_897]}, False),
    *(("visibility", number, True) for number in (float("nan"), float("inf"), -0.0, 1.8e308)),
    ("small", struct.unpack("<f", b"\x01\x00\x00\x00")[0], True),
]
"""Field, its plain value, and whether all readers can hold that."""


def test_at_every_edge_of_a_type_a_value_is_published_exactly_where_all_readers_hold_it(
    projected: Projected, spark: SparkSession, wide: Plan
) -> None:
    rows = projected(wide, [_written(wide, {name: value}) for name, value, _ in _EDGES])
    told = _check(spark, wide, rows)
    wrong = [
        (name, value, reason, why)
        for (name, value, good), (reason, why) in zip(_EDGES, told, strict=True)
        if good is bool(reason)
    ]
    assert not wrong
    assert {reason for reason, _ in told if reason} == {"UNREADABLE", "UNDECODABLE"}


def test_a_record_with_a_value_that_a_reader_cannot_hold_says_which_field_has_it(
    projected: Projected, spark: SparkSession, wide: Plan
) -> None:
    records: list[dict[str, Any]] = [
        {"observed_at": _LAST + 1},
        {"clock": -1},
        {"notes": [{"text": None, "at": _LAST + 1}]},
    ]
    told = _check(spark, wide, projected(wide, [_written(wide, record) for record in records]))
    whom = f"A declared reader of {wide.final.topic} cannot hold"
    assert told == [
        ("UNREADABLE", f"{whom} a time outside the years 1 to 9999 in its observed_at."),
        ("UNREADABLE", f"{whom} a time of day outside the 24 hours in its clock."),
        ("UNREADABLE", f"{whom} a time outside the years 1 to 9999 in its notes."),
    ]


_LONGS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([value for value, _ in _MOMENTS])
_INTS = st.integers(-(2**31), 2**31 - 1)
_TEXTS = st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=4)
_DOUBLES = st.floats() | st.floats(-50, 50)


def _values(node: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value of a plain schema."""
    if isinstance(node, list):
        return st.one_of(*(_values(branch, named) for branch in node))
    if isinstance(node, str):
        plain = {
            "null": st.none(),
            "boolean": st.booleans(),
            "int": _INTS,
            "long": _LONGS,
            "float": st.floats(width=32),
            "double": _DOUBLES,
            "bytes": _TEXTS,
        }
        return plain[node] if node in plain else _values(named[node], named)
    named[node.get("name", "")] = node
    match node["type"]:
        case "enum":
            return st.sampled_from(node["symbols"])
        case "fixed":
            return st.binary(min_size=node["size"], max_size=node["size"])
        case "array":
            return st.lists(_values(node["items"], named), max_size=2)
        case "map":
            return st.dictionaries(st.sampled_from("abc"), _values(node["values"], named), max_size=2)
    return st.fixed_dictionaries({f["name"]: _values(f["type"], named) for f in node["fields"]})


def test_all_that_can_be_encoded_is_read_back_by_every_reader_or_is_put_aside(
    projected: Projected, spark: SparkSession, wide: Plan
) -> None:
    schema, named = _plain(wide.raw.newest.schema), dict[str, Any]()
    fields = {f["name"]: _values(f["type"], named) for f in schema["fields"]}
    # A few fields of each are anything at all: were all of them, none would be published.
    few = st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)
    records = few.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))
    fates: list[str] = []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(records, min_size=15, max_size=40))
    def every_record_is_read_or_put_aside(batch: list[dict[str, Any]]) -> None:
        rows = projected(wide, [_written(wide, record) for record in batch])
        assert len(rows) == len(batch)
        fates.extend(reason for reason, _ in _check(spark, wide, rows))

    every_record_is_read_or_put_aside()
    assert {"", "UNREADABLE"} <= set(fates)


@pytest.mark.parametrize(
    "stamp",
    [
        "timestamp_micros(9223372036854775807)",
        "timestamp_micros(-9223372036854775808)",
        "timestamp_millis(-1)",
    ],
)
def test_a_dead_letter_is_read_whatever_time_its_record_was_stamped_with(
    projected: Projected, spark: SparkSession, plan: Plan, stamp: str
) -> None:
    [(reason, _)] = _check(spark, plan, projected(plan, [None], stamp=stamp))
    assert reason == "NULL_VALUE"
