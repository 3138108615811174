"""What `check` can find: one row for each rule, and the finding that names where it was broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.evolution.compatibility.readable import (
    Spot,
    fields_of_one_spelling,
    folded_unions,
    idle_logical_types,
    recursion,
    root_unions,
    unlawful_decimals,
    unlawful_defaults,
    zero_byte_items,
)
from contracts.evolution.compatibility.schema import Field, Type
from contracts.folder.model import Consumer

AVRO = "avro"
READERS = "readers"
CONSUMERS = "consumers"

CATEGORIES = {
    "resolution": "by Avro's own rules a reader cannot read what was written",
    "meaning": "a reader gets another value than was written, and no error",
    "shape": "an engine sees another type than the schema says",
    "names": "a name leads an engine to another type or field, or to two",
    "safety": "an engine refuses the schema, or a few bytes can kill it",
    "consumers": "a consumer loses what it reads, or what was promised to stay",
    "lock": "a version changed after it was locked",
    "generations": "a contract cannot follow another one as it says, or leaves a reader behind",
}
"""What a rule of `check` protects from, by the name that chooses its rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule:
    """A way to break a reader: what kind it is, the layer that breaks, why it matters, what to do instead."""

    category: str
    """A key of `CATEGORIES`."""
    layer: str
    purpose: str
    instead: str
    engines: frozenset[str] = frozenset()
    """Of the layer `readers`, the engines that it holds for."""
    look: Callable[[Type], Iterator[Spot]] | None = None
    """Finds where a schema breaks it, whatever came before; None where it takes two schemas."""


_BOTH = frozenset({"spark", "fastavro"})
_SPARK = frozenset({"spark"})
_FASTAVRO = frozenset({"fastavro"})

RULES: dict[str, CheckRule] = {
    "avro-name": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A named type keeps its name, or has the old one for an alias.",
        instead="Keep the name; an alias with the old full name serves new readers, but no old one.",
    ),
    "avro-type": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A type changes only to one that Avro promotes to.",
        instead="Keep the type and add a new field of the new type beside it.",
    ),
    "avro-fixed-size": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A fixed keeps its size.",
        instead="Add a new field with a fixed of the new size and another name.",
    ),
    "avro-enum-symbol": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A reader's enum knows every written symbol, or has a default.",
        instead="Give the enum a default from its first version on; keep symbols that were written.",
    ),
    "avro-field-default": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A field that a writer does not write has a default in the reader.",
        instead="Give the field a default, and remove only fields that have one.",
    ),
    "avro-field-ambiguous": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A reader's field takes its value from one written field.",
        instead="Leave out the alias that names a second field of the writer.",
    ),
    "avro-union-branch": CheckRule(
        category="resolution",
        layer=AVRO,
        purpose="A reader's union takes every written branch.",
        instead="Keep the branches that were written; where old readers go on, add none.",
    ),
    "reader-logical-type": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A logical type never changes: the same bytes would silently mean another value.",
        instead="Add a new field with the new logical type and leave the old one as it is.",
    ),
    "reader-decimal": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A decimal keeps its precision and scale: 12.34 would silently read as 1.234.",
        instead="Add a new field with the new precision and scale.",
    ),
    "reader-default": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A default never changes: two readers would fill the same gap with different values.",
        instead="Keep the default; add a new field if another one is needed.",
    ),
    "reader-union-order": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="The branches of a union keep their order: readers number them and take the first that fits.",
        instead="Keep the order; add branches at the end.",
    ),
    "reader-union-shape": CheckRule(
        category="shape",
        layer=READERS,
        engines=_SPARK,
        purpose="A union of several types is a struct in Spark: another branch changes its shape.",
        instead="Use a record with one nullable field for each type.",
    ),
    "reader-union-branch": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A written branch is read as itself: engines disagree on which other branch takes it.",
        instead="Keep the branch in the union.",
    ),
    "reader-name": CheckRule(
        category="names",
        layer=READERS,
        engines=_BOTH,
        purpose="A named type keeps its full name, or has it for an alias: a branch is found by it.",
        instead="Keep name and namespace, or add the old full name to the aliases of the type.",
    ),
    "reader-alias": CheckRule(
        category="names",
        layer=READERS,
        engines=_BOTH,
        purpose="What was written under one name is not read under another: not all engines follow aliases.",
        instead="Keep the name, or add a new field and write both for a while.",
    ),
    "reader-alias-taken": CheckRule(
        category="names",
        layer=READERS,
        engines=_BOTH,
        purpose="An alias of a type is no other type's name: engines take the one for the other.",
        instead="Take the alias off the type, or give it a name that was never used.",
    ),
    "reader-union-first": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_FASTAVRO,
        purpose="A written branch is read as itself: fastavro takes the first branch that could hold it.",
        instead="Use a record with one nullable field for each type.",
    ),
    "reader-raw-default": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_FASTAVRO,
        purpose="A default fills the gap with the same value everywhere: fastavro hands over its JSON.",
        instead='Make the type nullable, with "default": null; write a record\'s default out in full.',
    ),
    "reader-unit": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A field keeps its unit: the same number would silently mean another quantity.",
        instead="Add a new field with the new unit and leave the old one as it is.",
    ),
    "reader-unlawful-default": CheckRule(
        category="safety",
        layer=READERS,
        engines=_BOTH,
        purpose="A default is a value of its type, of a union's first branch: parsers refuse others.",
        instead="Mend the default, or put its branch first.",
        look=unlawful_defaults,
    ),
    "reader-idle-logical-type": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A logical type stands on a type that carries it: readers silently ignore it elsewhere.",
        instead='Move it into the type: {"type": {"type": "long", "logicalType": "timestamp-millis"}}.',
        look=idle_logical_types,
    ),
    "reader-unlawful-decimal": CheckRule(
        category="safety",
        layer=READERS,
        engines=_BOTH,
        purpose="A decimal has a precision of 1 to 38 and a scale within it.",
        instead="Give the decimal a precision and a scale that engines can hold.",
        look=unlawful_decimals,
    ),
    "reader-recursion": CheckRule(
        category="safety",
        layer=READERS,
        engines=_SPARK,
        purpose="No type holds itself: Spark refuses the schema.",
        instead="Flatten it, or refer to the other record by its key.",
        look=recursion,
    ),
    "reader-zero-byte-items": CheckRule(
        category="safety",
        layer=READERS,
        engines=_BOTH,
        purpose="Array items take bytes: of those that take none, a few bytes can announce billions.",
        instead="Give the items a field, or count them in a long.",
        look=zero_byte_items,
    ),
    "reader-field-spelling": CheckRule(
        category="names",
        layer=READERS,
        engines=_SPARK,
        purpose="Fields differ in more than upper and lower case: Spark finds two of the name and fails.",
        instead="Give one of them another name.",
        look=fields_of_one_spelling,
    ),
    "reader-folded-union": CheckRule(
        category="shape",
        layer=READERS,
        engines=_SPARK,
        purpose="A union means the same in Spark: one of numbers is read as a plain number.",
        instead="Use a record with one nullable field for each type.",
        look=folded_unions,
    ),
    "reader-root-union": CheckRule(
        category="safety",
        layer=READERS,
        engines=_SPARK,
        purpose="A record stands in no union at the top of the schema: Spark fails on it.",
        instead="Take the record out of the union.",
        look=root_unions,
    ),
    "reader-lossy-promotion": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="A number is not promoted to a type that cannot hold it exactly.",
        instead="Add a new field of the new type.",
    ),
    "reader-text-bytes": CheckRule(
        category="meaning",
        layer=READERS,
        engines=_BOTH,
        purpose="Text and bytes are not read as each other: not all bytes are text.",
        instead="Add a new field of the new type.",
    ),
    "consumer-field-removed": CheckRule(
        category="consumers",
        layer=CONSUMERS,
        purpose="A field that a declared consumer reads is not removed.",
        instead="Ask its owner to stop reading it, take it off `reads` in contract.yaml, then remove it.",
    ),
    "consumer-field-changed": CheckRule(
        category="consumers",
        layer=CONSUMERS,
        purpose="A field that a declared consumer reads keeps its type.",
        instead="Add a new field, ask its owner to move over, then remove the old one.",
    ),
    "deprecated-field-removed": CheckRule(
        category="consumers",
        layer=CONSUMERS,
        purpose="A deprecated field stays until the day that its deprecation names.",
        instead="Put the field back, and remove it on that day or later.",
    ),
    "lock-changed": CheckRule(
        category="lock",
        layer="lock",
        purpose="A locked version never changes: records were written with it.",
        instead="Put the file back as it was, and make the change in a new version.",
    ),
    "generation-order": CheckRule(
        category="generations",
        layer="generations",
        purpose="Generations are one line: each succeeds one other contract of its product and role.",
        instead="Name in `succeeds` the newest generation that nothing succeeds yet.",
    ),
    "generation-mapping": CheckRule(
        category="generations",
        layer="generations",
        purpose="A mapping answers for each field of both generations.",
        instead="Say `same`, `default` or where it is `from` in `mapping`, or why it is `dropped`.",
    ),
    "generation-type": CheckRule(
        category="generations",
        layer="generations",
        purpose="A mapped value is one of its new field's type, in its unit.",
        instead="Give the field the old type and unit, or a conversion that makes the new one.",
    ),
    "generation-lossless": CheckRule(
        category="generations",
        layer="generations",
        purpose="A lossless mapping leads back to the very same record.",
        instead="Mend the mapping, or write `lossless: false`.",
    ),
    "generation-retired": CheckRule(
        category="generations",
        layer="generations",
        purpose="A topic is retired for a successor, once no declared consumer is left.",
        instead="Take `retired` out until they have moved.",
    ),
}
"""Rule id to rule. Ids are stable: scripts and exceptions name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that a contract breaks, and where."""

    rule: str
    path: str
    """JSON pointer into the file; of two schemas, into the reader's. Empty where the whole file is meant."""
    message: str
    writer_path: str = ""
    """Of two schemas, a JSON pointer into the writer's."""
    instead: str = ""
    """What to do instead."""
    topic: str = ""
    file: Path | None = None
    consumer: Consumer | None = None
    """Who breaks, of those who declared to read the topic."""

    @property
    def layer(self) -> str:
        """The layer that a rule of `check` belongs to."""
        return RULES[self.rule].layer

    def as_json(self) -> dict[str, str]:
        """The finding of a rule of `check` as a JSON object."""
        return {
            "rule": self.rule,
            "category": RULES[self.rule].category,
            "layer": self.layer,
            **({"topic": self.topic} if self.topic else {}),
            "file": str(self.file),
            "path": self.path,
            "message": self.message,
            "instead": self.instead,
            **({"consumer": self.consumer.name, "owner": self.consumer.owner} if self.consumer else {}),
        }


def broken(rule: str, path: str, message: str, **more: Any) -> Finding:
    """The finding of a rule of `RULES`; `more` are fields of it."""
    return Finding(rule=rule, path=path, message=message, instead=RULES[rule].instead, **more)


def between(rule: str, reader: Type | Field, writer: Type | Field, message: str) -> Finding:
    """A rule that a reader's and a writer's schema break together."""
    return broken(rule, reader.path, message, writer_path=writer.path)
