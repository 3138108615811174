"""Fields that are to go, and who reads them: by the word of consumers, and by what they really read.

Pure: today's date, and what consumers really read, are given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from contracts.evolution.compatibility.check import MODES, Labelled
from contracts.evolution.compatibility.findings import Finding, broken
from contracts.evolution.compatibility.paths import covers, find_field, overlap
from contracts.evolution.compatibility.schema import Type
from contracts.folder.model import Consumer, Contract, Deprecation, Rule, Severity
from contracts.kafka.notes import EVERYTHING


def readers_of(name: str, consumers: Iterable[Consumer]) -> list[Consumer]:
    """The consumers that declare to read the field of this dotted name, what it lies in or a part of it."""
    return [consumer for consumer in consumers if any(overlap(read, name) for read in consumer.reads)]


def deprecated_reads(contract: Contract, consumer: Consumer) -> dict[str, Deprecation]:
    """The deprecated fields that a consumer declares to read, by their dotted names."""
    return {name: one for name, one in contract.deprecated.items() if readers_of(name, [consumer])}


def removed_too_early(contract: Contract, history: Sequence[Labelled], today: date) -> Iterator[Finding]:
    """The deprecated fields that the newest version of `history` lacks before their day."""
    *earlier, newest = history
    for name, deprecation in contract.deprecated.items():
        had = [old.label for old in earlier if find_field(old.type, name)]
        if not had or find_field(newest.type, name) or today >= deprecation.until:
            continue
        readers = [f"{c.name}, owned by {c.owner}" for c in readers_of(name, contract.consumers)]
        told = f"{'; '.join(readers)} still declare{'s' * (len(readers) == 1)} to read it" if readers else ""
        yield broken(
            "deprecated-field-removed",
            "",
            f"{name}, which {had[-1]} has and {newest.label} has not, was to stay until {deprecation.until}: "
            f"{told or 'no declared consumer reads it'}.",
            topic=contract.topic,
            file=contract.newest.path,
        )


def misfits(contract: Contract, versions: Sequence[Type]) -> Iterator[Finding]:
    """What is wrong with the deprecations of a contract, whose versions are `versions`, oldest first."""
    *_, newest = versions
    keeps_all = MODES[contract.mode].old_reads_new

    def finding(rule: str, name: str, message: str, instead: str) -> Finding:
        file = contract.home / "contract.yaml"
        return Finding(rule=rule, file=file, path=f"/deprecated/{name}", message=message, instead=instead)

    for name, one in contract.deprecated.items():
        field = find_field(newest, name)
        if not any(find_field(version, name) for version in versions):
            message = f"{name} is deprecated, which no version has"
            yield finding(
                "deprecated-field", name, message, "Name a field by its dotted name, or take it out."
            )
        elif field and keeps_all and not field.has_default:
            message = f"{name} is deprecated, but has no default: under {contract.mode.value} it can never go"
            yield finding("deprecated-required", name, message, "Take the deprecation out.")
        if not one.reason.strip():
            message = f"{name} is deprecated without a reason"
            yield finding("deprecated-reason", name, message, "Say why in one sentence.")
        if one.successor is None:
            continue
        if find_field(newest, one.successor) is None:
            message = f"{name} is to be followed by {one.successor}, which the newest version does not have"
            yield finding("deprecated-successor", name, message, "Name a field of the newest version.")
        elif heirs := [old for old in contract.deprecated if covers(old, one.successor)]:
            message = f"{name} is to be followed by {one.successor}, but {heirs[0]} is deprecated itself"
            yield finding("deprecated-successor", name, message, "Name a field that stays.")


def with_rules(contract: Contract, today: date) -> Contract:
    """The contract with a rule for each deprecated field, which counts the records that still fill it."""
    present = {field["name"] for field in contract.newest.schema.get("fields", ())}
    rules = tuple(
        Rule(
            id=f"deprecated-{name.replace('_', '-')}",
            check="is_null",
            severity=Severity.INFO,
            why=f"{one.words(name)}{' That day has come.' if today >= one.until else ''}",
            parameters={"field": name},
        )
        for name, one in contract.deprecated.items()
        if name in present
    )
    return replace(contract, rules=(*contract.rules, *rules)) if rules else contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How what a consumer reads differs from what it declares: dotted names, in the schema's order."""

    undeclared: tuple[str, ...]
    """What it reads and does not declare: nobody asks it before these are removed."""
    unread: tuple[str, ...]
    """What it declares and does not read: these are kept for nobody."""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.undeclared or self.unread)


def difference(root: Type, declared: Collection[str], real: Collection[str]) -> Difference:
    """Compare the fields that a consumer of records of the type `root` declares with those that it reads.

    Both are dotted names; `EVERYTHING` among the latter stands for all fields.
    """
    names = [field.name for field in root.fields] if EVERYTHING in real else list(real)
    place = {name: number for number, name in enumerate(root.index)}

    def sort(found: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(found, key=lambda name: (place.get(name.partition(".")[0], len(place)), name)))

    return Difference(
        undeclared=sort(name for name in names if not any(covers(d, name) for d in declared)),
        unread=sort(d for d in declared if not any(overlap(d, name) for name in names)),
    )
