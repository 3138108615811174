"""The registry's client finds what a contract needs on every kind of registry, whatever the subject holds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import fastavro
import pytest

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.wire import frame
from contracts.errors import RegistryMismatch, UnusableSchema
from contracts.evolution.compatibility import parse
from contracts.folder.model import Mode
from contracts.registry.meaning import meaning
from contracts.registry.registry import Registry, connect
from tests.registries import APICURIO, CONFLUENT, KARAPACE, Dialect, Store, registry
from tests.unit.contracts.built import contract

EACH = pytest.mark.parametrize(
    "dialect", [KARAPACE, CONFLUENT, APICURIO], ids=["karapace", "confluent", "apicurio"]
)
A = {"name": "a", "type": "long"}
B = {"name": "b", "type": ["null", "long"], "default": None}


def record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Reading", "namespace": "weather.test", "fields": list(fields), **more}


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    dialect: Dialect = getattr(request, "param", CONFLUENT)
    with registry(dialect) as made:
        yield made


def put(
    store: Store, subject: str, schema: Any, *references: tuple[str, str, int], kind: str = "AVRO"
) -> int:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    rows = [{"name": name, "subject": s, "version": version} for name, s, version in references]
    return store.register(subject, {"schema": text, "schemaType": kind, "references": rows})


def client(store: Store) -> Registry:
    return connect(store.url, {"max.retries": 0})


@EACH
def test_what_each_registry_lacks_has_a_way_around(dialect: Dialect) -> None:
    with registry(dialect) as store:
        ours = put(store, "t-value", record(A))
        assert put(store, "elsewhere-value", record(A)) == ours
        asks = client(store)
        assert asks.subjects_of(ours) == ("t-value", "elsewhere-value")
        assert asks.subjects_of(999) == ()
        verdict = asks.accepts("t-value", json.dumps(record(A, B)))
        assert verdict is not None and verdict.agrees
        assert asks.accepts("nothing-value", json.dumps(record(A))) is None
        assert asks.mode("t-value") is None
        asks.set_mode("t-value", Mode.FULL)
        assert asks.mode("t-value") is Mode.FULL


@pytest.mark.parametrize(
    ("mode", "breaks", "agrees", "against"),
    [
        ("FULL_TRANSITIVE", 1, False, "each version by itself"),
        ("FULL_TRANSITIVE", 9, True, "each version by itself"),
        ("FULL", 1, True, "the newest version alone"),
        ("FULL", 2, False, "the newest version alone"),
    ],
)
@pytest.mark.parametrize("store", [KARAPACE], indirect=True)
def test_where_compatibility_is_asked_by_version_the_mode_says_which_and_the_verdict_tells(
    store: Store, mode: str, breaks: int, agrees: bool, against: str
) -> None:
    put(store, "t-value", record(A))
    put(store, "t-value", record(A, B))
    store.modes["t-value"], store.breaks = mode, {breaks}
    verdict = client(store).accepts("t-value", json.dumps(record(A)))
    assert verdict is not None
    assert (verdict.agrees, verdict.against) == (agrees, against)


def test_a_server_that_has_none_of_the_endpoints_is_no_registry(store: Store) -> None:
    nothing = connect(f"{store.url}/elsewhere", {"max.retries": 0})
    asks: list[Callable[[], object]] = [
        lambda: nothing.subjects_of(1),
        lambda: nothing.versions("t-value"),
        lambda: nothing.accepts("t-value", "{}"),
        lambda: nothing.schema(1),
    ]
    for ask in asks:
        with pytest.raises(RegistryMismatch, match="is no schema registry"):
            ask()


@EACH
@pytest.mark.parametrize("schema_id", [0, 2**31 - 1, 2**31, 2**32 - 1])
def test_an_id_that_no_registry_gives_is_unknown_to_each(dialect: Dialect, schema_id: int) -> None:
    with registry(dialect) as store:
        asks = client(store)
        assert asks.schema(schema_id) is None
        assert asks.subjects_of(schema_id) == ()
        with pytest.raises(Undecodable, match=f"knows no schema {schema_id}"):
            Decoder(json.dumps(record(A)), asks.schema).decode(frame(schema_id, b"\x02"))


@EACH
def test_a_version_that_was_deleted_stays_one_of_the_contract(dialect: Dialect) -> None:
    with registry(dialect) as store:
        first, second = put(store, "t-value", record(A)), put(store, "t-value", record(A, B))
        put(store, "elsewhere-value", record(A))
        store.subjects["t-value"][0].deleted = True
        asks, ours = client(store), contract(record(A), record(A, B))
        assert [row.version for row in asks.versions("t-value")] == [2]
        assert [row.deleted for row in asks.versions("t-value", deleted=True)] == [True, False]
        assert list(asks.writer_schemas(ours)) == [first, second]
        assert asks.version_numbers(ours) == {first: 1, second: 2}
        assert "t-value" in asks.subjects_of(first, deleted=True)
        assert "t-value" not in asks.subjects_of(first)
        with pytest.raises(RegistryMismatch, match="contracts apply"):
            asks.id_of(ours, 1)


@EACH
def test_a_subject_that_was_deleted_whole_still_tells_the_ids_of_the_contract(dialect: Dialect) -> None:
    with registry(dialect) as store:
        ids = [put(store, "t-value", schema) for schema in (record(A), record(A, B))]
        for row in store.subjects["t-value"]:
            row.deleted = True
        asks, ours = client(store), contract(record(A), record(A, B))
        assert asks.versions("t-value") == ()
        assert list(asks.writer_schemas(ours)) == ids
        assert asks.register("t-value", ours.versions[0].text) == ids[0]
        assert asks.id_of(ours, 1) == ids[0]


def test_registering_again_after_a_deletion_is_not_answered_from_memory(store: Store) -> None:
    asks, text = client(store), json.dumps(record(A), separators=(",", ":"))
    asks.register("t-value", text)
    store.subjects["t-value"][0].deleted = True
    asks.versions("t-value", deleted=True)
    asks.register("t-value", text)
    assert [row.version for row in asks.versions("t-value")] == [2]


NO_RECORDS = [
    ("AVRO", '"string"', "it is of the type string"),
    ("AVRO", '["null", "string"]', "it is of the type union"),
    ("AVRO", '{"type": "enum", "name": "E", "symbols": ["A"]}', "it is of the type enum"),
    ("AVRO", '{"type": "array", "items": "int"}', "it is of the type array"),
    ("AVRO", '{"type": "object", "properties": {}}', "not an Avro schema"),
    ("AVRO", '{"type": "record", "name": "R", "fields": null}', "not an Avro schema"),
    ("AVRO", "5", "not an Avro schema"),
    ("JSON", '{"type": "object"}', "it is a JSON schema, not Avro"),
    ("PROTOBUF", 'syntax = "proto3"; message A { int32 a = 1; }', "it is a PROTOBUF schema, not Avro"),
    ("XSD", "<schema/>", "it is a XSD schema, not Avro"),
]


@pytest.mark.parametrize(("kind", "text", "why"), NO_RECORDS)
def test_what_is_no_record_is_named_and_left_out(store: Store, kind: str, text: str, why: str) -> None:
    good, bad = put(store, "t-value", record(A)), put(store, "t-value", text, kind=kind)
    asks, ours = client(store), contract(record(A))
    assert list(asks.writer_schemas(ours)) == [good]
    assert list(asks.subject(ours).unusable) == [bad]
    assert why in asks.subject(ours).unusable[bad]
    assert asks.id_of(ours) == good
    with pytest.raises(Undecodable, match=f"schema {bad} cannot be used|is written, which"):
        Decoder(json.dumps(record(A)), asks.schema).decode(frame(bad, b"\x02"))


def test_a_text_that_is_empty_or_no_json_is_named_and_left_out(store: Store) -> None:
    good, bad = put(store, "t-value", record(A)), put(store, "t-value", record(A, B))
    for text in ("", "{", "\0"):
        store.subjects["t-value"][1].text = text
        asks = client(store)
        assert asks.subject(contract(record(A))).unusable == {bad: "it is no JSON"}
        assert list(asks.writer_schemas(contract(record(A)))) == [good]


def test_a_union_that_holds_the_record_is_a_writer_and_its_other_branches_are_refused(store: Store) -> None:
    other = {"type": "record", "name": "Other", "fields": [{"name": "s", "type": "string"}]}
    made = put(store, "t-value", [other, record(A)])
    asks = client(store)
    assert list(asks.writer_schemas(contract(record(A)))) == [made]
    read = Decoder(json.dumps(record(A)), asks.schema)
    assert read.decode(frame(made, b"\x02\x0e")) == {"a": 7}
    with pytest.raises(Undecodable, match=r"Other is written, which weather\.test\.Reading cannot read"):
        read.decode(frame(made, b"\x00\x02s"))


PLACE = {
    "type": "record",
    "name": "Place",
    "namespace": "geo",
    "fields": [{"name": "lat", "type": "double"}, {"name": "datum", "type": "Datum"}],
}
DATUM = {"type": "enum", "name": "Datum", "namespace": "geo", "symbols": ["WGS84"]}
WITH_PLACES = record({"name": "here", "type": "geo.Place"}, {"name": "there", "type": ["null", "geo.Place"]})


def test_references_are_written_in_place_wherever_they_occur(store: Store) -> None:
    put(store, "datum", DATUM)
    put(store, "place", PLACE, ("geo.Datum", "datum", 1))
    used_twice = ("geo.Place", "place", 1), ("geo.Datum", "datum", 1)
    made = put(store, "t-value", WITH_PLACES, *used_twice)
    whole = {**PLACE, "fields": [PLACE["fields"][0], {"name": "datum", "type": DATUM}]}
    alone = record({"name": "here", "type": whole}, {"name": "there", "type": ["null", "geo.Place"]})
    asks = client(store)
    text = asks.writer_schemas(contract(record(A)))[made]
    assert meaning(json.loads(text)) == meaning(alone)
    assert asks.schema(made) == text
    assert asks.id_of(contract(alone)) == made, "the folder's file stands for itself, and means the same"
    value = {"here": {"lat": 1.5, "datum": "WGS84"}, "there": None}
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(json.loads(text)), value)
    assert Decoder(json.dumps(alone), asks.schema).decode(frame(made, body.getvalue())) == value


def test_a_reference_without_a_namespace_and_one_to_a_type_inside_another_are_found(store: Store) -> None:
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "int"}]}
    outer = {"type": "record", "name": "Outer", "fields": [{"name": "i", "type": inner}]}
    put(store, "outer", outer)
    made = put(
        store,
        "t-value",
        record(*({"name": n, "type": t} for n, t in (("i", "Inner"), ("o", "Outer"), ("again", "Inner")))),
        ("Outer", "outer", 1),
    )
    root = parse(json.loads(client(store).schema(made) or ""))
    assert [f.type.full_name for f in root.fields] == ["Inner", "Outer", "Inner"]
    assert root.fields[1].type.fields[0].type is root.fields[0].type


def test_hundreds_of_references_are_followed(store: Store) -> None:
    for number in range(300):
        put(store, f"s{number}", {"type": "fixed", "name": f"f.F{number}", "size": number})
    fields = ({"name": f"x{n}", "type": f"f.F{n}"} for n in range(300))
    made = put(store, "t-value", record(*fields), *((f"f.F{n}", f"s{n}", 1) for n in range(300)))
    root = parse(json.loads(client(store).schema(made) or ""))
    assert [f.type.size for f in root.fields] == list(range(300))


@pytest.mark.parametrize(
    ("references", "why"),
    [
        ([("geo.Place", "place", 9)], "version 9 of place, which the registry does not hold"),
        ([("geo.Place", "nowhere", 1)], "version 1 of nowhere, which the registry does not hold"),
        ([("geo.Place", "round", 1)], "refers to itself"),
        ([("geo.Place", "broken", 1)], "is no JSON"),
        ([("geo.Place", "place", 1)], "there is no type 'geo.Datum'"),
        ([("geo.Place", "deep0", 1)], "more than 100 in a row"),
    ],
)
def test_references_that_lead_nowhere_are_told_and_stop_nobody(
    store: Store, references: list[tuple[str, str, int]], why: str
) -> None:
    put(store, "place", PLACE)
    put(store, "round", PLACE, ("geo.Datum", "back", 1))
    put(store, "back", DATUM, ("geo.Place", "round", 1))
    put(store, "broken", PLACE)
    store.subjects["broken"][0].text = "{"
    for number in range(150):
        deep = {"type": "record", "name": f"D{number}", "fields": []}
        put(store, f"deep{number}", deep, (f"D{number + 1}", f"deep{number + 1}", 1))
    good, bad = put(store, "t-value", record(A)), put(store, "t-value", WITH_PLACES, *references)
    asks, ours = client(store), contract(record(A))
    assert list(asks.writer_schemas(ours)) == [good]
    assert why in asks.subject(ours).unusable[bad]
    with pytest.raises(Undecodable, match=f"schema {bad} cannot be used: .*{why}"):
        Decoder(json.dumps(record(A)), asks.schema).decode(frame(bad, b"\x02"))


def test_guids_are_told_where_the_registry_has_them(store: Store) -> None:
    made = put(store, "t-value", record(A))
    [row] = store.subjects["t-value"]
    asks = client(store)
    assert asks.subject(contract(record(A))).guids == {row.guid: made}
    assert asks.schema_by_guid(row.guid, "t-value") == row.text
    assert asks.schema_by_guid("6b7b1e6e-1111-1111-1111-111111111111", "t-value") is None


def test_a_guid_is_found_among_the_versions_where_it_cannot_be_asked_for() -> None:
    with registry(replace(CONFLUENT, lacks=KARAPACE.lacks)) as store:
        put(store, "t-value", record(A))
        [row] = store.subjects["t-value"]
        row.deleted = True
        assert client(store).schema_by_guid(row.guid, "t-value") == row.text
        with pytest.raises(UnusableSchema, match="cannot be found"):
            client(store).schema_by_guid("6b7b1e6e-1111-1111-1111-111111111111", "t-value")


@pytest.mark.parametrize("dialect", [KARAPACE, APICURIO], ids=["karapace", "apicurio"])
def test_a_registry_without_guids_has_none(dialect: Dialect) -> None:
    with registry(dialect) as store:
        put(store, "t-value", record(A))
        assert client(store).subject(contract(record(A))).guids == {}
        with pytest.raises(UnusableSchema, match="tells it of no version of t-value"):
            client(store).schema_by_guid("6b7b1e6e-1111-1111-1111-111111111111", "t-value")


@EACH
@pytest.mark.parametrize(
    "spelling",
    [
        record({**A, "order": "ascending"}),
        record({**A, "aliases": []}),
        record({**A, "doc": None}),
        {**record(A), "aliases": [], "doc": None},
        {"type": "record", "name": "Bare", "namespace": None, "fields": [A]},
        record({**A, "type": {"type": "long"}}),
    ],
)
def test_a_version_is_found_again_however_the_registry_spells_it(dialect: Dialect, spelling: Any) -> None:
    with registry(dialect) as store:
        made = put(store, "t-value", spelling)
        asks, ours = client(store), contract(spelling)
        assert asks.id_of(ours) == made
        assert asks.version_numbers(ours) == {made: 1}
