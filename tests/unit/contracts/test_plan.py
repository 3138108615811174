"""The plan holds exactly what is missing, in the order in which it has to be done."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import RegistryMismatch
from contracts.lock import lock_of
from contracts.model import Contract, Mode, Version
from contracts.plan import CreateTopic, Held, Register, SetMode, adopting, adoptions, faults, plan
from contracts.registry import Registered


def version(number: int, *fields: dict[str, Any]) -> Version:
    schema = {"type": "record", "name": "Reading", "namespace": "weather.test", "fields": list(fields)}
    return Version(number=number, path=Path(f"t/v{number}.avsc"), text=json.dumps(schema), schema=schema)


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


def test_a_breaking_version_is_a_fault_before_anything_is_written() -> None:
    broken = replace(CONTRACT, versions=(*CONTRACT.versions, version(3, A, B, NEEDED)))
    assert faults([CONTRACT], lock_of([CONTRACT])) == []
    found = faults([broken], lock_of([broken]))
    assert any("avro-field-default" in sentence for sentence in found), found


def test_an_unlocked_version_is_a_fault() -> None:
    (sentence, *_) = faults([CONTRACT], {})
    assert "not locked" in sentence
