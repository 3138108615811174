"""Finds the records that break a rule, by its predicate on published records, all rules in one pass."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F  # noqa: N812 - its usual name

from contracts.checks.rules import column, literal
from contracts.folder.model import Rule
from contracts.records.topic_weather_quality import Coordinates
from quality.judge.published import predicate
from quality.window.read import EXAMPLES, OFFSET, PARTITION, PLACE, coordinates


def find(rows: DataFrame, topic: str, raw: str, rules: Iterable[Rule]) -> dict[str, tuple[Coordinates, ...]]:
    """The first records of `topic` that break each of `rules`, by rule id; their raw records are on `raw`.

    A rule that no single record can break has none.
    """
    conditions = {rule.id: condition for rule in rules if (condition := _broken(rule)) is not None}
    if not conditions:
        return {}
    broken = F.array_compact(
        F.array(*(F.when(condition, F.lit(rule_id)) for rule_id, condition in conditions.items()))
    )
    order = Over.partitionBy("rule").orderBy(PARTITION, OFFSET)
    first = (
        rows.select(*PLACE, broken.alias("rules"))
        .select(*PLACE, F.explode("rules").alias("rule"))
        .withColumn("number", F.row_number().over(order))
        .where(F.col("number") <= EXAMPLES)
        .collect()
    )
    examples: dict[str, tuple[Coordinates, ...]] = {}
    # Sorted here: Spark would run another job for it.
    for row in sorted(first, key=lambda row: (row["rule"], row["number"])):
        examples[row["rule"]] = (*examples.get(row["rule"], ()), coordinates(row, topic, raw))
    return examples


def _broken(rule: Rule) -> Column | None:
    if (keeps := predicate(rule)) is not None:
        return F.expr(f"NOT {keeps}")
    if rule.check == "unique":
        fields = ", ".join(column(name) for name in rule.parameters["fields"])
        return F.expr(f"count({literal(1)}) OVER (PARTITION BY {fields}) > 1")
    return None
