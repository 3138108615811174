"""One validation, from a window's offsets to its verdict and all that the report shows beside it."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

from contracts.folder.model import Contract
from contracts.folder.product import Product
from contracts.records.topic_weather_quality import Origin, RuleResult, Validation, Verdict
from quality.judge import examples, suite
from quality.judge.published import fields_of
from quality.portrait.drift import baseline
from quality.portrait.take import Portrayal
from quality.sources import Sources, open_sources
from quality.verdict import verdict
from quality.window.extent import Window
from quality.window.read import Records, read
from quality.window.spark import session
from quality.window.surroundings import look_around, with_surroundings
from quality.window.times import now


@contextlib.contextmanager
def ready_to_judge(product: Product, topic: str) -> Iterator[Sources]:
    """Open the sources, and see that `topic` can be read and its rules judged; raises `PlatformError`."""
    suite.preload()
    with open_sources(product) as sources:
        suite.check_rules(sources.contract(topic))
        sources.writers(topic)
        yield sources


def judge(
    sources: Sources,
    window: Window,
    *,
    past: Sequence[Validation] = (),
    before: Validation | None = None,
    origin: Origin = Origin.VALIDATE,
) -> Validation:
    """Read `window` and judge it by the rules of its topic's contract; raises `PlatformError`.

    `past` are earlier validations of the topic, oldest first. The quarantine is looked at for the window's
    times, or from where the validation `before` ended.
    """
    around = look_around(sources, window, before)
    portrayal = _portrayal(sources, window, past)
    fields = portrayal.fields.union(*map(fields_of, portrayal.contract.rules))
    with session() as spark, read(sources, spark, window, fields) as records:
        began = time.monotonic()
        judged = _judged(sources, window, records, past, portrayal)
        found = with_surroundings(replace(judged, origin=origin), sources, spark, around, past)
        return replace(
            found,
            validated_at=now(),
            verdict=verdict(rows=found.rows, unreadable=found.unreadable, rules=found.rules),
            seconds=time.monotonic() - began,
        )


def _portrayal(sources: Sources, window: Window, past: Sequence[Validation]) -> Portrayal:
    contract = sources.contract(window.topic)
    return Portrayal(
        contract=contract,
        versions=sources.version_numbers(window.topic),
        raw_versions=sources.version_numbers(sources.product.raw.topic),
        due=suite.due(contract),
        baseline=baseline(window.slices, past),
    )


def _judged(
    sources: Sources, window: Window, records: Records, past: Sequence[Validation], portrayal: Portrayal
) -> Validation:
    """The portrait of the records and the finding of each rule, with the first records that break it."""
    contract, raw = portrayal.contract, sources.product.raw.topic
    ends_at = window.until or window.asked_at or now()
    arrivals = (one.last_arrival_at for one in past)
    found = suite.run(
        contract,
        records.readable,
        _blank(contract, window, records),
        portrayal=portrayal,
        ends_at=ends_at,
        arrived_before=max((at for at in arrivals if at and at <= ends_at), default=None),
    )
    failed = {result.id for result in found.rules if result.failed}
    places = examples.find(
        records.readable, window.topic, raw, [rule for rule in contract.rules if rule.id in failed]
    )
    rules: tuple[RuleResult, ...] = tuple(
        replace(result, examples=places.get(result.id, ())) for result in found.rules
    )
    return replace(found, rules=rules)


def _blank(contract: Contract, window: Window, records: Records) -> Validation:
    """What is known before anything is judged."""
    return Validation(
        id=str(uuid.uuid4()),
        topic=window.topic,
        validated_at=now(),
        verdict=Verdict.UNKNOWN,
        contract_version=contract.newest.number,
        gx_version=suite.version(),
        since=window.since,
        until=window.until,
        asked_at=window.asked_at,
        slices=window.slices,
        rows=records.rows,
        unreadable=records.unreadable,
        unreadable_examples=records.unreadable_examples,
        description=contract.description,
        owner=contract.owner,
    )
