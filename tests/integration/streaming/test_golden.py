"""The final contract's examples are what the stream makes of the raw contract's."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import fastavro

from contracts.avro.json_form import from_json, to_json
from contracts.avro.wire import frame
from contracts.evolution.compatibility import parse
from contracts.folder.model import Contract
from contracts.folder.read import HOME
from streaming.record.encode import PROVENANCE
from streaming.record.plan import Plan
from tests.plans import RAW_ID

ELSEWHERE = {"writer_schema_id", *PROVENANCE}
"""What depends on where a raw record lies, and not on what it says."""


def examples(contract: Contract) -> dict[str, Any]:
    folder = HOME / contract.topic / "examples" / f"v{contract.newest.number}"
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}


def test_the_stream_makes_the_final_examples_of_the_raw_ones(
    publish: Callable[[Sequence[bytes]], list[Any]], plan: Plan
) -> None:
    raw, schema = examples(plan.raw), fastavro.parse_schema(plan.raw.newest.schema)
    values = []
    for example in raw.values():
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, from_json(parse(plan.raw.newest.schema), example))
        values.append(frame(RAW_ID, body.getvalue()))
    published = dict(zip(raw, (to_json(one.record) for one in publish(values)), strict=True))
    final = examples(plan.final)
    assert final.keys() == published.keys()
    for name, record in published.items():
        assert {k: v for k, v in record.items() if k not in ELSEWHERE} == {
            k: v for k, v in final[name].items() if k not in ELSEWHERE
        }, name
