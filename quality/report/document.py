"""`report.json`: what the page tells, for programs. Its keys are stable: see `report.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quality.report.commands import read, replay, replay_all
from quality.report.rules import RuleLine
from quality.report.steps import Step
from quality.report.summary import Summary
from quality.results import Coordinates, Validation
from quality.texts import jsonable

FORMAT = 1
"""Number of this form: it grows when a key goes or changes its meaning, not when one is added."""


def document(summary: Summary) -> str:
    """The report as JSON text, the same for the same history."""
    portrait, flow = summary.validation.portrait, summary.validation.flow
    told: Mapping[str, Any] = {
        "format": FORMAT,
        "verdict": summary.verdict,
        "validation": _validation(summary.validation),
        "rules": [_rule(line) for line in summary.rules],
        "incidents": summary.incidents,
        "stations": [
            {**jsonable(line.station), "share": line.share, "age_seconds": line.age}
            for line in summary.stations
        ],
        "stations_seen": portrait.stations_seen,
        "measures": [
            {**jsonable(line.distribution), "drift": line.drift, "baseline": _bins(line.baseline)}
            for line in summary.measures
        ],
        "latencies": portrait.latencies,
        "lag": flow.lag,
        "topics": flow.topics,
        "quarantined": flow.quarantined,
        "quarantine": [
            {**jsonable(group), "replay": replay(group), "replay_all": replay_all(group)}
            for group in flow.quarantine
        ],
        "writers": portrait.writers,
        "raw_writers": portrait.raw_writers,
        "history": {
            "validations": summary.validations,
            "began_at": summary.began_at,
            "grain": summary.steps.grain,
            "steps": [_step(step) for step in summary.steps.shown],
        },
    }
    return json.dumps(jsonable(told), ensure_ascii=True, indent=2, allow_nan=False) + "\n"


def _validation(found: Validation) -> Mapping[str, Any]:
    return {
        "id": found.id,
        "validated_at": found.validated_at,
        "origin": found.origin,
        "topic": found.window.topic,
        "description": found.description,
        "owner": found.owner,
        "since": found.window.since,
        "until": found.window.until,
        "slices": found.window.slices,
        "contract_version": found.contract_version,
        "gx_version": found.gx_version,
        "rows": found.rows,
        "unreadable": found.unreadable,
        "unreadable_examples": [_place(place) for place in found.unreadable_examples],
        "seconds": found.seconds,
    }


def _rule(line: RuleLine) -> Mapping[str, Any]:
    result = line.result
    return {
        "id": result.id,
        "check": result.check,
        "definition": line.text,
        "why": result.why,
        "owner": result.owner,
        "severity": result.severity,
        "state": line.state,
        "since": line.since,
        "in_a_row": line.in_a_row,
        "evaluated": result.evaluated,
        "failed": result.failed,
        "observed": result.observed,
        "unit": result.unit,
        "limit": result.limit,
        "note": result.note,
        "examples": [_place(place) for place in result.examples],
        "read": read(result.examples) if result.examples else None,
        "trend": line.trend,
    }


def _place(place: Coordinates) -> Mapping[str, Any]:
    return {
        "topic": place.topic,
        "partition": place.partition,
        "offset": place.offset,
        "source_topic": place.source_topic,
        "source_partition": place.source_partition,
        "source_offset": place.source_offset,
    }


def _bins(counts: Mapping[int, int]) -> list[Mapping[str, int]]:
    return [{"at": at, "records": records} for at, records in sorted(counts.items())]


def _step(step: Step) -> Mapping[str, Any]:
    return {
        "begin": step.begin,
        "validations": len(step.validations),
        "verdict": step.verdict,
        "rows": step.rows,
        "put_aside": step.put_aside,
        "lag": step.lag,
    }
