"""Where quality gets everything from: the contracts, the registry's schemas, the broker."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.errors import RegistryMismatch, UnusableSetting
from contracts.evolution.deprecation import with_rules
from contracts.folder.model import Contract
from contracts.folder.product import Product
from contracts.folder.read import load_contracts
from contracts.kafka.cluster import Kafka
from contracts.kafka.log import Log, open_log
from contracts.kafka.settings import addresses
from contracts.process.times import today
from contracts.registry.registry import Registry, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What every verb works with."""

    product: Product
    contracts: Mapping[str, Contract]
    registry: Registry
    kafka: Kafka
    log: Log

    def contract(self, topic: str) -> Contract:
        """The contract of `topic`, which also asks that deprecated fields are left empty.

        Raises `UnusableSetting` where there is none.
        """
        if topic not in self.contracts:
            raise UnusableSetting(
                f"there is no contract of {topic!r}; there are ones of {', '.join(self.contracts)}."
            )
        return with_rules(self.contracts[topic], today())

    def writers(self, topic: str) -> Mapping[int, str]:
        """Registered schemas of `topic` by id; raises `RegistryMismatch` where there are none."""
        contract = self.contract(topic)
        if found := self.registry.writer_schemas(contract):
            return found
        raise RegistryMismatch(
            f"{contract.subject} has no version at {self.registry.url}: run `python -m contracts apply`."
        )

    def version_numbers(self, topic: str) -> Mapping[int, int]:
        """Registry id to the version of the contract that it is; empty where there is no such contract."""
        contract = self.contracts.get(topic)
        if contract is None:
            return {}
        return self.registry.version_numbers(contract)


@contextlib.contextmanager
def open_sources(product: Product) -> Iterator[Sources]:
    """Load the contracts and connect to the services that the environment, or `make up`, names."""
    contracts = load_contracts()
    where = addresses()
    with (
        contextlib.closing(connect(where.registry)) as registry,
        open_log(where.kafka) as log,
    ):
        yield Sources(product=product, contracts=contracts, registry=registry, kafka=where.kafka, log=log)
