"""What the benchmarks found, in one table: figure, aim, whether it is reached, and spread.

    python -m tests.bench.aims [--json]

`make bench` ends with it. A figure that was not measured says so. One that misses its aim fails
nothing, since a busy machine misses most of them: run the benchmark again on an idle one, or look why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from contracts.process.command_line import run
from tests.bench.figures import known


@dataclass(frozen=True, slots=True)
class Aim:
    """One line of the table."""

    what: str
    where: tuple[str, ...]
    """The benchmark, and the names that lead to the figure in what it left."""
    bound: Literal["≥", "≤"]
    limit: float

    def figure(self, figures: Mapping[str, Any]) -> Mapping[str, float] | None:
        """Least, median and most, where it was measured."""
        found: Any = figures
        for name in self.where:
            found = found.get(name) if isinstance(found, Mapping) else None
        spread: Mapping[str, float] | None = {"median": found} if isinstance(found, (int, float)) else found
        return spread

    def is_reached(self, median: float) -> bool:
        """Whether the median keeps the bound."""
        return median >= self.limit if self.bound == "≥" else median <= self.limit


_THROUGHPUT, _STEPS, _PEERS = "streaming.throughput", "streaming.steps", "peers.compare"
_LATENCY = ("streaming.latency", "milliseconds", "real_time", "1000_a_second")

AIMS: Sequence[Aim] = (
    Aim(
        "Seconds for a station's day of a table",
        ("streaming.tables", "seconds_for_a_stations_day", "a mean, by DuckDB"),
        "≤",
        1.0,
    ),
    Aim("Stream to Flink SQL, same work", (_PEERS, "ratio_records_a_second_over_all", "to_flink"), "≥", 1.0),
    Aim("  over the later half", (_PEERS, "ratio_records_a_second_later_half", "to_flink"), "≥", 1.0),
    Aim(
        "Stream to Spark with JSON, same work",
        (_PEERS, "ratio_records_a_second_over_all", "to_json"),
        "≥",
        2.0,
    ),
    Aim("  over the later half", (_PEERS, "ratio_records_a_second_later_half", "to_json"), "≥", 2.0),
    Aim("Differences between Flink and stream", (_PEERS, "differences", "flink"), "≤", 0),
    Aim("  between Spark with JSON and stream", (_PEERS, "differences", "json"), "≤", 0),
    Aim("Stream to JSON without rules", (_THROUGHPUT, "ratios_over_all", "to_json_way"), "≥", 1.3),
    Aim("20 raw versions to 1", (_THROUGHPUT, "ratios_over_all", "versions_20_to_1"), "≥", 0.95),
    Aim("  over the later half", (_THROUGHPUT, "ratios_later_half", "versions_20_to_1"), "≥", 0.95),
    Aim("--once-within to without", (_THROUGHPUT, "ratios_over_all", "once_within_to_without"), "≥", 0.5),
    Aim(
        "Processor, µs a record, warm, Kafka to Kafka", (_STEPS, "microseconds_from_kafka_to_kafka"), "≤", 15
    ),
    Aim("from_avro alone to the whole job", (_STEPS, "from_avro_alone_to_whole_job"), "≥", 0.333),
    Aim(
        "Enriching and judging to Kafka to Kafka",
        (_STEPS, "enriching_and_judging_to_kafka_to_kafka"),
        "≤",
        0.25,
    ),
    Aim("Real time, 1,000/s, p50, ms", (*_LATENCY, "p50"), "≤", 1),
    Aim("  p99, ms", (*_LATENCY, "p99"), "≤", 10),
    Aim("A new raw version flows after s", ("streaming.pickup", "seconds"), "≤", 5),
    Aim("Validation, 100,000 records, s", ("quality.validating", "windows", "100000", "seconds"), "≤", 12),
    Aim("  memory, MiB", ("quality.validating", "windows", "100000", "memory_mib"), "≤", 2048),
    Aim("Validation, 1,000,000 records, s", ("quality.validating", "windows", "1000000", "seconds"), "≤", 30),
    Aim("Stream beside a watch to alone", ("quality.beside", "to_alone"), "≥", 0.95),
    Aim("Producer to plain fastavro", ("producer.speed", "to_plain_fastavro"), "≥", 0.9),
    Aim("Producer to kafka-python's JSON", ("producer.speed", "to_kafka_python_json"), "≥", 3.0),
    Aim("Producer's memory, end to start", ("producer.speed", "memory_growth"), "≤", 1.05),
    Aim("Typed decoding to the library's", ("contracts.decoding", "typed_times_the_library"), "≥", 5.0),
)


def show(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for other programs.")] = False,
) -> None:
    """Print the figures of `build/bench.json` beside their aims."""
    figures = known()
    if as_json:
        print(json.dumps([_row(aim, figures) for aim in AIMS], indent=2, ensure_ascii=False))
        return
    table = Table("figure", "median", "aim", "reached", "least to most")
    for aim in AIMS:
        row = _row(aim, figures)
        if row["median"] is None:
            table.add_row(aim.what, "not measured", f"{aim.bound} {aim.limit:g}", "", "")
            continue
        spread = f"{row['least']:,.4g} to {row['most']:,.4g}" if row["least"] is not None else ""
        reached = "yes" if row["reached"] else "no"
        table.add_row(aim.what, f"{row['median']:,.4g}", f"{aim.bound} {aim.limit:g}", reached, spread)
    Console().print(table)


def _row(aim: Aim, figures: Mapping[str, Any]) -> dict[str, Any]:
    figure = aim.figure(figures) or {}
    median = figure.get("median")
    return {
        "figure": " ".join(aim.where),
        "median": median,
        "aim": f"{aim.bound} {aim.limit:g}",
        "reached": None if median is None else aim.is_reached(median),
        "least": figure.get("least"),
        "most": figure.get("most"),
    }


if __name__ == "__main__":
    run(lambda: typer.run(show))
