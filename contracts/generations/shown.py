"""Generations in words, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contracts.folder.model import Contract, Conversion


def lines(contracts: Iterable[Contract]) -> Iterator[str]:
    """A sentence on each contract that succeeds another, and on each that is retired."""
    for contract in contracts:
        if contract.succeeds:
            changed = "; ".join(words for _, words in changes(contract)) or "every field is the same"
            lost = "" if contract.lossless else ", and does not lead back"
            yield f"{contract.topic} succeeds {contract.succeeds}{lost}: {changed}."
        if contract.retired:
            yield (
                f"{contract.topic} is retired since {contract.retired}: nothing writes to it. Its schemas "
                "stay registered; delete the topic when nobody needs its records."
            )


def changes(contract: Contract) -> Iterator[tuple[str, str]]:
    """What is other in a contract than in the one that it succeeds: the field, and how it comes about."""
    for name, made in contract.mapping.items():
        if isinstance(made, Conversion):
            yield name, f"{name} is {_formula(made)}"
        elif made == "default":
            yield name, f"{name} is new"
    for name, reason in contract.dropped.items():
        yield name, f"{name} is dropped: {reason.strip().removesuffix('.')}"


def _formula(made: Conversion) -> str:
    times = f" × {made.times:.15g}" if made.times not in {None, 1.0} else ""
    plus = f" {'+' if made.plus > 0 else '−'} {abs(made.plus):.15g}" if made.plus else ""
    return f"{made.from_}{times}{plus}"
