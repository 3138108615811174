"""A data product: the topics that belong together, from raw observations to the verdict on what is published.

The contracts' folder declares it: each `contract.yaml` names its product and its role. Every room takes the
product as a value, so that none of them names a topic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts.errors import UnusableSetting
from contracts.folder.model import Contract, Role
from contracts.folder.read import load_contracts

_OPTIONAL = frozenset({Role.QUALITY, Role.TRENDS})
"""Roles that a product may be without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The contracts of one product by role.

    A record of `raw` or `final` is an observation: its fields `source`, `station` and `observed_at` say whose
    it is, of where and of when; `received_at`, `replay` and `correction` how it came.
    """

    name: str
    raw: Contract
    final: Contract
    """The first generation, of whose fields the later ones are made."""
    quarantine: Contract
    quality: Contract | None = None
    """None where nothing keeps the verdicts on the product."""
    trends: Contract | None = None
    """None where nothing follows the product's values over time."""
    later: tuple[Contract, ...] = ()
    """The generations of `final` after the first, in order."""

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """All of them, in the order of the data."""
        optional = (self.quality, self.trends)
        parts = self.raw, self.final, self.quarantine, *(contract for contract in optional if contract)
        return *parts, *self.later

    @property
    def published(self) -> tuple[Contract, ...]:
        """The generations of `final` that are written to: those that are not retired."""
        return tuple(one for one in (self.final, *self.later) if one.retired is None)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics, in the order of the data."""
        return tuple(contract.topic for contract in self.contracts)

    def on_topics(self, topics: Mapping[Role, str]) -> Product:
        """The product on topics of other names; a role with none, or an empty one, keeps its own.

        Raises `UnusableSetting` where two topics have one name.
        """
        named = {
            role: replace(getattr(self, role.value), topic=topic) for role, topic in topics.items() if topic
        }
        renamed = replace(self, **{role.value: contract for role, contract in named.items()})
        if len(set(renamed.topics)) < len(renamed.topics):
            raise UnusableSetting(f"two topics of the product {self.name} have the same name: name others.")
        return renamed


def is_copied(raw: Mapping[str, Any] | None, final: Mapping[str, Any]) -> bool:
    """Whether a stream copies a raw field into the final one of its name: they have one type and one unit.

    Both are fields of a schema's JSON; `raw` is None where there is no field of the name.
    """
    return raw is not None and (raw["type"], raw.get("unit")) == (final["type"], final.get("unit"))


def load_products(folder: Path | None = None) -> Mapping[str, Product]:
    """Load every product that the contracts' `folder` declares, by name.

    Raises `UnusableSetting` for a product with two contracts of one role, neither of which is a later
    generation, or with a role that is missing.
    """
    parts: dict[str, dict[Role, Contract]] = {}
    heirs: dict[str, Contract] = {}
    for contract in load_contracts(folder).values():
        if contract.product is None or contract.role is None:
            continue
        roles = parts.setdefault(contract.product, {})
        if contract.role is Role.FINAL and contract.succeeds:
            rival = heirs.setdefault(contract.succeeds, contract)
            if rival is not contract:
                raise UnusableSetting(
                    f"{rival.topic} and {contract.topic} both succeed {contract.succeeds}: "
                    "generations are one line."
                )
            continue
        if other := roles.get(contract.role):
            raise UnusableSetting(
                f"{other.topic} and {contract.topic} are both the {contract.role.value} topic of the product "
                f"{contract.product}: give one of them another role in its contract.yaml."
            )
        roles[contract.role] = contract
    return {name: _product(name, roles, heirs) for name, roles in sorted(parts.items())}


def product_named(name: str | None = None, folder: Path | None = None, topics: Iterable[str] = ()) -> Product:
    """The product of that `name`, else the one that has one of the `topics`, else the only one that there is.

    Raises `UnusableSetting` where the folder declares no such product, or several and nothing chooses one, or
    where a topic belongs to another product than the rest says.
    """
    products = load_products(folder)
    known = ", ".join(products)
    owners = {topic: product.name for product in products.values() for topic in product.topics}
    for topic in topics:
        owner = owners.get(topic)
        if owner and name and owner != name:
            raise UnusableSetting(
                f"{topic} is a topic of the product {owner}, not of {name}: choose one of the two."
            )
        name = name or owner
    if not products:
        raise UnusableSetting("the contracts' folder declares no product: name one in its contracts.")
    if name is None and len(products) > 1:
        raise UnusableSetting(f"there are several products, {known}: choose one with --product.")
    chosen = name or known
    if chosen not in products:
        raise UnusableSetting(f"there is no product {chosen}; the contracts' folder declares {known}.")
    return products[chosen]


def _product(name: str, roles: Mapping[Role, Contract], heirs: Mapping[str, Contract]) -> Product:
    if missing := [role.value for role in Role if role not in {*_OPTIONAL, *roles}]:
        raise UnusableSetting(
            f"the product {name} has no {missing[0]} topic: give a contract `product: {name}` and "
            f"`role: {missing[0]}`."
        )
    line = [roles[Role.FINAL]]
    while heir := heirs.get(line[-1].topic):
        line.append(heir)
    if line[-1].retired:
        raise UnusableSetting(
            f"{line[-1].topic} is retired, and no contract succeeds it: take `retired` out of contract.yaml."
        )
    named = {role.value: contract for role, contract in roles.items()}
    return Product(name=name, **named, later=tuple(line[1:]))
