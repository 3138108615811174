"""Where the records are that break a rule: found by the rule's own predicate, all rules in one pass."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.model import Rule
from contracts.rules import column, literal, predicate
from quality.places import Coordinates
from quality.window import EXAMPLES, OFFSET, PARTITION, SOURCE_OFFSET, SOURCE_PARTITION, coordinates

_PLACE = (PARTITION, OFFSET, SOURCE_PARTITION, SOURCE_OFFSET)


def find(rows: DataFrame, topic: str, rules: Iterable[Rule]) -> dict[str, tuple[Coordinates, ...]]:
    """The first records that break each of `rules`, by rule id; none for a rule that no record can break."""
    broken = {rule.id: condition for rule in rules if (condition := _broken(rule)) is not None}
    if not broken:
        return {}
    named = F.array_compact(
        F.array(*(F.when(condition, F.lit(rule_id)) for rule_id, condition in broken.items()))
    )
    order = Over.partitionBy("rule").orderBy(PARTITION, OFFSET)
    first = (
        rows.select(*_PLACE, named.alias("rules"))
        .select(*_PLACE, F.explode("rules").alias("rule"))
        .withColumn("place", F.row_number().over(order))
        .where(F.col("place") <= EXAMPLES)
        .collect()
    )
    found: dict[str, list[Coordinates]] = {}
    # Sorted here: Spark would run another job for it.
    for row in sorted(first, key=lambda row: (row["rule"], row["place"])):
        found.setdefault(row["rule"], []).append(coordinates(row, topic))
    return {rule_id: tuple(places) for rule_id, places in found.items()}


def _broken(rule: Rule) -> Column | None:
    if (keeps := predicate(rule)) is not None:
        return F.expr(f"NOT {keeps}")
    if rule.check == "unique":
        fields = ", ".join(column(name) for name in rule.parameters["fields"])
        return F.expr(f"count({literal(1)}) OVER (PARTITION BY {fields}) > 1")
    return None
