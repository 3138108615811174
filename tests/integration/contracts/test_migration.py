"""A mapping between generations, held against the contract engine of the registry, which knows JSONata."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts.folder.read import contract_of, load_contract
from contracts.generations.check import successions
from contracts.generations.mapping import Step, Succession
from tests.conftest import Addresses
from tests.generations import CONVERTED, RENAMED, write_second
from tests.unit.contracts.folders import newest_alone

Record = dict[str, Any]
_RECORDS = 150
_WITHIN = 30.0
_dice = random.Random(19)


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Succession:
    """A field renamed and another one in another unit, of the weather's final contract."""
    folder: Path = tmp_path_factory.mktemp("contracts")
    first = load_contract(newest_alone("topic-weather-final", folder / "topic-weather-final"))
    write_second(first, folder / "topic-weather-final-2")
    return successions([first, load_contract(folder / "topic-weather-final-2")])["topic-weather-final-2"]


@pytest.fixture(scope="module")
def records(mapping: Succession) -> list[Record]:
    """The golden examples, with a value by chance for each number with decimals, or with none."""
    home = contract_of("topic-weather-final").home / "examples" / "v2"
    golden = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(home.glob("*.json"))]
    made = []
    for number in range(_RECORDS):
        record = dict(golden[number % len(golden)])
        for field in mapping.schema["fields"]:
            if "double" in field["type"] or field["type"] == "double":
                nothing = "null" in field["type"] and _dice.random() < 0.2
                record[field["name"]] = None if nothing else round(_dice.uniform(-2000, 2000), 4)
        made.append(record)
    return made


class Engine:
    """An artifact of the registry with two versions, and how records go from one to the other."""

    def __init__(self, address: str, mapping: Succession) -> None:
        """Register both schemas, and the mapping as rules of migration."""
        self.home = f"{address.partition('/apis')[0]}/apis/registry/v3/groups/default/artifacts"
        self.name = f"migration-{uuid.uuid4().hex[:8]}"
        old = json.dumps(mapping.schema)
        self._post(
            "",
            {
                "artifactId": self.name,
                "artifactType": "AVRO",
                "firstVersion": {"version": "1", **_content(old)},
            },
        )
        self._post(f"/{self.name}/versions", {"version": "2", **_content(old)})
        up = {step.name: _up(step) for step in mapping.steps}
        down = {step.of: _down(step) for step in mapping.steps if step.of}
        # The engine asks the version that a record is to become.
        for version, mode, made in (("2", "UPGRADE", up), ("1", "DOWNGRADE", down)):
            rule = {"kind": "TRANSFORM", "type": "JSONATA", "mode": mode, "expr": _object(made)}
            answer = requests.put(
                f"{self.home}/{self.name}/versions/{version}/contract/ruleset",
                json={"domainRules": [], "migrationRules": [{"name": mode.lower(), **rule}]},
                timeout=_WITHIN,
            )
            assert answer.ok, answer.text

    def migrated(self, record: Record, source: str, target: str) -> Record:
        """The record of the `target` version."""
        asked = {"fromVersion": source, "toVersion": target, "record": record}
        answer = self._post(f"/{self.name}/contract/migrate", asked)
        assert (answer["passed"], answer["executedRules"]) == (True, 1), answer
        found: Record = answer["transformedRecord"]
        return found

    def delete(self) -> None:
        requests.delete(f"{self.home}/{self.name}", timeout=_WITHIN)

    def _post(self, path: str, body: Record) -> Record:
        answer = requests.post(f"{self.home}{path}", json=body, timeout=_WITHIN)
        assert answer.ok, answer.text
        found: Record = answer.json()
        return found


@pytest.fixture(scope="module")
def engine(services: Addresses, mapping: Succession) -> Iterator[Engine]:
    made = Engine(services.schema_registry_url, mapping)
    yield made
    made.delete()


def _content(text: str) -> Record:
    return {"content": {"content": text, "contentType": "application/json"}}


def _object(fields: dict[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {made}" for name, made in fields.items()) + "}"


def _up(step: Step) -> str:
    if step.of is None:
        return json.dumps(step.default)
    if not step.converts:
        return f"`{step.of}`"
    return f"`{step.of}` = null ? null : $round(`{step.of}` * {step.times} + {step.plus}, {step.digits})"


def _down(step: Step) -> str:
    if not step.converts:
        return f"`{step.name}`"
    back = f"$round((`{step.name}` - {step.plus}) / {step.times}, {step.decimals})"
    return f"`{step.name}` = null ? null : {back}"


def test_the_registry_s_engine_makes_the_same_record_of_the_next_generation(
    engine: Engine, mapping: Succession, records: list[Record]
) -> None:
    for record in records:
        made = mapping.up(record)
        assert engine.migrated(record, "1", "2") == made
        assert made[RENAMED[1]] == record[RENAMED[0]]
    assert len({made[CONVERTED] for made in map(mapping.up, records)}) > _RECORDS / 2


def test_the_way_back_of_the_engine_and_of_the_mapping_is_the_old_record(
    engine: Engine, mapping: Succession, records: list[Record]
) -> None:
    assert mapping.lossless
    for record in records:
        made = mapping.up(record)
        assert engine.migrated(made, "2", "1") == mapping.down(made) == record
