"""The later generations of what is published: each made of the fields of the one before it, in Spark SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.evolution.compatibility import parse
from contracts.folder.model import Contract
from contracts.generations.defaults import default_sql
from contracts.generations.mapping import Succession
from streaming.record.encode import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A contract that succeeds another, the registered id of its newest version, and how it is made."""

    contract: Contract
    schema_id: int
    made: Succession
    """From the records of the generation before."""


Fields = Mapping[str, str]
"""Names of a record's fields, each with its Spark SQL."""


def later_outputs(
    fields: Fields, sure: Collection[str], generations: Sequence[Generation]
) -> Iterator[tuple[Output, Fields]]:
    """Where each of the `generations` goes to, and its fields, made of those of the first.

    `sure` are the fields of the first whose texts are symbols of their enums.
    """
    for one in generations:
        schema = one.contract.newest.schema
        new = [step.name for step in one.made.steps if step.of is None]
        nothing = {name: str(default_sql(parse(schema).index[name])) for name in new}
        fields = one.made.sql(fields.__getitem__, nothing)
        sure = {step.name for step in one.made.steps if step.of in sure}
        yield Output(one.contract.topic, one.schema_id, schema, sure), fields
