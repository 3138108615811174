"""An exported contract is what the other tool takes, and says what the contract says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from contracts.checks.rules import CHECKS
from contracts.cli import app
from contracts.export import FORMATS
from contracts.folder.model import Contract, Rule, Severity, Version
from contracts.folder.read import load_contracts

STANDARD = json.loads((Path(__file__).parent / "odcs-3.1.0.schema.json").read_text(encoding="utf-8"))
"""The Open Data Contract Standard's own JSON schema, by the Bitol project (Apache 2.0)."""

ASYNCAPI = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))
"""AsyncAPI's own JSON schema, by the AsyncAPI Initiative (Apache 2.0), without protocols other than Kafka."""

CONTRACTS = load_contracts()
EVERYTHING: dict[str, Any] = {
    "type": "record",
    "name": "Everything",
    "fields": [
        {"name": "raw", "type": "bytes", "doc": "Bytes: a type for which the standard has no word."},
        {"name": "choice", "type": ["null", "string", "long"], "default": None},
        {"name": "tags", "type": {"type": "map", "values": "string"}, "default": {}},
        {"name": "self", "type": ["null", "Everything"], "default": None},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {
            "name": "amount",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1},
            "unit": "mm",
        },
        {
            "name": "parts",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Part", "fields": [{"name": "n", "type": "int"}]},
            },
        },
    ],
}
PARAMETERS = {
    "field": "amount", "other": "day", "values": ["a"], "pattern": "'; DROP", "fields": ["amount", "day"],
    "min": 1, "before": "1d", "after": "5m", "unless": "tags", "every": "1h", "due": 3,
    "windows": 3, "records": 9, "when": "amount", "latitude": "amount", "time": "day",
    "sunrise": "day", "sunset": "day", "elevation": "amount", "azimuth": "amount",
    **{key: [-40, 50.5] for key in ("low_winter", "low_summer", "high_winter", "high_summer")},
}  # fmt: skip


def everything() -> Contract:
    """A contract with every check and every kind of type."""
    rules = tuple(
        Rule(
            id=name.replace("_", "-"),
            check=name,
            severity=Severity.WARNING,
            why="Because\n-- it is so.",
            parameters={
                key: PARAMETERS.get(key, "2h" if check.parameters[key].takes(0.25) else 0.25)
                for key in check.required | check.optional - {"max"}
            },
        )
        for name, check in CHECKS.items()
    )
    version = Version(number=1, path=Path("t/v1.avsc"), text="", schema=EVERYTHING)
    return replace(CONTRACTS["topic-weather-final"], rules=rules, versions=(version,))


@pytest.mark.parametrize("contract", [*CONTRACTS.values(), everything()], ids=[*CONTRACTS, "everything"])
def test_an_odcs_document_is_valid_by_the_standards_own_schema(contract: Contract) -> None:
    row = FORMATS["odcs"]
    document = yaml.safe_load(row.text(row.document(contract)))
    jsonschema.Draft201909Validator(STANDARD).validate(document)
    (record,) = document["schema"]
    assert [p["name"] for p in record["properties"]] == [f["name"] for f in contract.newest.schema["fields"]]
    told = [rule for p in [record, *record["properties"]] for rule in p.get("quality", ())]
    assert sorted(rule["id"] for rule in told) == sorted(rule.id for rule in contract.rules)
    assert {rule["severity"] for rule in told} == {rule.severity.value for rule in contract.rules}


def test_an_odcs_document_keeps_units_types_and_who_reads() -> None:
    document = FORMATS["odcs"].document(everything())
    fields = {p["name"]: p for p in document["schema"][0]["properties"]}
    assert fields["amount"]["logicalType"] == "number"
    assert {"property": "unit", "value": "mm"} in fields["amount"]["customProperties"]
    assert fields["choice"]["physicalType"] == "string | long"
    assert fields["choice"]["required"] is False
    assert fields["day"]["required"] is True
    assert fields["parts"]["items"]["properties"][0]["name"] == "n"
    assert "properties" not in fields["self"]
    told = {row["property"]: row["value"] for row in document["customProperties"]}
    assert [row["name"] for row in told["consumers"]] == ["quality-report", "trends"]
    assert {"property": "freshness", "value": 2, "unit": "h"} in document["slaProperties"]


@pytest.mark.parametrize("contract", [*CONTRACTS.values(), everything()], ids=[*CONTRACTS, "everything"])
def test_an_asyncapi_document_is_valid_by_asyncapis_own_schema_and_its_references_lead_somewhere(
    contract: Contract,
) -> None:
    row = FORMATS["asyncapi"]
    text = row.text(row.document(contract))
    document = yaml.safe_load(text)
    jsonschema.Draft7Validator(ASYNCAPI).validate(document)
    assert "servers" not in document
    for operation in document["operations"].values():
        for reference in (operation["channel"], *operation["messages"]):
            below = document
            for step in reference["$ref"].removeprefix("#/").split("/"):
                below = below[step]
    messages = document["channels"][contract.topic]["messages"]
    assert [message["payload"] for message in messages.values()] == [
        {"schemaFormat": "application/vnd.apache.avro;version=1.9.0", "schema": version.schema}
        for version in contract.versions
    ]


def test_asyncapis_own_schema_looks_into_the_avro_schemas() -> None:
    document = json.loads(json.dumps(FORMATS["asyncapi"].document(everything())))
    del document["channels"]["topic-weather-final"]["messages"]["v1"]["payload"]["schema"]["fields"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(ASYNCAPI).validate(document)


def test_an_asyncapi_document_says_who_sends_and_who_receives_and_how_kafka_is_set() -> None:
    document = FORMATS["asyncapi"].document(CONTRACTS["topic-weather-final"])
    operations = document["operations"]
    assert {name: one["action"] for name, one in operations.items()} == {
        "send": "send",
        "receive-quality-report": "receive",
        "receive-trends": "receive",
    }
    assert operations["send"]["title"] == "weather-stream sends"
    assert operations["send"]["messages"] == [{"$ref": "#/channels/topic-weather-final/messages/v2"}]
    assert len(operations["receive-trends"]["messages"]) == 2
    assert operations["receive-trends"]["summary"].startswith("weather-stream reads source, replay")
    assert [tag["name"] for tag in document["info"]["tags"]] == ["weather", "final"]
    channel = document["channels"]["topic-weather-final"]
    kafka = channel["bindings"]["kafka"]
    assert kafka["topicConfiguration"] == {"retention.ms": 30 * 86_400_000}
    assert channel["x-derived-from"] == "topic-weather"
    assert channel["x-rules"].keys() == {rule.id for rule in CONTRACTS["topic-weather-final"].rules}
    settings = {"cleanup.policy": "compact,delete", "retention.ms": "-1", "compression.type": "zstd"}
    changed = replace(CONTRACTS["topic-weather-final"], topic_settings=settings, role=None, product=None)
    document = FORMATS["asyncapi"].document(changed)
    jsonschema.Draft7Validator(ASYNCAPI).validate(document)
    assert document["channels"]["topic-weather-final"]["bindings"]["kafka"]["topicConfiguration"] == {
        "retention.ms": -1,
        "cleanup.policy": ["compact", "delete"],
        "compression.type": "zstd",
    }


def test_every_rule_is_in_the_suite_and_among_the_predicates() -> None:
    contract = everything()
    suite, rules = FORMATS["great-expectations"].document(contract), FORMATS["spark"].document(contract)
    ids = [rule.id for rule in contract.rules]
    assert [row["meta"]["rule"] for row in suite["expectations"]] + suite["meta"]["left_out"] == ids
    assert suite["meta"]["left_out"] == ["freshness", "completeness", "drift"]
    assert [row["rule"] for row in rules["rules"]] == ids
    assert [row["rule"] for row in rules["rules"] if row["predicate"] is None] == [
        "unique",
        "row-count",
        "freshness",
        "completeness",
        "drift",
    ]
    lines = FORMATS["spark"].text(rules).splitlines()
    assert "-- not-null (warning): Because -- it is so." in lines
    assert "(`amount` IS NOT NULL)" in lines


@pytest.mark.parametrize("name", FORMATS)
def test_export_prints_or_writes_one_document_for_each_topic(name: str, tmp_path: Path) -> None:
    run = CliRunner().invoke
    (line,) = run(app, ["export", name, "topic-weather-final", "--json"]).stdout.splitlines()
    assert json.loads(line) == FORMATS[name].document(CONTRACTS["topic-weather-final"])
    assert len(run(app, ["export", name, "--json"]).stdout.splitlines()) == len(CONTRACTS)
    assert run(app, ["export", name, "--output", str(tmp_path / "new")]).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        topic + FORMATS[name].ending for topic in CONTRACTS
    )
    one = run(app, ["export", name, "topic-weather-final"]).stdout
    assert one == (tmp_path / "new" / f"topic-weather-final{FORMATS[name].ending}").read_text(
        encoding="utf-8"
    )


def test_export_refuses_a_topic_without_a_contract() -> None:
    done = CliRunner().invoke(app, ["export", "odcs", "topic-nowhere"])
    assert "topic-nowhere has no contract" in str(done.exception)
