"""One validation, from a window's offsets to its verdict and all that is told beside it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pyspark.sql import SparkSession

from contracts.model import Contract
from contracts.rules import definition
from quality import examples, suite, surroundings
from quality.drift import baseline
from quality.measure import Taker
from quality.places import Coordinates, Slice, Window
from quality.results import Origin, RuleResult, Validation
from quality.sources import Sources
from quality.times import now
from quality.window import RAW_TOPIC, Records


def judge(
    sources: Sources,
    spark: SparkSession,
    window: Window,
    records: Records,
    *,
    around: surroundings.Around,
    past: Sequence[Validation] = (),
    origin: Origin = Origin.VALIDATE,
) -> Validation:
    """Judge the `records` of `window` by the rules of its topic's contract; `past` is oldest first."""
    began = time.monotonic()
    contract = sources.contract(window.topic)
    ends_at = window.until or window.asked_at or now()
    arrivals = [one.portrait.last_arrival_at for one in past]
    judged = suite.run(
        contract,
        records.readable,
        count=records.rows,
        taker=_taker(sources, window, past),
        ends_at=ends_at,
        arrived_before=max((at for at in arrivals if at and at <= ends_at), default=None),
    )
    broken = [rule for rule in contract.rules if judged.counts[rule.id].failed]
    places = examples.find(records.readable, window.topic, broken)
    found, ends = surroundings.flow(sources, spark, around)
    seen = replace(judged.portrait, raw_slices=_reaching(judged.portrait.raw_slices, ends))
    return Validation(
        id=str(uuid.uuid4()),
        validated_at=now(),
        window=window,
        contract_version=contract.newest.number,
        gx_version=suite.version(),
        rows=records.rows,
        unreadable=records.unreadable,
        unreadable_examples=records.unreadable_examples,
        rules=_results(contract, judged.counts, places),
        seconds=time.monotonic() - began,
        origin=origin,
        description=contract.description,
        owner=contract.owner,
        portrait=seen,
        flow=replace(found, lag=_lag(window, around, [*_known(past), *seen.raw_slices])),
    )


def _taker(sources: Sources, window: Window, past: Sequence[Validation]) -> Taker:
    contract = sources.contract(window.topic)
    return Taker(
        schema=contract.newest.schema,
        versions=sources.version_numbers(window.topic),
        raw_versions=sources.version_numbers(RAW_TOPIC),
        due=suite.due(contract),
        baseline=baseline(window, past),
    )


def _lag(window: Window, around: surroundings.Around, done: Iterable[Slice]) -> int | None:
    """Raw records behind all of `done` and all that is published; None for a window that ends at a time."""
    raw = around.marks.get(RAW_TOPIC)
    if raw is None or window.until is not None:
        return None
    reached: dict[int, int] = {}
    for part in done:
        reached[part.partition] = max(part.end, reached.get(part.partition, 0))
    behind = surroundings.lag(raw, reached)
    # What was published behind the window stands for as many of them.
    ends = {part.partition: part.end for part in window.slices}
    marks = around.marks.get(window.topic, {})
    beyond = sum(high - ends[partition] for partition, (_, high) in marks.items() if partition in ends)
    return None if behind is None else max(0, behind - beyond)


def _known(past: Iterable[Validation]) -> list[Slice]:
    return [part for old in past for part in old.portrait.raw_slices]


def _reaching(slices: Sequence[Slice], ends: Mapping[int, int]) -> tuple[Slice, ...]:
    """`slices`, each reaching to the end of what was put aside; those records were on the same way."""
    found = {part.partition: part for part in slices}
    for partition, end in ends.items():
        part = found.get(partition, Slice(partition=partition, start=end, end=end))
        found[partition] = replace(part, end=max(part.end, end))
    return tuple(part for _, part in sorted(found.items()))


def _results(
    contract: Contract, counts: Mapping[str, suite.Count], places: Mapping[str, tuple[Coordinates, ...]]
) -> tuple[RuleResult, ...]:
    return tuple(
        RuleResult(
            id=rule.id,
            check=rule.check,
            severity=rule.severity,
            kept=counts[rule.id].kept,
            evaluated=counts[rule.id].evaluated,
            failed=counts[rule.id].failed,
            examples=places.get(rule.id, ()),
            definition=definition(rule, contract.newest.schema),
            why=rule.why,
            owner=contract.owner,
            observed=counts[rule.id].observed,
            unit=counts[rule.id].unit,
            limit=counts[rule.id].limit,
            note=counts[rule.id].note,
            judged=counts[rule.id].judged,
        )
        for rule in contract.rules
    )
