"""Decides for each record which of its values are published, whether it is, and why not.

The rules come from the final contract; the reasons, in the order in which they are looked for, from the
table below. Both are Spark SQL. A reason is only looked for when no earlier one holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.avro.spark_sql import WireHeader, body, starts_with_guid
from contracts.avro.wire import GUID_HEADER_SIZE, HEADER_SIZE, MAGIC, SCHEMA_ID_HEADER
from contracts.checks.rules import column, literal, predicate
from contracts.folder.model import Contract, Rule, Severity
from streaming.record.enrich.table import Row, Rows
from streaming.record.schema import non_null_fields
from streaming.record.unreadable import NOT_UTF8, Unreadable, unreadable

_HEADER = WireHeader("wire_header")
SCHEMA_ID = _HEADER.schema_id
"""Spark SQL for the id in a wire header, whether known or not."""
HAS_ID = _HEADER.has_id
"""Spark SQL for whether a wire header holds an id."""
_HAS_GUID = _HEADER.has_guid
_SCHEMA = _HEADER.schema
_BODY = body("source_value", "in_kafka_header")

UNREGISTERED = "unregistered schema id"
"""Begins the text of the failure that asks for another look at the registry; the id, or the GUID, follows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a record goes to quarantine. `holds` and `explanation` are Spark SQL: a boolean and a sentence."""

    code: str
    holds: str
    explanation: str


def reasons(
    *,
    raw: Contract,
    final: Contract,
    observed: Collection[str],
    largest: int,
    guids: bool = False,
    settled: Mapping[int, int] | None = None,
    strangers: Collection[int | str] = (),
    foreign: Mapping[int, str] | None = None,
    unusable: Mapping[int, str] | None = None,
    others: Mapping[int, Mapping[int, str]] | None = None,
) -> tuple[Reason, ...]:
    """Every reason of the stream, the first that holds being the record's own.

    The fields `observed` are those whose values raw records bring; the stream makes the rest. With `guids` a
    value may begin with a GUID. `foreign` ids are of other subjects, `unusable` ones of schemas without
    records, with why, and `others` of unions: the names of the branches that are not ours, by number.

    A schema id that is unknown in a record behind `settled`, and none of the `strangers`, is no reason: it
    fails the batch with `UNREGISTERED` and the id, so that the registry is asked before the batch runs again.
    """
    settled_id = _is_settled(settled, strangers)
    bad = unreadable(final.newest.schema, observed)
    bad_texts = [one for one in bad if one.what == NOT_UTF8]
    bad_values = [one for one in bad if one.what != NOT_UTF8]
    begins_with_guid = f"({starts_with_guid('source_value')} AND length(source_value) >= {GUID_HEADER_SIZE})"
    prefixed = f" AND NOT {begins_with_guid}" if guids else ""
    why_unusable = _by_id(SCHEMA_ID, unusable or {})
    other = _other_branch(others or {})
    critical = _row_rules(_of(final.rules, Severity.CRITICAL))
    missing = [f"{column(name)} IS NULL" for name in sorted(non_null_fields(final.newest.schema) - {"flags"})]
    return (
        Reason("NULL_VALUE", "source_value IS NULL", literal("The record has no value.")),
        Reason(
            "WRONG_HEADER",
            f"in_kafka_header AND NOT {HAS_ID} AND NOT {_HAS_GUID}",
            f"concat('The Kafka header {SCHEMA_ID_HEADER} of ', length(wire_header),"
            " ' bytes holds neither an id nor a GUID of a schema.')",
        ),
        Reason(
            "SHORT_VALUE",
            f"NOT in_kafka_header AND length(source_value) < {HEADER_SIZE}",
            f"concat('A value of ', length(source_value), ' bytes cannot hold the header of {HEADER_SIZE}.')",
        ),
        Reason(
            "WRONG_MAGIC",
            f"NOT in_kafka_header AND NOT startswith(source_value, X'{MAGIC:02x}'){prefixed}",
            "concat('The value begins with byte 0x', hex(substring(source_value, 1, 1)), ', not with 0x00.')",
        ),
        Reason(
            "OVERSIZE",
            f"length(source_value) > {largest}",
            f"concat('A value of ', length(source_value), ' bytes is over the limit of {largest}.')",
        ),
        Reason(
            "UNUSABLE_SCHEMA",
            f"writer_schema_id IS NULL AND {HAS_ID} AND {why_unusable} IS NOT NULL",
            f"concat('The schema ', {_SCHEMA}, ' cannot be used: ', {why_unusable}, '.')",
        ),
        Reason(
            "FOREIGN_SUBJECT",
            f"writer_schema_id IS NULL AND {settled_id} AND {_by_id(SCHEMA_ID, foreign or {})} IS NOT NULL",
            f"concat('The schema id ', {SCHEMA_ID}, ' is one of ', {_by_id(SCHEMA_ID, foreign or {})}, '.')",
        ),
        Reason(
            "UNKNOWN_SCHEMA",
            f"writer_schema_id IS NULL AND {settled_id}",
            f"concat('No version of {raw.subject} has the schema ',"
            f" CASE WHEN {_HAS_GUID} THEN 'GUID ' ELSE 'id ' END, {_SCHEMA}, '.')",
        ),
        Reason(
            "OTHER_TYPE",
            f"{other} IS NOT NULL",
            f"concat('It is of the type ', {other}, ', another one of the schema ', writer_schema_id, '.')",
        ),
        Reason(
            "UNDECODABLE",
            "sealed IS NULL",
            "concat('The bytes are no record of the schema ', writer_schema_id, '.')",
        ),
        Reason(
            "TRAILING_BYTES",
            "NOT sealed",
            "concat('Bytes are left over after the record of the schema ', writer_schema_id, '.')",
        ),
        Reason(
            "UNDECODABLE",
            _any(one.holds for one in bad_texts),
            f"concat('The record has ', {_told(bad_texts)}, '.')",
        ),
        Reason(
            "UNREADABLE",
            _any(one.holds for one in bad_values),
            f"concat('A declared reader of {final.topic} cannot hold ', {_told(bad_values)}, '.')",
        ),
        Reason(
            "RULE_BROKEN",
            f"NOT ({_kept(critical)})",
            "concat('It breaks the rules ', array_join(broken, ', '), '.')",
        ),
        Reason("NOT_ENCODABLE", _any(missing), literal("A field that the final contract requires is null.")),
    )


def spared_values(final: Contract, fields: Collection[str]) -> Mapping[str, str]:
    """Each of the `fields` that a rule of severity `value` judges, with the Spark SQL for what is left of it.

    A value that the final contract requires stays, and only the flag tells.
    """
    values: dict[str, str] = {}
    # What is beyond repair is beyond replacing.
    for rule in sorted(_sparing(final.rules, fields), key=lambda rule: rule.instead is None):
        field = str(rule.spares)
        if field not in non_null_fields(final.newest.schema):
            instead = "NULL" if rule.instead is None else literal(rule.instead)
            value = values.get(field, column(field))
            values[field] = f"CASE WHEN {predicate(rule)} THEN {value} ELSE {instead} END"
    return values


def spared_rows(final: Contract, fields: Collection[str]) -> Mapping[str, str]:
    """Spark SQL for what is left of each field, and for `spared`: the ids of the rules broken, as a text."""
    values = spared_values(final, fields)
    return {
        **{name: values.get(name, column(name)) for name in fields},
        "spared": _ids(_row_rules(_sparing(final.rules, fields))),
    }


def spare(observed: DataFrame, final: Contract) -> DataFrame:
    """Put what is left of each value in its place, and add `spared`: see `spared_rows`."""
    rows = spared_rows(final, observed.columns)
    return observed.select(*(F.expr(sql).alias(name) for name, sql in rows.items()))


def verdict(found: tuple[Reason, ...], rules: tuple[Rule, ...], derived: Collection[str]) -> Rows:
    """How a record's verdict is found: `broken` (ids of critical rules), `flags` (ids of value and warning
    rules) and `reason`, which is null where the record is published.

    It looks at records that have `spared`: the rules on values of the fields that are not `derived`.
    """
    flagging = [*_sparing(rules, derived), *_of(rules, Severity.WARNING)]
    return {
        "broken": Row(broken_rules(_of(rules, Severity.CRITICAL))),
        "flags": Row(broken_rules(flagging, before="spared")),
        "reason": Row(first_that_holds(found, lambda reason: literal(reason.code))),
    }


def first_that_holds(found: Iterable[Reason], answer: Callable[[Reason], str]) -> str:
    """Spark SQL that gives the answer, itself SQL, for the first reason that holds; null when none does."""
    return "CASE " + " ".join(f"WHEN {reason.holds} THEN {answer(reason)}" for reason in found) + " END"


def broken_rules(rules: Iterable[Rule], *, before: str = "''") -> str:
    """Spark SQL for the ids of the row rules that a row breaks, as an array, behind those `before`."""
    rows = _row_rules(rules)
    # The usual record keeps every rule, and makes no text of them.
    return (
        f"CASE WHEN {before} = '' AND {_kept(rows)} THEN CAST(array() AS ARRAY<STRING>)"
        f" ELSE split(trim(BOTH ',' FROM concat({before}, ',', {_ids(rows)})), ',') END"
    )


def _ids(rows: Iterable[tuple[str, str]]) -> str:
    """Spark SQL for the ids of the rules that a row breaks, as one text; no id holds a comma."""
    ids = "".join(f", CASE WHEN {keeps} THEN NULL ELSE {literal(rule_id)} END" for rule_id, keeps in rows)
    return f"concat_ws(','{ids})"


def _sparing(rules: Iterable[Rule], fields: Collection[str]) -> list[Rule]:
    """The rules of severity `value` that judge one of `fields`."""
    return [rule for rule in rules if rule.spares is not None and rule.spares in fields]


def _of(rules: Iterable[Rule], severity: Severity) -> list[Rule]:
    return [rule for rule in rules if rule.severity is severity]


def _row_rules(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Id of each rule that judges a row, and the Spark SQL that is true where it is kept."""
    return [(rule.id, keeps) for rule in rules if (keeps := predicate(rule)) is not None]


def _kept(rows: Iterable[tuple[str, str]]) -> str:
    return " AND ".join(keeps for _, keeps in rows) or "true"


def _is_settled(settled: Mapping[int, int] | None, strangers: Collection[int | str]) -> str:
    if settled is None:
        return "true"
    ends = " ".join(f"WHEN {partition} THEN {end}L" for partition, end in sorted(settled.items()))
    known = f"source_offset < coalesce(CASE source_partition {ends} END, 0L)"
    if strangers:
        # One text, however many they are: as expressions thousands of them would fill the heap.
        known += f" OR find_in_set({_SCHEMA}, '{','.join(sorted(map(str, strangers)))}') > 0"
    return f"CASE WHEN {known} THEN true ELSE raise_error(concat('{UNREGISTERED} ', {_SCHEMA})) END"


def _by_id(number: str, texts: Mapping[int, str]) -> str:
    """Spark SQL for the text of a `number`, itself SQL; null where there is none."""
    rows = " ".join(f"WHEN {one} THEN {literal(text)}" for one, text in sorted(texts.items()))
    return f"CASE {number} {rows} END" if rows else "CAST(NULL AS STRING)"


def _other_branch(others: Mapping[int, Mapping[int, str]]) -> str:
    """Spark SQL for the name of the union's branch that a value is of, where it is not ours; else null."""
    rows = " ".join(
        f"WHEN writer_schema_id = {schema_id} AND startswith({_BODY}, X'{_index(branch).hex()}')"
        f" THEN {literal(name)}"
        for schema_id, branches in sorted(others.items())
        for branch, name in sorted(branches.items())
    )
    return f"CASE {rows} END" if rows else "CAST(NULL AS STRING)"


def _index(branch: int) -> bytes:
    """The number of a union's branch as Avro writes it."""
    number, written = 2 * branch, bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _told(found: Iterable[Unreadable]) -> str:
    """Spark SQL for the first that holds: the field, and what its value is."""
    rows = " ".join(f"WHEN {one.holds} THEN {literal(f'{one.what} in its {one.field}')}" for one in found)
    return f"CASE {rows} END" if rows else "''"


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions) or "false"
