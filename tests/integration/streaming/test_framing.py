"""What names a record's schema: before the value or in a Kafka header, an id or a GUID."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from contracts.avro.wire import HEADER_SIZE, SCHEMA_ID_HEADER, frame
from streaming.record.plan import Plan
from tests.poison import RawValue

Headers = Sequence[tuple[str, bytes | None]]
Publish = Callable[..., list[Any]]

RAW_ID, UNION_ID, JSON_ID, UNKNOWN_ID = 7, 31, 32, 4_000_000_000
GUID, UNKNOWN_GUID = UUID(int=0x0123456789ABCDEF0123456789ABCDEF), UUID(int=5)
OTHER = {
    "type": "record",
    "name": "weather.raw.Warning",
    "fields": [{"name": "station", "type": "string"}, {"name": "text", "type": "string"}],
}


@pytest.fixture(scope="module")
def framing(plan: Plan) -> Plan:
    """A plan that knows a GUID, a union and a schema of no use."""
    union = json.dumps([OTHER, "null", plan.raw.newest.schema, {"type": "array", "items": "string"}])
    return replace(
        plan,
        writers={**plan.writers, UNION_ID: union},
        guids={str(GUID): RAW_ID},
        unusable={JSON_ID: "it is a JSON schema, not Avro"},
    )


def _id(schema_id: int) -> bytes:
    return frame(schema_id, b"")


def _guid(guid: UUID) -> bytes:
    return b"\x01" + guid.bytes


def _told(found: Any, plan: Plan) -> tuple[str, str]:
    return (
        ("", "") if found.topic == plan.final.topic else (found.record["reason"], found.record["explanation"])
    )


def _run(
    publish: Publish, plan: Plan, records: Sequence[tuple[bytes | None, Headers | None]]
) -> list[tuple[str, str]]:
    values, headers = [value for value, _ in records], [held for _, held in records]
    return [_told(found, plan) for found in publish(values, headers=headers, plan=plan)]


def test_a_record_is_read_by_the_id_or_guid_before_it_or_in_a_kafka_header(
    publish: Publish, framing: Plan, raw_value: RawValue
) -> None:
    framed = raw_value()
    body = framed[HEADER_SIZE:]
    other: list[tuple[str, bytes | None]] = [("traceparent", b"x"), ("n", None)]
    records: list[tuple[bytes, Headers | None]] = [
        (framed, None),
        (framed, []),
        (framed, other),
        # A header that is null names nothing; the last one counts.
        (framed, [(SCHEMA_ID_HEADER, None)]),
        (framed, [(SCHEMA_ID_HEADER, b"?"), (SCHEMA_ID_HEADER, None)]),
        (body, [*other, (SCHEMA_ID_HEADER, _id(RAW_ID))]),
        (body, [(SCHEMA_ID_HEADER, _guid(GUID)), *other]),
        (body, [(SCHEMA_ID_HEADER, b"?"), (SCHEMA_ID_HEADER, _guid(GUID))]),
        (_guid(GUID) + body, None),
        (_guid(GUID) + body, other),
    ]
    found = publish(
        [value for value, _ in records], headers=[headers for _, headers in records], plan=framing
    )
    assert [_told(one, framing) for one in found] == [("", "")] * len(records)
    assert {one.record["writer_schema_id"] for one in found} == {RAW_ID}
    told = [{k: v for k, v in one.record.items() if k != "source_offset"} for one in found]
    assert len({json.dumps(record, default=str) for record in told}) == 1


@pytest.mark.parametrize(
    ("header", "reason", "told"),
    [
        (b"", "WRONG_HEADER", "of 0 bytes holds neither an id nor a GUID"),
        (_id(RAW_ID)[:4], "WRONG_HEADER", "of 4 bytes"),
        (_id(RAW_ID) + b"\0", "WRONG_HEADER", "of 6 bytes"),
        (_guid(GUID)[:16], "WRONG_HEADER", "of 16 bytes"),
        (_guid(GUID) + b"\0", "WRONG_HEADER", "of 18 bytes"),
        (b"\x02" + _id(RAW_ID)[1:], "WRONG_HEADER", "of 5 bytes"),
        (b"7", "WRONG_HEADER", "of 1 bytes"),
        (_id(UNKNOWN_ID), "UNKNOWN_SCHEMA", f"schema id {UNKNOWN_ID}."),
        (_guid(UNKNOWN_GUID), "UNKNOWN_SCHEMA", f"schema GUID {UNKNOWN_GUID}."),
        (_id(21), "FOREIGN_SUBJECT", "21 is one of elsewhere-value"),
        (_id(JSON_ID), "UNUSABLE_SCHEMA", "it is a JSON schema, not Avro."),
    ],
)
def test_a_kafka_header_that_names_no_schema_of_ours_says_so(
    publish: Publish, framing: Plan, raw_value: RawValue, header: bytes, reason: str, told: str
) -> None:
    body = raw_value()[HEADER_SIZE:]
    [(found, why)] = _run(publish, framing, [(body, [(SCHEMA_ID_HEADER, header)])])
    assert found == reason
    assert told in why


def test_a_dead_letter_keeps_the_exact_value_and_headers_and_tells_the_id(
    publish: Publish, framing: Plan, raw_value: RawValue
) -> None:
    body = raw_value(station=" ")[HEADER_SIZE:]
    headers = [
        [(SCHEMA_ID_HEADER, _id(RAW_ID)), ("n", None)],
        [(SCHEMA_ID_HEADER, _guid(GUID))],
        [(SCHEMA_ID_HEADER, _guid(UNKNOWN_GUID))],
    ]
    found = publish([body] * 3, headers=headers, plan=framing)
    assert [one.record["value"] for one in found] == [body] * 3
    kept = [[(h["key"], h["value"]) for h in one.record["headers"]] for one in found]
    assert kept == headers
    assert [one.record["schema_id"] for one in found] == [RAW_ID, RAW_ID, None]


def test_a_bare_value_with_too_many_or_too_few_bytes_is_told_as_a_framed_one_is(
    publish: Publish, framing: Plan, raw_value: RawValue
) -> None:
    body = raw_value()[HEADER_SIZE:]
    named: Headers = [(SCHEMA_ID_HEADER, _id(RAW_ID))]
    records = [
        (body + b"\0", named),
        (body[:-1], named),
        (b"", named),
        (None, named),
        (_id(RAW_ID) + body, named),
    ]
    reasons = [reason for reason, _ in _run(publish, framing, records)]
    assert reasons[:4] == ["TRAILING_BYTES", "UNDECODABLE", "UNDECODABLE", "NULL_VALUE"]
    assert reasons[4] in {"TRAILING_BYTES", "UNDECODABLE"}


def test_of_a_union_our_branch_flows_and_another_is_put_aside_by_its_name(
    publish: Publish, framing: Plan, raw_value: RawValue
) -> None:
    body = raw_value()[HEADER_SIZE:]
    texts = b"\x06JFK\x02!"
    records: list[tuple[bytes, Headers | None]] = [
        (frame(UNION_ID, b"\x04" + body), None),
        (b"\x04" + body, [(SCHEMA_ID_HEADER, _id(UNION_ID))]),
        (frame(UNION_ID, b"\x04" + body + b"\0"), None),
        (frame(UNION_ID, b"\x04" + body[:-1]), None),
        (frame(UNION_ID, b"\x00" + texts), None),
        (b"\x00" + texts, [(SCHEMA_ID_HEADER, _id(UNION_ID))]),
        (frame(UNION_ID, b"\x02"), None),
        (frame(UNION_ID, b"\x06\0"), None),
        (frame(UNION_ID, b"\x08" + body), None),
        (frame(UNION_ID, b"\x03" + body), None),
        (frame(UNION_ID, b""), None),
        (frame(JSON_ID, body), None),
    ]
    told = _run(publish, framing, records)
    kind = f"another one of the schema {UNION_ID}."
    assert [reason for reason, _ in told] == [
        *("", "", "TRAILING_BYTES", "UNDECODABLE"),
        *["OTHER_TYPE"] * 4,
        *["UNDECODABLE"] * 3,
        "UNUSABLE_SCHEMA",
    ]
    assert told[4][1] == told[5][1] == f"It is of the type weather.raw.Warning, {kind}"
    assert told[6][1] == f"It is of the type null, {kind}"
    assert told[7][1] == f"It is of the type array, {kind}"


def test_a_union_of_a_hundred_records_is_read_by_the_branch_that_is_ours(
    publish: Publish, framing: Plan, raw_value: RawValue
) -> None:
    many = [{**OTHER, "name": f"Other{number}"} for number in range(100)]
    writers = {UNION_ID: json.dumps([*many, framing.raw.newest.schema])}
    wide = replace(framing, writers=writers)
    body = raw_value()[HEADER_SIZE:]
    # 100 and 70 in Avro's notation take two bytes.
    records = [(frame(UNION_ID, b"\xc8\x01" + body), None), (frame(UNION_ID, b"\x8c\x01" + body), None)]
    told = _run(publish, wide, records)
    assert told[0] == ("", "")
    assert told[1][1] == f"It is of the type Other70, another one of the schema {UNION_ID}."
