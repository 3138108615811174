"""Brings a registry and a broker to what the contracts say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.broker import Broker
from contracts.model import Contract
from contracts.plan import CreateTopic, Held, Register, SetMode, Step
from contracts.registry import Registry


def look(registry: Registry, contracts: Iterable[Contract]) -> dict[str, Held]:
    """What `registry` holds of each contract's subject."""
    return {
        c.subject: Held(mode=registry.mode(c.subject), versions=registry.versions(c.subject))
        for c in contracts
    }


def carry_out(steps: Iterable[Step], registry: Registry, broker: Broker) -> Iterator[Step]:
    """Take the steps in order; each is yielded once it is done, so that a failure can say how far it came."""
    for step in steps:
        match step:
            case SetMode():
                registry.set_mode(step.subject, step.mode)
            case Register():
                registry.register(step.subject, step.version.text)
            case CreateTopic():
                broker.create(step.topic, step.partitions)
        yield step
