from __future__ import annotations

import json
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from contracts.avro.json_form import json_schemas, to_json
from contracts.evolution.compatibility import parse
from contracts.folder.read import HOME, load_contracts

EXAMPLES = sorted(HOME.glob("topic-*/examples/v*/*.json"))

EVERY_TYPE = parse(
    {
        "type": "record",
        "name": "Every",
        "fields": [
            {"name": "moment", "type": {"type": "long", "logicalType": "timestamp-millis"}, "doc": "When."},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "clock", "type": {"type": "int", "logicalType": "time-millis"}},
            {
                "name": "exact",
                "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2},
            },
            {"name": "identity", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "raw", "type": {"type": "fixed", "name": "Two", "size": 2}},
            {"name": "share", "type": "double", "unit": "%", "doc": "Share."},
            {"name": "counts", "type": {"type": "map", "values": "long"}},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
            {"name": "below", "type": ["null", "Every"], "default": None},
        ],
    }
)
VALUE: dict[str, Any] = {
    "moment": datetime(2026, 3, 1, tzinfo=timezone.utc),
    "day": date(2026, 3, 1),
    "clock": time(12, 30),
    "exact": Decimal("1.25"),
    "identity": UUID(int=7),
    "raw": b"ab",
    "share": float("nan"),
    "counts": {"a": 1},
    "kind": "A",
    "below": None,
}


def schema_of(schemas: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/$defs/{name}", "$defs": schemas}
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def test_what_is_written_as_json_is_what_its_json_schema_says() -> None:
    schema = schema_of(json_schemas(EVERY_TYPE), "Every")
    nested = {**VALUE, "below": VALUE}
    jsonschema.validate(to_json(nested), schema)
    wrongs: list[dict[str, Any]] = [{"share": "much"}, {"kind": "C"}, {"counts": {"a": "b"}}, {"below": {}}]
    for wrong in [*wrongs, {"moment": 5}]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(to_json({**nested, **wrong}), schema)
    assert schema["$defs"]["Every"]["properties"]["share"]["description"] == "Share (%)."


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: "/".join(path.parts[-4:]))
def test_every_example_of_a_contract_is_what_its_json_schema_says(path: Any) -> None:
    contract = load_contracts()[path.parts[-4]]
    version = next(one for one in contract.versions if f"v{one.number}" == path.parts[-2])
    root = parse(version.schema)
    example = json.loads(path.read_text(encoding="utf-8"))
    known = {f.name for f in root.fields if f.name in example}
    schemas = json_schemas(root)
    schemas[root.name]["required"] = sorted(known)
    jsonschema.validate(example, schema_of(schemas, root.name))
