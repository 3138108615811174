from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.avro.decode import Decoder
from contracts.avro.encode import encoder
from contracts.avro.json_form import from_json
from contracts.evolution.compatibility import parse
from contracts.folder.product import product_named
from contracts.folder.read import HOME, load_contracts
from contracts.records.topic_weather_quality import (
    Bin,
    Coordinates,
    Distribution,
    QuarantineGroup,
    RuleResult,
    Severity,
    Station,
    StationDay,
    Validation,
    VariableFlags,
    Verdict,
)
from quality.history import weighed
from quality.portrait.flags import NUMBERS, variable
from quality.portrait.spread import OUTERMOST
from quality.portrait.take import DAYS, STATIONS
from quality.report import summarise
from quality.report.page.page import page
from quality.verdict import verdict
from quality.window.read import EXAMPLES, LONGEST
from quality.window.surroundings import GROUPS, RULES
from tests.unit.quality.samples import NOON, broken

CONTRACT = load_contracts()["topic-weather-quality"]
ENCODE = encoder(CONTRACT.newest.schema, 1)


def decoded(value: bytes, writer: str) -> Validation:
    return Validation.from_dict(Decoder(Validation.SCHEMA, lambda _: writer).decode(value))


def through_avro(validation: Validation) -> Validation:
    return decoded(ENCODE(validation.to_dict()), CONTRACT.newest.text)


def test_a_validation_comes_back_from_its_avro_record_as_it_was(validation: Validation) -> None:
    unreadable = (Coordinates(topic="topic-weather-final", partition=0, offset=12),)
    given = replace(
        validation,
        unreadable=1,
        unreadable_examples=unreadable,
        rules=(broken("humidity-possible", Severity.CRITICAL), *validation.rules[1:]),
    )
    assert through_avro(given) == given


@pytest.mark.parametrize("path", sorted((HOME / CONTRACT.topic / "examples" / "v1").glob("*.json")))
def test_history_of_the_first_version_is_read_with_what_it_lacks_left_empty(path: Path) -> None:
    first = CONTRACT.versions[0]
    written = from_json(parse(first.schema), json.loads(path.read_text(encoding="utf-8")))
    found = decoded(encoder(first.schema, 1)(written), first.text)
    assert (found.id, found.rows, found.verdict.value) == (
        written["id"],
        written["rows"],
        written["verdict"],
    )
    assert {rule.kept for rule in found.rules} == {rule["kept"] for rule in written["rules"]}
    assert (found.stations, found.topics, found.last_arrival_at, found.lag, found.incidents) == (
        (),
        (),
        None,
        None,
        (),
    )


A_HUNDRED = 100
"""Rules: about twice as many as any contract of ours has."""


def test_the_largest_validation_fits_into_a_message_of_the_broker(validation: Validation) -> None:
    name = "\N{GRINNING FACE}" * LONGEST
    places = tuple(
        Coordinates(topic="t" * 20, partition=1, offset=1 << 50, source_offset=1 << 50)
        for _ in range(EXAMPLES)
    )
    variables = tuple(
        VariableFlags(name=variable(flag), **dict.fromkeys(NUMBERS, 1 << 40))
        for flag in product_named("weather").final.quality_flags
    )
    lists: dict[str, Any] = {
        "stations": (
            Station(
                station=name, name=name, latitude=0.5, longitude=0.5, records=1 << 40, variables=variables
            ),
        )
        * STATIONS,
        "variables": variables,
        "days": (StationDay(station=name, day=date(2026, 3, 1), records=1 << 40, hours=24, mean=0.5),) * DAYS,
        "distributions": tuple(
            Distribution(
                field=field,
                present=1,
                missing=0,
                step=1.0,
                bins=tuple(Bin(at=at, records=1 << 20) for at in range(-OUTERMOST, OUTERMOST + 1)),
            )
            for field in product_named("weather").final.portrayed
        ),
    }
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
    full = replace(validation, **lists, quarantine=(group,) * GROUPS, rules=(rules * 2)[:A_HUNDRED])
    assert len(ENCODE(full.to_dict())) < 900_000


def test_what_could_not_be_judged_is_not_broken(validation: Validation) -> None:
    unknown = replace(validation.rules[0], severity=Severity.CRITICAL, judged=False)
    found = through_avro(replace(validation, rules=(unknown, *validation.rules[1:])))
    # Who reads version 1 only must not take it for broken.
    assert (found.rules[0].kept, found.rules[0].judged) == (True, False)
    assert verdict(rows=1, unreadable=0, rules=found.rules) is Verdict.PASS


def test_a_severity_newer_than_the_reader_is_taken_as_the_mildest(validation: Validation) -> None:
    record = broken("humidity-possible", Severity.CRITICAL).to_dict()
    newer = RuleResult.from_dict({**record, "severity": "FATAL"})
    assert verdict(rows=1, unreadable=0, rules=[newer]) is Verdict.PASS
    assert page(summarise([replace(validation, rules=(newer,))]))


def test_a_verdict_newer_than_the_reader_is_weighed_anew(validation: Validation) -> None:
    newer = Validation.from_dict({**validation.to_dict(), "verdict": "EXCELLENT"})
    assert weighed(newer).verdict is Verdict.PASS
    assert weighed(replace(newer, rows=0)).verdict is Verdict.FAIL
    assert weighed(replace(validation, verdict=Verdict.WARN)).verdict is Verdict.WARN
