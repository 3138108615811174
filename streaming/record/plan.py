"""The whole way of a record, from Kafka to Kafka, as one projection in Spark's own expressions.

There is no filter and no branch in it: each row names its own topic, so that a record is decoded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame

from contracts.avro.wire import new_seal
from contracts.checks.rules import column
from contracts.folder.model import Contract
from streaming.record.branches import other_branches
from streaming.record.decode import decode
from streaming.record.encode import PROVENANCE, SOURCE_COLUMNS, Output, encode
from streaming.record.enrich import enrichment_of
from streaming.record.enrich.table import Rows
from streaming.record.generations import Generation, later_outputs
from streaming.record.judge import Reason, reasons, spare, spared_values, verdict
from streaming.record.projection import reader_schema
from streaming.record.quality_flags import quality_flags
from streaming.record.schema import field_names

LARGEST_VALUE = 1 << 20
"""Bytes of a raw value; Kafka's own limit on a batch is about this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that the projection depends on: contracts, and what the registry knows of them."""

    raw: Contract
    final: Contract
    quarantine: Contract
    writers: Mapping[int, str]
    """Registry id to schema text, of every version of the raw contract, deleted ones too: each a record, or
    a union that holds one."""
    final_id: int
    quarantine_id: int
    largest_value: int = LARGEST_VALUE
    settled: Mapping[int, int] | None = None
    """Partition of the raw topic to the end that it had before the registry was asked. A schema id unknown in
    an older record is nobody's; in a newer one it may have been registered since. None settles them all."""
    guids: Mapping[str, int] = field(default_factory=dict)
    """GUID to registry id, where the registry tells GUIDs."""
    unusable: Mapping[int, str] = field(default_factory=dict)
    """Ids of the raw subject's other schemas, each with why no record can be read by it, as a clause."""
    strangers: frozenset[int | str] = frozenset()
    """Ids and GUIDs that a batch was run again for in vain. Should one be registered after all, what is sent
    in the second until the registry is looked at goes to quarantine."""
    foreign: Mapping[int, str] = field(default_factory=dict)
    """Ids of schemas that belonged to other subjects only when that was last asked, each with one of them."""
    learned_at: float = 0.0
    """Of two plans, the one of the later moment (a monotonic clock's seconds) holds."""
    seal: bytes = field(default_factory=new_seal, repr=False)
    later: tuple[Generation, ...] = ()
    """The generations of the final contract after the first, in order."""

    def knows(self, schema: int | str) -> bool:
        """Whether a schema's id, or its GUID, is one of the raw subject's."""
        return schema in self.writers or schema in self.unusable or schema in self.guids

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The raw, final and quarantine contracts, and the later generations of the final one."""
        return self.raw, self.final, self.quarantine, *(one.contract for one in self.later)

    @property
    def published(self) -> tuple[Contract, ...]:
        """The generations of the final contract that are not retired."""
        line = (self.final, *(one.contract for one in self.later))
        return tuple(one for one in line if one.retired is None)

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the schemas that it writes with."""
        return self.final_id, self.quarantine_id, *(one.schema_id for one in self.later)

    def replaces(self, other: Plan) -> bool:
        """Whether a stream on the `other` plan has to go over to this one."""
        return self.learned_at > other.learned_at and (
            self.writers.keys() != other.writers.keys() or self.ids != other.ids
        )

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why a record may go to quarantine, in the order in which that is looked for."""
        return reasons(
            raw=self.raw,
            final=self.final,
            observed=enrichment_of(self.final).from_record(reader_schema(self.raw), self.final.newest.schema),
            largest=self.largest_value,
            settled=self.settled,
            strangers=self.strangers,
            guids=bool(self.guids),
            foreign=self.foreign,
            unusable=self.unusable,
            others={number: other_branches(text, self.raw) for number, text in self.writers.items()},
        )


def unfilled(raw: Contract, final: Contract) -> tuple[str, ...]:
    """Fields of the newest `final` version that the stream has nothing for."""
    enrichment = enrichment_of(final)
    rows = enrichment.from_record(reader_schema(raw), final.newest.schema)
    known = {*rows, *enrichment.derived, *PROVENANCE, *final.quality_flags, "writer_schema_id", "flags"}
    return tuple(name for name in field_names(final.newest.schema) if name not in known)


def project(records: DataFrame, plan: Plan) -> DataFrame:
    """Turn raw records (see `streaming.record.source`) into the records to publish.

    Gives `topic`, `key`, `value` and `headers`, as Spark's Kafka sink takes them, beside `source_partition`
    and `source_offset`.
    """
    return publish(judged(records, plan), plan)


def decode_by(records: DataFrame, plan: Plan) -> DataFrame:
    """Decode raw records by what the plan knows: see `streaming.record.decode`."""
    return decode(
        records,
        writers=plan.writers,
        guids=plan.guids,
        reader=reader_schema(plan.raw),
        seal=plan.seal,
        largest=plan.largest_value,
    )


def judged(records: DataFrame, plan: Plan) -> DataFrame:
    """Decode, enrich and judge raw records.

    Gives, for whoever counts: `reason`, `flags`, `broken`, `writer_schema_id`, the fields of the final
    contract and the columns of the source.
    """
    # The verdict is found beside the last of the derived fields: each step copies the whole row.
    found = verdict(plan.reasons, plan.final.rules, enrichment_of(plan.final).derived)
    return enriched(decode_by(records, plan), plan, beside=found)


def enriched(decoded: DataFrame, plan: Plan, beside: Rows | None = None) -> DataFrame:
    """From decoded records to the fields of the final contract: observed, spared, derived."""
    enrichment = enrichment_of(plan.final)
    observed = enrichment.observe(decoded, reader_schema(plan.raw), plan.final.newest.schema)
    return enrichment.derive(spare(observed, plan.final), beside)


def publish(records: DataFrame, plan: Plan, beside: Sequence[str | Column] = SOURCE_COLUMNS) -> DataFrame:
    """Encode `judged` records for the topics that each goes to; with the columns `beside`.

    A published one goes to each generation that is not retired.
    """
    enrichment, final = enrichment_of(plan.final), plan.final.newest.schema
    spared = spared_values(plan.final, enrichment.derived)
    made = {**PROVENANCE, **spared, **quality_flags(plan.final)}
    fields = {name: made.get(name, column(name)) for name in field_names(final)}
    first = Output(plan.final.topic, plan.final_id, final, enrichment.sure(reader_schema(plan.raw), final))
    finals = [(first, fields), *later_outputs(fields, first.sure, plan.later)]
    written = {one.topic for one in plan.published}
    return encode(
        records,
        plan.reasons,
        key=plan.final.key or "station",
        finals=[one for one in finals if one[0].topic in written],
        quarantine=Output(plan.quarantine.topic, plan.quarantine_id, plan.quarantine.newest.schema),
        beside=beside,
    )
