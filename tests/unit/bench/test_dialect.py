"""The stream's Spark SQL is told to Flink without a loss, and each part of it that is dear only once."""

from __future__ import annotations

import re

import pytest

from tests.bench.peers.dialect import in_flink, share
from tests.bench.peers.flink_sql import script
from tests.bench.peers.topics import Topics

TOPICS = Topics(
    bootstrap="broker:9092",
    registry="http://registry",
    raw="raw",
    final="final",
    quarantine="quarantine",
    folder="/nowhere",
    writer=7,
)


@pytest.mark.parametrize(
    ("spark", "flink"),
    [
        ("temperature * 1.8D + 5e-4D", "`temperature` * 1.8E0 + 5E-4"),
        ("record.rain.one_hour <=> 0D", "`record`.`rain`.`one_hour` IS NOT DISTINCT FROM 0E0"),
        (r"`station` RLIKE '\\S'", r"REGEXP(`station`, '\S')"),
        (r"'it\'s'", "'it''s'"),
        ("get(record.conditions, 0).main", "`record`.`conditions_0`.`main`"),
        ("try_element_at(map(1L, 'a', 2L, 'b'), code)", "CASE `code` WHEN 1 THEN 'a' WHEN 2 THEN 'b' END"),
        ("unix_millis(`observed_at`) - 5L", "`observed_at_ms` - 5"),
        ("pmod(angle, 360D)", "((`angle`) - 360E0 * FLOOR((`angle`) / 360E0))"),
        ("nanvl(late, CAST(NULL AS DOUBLE)) <= 900L", "NOT (`late` > 900)"),
        ("element_at(array('a', 'b'), 1)", "ARRAY['a', 'b'][1]"),
    ],
)
def test_what_the_two_write_otherwise_is_told_in_flinks_words(spark: str, flink: str) -> None:
    assert in_flink(spark) == flink


def test_a_function_that_is_in_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="soundex has no word in Flink SQL"):
        in_flink("soundex(name)")


def test_what_is_dear_and_stands_twice_outside_of_a_case_is_shared() -> None:
    rows = {
        "a": "SIN(`x` + 1) * 2",
        "b": "CASE WHEN `y` THEN EXP(`z`) END + SIN(`x` + 1)",
        "c": "CASE WHEN `y` THEN EXP(`z`) END",
    }
    shared, left = share(rows)
    assert shared == {"shared_0": "SIN(`x` + 1)"}
    assert left == {**rows, "a": "`shared_0` * 2", "b": "CASE WHEN `y` THEN EXP(`z`) END + `shared_0`"}


def test_every_field_of_both_contracts_is_told_and_no_step_reads_what_the_one_before_lacks() -> None:
    *tables, _ = script(TOPICS)
    views = [statement for statement in tables if "VIEW" in statement]
    made: set[str] = set(re.findall(r"`(\w+)` [A-Z]", tables[0]))
    for number, view in enumerate(views):
        rows = view.split(" AS SELECT ")[1].split(" FROM " + (f"step_{number - 1}" if number else "`raw`"))[0]
        names = set(re.findall(r" AS `(\w+)`", rows))
        read = set(re.findall(r"`(\w+)`", re.sub(r" AS `\w+`", "", rows)))
        assert read - made - {"record", "main", "description", "id", "amount", "interval"} <= {
            "one_hour",
            "three_hours",
        }
        made = names
