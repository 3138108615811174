from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import fastavro
import pytest

from contracts.compatibility import parse
from contracts.folder import HOME, load_contracts
from contracts.json_form import from_json
from contracts.model import Severity
from quality.bins import OUTERMOST, STEPS
from quality.flow import Flow, QuarantineGroup
from quality.measure import DAYS, LONGEST, STATIONS
from quality.portrait import Bin, Distribution, Portrait, Station, StationDay
from quality.record import from_record, to_record
from quality.results import Coordinates, Validation, Verdict
from quality.surroundings import GROUPS, RULES
from quality.window import EXAMPLES
from tests.unit.quality.samples import NOON, broken

CONTRACT = load_contracts()["topic-weather-quality"]


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


@pytest.mark.parametrize("path", sorted((HOME / CONTRACT.topic / "examples" / "v1").glob("*.json")))
def test_history_of_the_first_version_is_read_with_what_it_lacks_left_empty(path: Path) -> None:
    first = CONTRACT.versions[0]
    told = from_json(parse(first.schema), json.loads(path.read_text(encoding="utf-8")))
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(first.schema), told)
    body.seek(0)
    reader = fastavro.parse_schema(CONTRACT.newest.schema)
    record = fastavro.schemaless_reader(body, fastavro.parse_schema(first.schema), reader)
    assert isinstance(record, dict)
    found = from_record(record)
    assert (found.id, found.rows, found.verdict.value.upper()) == (told["id"], told["rows"], told["verdict"])
    assert {rule.broken for rule in found.rules} == {not rule["kept"] for rule in told["rules"]}
    assert (found.portrait, found.flow, found.incidents) == (Portrait(), Flow(), ())


def test_the_largest_validation_fits_into_a_message_of_the_broker(validation: Validation) -> None:
    name = "\N{GRINNING FACE}" * LONGEST
    places = tuple(
        Coordinates(topic="t" * 20, partition=1, offset=1 << 50, source_offset=1 << 50)
        for _ in range(EXAMPLES)
    )
    portrait = Portrait(
        stations=(Station(station=name, name=name, latitude=0.5, longitude=0.5, records=1 << 40),) * STATIONS,
        days=(StationDay(station=name, day=date(2026, 3, 1), records=1 << 40, hours=24, mean=0.5),) * DAYS,
        distributions=tuple(
            Distribution(
                field=field,
                present=1,
                missing=0,
                step=1.0,
                bins=tuple(Bin(at=at, records=1 << 20) for at in range(-OUTERMOST, OUTERMOST + 1)),
            )
            for field in STEPS
        ),
    )
    group = QuarantineGroup(
        reason="RULE_BROKEN",
        stage="STREAMING",
        rules=(name,) * RULES,
        records=1,
        newest_at=NOON,
        first=places[0],
    )
    rules = tuple(
        replace(rule, examples=places, definition="d" * 200, why="w" * 200) for rule in validation.rules
    )
    full = replace(validation, portrait=portrait, flow=Flow(quarantine=(group,) * GROUPS), rules=rules * 3)
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(CONTRACT.newest.schema), to_record(full))
    assert len(body.getvalue()) < 900_000


def test_what_could_not_be_judged_is_neither_kept_nor_broken(validation: Validation) -> None:
    unknown = replace(validation.rules[0], judged=False, kept=False)
    given = replace(validation, rules=(unknown, *validation.rules[1:]))
    record = to_record(given)
    # Who reads version 1 only must not take it for broken.
    assert (record["rules"][0]["kept"], record["rules"][0]["judged"]) == (True, False)
    assert from_record(record).rules[0] == unknown
    assert (unknown.broken, given.verdict) == (False, Verdict.PASS)


def test_a_severity_newer_than_the_reader_is_taken_as_the_mildest(validation: Validation) -> None:
    record = to_record(validation)
    record["rules"][0]["severity"] = "UNKNOWN"
    assert from_record(record).rules[0].severity is Severity.INFO
