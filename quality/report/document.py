"""`report.json`: what the page shows, for programs. `report.schema.json` is made from the same rows.

What comes from the validation has the names and the descriptions of the quality contract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.avro.json_form import json_schemas, to_json
from contracts.evolution.compatibility.schema import parse
from contracts.folder.model import JsonSchema
from contracts.folder.read import load_contracts
from contracts.records.topic_weather_quality import Origin, Severity, Validation, Verdict
from quality.portrait.drift import as_bins
from quality.report.commands import ask, read, replay, replay_all
from quality.report.summary import Summary
from quality.report.text import word

FORMAT = 1
"""Number of this form: it grows when a key goes or changes its meaning, not when one is added."""

Definitions = Mapping[str, JsonSchema]
"""JSON Schema by name of the record."""


@dataclass(frozen=True, slots=True)
class Form:
    """What something looks like in JSON: its JSON Schema, and its value."""

    schema: Callable[[Definitions], JsonSchema]
    value: Callable[[Any], Any]


def document(summary: Summary) -> str:
    """The report as JSON text, the same for the same history."""
    return json.dumps(_REPORT.value(summary), ensure_ascii=True, indent=2, allow_nan=False) + "\n"


def schema_text() -> str:
    """The JSON Schema of `document`, as the text of `report.schema.json`."""
    definitions = json_schemas(parse(load_contracts()[Validation.TOPIC].newest.schema))
    form = _REPORT.schema(definitions)
    report = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json",
        "description": "The quality report for programs. Keys may be added; `format` grows when one goes or "
        "changes its meaning.",
        **form,
        "$defs": _definitions(form, definitions),
    }
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def _definitions(schema: JsonSchema, among: Definitions) -> Definitions:
    """Those that a schema refers to, by itself or by another of them."""
    used: dict[str, JsonSchema] = {}
    text = json.dumps(schema)
    while new := {
        name: one for name, one in among.items() if name not in used and f'"#/$defs/{name}"' in text
    }:
        used |= new
        text = json.dumps(new)
    return used


def _is(value: Callable[[Any], Any], about: str = "", **schema: Any) -> Form:
    """A plain value, which `value` takes from whatever its object is made of."""
    described = {**schema, "description": about} if about else schema
    return Form(lambda _: described, lambda made_of: to_json(value(made_of)))


def _object(record: str = "", of: Callable[[Any], Any] | None = None, only: str = "", **keys: Form) -> Form:
    """An object: the fields of the `record` that `of` takes, or `only` some, and `keys` of its own."""
    names = only.split()

    def schema(definitions: Definitions) -> JsonSchema:
        fields = definitions[record]["properties"] if record else {}
        properties = {name: fields[name] for name in names or fields}
        properties |= {name: form.schema(definitions) for name, form in keys.items()}
        return {"type": "object", "required": list(properties), "properties": properties}

    def value(made_of: Any) -> dict[str, Any]:
        fields = to_json((of(made_of) if of else made_of).to_dict()) if record else {}
        taken = {name: fields[name] for name in names or fields}
        return {**taken, **{name: form.value(made_of) for name, form in keys.items()}}

    return Form(schema, value)


def _list(items: Form, of: Callable[[Any], Any], about: str) -> Form:
    return Form(
        lambda definitions: {"type": "array", "items": items.schema(definitions), "description": about},
        lambda made_of: [items.value(one) for one in of(made_of)],
    )


def _word(symbols: Any, of: Callable[[Any], Any], about: str) -> Form:
    return _is(lambda made_of: word(of(made_of)), about, enum=[word(each) for each in symbols])


def _nullable(kind: str, **more: str) -> dict[str, Any]:
    return {"anyOf": [{"type": kind, **more}, {"type": "null"}]}


_NUMBER_OR_NULL, _MOMENT_OR_NULL = _nullable("number"), _nullable("string", format="date-time")
_COMMAND, _COUNT = _nullable("string"), _nullable("integer")
_BINS = {"type": "array", "items": {"$ref": "#/$defs/Bin"}}

_VALIDATION = _object(
    "Validation",
    only="id validated_at origin topic description owner since until slices contract_version gx_version rows "
    "unreadable unreadable_examples seconds",
    origin=_word(Origin, lambda v: v.origin, "What had the window validated."),
    ask=_is(ask, "Command that asks the topic's table for what was judged, as it was then.", type="string"),
)
_RULE = _object(
    "RuleResult",
    lambda line: line.result,
    definition=_is(lambda line: line.text, "What the rule asks for.", type="string"),
    severity=_word(Severity, lambda line: line.result.severity, "What breaking the rule leads to."),
    state=_is(
        lambda line: line.state,
        "`new` and `known` are broken: not by the validation before, or by it too.",
        enum=["kept", "new", "known", "unjudged"],
    ),
    since=_is(lambda line: line.since, "When it was first found broken, if it is.", **_MOMENT_OR_NULL),
    in_a_row=_is(lambda line: line.in_a_row, "Validations in a row that found it broken.", type="integer"),
    read=_is(
        lambda line: read(line.result.examples) if line.result.examples else None,
        "Command that prints the examples.",
        **_COMMAND,
    ),
    trend=_is(
        lambda line: line.trend,
        "Share broken in each step of `history`.",
        type="array",
        items=_NUMBER_OR_NULL,
    ),
)
_STATION = _object(
    "Station",
    lambda line: line.station,
    share=_is(lambda line: line.share, "Share of the due observations that are present.", **_NUMBER_OR_NULL),
    age_seconds=_is(lambda line: line.age, "Age of its newest record.", **_NUMBER_OR_NULL),
)
_MEASURE = _object(
    "Distribution",
    lambda line: line.distribution,
    drift=_is(
        lambda line: line.drift,
        "How far it is from its baseline.",
        enum=["steady", "moving", "shifted", "unknown"],
    ),
    baseline=Form(
        lambda _: {**_BINS, "description": "The bins of its baseline."},
        lambda line: [each.to_dict() for each in as_bins(line.baseline)],
    ),
)
_GROUP = _object(
    "QuarantineGroup",
    replay=_is(replay, "Command that shows what would happen to the first of them.", **_COMMAND),
    replay_all=_is(replay_all, "Command that shows what would happen to all of them.", type="string"),
)
_STEP = _object(
    begin=_is(lambda step: step.begin, type="string", format="date-time"),
    validations=_is(lambda step: len(step.validations), type="integer"),
    verdict=_is(
        lambda step: word(step.verdict) if step.verdict else None,
        "The worst of the step; null where there is no validation.",
        enum=[*map(word, Verdict), None],
    ),
    rows=_is(lambda step: step.rows, "Records that were judged.", **_COUNT),
    put_aside=_is(lambda step: step.put_aside, "Records that went to quarantine.", **_COUNT),
    lag=_is(lambda step: step.lag, **_COUNT),
)
_HISTORY = _object(
    validations=_is(lambda s: s.validations, type="integer"),
    began_at=_is(lambda s: s.began_at, type="string", format="date-time"),
    grain=_is(lambda s: s.steps.grain, "What a step is.", enum=["validation", "hour", "day"]),
    steps=_list(_STEP, lambda s: s.steps.shown, "Oldest first."),
)
_REPORT = _object(
    "Validation",
    lambda s: s.validation,
    only="stations_seen latencies lag topics quarantined writers raw_writers variables",
    format=_is(lambda _: FORMAT, "Number of this form.", const=FORMAT),
    verdict=_word(Verdict, lambda s: s.verdict, "The verdict on the newest window."),
    validation=Form(_VALIDATION.schema, lambda s: _VALIDATION.value(s.validation)),
    rules=_list(_RULE, lambda s: s.rules, "Every rule, broken ones first."),
    incidents=_list(_object("Incident"), lambda s: s.incidents, "Those that last."),
    stations=_list(_STATION, lambda s: s.stations, "The least complete first."),
    measures=_list(_MEASURE, lambda s: s.measures, "How the values of each measure are spread."),
    quarantine=_list(_GROUP, lambda s: s.validation.quarantine, "The most records first."),
    history=_HISTORY,
)
