"""A consumer that names the fields it reads gets these alone, with the values of a whole record."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from random import Random
from typing import Any

import pytest

from contracts.avro.decode import Decoder, Undecodable
from contracts.avro.wire import frame
from contracts.consume import consume
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import Type, parse
from contracts.evolution.compatibility.paths import fields_by_name, projected
from contracts.folder.read import load_contracts
from contracts.generate.part import part_of
from contracts.records import topic_weather, topic_weather_quality
from contracts.records.topic_weather_final import Observation
from tests.avro_pairs import encode, evolved, random_record, random_value
from tests.unit.contracts.folders import examples
from tests.unit.contracts.generated import EVERY_KIND, encoded, enum_type, module, record, value_of

CONTRACTS = load_contracts()
CLASSES: dict[str, Any] = {
    "topic-weather": topic_weather.RawObservation,
    "topic-weather-final": Observation,
    "topic-weather-quality": topic_weather_quality.Validation,
}


def only(node: Type, value: Any) -> Any:
    """What a value of a whole type has of the type `node`, which has fewer fields."""
    if node.kind == "record" and value is not None:
        return {f.name: only(f.type, value[f.name]) for f in node.fields}
    if node.kind == "array":
        return [only(node.items or node, item) for item in value]
    if node.kind == "map":
        return {key: only(node.items or node, item) for key, item in value.items()}
    return value if node.kind != "union" or value is None else only(innermost_branch(node), value)


def innermost_branch(node: Type) -> Type:
    return next(branch for branch in node.branches if branch.kind != "null")


@pytest.mark.parametrize("topic", CLASSES)
def test_any_fields_of_a_record_are_read_as_they_stand_in_the_whole_one(topic: str) -> None:
    contract, record_type, random = CONTRACTS[topic], CLASSES[topic], Random(topic)
    root, text = parse(contract.newest.schema), contract.newest.text
    names = [name for name, _ in fields_by_name(root)]
    for value in examples(contract):
        body = frame(1, encoded(json.loads(text), value))
        whole = Decoder(record_type.SCHEMA, {1: text}.get).decode(body)
        for _ in range(8):
            reads = frozenset(random.sample(names, random.randint(1, 6)))
            part = part_of(record_type, reads)
            read = part.from_dict(Decoder(record_type.SCHEMA, {1: text}.get, reads=reads).decode(body))
            expected = only(projected(root, reads), whole)
            assert read.to_dict() == expected
            assert isinstance(read, record_type)
            assert read == part.from_dict(expected) == copy.deepcopy(read) == pickle.loads(pickle.dumps(read))
            for name in {name for name in names if "." not in name}:
                wanted = name in {one.partition(".")[0] for one in reads}
                assert hasattr(read, name) is wanted


def test_whatever_the_schemas_are_a_part_is_what_the_whole_reader_gives() -> None:
    compared = 0
    for seed in range(400):
        random = Random(seed)
        written = random_record(random)
        wanted = evolved(random, written) if seed % 2 else written
        names = [field["name"] for field in wanted["fields"]] if isinstance(wanted, dict) else []
        if not names:
            continue
        reads = random.sample(names, random.randint(1, len(names)))
        try:
            writer, _ = parse(written), parse(wanted)
            body = frame(1, encode(writer, random_value(random, writer)))
            whole = Decoder(json.dumps(wanted), {1: json.dumps(written)}.get).decode(body)
        except (UnusableSetting, Undecodable):
            continue
        part = Decoder(json.dumps(wanted), {1: json.dumps(written)}.get, reads=reads).decode(body)
        assert repr(part) == repr({name: value for name, value in whole.items() if name in reads})
        compared += 1
    assert compared > 200


CODE = record({"name": "code", "type": "int"}, {"name": "text", "type": "string"}, name="Code")
NESTED = record(
    *EVERY_KIND,
    {"name": "tuple", "type": ["null", CODE], "default": None},
    {"name": "list", "type": {"type": "array", "items": ["null", "t.Code"]}},
    {"name": "dict", "type": {"type": "map", "values": {"type": "array", "items": "t.Code"}}},
    {"name": "self", "type": enum_type("X", "Y", name="tuple")},
    {
        "name": "class",
        "type": record({"name": "in", "type": "t.Code"}, {"name": "out", "type": "t.Code"}, name="D"),
    },
)


@pytest.mark.parametrize(
    "reads",
    [
        *([name["name"]] for name in NESTED["fields"]),
        ["tuple.code"],
        ["list.text", "dict.code"],
        ["class.in.text", "class.out"],
        ["class.in.text", "class.in"],
        ["self", "of_maps", "of_price", "of_id"],
    ],
    ids=",".join,
)
def test_a_field_of_any_name_and_type_is_read_alone(reads: list[str]) -> None:
    made, root = module(NESTED).R, parse(NESTED)
    value = value_of(root)
    body = frame(1, encoded(NESTED, value))
    decoded = Decoder(made.SCHEMA, {1: json.dumps(NESTED)}.get, reads=reads).decode(body)
    assert decoded == only(projected(root, reads), value)
    part = part_of(made, frozenset(reads))
    read = part.from_dict(decoded)
    assert read.to_dict() == decoded
    assert repr(copy.copy(read)) == repr(read) == repr(pickle.loads(pickle.dumps(read)))
    assert read == dataclasses.replace(read) == part.from_dict(read.to_dict()) != made.from_dict(value)
    assert [f.name for f in dataclasses.fields(read)] == [
        f.name for f in dataclasses.fields(made) if f.name.rstrip("_") in {n.partition(".")[0] for n in reads}
    ]


def test_a_field_that_was_not_read_is_missing_and_the_error_says_how_to_get_it() -> None:
    part = part_of(Observation, frozenset({"station", "temperature"}))
    read = part.from_dict({"station": "JFK", "temperature": None})
    assert (read.station, read.temperature, getattr(read, "pressure", "missing")) == ("JFK", None, "missing")
    with pytest.raises(AttributeError) as raised:
        _ = read.pressure
    assert str(raised.value) == (
        "pressure was not read: add it to `reads`, which names station, temperature alone."
    )
    with pytest.raises(AttributeError, match="'Observation' object has no attribute 'presure'"):
        _ = read.presure  # type: ignore[attr-defined]
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.station = "LGA"  # type: ignore[misc]
    assert repr(read) == "Observation(station='JFK', temperature=None)"
    assert part is part_of(Observation, frozenset({"temperature", "station"}))
    assert part.TOPIC == Observation.TOPIC


def test_what_is_not_read_is_passed_over_and_not_looked_into() -> None:
    schema = record({"name": "text", "type": "string"}, {"name": "number", "type": "int"})
    body = frame(1, b"\x04\xff\xff" + b"\x0e")
    known = {1: json.dumps(schema)}.get
    with pytest.raises(Undecodable):
        Decoder(json.dumps(schema), known).decode(body)
    reader = Decoder(json.dumps(schema), known, reads=["number"])
    assert reader.decode(body) == {"number": 7}
    with pytest.raises(Undecodable, match="follow"):
        reader.decode(body + b"\x00")
    with pytest.raises(Undecodable, match="no record of schema 1"):
        reader.decode(frame(1, b"\x7e"))


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        (
            ["temprature"],
            "reads names temprature, which Observation does not have: did you mean temperature?",
        ),
        ("temprature", "did you mean temperature?"),
        (["temperature.kelvin"], "reads names temperature.kelvin, which Observation does not have"),
        (["nothing of the kind"], "it has source, replay"),
        ([], "reads names no field"),
        ([""], "which Observation does not have"),
    ],
)
def test_a_field_that_does_not_exist_is_refused_before_anything_connects(reads: Any, told: str) -> None:
    nowhere: dict[str, Any] = {"bootstrap_servers": "127.0.0.1:1", "registry_url": "http://127.0.0.1:1"}
    with pytest.raises(UnusableSetting) as raised:
        next(consume("topic-weather-final", Observation, reads=reads, **nowhere))
    assert told in str(raised.value)


def test_a_class_that_was_not_generated_cannot_be_read_in_part() -> None:
    @dataclasses.dataclass(frozen=True)
    class Count:
        number: int
        SCHEMA = json.dumps(record({"name": "number", "type": "int"}))

    with pytest.raises(UnusableSetting, match="Count is none"):
        part_of(Count, frozenset({"number"}))
