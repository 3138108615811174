"""The files of a first contract, as samples suggest them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from contracts.checks.parameters import NUMBERS, TEXTS, type_of
from contracts.evolution.compatibility import parse
from contracts.folder.model import JsonSchema
from contracts.folder.yaml_schema import REFERENCE
from contracts.lint import GUESS
from contracts.propose.names import field_name, pascal
from contracts.propose.samples import Sample
from contracts.propose.schema import ENOUGH, field_names, is_enum, is_few_words, proposed_schema
from contracts.propose.seen import Seen, look_at

_PLAIN = re.compile("[A-Za-z][A-Za-z _-]*")
_WHY = f"{GUESS} what {{}} samples had; say what is possible, and who says so."


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The texts of a contract's files."""

    contract: str
    """Of `contract.yaml`."""
    schema: str
    """Of `v1.avsc`."""
    fields: int
    rules: int

    @property
    def guesses(self) -> int:
        """How many places say that they are a guess."""
        return sum(text.count(f'"{GUESS}') for text in (self.contract, self.schema))


def propose(topic: str, samples: Sequence[Sample], schema: JsonSchema | None = None) -> Proposal:
    """A contract for a topic whose records are like the samples, or are written with that `schema`.

    Raises `UnusableSetting` where the samples cannot be records of one topic.
    """
    seen = look_at(samples)
    name = field_name(topic, "topic", ()).removeprefix("topic_")
    space = field_name(name, "topic", ())
    made = schema or proposed_schema(pascal(space), space, seen)
    names = {key: key for key in seen.fields} if schema else field_names(seen, "field")
    rules = list(_rules(seen, names, made))
    return Proposal(
        contract=_contract(len(samples), rules),
        schema=json.dumps(made, indent=2, ensure_ascii=False) + "\n",
        fields=len(made["fields"]),
        rules=len(rules),
    )


def _rules(seen: Seen, names: dict[str, str], schema: JsonSchema) -> Iterator[dict[str, Any]]:
    """Bounds of numbers and lists of words, as rules that only count."""
    root = parse(schema)
    for key, below in seen.fields.items():
        word, _ = type_of(names[key], root) or ("", None)
        about = {"id": f"{names[key].replace('_', '-')}-seen"}
        rest = {"severity": "info", "why": _WHY.format(below.values)}
        if word in NUMBERS and below.values >= ENOUGH and below.least < below.most:
            bounds = {"min": below.least, "max": below.most}
            yield {**about, "check": "range", "field": names[key], **bounds, **rest}
        elif word in TEXTS and is_few_words(below) and not is_enum(below):
            words = {"values": sorted(below.texts)}
            yield {**about, "check": "one_of", "field": names[key], **words, **rest}


def _contract(samples: int, rules: list[dict[str, Any]]) -> str:
    about = {
        "description": f"{GUESS} what one record of the topic says.",
        "owner": f"{GUESS} who writes to the topic and answers for it.",
        "mode": "FULL_TRANSITIVE",
        "readers": ["spark", "fastavro"],
        "consumers": [],
        "service_level": {},
        "rules": rules,
    }
    text = yaml.dump(about, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return (
        f"{REFERENCE}# Proposed by `python -m contracts init` from {samples} samples. The lint refuses each "
        f"{GUESS} write what it is.\n{text}"
    )


class _Dumper(yaml.SafeDumper):
    """Puts quotes around texts that a reader of YAML might take for something else."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        style = None if _PLAIN.fullmatch(text) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)
