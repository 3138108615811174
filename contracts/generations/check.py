"""What is wrong between generations: who succeeds whom, and whether the mapping keeps what it promises.

Pure: the examples of a contract are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.findings import Finding, broken
from contracts.evolution.compatibility.schema import Comparison, Field, Type, parse
from contracts.evolution.compatibility.words import words
from contracts.folder.model import Contract, Conversion
from contracts.generations.defaults import default_sql, default_value
from contracts.generations.mapping import Step, Succession

Examples = Callable[[Contract], Mapping[str, Mapping[str, Any]]]
"""The golden records of a contract's newest version, decoded, by what they are called."""

_WIDENED = {("int", "long"), ("int", "double")}
"""Kinds of an old and a new field that differ, the second of which holds each value of the first."""
_CONVERTED = {("double", "double"), ("int", "double")}
"""Kinds of an old and a new field between which numbers are converted."""


class _Problem(NamedTuple):
    rule: str
    path: str
    message: str


def generation_findings(contracts: Iterable[Contract], examples: Examples) -> Iterator[Finding]:
    """Every rule that a contract breaks as the next generation of another, or as one that is retired."""
    known = {contract.topic: contract for contract in contracts}
    for contract in known.values():
        found = [*_about(contract, known)]
        old = known.get(contract.succeeds or "")
        if not found and old:
            found = [*_incomplete(old, contract), *_misfits(old, contract)]
            if not found and contract.lossless:
                found = [*_losses(old, contract, examples)]
        for problem in (*found, *_retired(contract, known)):
            file = contract.home / "contract.yaml"
            yield broken(problem.rule, problem.path, problem.message, topic=contract.topic, file=file)


def succession(old: Contract, new: Contract) -> Succession:
    """How records of `old` become those of `new`, both in their newest versions.

    Raises `UnusableSetting` for a mapping that `check` refuses without looking at examples.
    """
    for problem in (*_incomplete(old, new), *_misfits(old, new)):
        raise UnusableSetting(f"{new.home / 'contract.yaml'}: {problem.message}")
    return _succession(old, new)


def successions(contracts: Iterable[Contract]) -> dict[str, Succession]:
    """Topic to how its records come from those of the generation before; raises as `succession`."""
    known = {contract.topic: contract for contract in contracts}
    pairs = [(known[one.succeeds], one) for one in known.values() if one.succeeds in known]
    return {new.topic: succession(old, new) for old, new in pairs}


def _succession(old: Contract, new: Contract) -> Succession:
    was, now = parse(old.newest.schema), parse(new.newest.schema)
    steps = tuple(_step(field, was, new.mapping[field.name]) for field in now.fields)
    return Succession(old.topic, old.newest.schema, steps, new.lossless)


def _step(field: Field, old: Type, made: Conversion | str) -> Step:
    if made == "default":
        return Step(name=field.name, default=default_value(field))
    if not isinstance(made, Conversion):
        return Step(name=field.name, of=field.name)
    whole = old.index[made.from_].type.plain.kind == "int" and field.type.plain.kind == "double"
    decimals = 0 if whole and made.decimals is None else made.decimals
    numbers = {"times": made.times or 1.0, "plus": made.plus}
    return Step(name=field.name, of=made.from_, **numbers, decimals=decimals, whole=whole)


def _about(contract: Contract, known: Mapping[str, Contract]) -> Iterator[_Problem]:
    """Whether a contract can succeed the one that it names."""

    def problem(message: str, key: str = "succeeds") -> _Problem:
        return _Problem("generation-order", f"/{key}", message)

    old = contract.succeeds
    if old is None:
        for key in ("mapping", "dropped", "lossless"):
            if getattr(contract, key):
                yield problem(f"{contract.topic} has `{key}` and succeeds no topic.", key)
        return
    if old not in known:
        yield problem(f"{contract.topic} succeeds {old}, which has no contract.")
        return
    line = [contract.topic]
    while (before := known[line[-1]].succeeds) in known:
        line.append(str(before))
        if before in line[:-1]:
            yield problem(f"{contract.topic} succeeds itself in the end: {' succeeds '.join(line)}.")
            return
    if rivals := [one.topic for one in known.values() if one.succeeds == old and one is not contract]:
        yield problem(f"{contract.topic} and {rivals[0]} both succeed {old}: generations are one line.")
    if (contract.product, contract.role) != (known[old].product, known[old].role):
        yield problem(f"{contract.topic} succeeds {old}, which is of another product or role.")
    if contract.schemas_of or known[old].schemas_of:
        yield problem(
            f"{contract.topic} succeeds {old}, and one of them shares the versions of another topic."
        )


def _incomplete(old: Contract, new: Contract) -> Iterator[_Problem]:
    """Fields of either generation that the mapping does not answer for, and names that lead to none."""

    def problem(path: str, message: str) -> _Problem:
        return _Problem("generation-mapping", path, message)

    was, now = parse(old.newest.schema), parse(new.newest.schema)
    used = {_of(name, made) for name, made in new.mapping.items() if made != "default"}
    for name, made in new.mapping.items():
        path, field = f"/mapping/{name}", now.index.get(name)
        if field is None:
            yield problem(path, f"the mapping makes {name}, which {new.topic} does not have.")
        elif made == "default" and default_sql(field) is None:
            yield problem(path, f"{name} is new, and has no default that is null, plain or an empty list.")
        elif made != "default" and (of := _of(name, made)) not in was.index:
            yield problem(path, f"{name} is made of {of}, which {old.topic} does not have.")
    for name, reason in new.dropped.items():
        path = f"/dropped/{name}"
        if name not in was.index:
            yield problem(path, f"{name} is dropped, which {old.topic} does not have.")
        elif name in used:
            yield problem(path, f"{name} is dropped, and the mapping makes a field of it.")
        elif not reason.strip():
            yield problem(path, f"{name} is dropped without a reason.")
    unused = was.index.keys() - used - new.dropped.keys()
    left_out = {new.topic: now.index.keys() - new.mapping.keys(), old.topic: unused}
    for topic, names in left_out.items():
        for name in sorted(names):
            yield problem("/mapping", f"the mapping leaves out {name}, a field of {topic}.")


def _of(name: str, made: Conversion | str) -> str:
    """The old field that a mapped field `name` is made of."""
    return made.from_ if isinstance(made, Conversion) else name


def _misfits(old: Contract, new: Contract) -> Iterator[_Problem]:
    """Fields whose type or unit is another than the mapping makes."""
    was, now = parse(old.newest.schema), parse(new.newest.schema)
    for name, made in new.mapping.items():
        of, field = was.index.get(_of(name, made)), now.index.get(name)
        if made == "default" or of is None or field is None:
            continue
        for why in _misfit(of, field, made if isinstance(made, Conversion) else None):
            yield _Problem("generation-type", f"/mapping/{name}", f"{name} {why}.")
    if (key := new.key) and old.key and key in new.mapping:
        made = new.mapping[key]
        if made == "default" or _of(key, made) != old.key:
            message = (
                f"{key} is the key of {new.topic}, and is not made of {old.key}, the key of {old.topic}."
            )
            yield _Problem("generation-type", "/key", message)


def _misfit(old: Field, new: Field, made: Conversion | None) -> Iterator[str]:
    was, now = old.type.plain, new.type.plain
    kinds, logical = (was.kind, now.kind), was.logical or now.logical
    units = [str(field.attributes.get("unit") or "no unit") for field in (old, new)]
    if old.type.takes_null and not new.type.takes_null:
        yield f"must have a value, and {old.name} may be null"
    if made and made.converts and (logical or kinds not in _CONVERTED):
        told = f"{words(new.type)} and is converted from {words(old.type)}"
        yield f"is {told}: only a double is converted, or an int to one"
    elif not _same(was, now, Comparison()) and (logical or kinds not in _WIDENED or made is None):
        yield f"is {words(new.type)}, and {old.name} is {words(old.type)}"
    if units[0] != units[1] and not (made and (made.times is not None or made.plus)):
        yield f"is in {units[1]}, and {old.name} in {units[0]}: give `times` or `plus`"


def _losses(old: Contract, new: Contract, examples: Examples) -> Iterator[_Problem]:
    """What shows that a mapping does not lead back, as it claims."""

    def loss(path: str, message: str) -> _Problem:
        return _Problem("generation-lossless", path, f"the mapping claims to be lossless, and {message}.")

    if new.dropped:
        yield loss("/dropped", f"drops {', '.join(new.dropped)}")
        return
    steps = _succession(old, new)
    for step in steps.steps:
        exact = step.plus == 0 and abs(math.frexp(step.times)[0]) == 0.5
        if step.converts and step.decimals is None and not exact:
            told = f"does not say how many `decimals` {step.of} has at most"
            yield loss(f"/mapping/{step.name}", told)
    for name, record in examples(old).items():
        back = steps.down(steps.up(record))
        for field, value in record.items():
            if back[field] != value:
                told = f"is {value!r}, and comes back as {back[field]!r}"
                yield loss("/lossless", f"{field} of the example {name} of {old.topic} {told}")
                return


def _retired(contract: Contract, known: Mapping[str, Contract]) -> Iterator[_Problem]:
    """Whether nobody is left behind on a retired topic."""
    if contract.retired is None:
        return
    if not any(one.succeeds == contract.topic for one in known.values()):
        message = f"{contract.topic} is retired, and no contract succeeds it."
        yield _Problem("generation-retired", "/retired", message)
    if contract.consumers:
        message = f"{contract.topic} is retired, and {readers_left(contract)}."
        yield _Problem("generation-retired", "/retired", message)


def readers_left(contract: Contract) -> str:
    """Who still declares to read a topic, as a clause."""
    names = [f"{one.name}, owned by {one.owner}" for one in contract.consumers]
    return f"{'; '.join(names)} still declare{'s' * (len(names) == 1)} to read it"


def _same(old: Type, new: Type, met: Comparison) -> bool:
    """Whether every value of a type is one of the other; names of types do not count."""
    if not met.is_new(new, old):
        return True
    if old.takes_null != new.takes_null:
        return False
    old, new = old.plain, new.plain
    own = [(node.kind, node.logical, node.symbols, node.size, [*node.index]) for node in (old, new)]
    below = zip(old.below, new.below, strict=False)
    return own[0] == own[1] and len(old.below) == len(new.below) and all(_same(*pair, met) for pair in below)
