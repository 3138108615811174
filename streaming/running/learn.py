"""Finds out, from the broker and the registry, what a plan depends on. Nothing here needs Spark."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import NamedTuple, TypeVar

from contracts.errors import PlatformError, RegistryMismatch, UnusableSetting
from contracts.folder.model import Contract
from contracts.generations.check import succession
from contracts.kafka.log import ends_of, watermarks
from contracts.kafka.topics import require_topics
from contracts.registry.registry import Registry
from streaming.job import Job, current_product
from streaming.record.branches import flaw
from streaming.record.generations import Generation
from streaming.record.plan import Plan, unfilled

T = TypeVar("T")

_ANSWER_WITHIN = 5.0
_ASK_AGAIN_AFTER = 0.2
_SUBJECTS_AT_MOST = 200
_IDS_AT_MOST = 200

_log = logging.getLogger("streaming")


def learn(job: Job, registry: Registry, gave_up: threading.Event, known: Plan | None = None) -> Plan:
    """Make the plan of `job` from what is registered now.

    With a plan that is `known` already none of its writers is given up, and its contracts are kept until
    newer ones are both in the folder and registered.

    Tries for `job.wait` seconds or until someone `gave_up`, then raises the last reason why not:
    `Unreachable` or `AccessRefused` for broker or registry, `UnusableSetting` for a topic that is not there,
    `RegistryMismatch` for a contract that is not registered.
    """

    def ask() -> Plan:
        check_topics(job)
        # Before the registry is asked: whoever sent a record that is there by now has registered its schema.
        settled = ends_of(watermarks(job.kafka, job.topic))
        plan = _newer_contracts(job, registry, known) if known else _from_contracts(job, registry)
        if plan is known:
            plan = replace(plan, **_schemas(registry, plan.raw)._asdict())
        return replace(
            plan,
            writers={**(known.writers if known else {}), **plan.writers},
            guids={**(known.guids if known else {}), **plan.guids},
            settled=settled,
            learned_at=time.monotonic(),
        )

    return patiently(ask, job.wait, gave_up)


def patiently(ask: Callable[[], T], within: float, gave_up: threading.Event) -> T:
    """Ask until there is an answer; after `within` seconds, or once someone `gave_up`, raise the failure."""
    deadline = time.monotonic() + within
    while True:
        try:
            return ask()
        except PlatformError:  # noqa: PERF203 - it waits anyway
            left = deadline - time.monotonic()
            if left <= 0 or gave_up.wait(min(_ASK_AGAIN_AFTER, left)):
                raise


def foreign_ids(registry: Registry, plan: Plan, met: Iterable[int] = ()) -> dict[int, str]:
    """Ids that other subjects have and that of the raw contract has not, each with such a subject.

    Where the registry holds very many subjects, only those that were `met` are asked for, and of a flood of
    them the lowest: a record with another id counts as of an unknown schema.
    """
    others = [name for name in registry.subjects() if name != plan.raw.subject]
    if len(others) > _SUBJECTS_AT_MOST:
        few = sorted(number for number in met if not plan.knows(number))[:_IDS_AT_MOST]
        asked = ((number, registry.subjects_of(number, deleted=True)) for number in few)
        return {
            number: subjects[0] for number, subjects in asked if subjects and plan.raw.subject not in subjects
        }
    held = {version.id: subject for subject in others for version in registry.versions(subject)}
    return {schema_id: subject for schema_id, subject in held.items() if not plan.knows(schema_id)}


def check_topics(job: Job) -> None:
    """Raise `Unreachable`, `AccessRefused` or `UnusableSetting` unless a broker has the job's topics."""
    topics, instead = (job.topic, *job.outputs), "run `python -m contracts apply`"
    require_topics(replace(job.kafka, answers_within=_ANSWER_WITHIN), topics, instead)


def registered(job: Job, registry: Registry) -> Hashable:
    """What a plan depends on, cheap to ask for: equal answers mean that there is nothing new to learn."""
    product = job.product
    contracts = (product.raw, product.final, product.quarantine, *product.later)
    files = (sorted(file.name for file in contract.home.glob("v*.avsc")) for contract in contracts)
    ids = ([version.id for version in registry.versions(contract.subject)] for contract in contracts)
    return tuple(map(tuple, files)), tuple(map(tuple, ids))


class _Schemas(NamedTuple):
    """The schemas under the raw subject, as a plan has them."""

    writers: dict[int, str]
    unusable: dict[int, str]
    guids: dict[str, int]


def _schemas(registry: Registry, raw: Contract) -> _Schemas:
    """Those that records of `raw` are read by, and why not, of the others; the registry is asked once."""
    subject = registry.subject(raw)
    held = subject.writer_schemas
    flaws = {number: why for number, text in held.items() if (why := flaw(text, raw))}
    writers = {number: text for number, text in held.items() if number not in flaws}
    return _Schemas(writers, {**subject.unusable, **flaws}, subject.guids)


def _newer_contracts(job: Job, registry: Registry, known: Plan) -> Plan:
    """A plan by the contracts in the folder, where they are newer; else the `known` one.

    A folder may be under work, ahead of the registry, or of a release that computes more than this one.
    """
    try:
        product = current_product(job)
        current = (product.raw, product.final, product.quarantine, *product.later)
        if all(
            new.newest.schema == old.newest.schema for new, old in zip(current, known.contracts, strict=True)
        ):
            return known
        return _from_contracts(job, registry)
    except (UnusableSetting, RegistryMismatch) as why_not:
        _log.warning("The stream goes on writing the versions that it knows: %s", why_not)
        return known


def _from_contracts(job: Job, registry: Registry) -> Plan:
    product = current_product(job)
    raw, final, quarantine = product.raw, product.final, product.quarantine
    if unknown := unfilled(raw, final):
        raise UnusableSetting(
            f"nothing fills the field {unknown[0]} of {final.topic}, version {final.newest.number}: a newer "
            f"release of the stream may, or let `streaming` read it in the contract of {raw.topic}."
        )
    schemas = _schemas(registry, raw)
    if not schemas.writers:
        raise RegistryMismatch(
            f"{raw.subject} is not registered at {job.registry.url}: run `python -m contracts apply`."
        )
    later, line = [], (final, *product.later)
    for old, new in itertools.pairwise(line):
        later.append(Generation(contract=new, schema_id=registry.id_of(new), made=succession(old, new)))
    return Plan(
        raw=raw,
        final=final,
        quarantine=quarantine,
        **schemas._asdict(),
        final_id=registry.id_of(final),
        quarantine_id=registry.id_of(quarantine),
        later=tuple(later),
    )
