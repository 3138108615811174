from __future__ import annotations

import io
from dataclasses import replace

import fastavro

from contracts.folder import load_contracts
from contracts.model import Severity
from quality.record import from_record, to_record
from quality.results import Coordinates, Validation
from tests.unit.quality.samples import broken


def test_a_validation_comes_back_from_its_avro_record_as_it_was(validation: Validation) -> None:
    unreadable = (Coordinates(topic="topic-weather-final", partition=0, offset=12),)
    given = replace(
        validation,
        unreadable=1,
        unreadable_examples=unreadable,
        rules=(broken("humidity-possible", Severity.CRITICAL), *validation.rules[1:]),
    )
    schema = fastavro.parse_schema(load_contracts()["topic-weather-quality"].newest.schema)
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, to_record(given))
    body.seek(0)
    record = fastavro.schemaless_reader(body, schema, schema)
    assert isinstance(record, dict)
    assert from_record(record) == given


def test_a_severity_newer_than_the_reader_is_taken_as_the_mildest(validation: Validation) -> None:
    record = to_record(validation)
    record["rules"][0]["severity"] = "UNKNOWN"
    assert from_record(record).rules[0].severity is Severity.INFO
