"""The made reader gives what fastavro gives, refuses what it cannot, and no bytes lead it astray."""

from __future__ import annotations

import io
import json
import math
from datetime import date, datetime, time, timezone
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import fastavro
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.reader import Unreadable, compile_reader
from contracts.avro.wire import SCHEMA_ID_HEADER, frame, schema_id_header
from contracts.evolution.compatibility import parse
from contracts.folder.read import load_contracts
from tests.avro_pairs import Reading, encode, random_value, read_in_fastavro
from tests.avro_pairs.kinds import NEW, OLD, OTHER, RENAMED, SKY, holder

UTC = timezone.utc
MILLIS = st.integers(0, 253402300799).map(lambda n: datetime.fromtimestamp(n, UTC).replace(microsecond=7000))
LOGICAL: list[tuple[dict[str, Any], st.SearchStrategy[Any]]] = [
    ({"type": "long", "logicalType": "timestamp-millis"}, MILLIS),
    ({"type": "long", "logicalType": "timestamp-micros"}, st.datetimes(timezones=st.just(UTC))),
    ({"type": "long", "logicalType": "local-timestamp-micros"}, st.datetimes()),
    ({"type": "int", "logicalType": "date"}, st.dates()),
    ({"type": "int", "logicalType": "time-millis"}, st.times().map(lambda t: t.replace(microsecond=5000))),
    ({"type": "long", "logicalType": "time-micros"}, st.times()),
    ({"type": "string", "logicalType": "uuid"}, st.uuids()),
    (
        {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3},
        st.decimals(-(10**8), 10**8, places=3),
    ),
]
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "string": st.text(max_size=80),
    "bytes": st.binary(max_size=80),
}
PROMOTED = [
    ("int", "long"), ("int", "float"), ("int", "double"), ("long", "float"), ("long", "double"),
    ("float", "double"), ("string", "bytes"),
]  # fmt: skip
ADDED = [("long", 7), ("double", 1), ("string", "é"), (["null", "string"], None), ("boolean", True)]


@st.composite
def pairs(draw: st.DrawFn, name: str = "R", depth: int = 3) -> tuple[Any, Any, Any]:
    """Writer schema, reader schema that may read it, and a value of the writer's."""
    shapes = ["plain", "promoted", "logical", "enum", "fixed", "wider"]
    shape = draw(st.sampled_from(shapes + ["array", "map", "nullable", "record"] * (depth > 0)))
    if shape == "plain":
        kind = draw(st.sampled_from(sorted(PLAIN)))
        return kind, kind, draw(PLAIN[kind])
    if shape == "promoted":
        written, wanted = draw(st.sampled_from(PROMOTED))
        return written, wanted, draw(PLAIN[written])
    if shape == "logical":
        schema, values = draw(st.sampled_from(LOGICAL))
        return schema, schema, draw(values)
    if shape == "fixed":
        schema = {"type": "fixed", "name": name, "size": draw(st.integers(1, 4))}
        return schema, schema, draw(st.binary(min_size=schema["size"], max_size=schema["size"]))
    if shape == "enum":
        symbols = draw(st.permutations("ABCD"))
        known = {"type": "enum", "name": name, "symbols": [*symbols[:2]], "default": symbols[0]}
        return {**known, "symbols": symbols}, known, draw(st.sampled_from(symbols))
    if shape == "wider":
        kind = draw(st.sampled_from(sorted(set(PLAIN) - {"null"})))
        return kind, ["null", kind], draw(PLAIN[kind])
    if shape == "record":
        return draw(records(name, depth - 1))
    written, wanted, value = draw(pairs(f"{name}x", depth - 1))
    if shape == "array":
        made = [value] * draw(st.integers(0, 3))
        return {"type": "array", "items": written}, {"type": "array", "items": wanted}, made
    if shape == "map":
        keyed = dict.fromkeys(draw(st.lists(st.text(max_size=5), max_size=3)), value)
        return {"type": "map", "values": written}, {"type": "map", "values": wanted}, keyed
    if isinstance(wanted, list) or "null" in (written, wanted):
        return written, wanted, value
    return ["null", written], ["null", wanted], draw(st.sampled_from([None, value]))


@st.composite
def records(draw: st.DrawFn, name: str = "R", depth: int = 3) -> tuple[Any, Any, Any]:
    written, wanted, value = [], [], {}
    for number in range(draw(st.integers(0, 6))):
        field = f"f{number}"
        theirs, ours, value[field] = draw(pairs(f"{name}{number}", depth))
        written.append({"name": field, "type": theirs})
        fate = draw(st.sampled_from(["kept", "kept", "dropped", "renamed"]))
        if fate == "kept":
            wanted.append({"name": field, "type": ours})
        elif fate == "renamed":
            wanted.append({"name": f"new_{field}", "type": ours, "aliases": [field]})
    for number, (kind, default) in enumerate(draw(st.lists(st.sampled_from(ADDED), max_size=2))):
        wanted.append({"name": f"added{number}", "type": kind, "default": default})
    head = {"type": "record", "name": name}
    return {**head, "fields": written}, {**head, "fields": draw(st.permutations(wanted))}, value


def encoded(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def decoder(writer: Any, reader: Any) -> Decoder:
    return Decoder(json.dumps(reader), {1: json.dumps(writer)}.get)


RAW = decoder(
    load_contracts()["topic-weather"].newest.schema, load_contracts()["topic-weather"].newest.schema
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(records())
def test_it_reads_what_fastavro_reads(pair: tuple[Any, Any, Any]) -> None:
    writer, reader, value = pair
    body = encoded(writer, value)
    expected = fastavro.schemaless_reader(
        io.BytesIO(body), fastavro.parse_schema(writer), fastavro.parse_schema(reader)
    )
    found = decoder(writer, reader).decode(frame(1, body))
    assert found == expected
    assert list(found) == [field["name"] for field in reader["fields"]]


SKIPPED = {"name": "mean", "type": "int", "default": 1}
READ = {**RENAMED, **{kind: (reader, writer) for kind, (reader, writer, reads) in OTHER.items() if reads}}
TAKEN_OTHERWISE = {
    "a union of nothing writes nothing", "a union of nothing on both sides",  # there is no value of it
    "a record that holds itself for ever",  # nor of this
    "two fields read one",  # no engine does, whatever Avro's checker says
    "two records of a union have one short name",  # fastavro takes the first of them
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(READ.keys() - TAKEN_OTHERWISE))
def test_a_pair_of_each_kind_is_read_as_fastavro_reads_it(kind: str) -> None:
    reader, writer = READ[kind]
    read, random = compile_reader(parse(writer), parse(reader)), Random(kind)
    for _ in range(10):
        body = encode(parse(writer), random_value(random, parse(writer)))
        assert read(body, 0) == (read_in_fastavro(Reading(writer, reader, body)), len(body))


def test_a_record_is_read_into_a_union_that_stands_for_the_whole_record_and_into_nothing_else() -> None:
    assert compile_reader(parse(OLD), parse([SKY, OLD]))(b"\x0e", 0) == ({"gust": 7}, 1)
    with pytest.raises(Unreadable, match="Wind is written, which int cannot read"):
        compile_reader(parse(OLD), parse("int"))(b"\x0e", 0)


def test_of_two_branches_the_one_of_the_written_name_is_read_and_not_the_one_that_has_it_for_an_alias() -> (
    None
):
    named, aliased = {**OLD, "fields": [*OLD["fields"], SKIPPED]}, NEW
    for branches in ([aliased, named], [named, aliased], [SKY, aliased, named]):
        value, _ = compile_reader(parse(holder(OLD)), parse(holder(branches)))(b"\x0e", 0)
        assert value == {"v": {"gust": 7, "mean": 1}}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_record_or_are_refused(body: bytes) -> None:
    try:
        assert isinstance(RAW.decode(frame(1, body)), dict)
    except Undecodable as error:
        assert "schema 1" in str(error)


def record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": list(fields), **more}


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ({"type": "array", "items": "null"}, b"\xfe\xff\xff\xff\xff\x0f\x00", "items are claimed"),
        ({"type": "array", "items": record(name="E")}, b"\xfe\xff\xff\x7f\x00", "items are claimed"),
        ({"type": "array", "items": "null"}, b"\x02" * 101 + b"\x00", "items are claimed"),
        ({"type": "array", "items": "long"}, b"\xfe\xff\xff\xff\xff\x0f\x00", "items are claimed"),
        ("string", b"\xfe\xff\xff\xff\xff\x0f", "ends too early"),
        ("string", b"\x01", "below zero"),
        ("string", b"\x04\xff\xfe", "UnicodeDecodeError"),
        ("long", b"\xff" * 11, "more than ten bytes"),
        ("boolean", b"\x02", "IndexError"),
        (["null", "string"], b"\x04\x02a", "out of its branches"),
        ({"type": "int", "logicalType": "time-millis"}, b"\x01", "beyond the day"),
    ],
)
def test_bytes_that_claim_too_much_are_refused_at_once(kind: Any, body: bytes, why: str) -> None:
    schema = record({"name": "a", "type": kind})
    with pytest.raises(Undecodable, match=why):
        decoder(schema, schema).decode(frame(1, body))


def test_a_record_nested_in_itself_without_end_is_refused() -> None:
    schema = record({"name": "next", "type": ["null", "R"]})
    read = decoder(schema, schema)
    assert read.decode(frame(1, b"\x02\x02\x00")) == {"next": {"next": {"next": None}}}
    with pytest.raises(Undecodable, match="RecursionError"):
        read.decode(frame(1, b"\x02" * 100_000))


@pytest.mark.parametrize(
    ("written", "wanted", "body", "found"),
    [
        (["null", "string"], "string", b"\x02\x02a", "a"),
        (["null", "string"], "string", b"\x00", "null is written, which string cannot read"),
        (["null", "long"], ["null", "double"], b"\x02\x04", 2.0),
        ("string", "long", b"\x02a", "string is written, which long cannot read"),
        ("int", ["double", "long"], b"\x04", 2.0),
        ("long", ["double", "long"], b"\x04", 2),
    ],
)
def test_a_type_is_judged_by_the_value_that_comes(written: Any, wanted: Any, body: bytes, found: Any) -> None:
    read = decoder(record({"name": "a", "type": written}), record({"name": "a", "type": wanted}))
    if isinstance(found, str) and " " in found:
        with pytest.raises(Undecodable, match=found):
            read.decode(frame(1, body))
    else:
        assert read.decode(frame(1, body)) == {"a": found}


def test_defaults_are_values_of_their_type_and_made_anew_for_each_record() -> None:
    added: dict[str, tuple[Any, Any, Any]] = {
        "at": ({"type": "long", "logicalType": "timestamp-millis"}, 0, datetime(1970, 1, 1, tzinfo=UTC)),
        "day": ({"type": "int", "logicalType": "date"}, 1, date(1970, 1, 2)),
        "noon": ({"type": "int", "logicalType": "time-millis"}, 43_200_000, time(12)),
        "amount": (
            {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
            "\u0004\u00d2",
            Decimal("12.34"),
        ),
        "uuid": ({"type": "string", "logicalType": "uuid"}, str(UUID(int=1)), UUID(int=1)),
        "raw": ("bytes", "\u00ff", b"\xff"),
        "level": ("double", 1, 1.0),
        "tags": ({"type": "array", "items": "string"}, ["a"], ["a"]),
        "inner": (
            record({"name": "x", "type": "int", "default": 3}, {"name": "y", "type": "int"}, name="I"),
            {"y": 4},
            {"x": 3, "y": 4},
        ),
    }
    reader = record(*({"name": n, "type": t, "default": d} for n, (t, d, _) in added.items()))
    read = decoder(record(), reader)
    first = read.decode(frame(1, b""))
    assert first == {name: expected for name, (_, _, expected) in added.items()}
    first["tags"].append("b")
    first["inner"]["x"] = 9
    assert read.decode(frame(1, b"")) == {name: expected for name, (_, _, expected) in added.items()}


def test_a_name_is_never_taken_for_code() -> None:
    evil = {"type": "enum", "name": "E", "symbols": ["A"], "default": "A", "doc": '"""); import os'}
    reader = record({"name": "a", "type": evil}, {"name": "b", "type": "string", "default": "'+str(1/0)+'"})
    assert decoder(record({"name": "a", "type": evil}), reader).decode(frame(1, b"\x00")) == {
        "a": "A",
        "b": "'+str(1/0)+'",
    }


def test_a_deeply_nested_schema_is_read_as_any_other() -> None:
    kind: Any = "double"
    for _ in range(60):
        kind = {"type": "array", "items": kind}
    schema = record({"name": "a", "type": kind})
    found = decoder(schema, schema).decode(frame(1, b"\x02" * 60 + bytes(8) + b"\x00" * 60))["a"]
    for _ in range(60):
        (found,) = found
    assert math.isclose(found, 0.0)


GUID = UUID("6b7b1e6e-1111-4111-8111-111111111111")
ONE = record({"name": "a", "type": "long"})
BY_GUID = b"\x01" + GUID.bytes


def by_either() -> Decoder:
    text = json.dumps(ONE)
    return Decoder(text, {7: text}.get, {str(GUID): text}.get)


@pytest.mark.parametrize(
    ("value", "header"),
    [
        (frame(7, b"\x04"), None),
        (BY_GUID + b"\x04", None),
        (b"\x04", frame(7, b"")),
        (b"\x04", BY_GUID),
        (b"\x04", BY_GUID + b"more"),
    ],
    ids=[
        "id before the value",
        "GUID before the value",
        "id in the header",
        "GUID in the header",
        "and more",
    ],
)
def test_a_schema_is_named_by_id_or_guid_before_the_value_or_in_the_header(
    value: bytes, header: bytes | None
) -> None:
    assert by_either().decode(value, header) == {"a": 2}


@pytest.mark.parametrize(
    ("value", "header", "why"),
    [
        (b"\x04", b"", "header __value_schema_id names no schema: 0 bytes are too short"),
        (b"\x04", b"\x00\x00", "header __value_schema_id names no schema: 2 bytes are too short"),
        (b"\x04", BY_GUID[:-1], "15 bytes are too short for a GUID"),
        (b"\x04", b"\x02" * 17, "the magic byte is 2"),
        (frame(7, b"\x04"), frame(7, b""), "5 bytes follow"),
        (None, frame(7, b""), "the value is null"),
        (b"", frame(7, b""), "no record of schema 7"),
        (b"\x04", frame(8, b""), "knows no schema 8"),
        (b"\x04", b"\x01" * 17, "knows no schema 01010101-0101-0101-0101-010101010101"),
    ],
)
def test_a_header_that_leads_to_no_record_is_refused(value: bytes | None, header: bytes, why: str) -> None:
    with pytest.raises(Undecodable, match=why):
        by_either().decode(value, header)


def test_the_last_of_several_headers_counts_and_one_that_is_null_counts_for_none() -> None:
    assert schema_id_header(None) is None
    assert schema_id_header([("trace", b"1")]) is None
    assert schema_id_header([(SCHEMA_ID_HEADER, b"a"), ("x", b""), (SCHEMA_ID_HEADER, b"b")]) == b"b"
    assert schema_id_header([(SCHEMA_ID_HEADER, b"a"), (SCHEMA_ID_HEADER, None)]) is None


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ({"type": "long", "logicalType": "timestamp-millis"}, 1 << 62),
        ({"type": "long", "logicalType": "timestamp-micros"}, -(1 << 62)),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, 253402300800000),
        ({"type": "int", "logicalType": "date"}, 1 << 30),
    ],
)
def test_a_time_that_python_has_not_is_refused_in_words(kind: Any, number: int) -> None:
    plain = record({"name": "a", "type": kind["type"]})
    schema = record({"name": "a", "type": kind})
    with pytest.raises(Undecodable, match="before the year 1 or after 9999"):
        decoder(schema, schema).decode(frame(1, encoded(plain, {"a": number})))


def test_a_registered_schema_that_is_none_is_refused() -> None:
    read = Decoder(json.dumps(record()), lambda _id: '{"type": "record"}')
    with pytest.raises(Undecodable, match="schema 1 cannot be used"):
        read.decode(frame(1, b""))
    assert parse(record()).kind == "record"
