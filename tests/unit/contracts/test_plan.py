"""The plan holds exactly what is missing, in the order in which it has to be done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import RegistryMismatch
from contracts.evolution.plan import (
    CreateTopic,
    Held,
    Overlooked,
    Register,
    SetMode,
    adopting,
    adoptions,
    faults,
    overlooked,
    plan,
)
from contracts.folder.lock import lock_of
from contracts.folder.model import Contract, Mode, Version
from contracts.registry.registered import Registered


def version(number: int, *fields: dict[str, Any]) -> Version:
    schema = {"type": "record", "name": "Reading", "namespace": "weather.test", "fields": list(fields)}
    return Version(number=number, path=Path(f"t/v{number}.avsc"), text=json.dumps(schema), schema=schema)


TODAY = date(2026, 1, 1)
A = {"name": "a", "type": "long"}
B = {"name": "b", "type": ["null", "long"], "default": None}
NEEDED = {"name": "c", "type": "long"}

CONTRACT = Contract(
    topic="t",
    description="",
    owner="",
    mode=Mode.FULL_TRANSITIVE,
    readers=("spark", "fastavro"),
    consumers=(),
    service_level={},
    rules=(),
    versions=(version(1, A), version(2, A, B)),
)
REGISTERED = tuple(Registered(version=v.number, id=v.number, text=v.text) for v in CONTRACT.versions)
NOTHING = Held(mode=None, versions=())


def test_an_empty_registry_gets_the_mode_first_then_the_versions_in_order_then_the_topic() -> None:
    v1, v2 = CONTRACT.versions
    assert plan([CONTRACT], {"t-value": NOTHING}, [], 4) == (
        SetMode(subject="t-value", mode=Mode.FULL_TRANSITIVE),
        Register(subject="t-value", version=v1),
        Register(subject="t-value", version=v2),
        CreateTopic(topic="t", partitions=4),
    )


def test_a_topic_is_created_with_the_settings_of_its_contract() -> None:
    large = replace(CONTRACT, topic_settings={"max.message.bytes": "2097152"})
    *_, step = plan([large], {"t-value": NOTHING}, [], 4)
    assert step == CreateTopic(topic="t", partitions=4, settings={"max.message.bytes": "2097152"})
    assert "max.message.bytes=2097152" in str(step)


def test_a_topic_keeps_records_as_long_as_its_contract_promises() -> None:
    promising = replace(CONTRACT, service_level={"retention": "400d"})
    (step,) = plan([promising], {"t-value": Held(mode=CONTRACT.mode, versions=REGISTERED)}, [], 4)
    assert step == CreateTopic(topic="t", partitions=4, settings={"retention.ms": "34560000000"})


def test_nothing_is_planned_where_all_is_there() -> None:
    held = Held(mode=Mode.FULL_TRANSITIVE, versions=REGISTERED)
    assert plan([CONTRACT], {"t-value": held}, ["t"], 4) == ()


def test_a_run_that_was_cut_short_is_completed() -> None:
    held = Held(mode=Mode.FULL_TRANSITIVE, versions=REGISTERED[:1])
    assert plan([CONTRACT], {"t-value": held}, ["t"], 4) == (
        Register(subject="t-value", version=CONTRACT.versions[1]),
    )


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([version(1, NEEDED).text], "not in the folder"),
        ([row.text for row in reversed(REGISTERED)], "another order"),
    ],
)
def test_a_registry_with_another_history_is_refused(texts: list[str], message: str) -> None:
    rows = tuple(Registered(version=n, id=n, text=text) for n, text in enumerate(texts, start=1))
    with pytest.raises(RegistryMismatch, match=message):
        plan([CONTRACT], {"t-value": Held(mode=None, versions=rows)}, [], 4)


def test_a_version_that_only_the_registry_has_is_adopted_and_then_known() -> None:
    foreign = version(1, A, {**B, "name": "foreign"})
    held = {"t-value": Held(mode=None, versions=(Registered(version=1, id=9, text=foreign.text),))}
    [step] = adoptions([CONTRACT], held)
    assert (step.subject, step.adopted.schema) == ("t-value", foreign.schema)
    assert step.adopted.path.parent == CONTRACT.home / "adopted"
    known = adopting(CONTRACT, [step])
    assert adoptions([known], held) == ()
    assert Register(subject="t-value", version=CONTRACT.versions[0]) in plan([known], held, ["t"], 4)


def held_by(*texts: str | Registered, answers: dict[int, int] | None = None) -> dict[str, Held]:
    rows = tuple(
        text if isinstance(text, Registered) else Registered(version=n, id=n, text=text)
        for n, text in enumerate(texts, start=1)
    )
    return {"t-value": Held(mode=Mode.FULL_TRANSITIVE, versions=rows, answers=answers or {})}


def respelled(of: Version) -> str:
    """As a registry may give it back: the namespace in the name, and what goes without saying left out."""
    schema = {**of.schema, "name": "weather.test.Reading", "aliases": []}
    del schema["namespace"]
    return json.dumps(schema)


def test_a_version_that_the_registry_spells_anew_is_there() -> None:
    held = held_by(*map(respelled, CONTRACT.versions))
    assert plan([CONTRACT], held, ["t"], 4) == ()
    assert adoptions([CONTRACT], held) == ()


DOCUMENTED = replace(CONTRACT, versions=(version(1, A), version(2, {**A, "doc": "What it is."})))


def test_a_version_that_the_registry_takes_for_an_older_one_is_told_and_nothing_is_left_to_do() -> None:
    held = held_by(DOCUMENTED.versions[0].text, answers={2: 1})
    assert plan([DOCUMENTED], held, ["t"], 4) == ()
    [row] = overlooked([DOCUMENTED], held)
    assert row == Overlooked(subject="t-value", version=2, taken_for=1)
    assert "takes version 2 for version 1" in str(row)


def test_a_version_that_the_registry_tells_from_an_older_one_is_registered() -> None:
    held = held_by(DOCUMENTED.versions[0].text)
    assert plan([DOCUMENTED], held, ["t"], 4) == (
        Register(subject="t-value", version=DOCUMENTED.versions[1]),
    )
    assert overlooked([DOCUMENTED], held) == ()


def test_a_version_that_means_the_same_as_an_older_one_is_registered_where_the_registry_knows_it_not() -> (
    None
):
    alike = replace(CONTRACT, versions=(version(1, A), version(2, {**A, "order": "ascending"})))
    assert plan([alike], held_by(alike.versions[0].text), ["t"], 4) == (
        Register(subject="t-value", version=alike.versions[1]),
    )
    assert plan([alike], held_by(*(v.text for v in alike.versions)), ["t"], 4) == ()


def test_a_version_that_goes_back_to_an_older_one_has_its_id() -> None:
    back = replace(CONTRACT, versions=(*CONTRACT.versions, version(3, A)))
    held = held_by(*(v.text for v in CONTRACT.versions))
    assert plan([back], held, ["t"], 4) == ()
    assert overlooked([back], held) == (Overlooked(subject="t-value", version=3, taken_for=1),)


def deleted(number: int, text: str) -> Registered:
    return Registered(version=number, id=1, text=text, deleted=True)


def test_a_version_that_was_deleted_is_registered_again_and_keeps_its_place() -> None:
    v1, v2 = CONTRACT.versions
    gone = deleted(1, v1.text)
    [step] = plan([CONTRACT], held_by(gone, v2.text), ["t"], 4)
    assert step == Register(subject="t-value", version=v1, again=True)
    assert "register version 1 again, since it was deleted there" in str(step)
    assert plan([CONTRACT], held_by(gone, v2.text, v1.text), ["t"], 4) == ()


def test_a_foreign_version_that_was_deleted_is_in_nobody_s_way() -> None:
    held = held_by(deleted(1, version(1, NEEDED).text), *(v.text for v in CONTRACT.versions))
    assert plan([CONTRACT], held, ["t"], 4) == ()
    assert adoptions([CONTRACT], held) == ()


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("JSON", "{}", "it is a JSON schema, not Avro"),
        ("PROTOBUF", 'syntax = "proto3";', "it is a PROTOBUF schema, not Avro"),
        ("AVRO", '"string"', "it is of the type string, and holds no record"),
        ("AVRO", "{", "it is no JSON"),
        ("AVRO", "", "it is no JSON"),
        ("AVRO", '{"type": "record", "name": "R", "fields": null}', "not an Avro schema"),
        ("AVRO", '[{"type": "record", "name": "Other", "fields": []}]', "a union without one record Reading"),
    ],
)
def test_what_cannot_be_adopted_is_refused_with_its_reason_in_either_way(
    kind: str, text: str, why: str
) -> None:
    held = held_by(Registered(version=1, id=1, text=text, kind=kind))
    sentence = f"a version 1 that cannot be adopted, since .*{why}"
    with pytest.raises(RegistryMismatch, match=sentence):
        plan([CONTRACT], held, ["t"], 4)
    with pytest.raises(RegistryMismatch, match=sentence):
        adoptions([CONTRACT], held)


def test_of_a_union_the_record_of_the_contract_counts() -> None:
    inner = {"type": "enum", "name": "Kind", "symbols": ["A"]}
    other = {"type": "record", "name": "Other", "namespace": "weather.test"}
    other["fields"] = [{"name": "k", "type": inner}]  # type: ignore[assignment]
    known = json.dumps([other, CONTRACT.versions[0].schema])
    assert plan([CONTRACT], held_by(*(v.text for v in CONTRACT.versions), known), ["t"], 4) == ()
    foreign = version(9, A, {"name": "kind", "type": ["null", "weather.test.Kind"], "default": None})
    held = held_by(*(v.text for v in CONTRACT.versions), json.dumps([other, foreign.schema]))
    with pytest.raises(RegistryMismatch, match="--adopt"):
        plan([CONTRACT], held, ["t"], 4)
    [step] = adoptions([CONTRACT], held)
    assert json.loads(step.adopted.text) == step.adopted.schema
    assert step.adopted.schema["fields"][1]["type"][1]["symbols"] == ["A"], "it stands for itself"
    assert plan([adopting(CONTRACT, [step])], held, ["t"], 4) == ()


def test_a_breaking_version_is_a_fault_before_anything_is_written() -> None:
    broken = replace(CONTRACT, versions=(*CONTRACT.versions, version(3, A, B, NEEDED)))
    assert faults([CONTRACT], lock_of([CONTRACT]), TODAY) == []
    found = faults([broken], lock_of([broken]), TODAY)
    assert any("avro-field-default" in sentence for sentence in found), found


def test_an_unlocked_version_is_a_fault() -> None:
    (sentence, *_) = faults([CONTRACT], {}, TODAY)
    assert "not locked" in sentence
