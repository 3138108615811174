"""Looks whether the producer could work: API, key, quota, broker, registry, topics, contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from contracts.errors import PlatformError, UnusableSetting
from contracts.folder.model import Contract
from contracts.kafka.settings import Addresses
from contracts.kafka.topics import Broker
from contracts.registry.registry import connect
from producer.api import Client
from producer.parse import parse
from producer.places import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says, in a sentence: when it is not `ok`, also what to do about it."""

    check: str
    ok: bool
    text: str
    exit_code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the API is going to be asked."""

    places: Sequence[Place]
    interval: float
    calls_per_minute: float


Check = Callable[[], str]
"""Gives what is well, in a sentence, or raises `PlatformError`."""


def examine(checks: Sequence[tuple[str, str | None, Check]]) -> Iterator[Finding]:
    """Carry the checks out, one after the other: each its name, the check that it needs, and the check."""
    failed: dict[str | None, Finding] = {}
    for name, needed, check in checks:
        if needed in failed:
            text = f"not looked at: it needs the {needed}; mend that first."
            found = Finding(name, False, text, failed[needed].exit_code)
        else:
            found = _finding(name, check)
        if not found.ok:
            failed[name] = found
        yield found


def _finding(name: str, check: Check) -> Finding:
    try:
        return Finding(name, True, check())
    except PlatformError as error:
        return Finding(name, False, str(error), error.exit_code)


def key_works(ask: Callable[[], Client], place: Place) -> str:
    """Ask the live service for one place, and read its answer."""
    with ask() as client:
        answer = client.current(place)
    record = parse(answer.body, answer.context)
    name = record.get("name") or record["station"]
    return f"{answer.context.source} answers for {name}, in {answer.context.units} units."


def quota_suffices(plan: Plan) -> str:
    """Whether the plan's calls are enough for the places at that interval."""
    wanted = len(plan.places) * 60 / plan.interval if plan.interval else float("inf")
    text = f"{len(plan.places)} places every {plan.interval:g} s are {wanted:.1f} calls a minute"
    if not plan.calls_per_minute:
        return f"{text}; no limit was set."
    if wanted > plan.calls_per_minute:
        least = len(plan.places) * 60 / plan.calls_per_minute
        raise UnusableSetting(
            f"{text}, and {plan.calls_per_minute:g} are allowed: ask for fewer places, or set --interval to "
            f"{least:.0f} or more."
        )
    return f"{text}, of {plan.calls_per_minute:g}."


def broker_answers(where: Addresses) -> str:
    """Whether the broker answers."""
    count = len(Broker(where.kafka).topics())
    return f"a broker answers at {where.kafka.bootstrap_servers}; it has {count} topics."


def topics_exist(where: Addresses, contracts: Sequence[Contract]) -> str:
    """Whether the topics are there."""
    known = Broker(where.kafka).topics()
    if missing := [one.topic for one in contracts if one.topic not in known]:
        raise UnusableSetting(
            f"there is no topic {' and no '.join(missing)}: run `python -m contracts apply`."
        )
    return ", ".join(f"{one.topic} has {known[one.topic]} partitions" for one in contracts) + "."


def registry_answers(where: Addresses, contracts: Sequence[Contract]) -> str:
    """Whether the registry answers."""
    with closing(connect(where.registry)) as registry:
        registry.versions(contracts[0].subject)
    return f"a registry answers at {where.registry.url}."


def contracts_registered(where: Addresses, contracts: Sequence[Contract]) -> str:
    """Whether the newest versions are registered, so that records can be written under them."""
    with closing(connect(where.registry)) as registry:
        ids = [f"{one.topic} version {one.newest.number} has id {registry.id_of(one)}" for one in contracts]
    return ", ".join(ids) + "."
