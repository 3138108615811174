"""Records a second from Kafka to Kafka: the stream against other ways, over versions and partitions.

    python -m tests.bench.streaming.throughput [--records 1000000] [--rounds 3] [--way job --way json]

Run by `make bench`, on services of its own, everything on the same two cores. Each run has a Java process
of its own, cold at first; in every round each case goes once.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from contracts.process.command_line import messages, run
from tests.bench import ways
from tests.bench.figures import merge
from tests.bench.raw_records import as_json, fill, framed
from tests.bench.services import ground
from tests.bench.sizes import ratios, scaled, spread
from tests.bench.ways import Measured


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the comparison."""

    way: str
    partitions: int
    versions: int = 1
    quick_start: bool = False
    once_within: str = ""


CASES: Mapping[str, Case] = {
    "job": Case("job", 2),
    "job_quick_start": Case("job", 2, quick_start=True),
    "json": Case("json", 2),
    "bare": Case("bare", 2),
    "versions_20": Case("job", 2, versions=20),
    "partitions_1": Case("job", 1),
    "partitions_4": Case("job", 4),
    # Longer than the span of the records, so that none is late.
    "once_within": Case("job", 2, once_within="1d"),
}
RATIOS: Mapping[str, tuple[str, str]] = {
    "to_json_way": ("job", "json"),
    "quick_start_to_json_way": ("job_quick_start", "json"),
    "to_bare": ("job", "bare"),
    "versions_20_to_1": ("versions_20", "job"),
    "partitions_1_to_2": ("partitions_1", "job"),
    "partitions_4_to_2": ("partitions_4", "job"),
    "once_within_to_without": ("once_within", "job"),
}
"""Name of a figure to the cases that it compares."""


def bench(
    records: Annotated[int, typer.Option(min=1000, help="Records on each topic.")] = scaled(1_000_000, 2_000),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(3),
    way: Annotated[list[str], typer.Option(help="Cases to run; all where none is named.")] = [],  # noqa: B006
) -> None:
    """Measure each case in turn, round by round."""
    cases = {name: case for name, case in CASES.items() if not way or name in way}
    runs: dict[str, list[Measured]] = {name: [] for name in cases}
    sizes: dict[str, float] = {}
    with ground() as here:
        for name, case in cases.items():
            ids = here.raw_topic(name, case.partitions, case.versions)
            messages.print(f"filling {name}")
            values = as_json(records) if case.way == "json" else framed(records, ids)
            fill(here.kafka, name, case.partitions, values)
            sizes[name] = here.bytes_of(name) / records
        for number in range(rounds):
            # The order changes, so that nobody is always first after another.
            for name in sorted(cases, reverse=bool(number % 2)):
                case = cases[name]
                with here.job(name, case.partitions) as job:
                    found = ways.run(
                        case.way, replace(job, quick_start=case.quick_start, once_within=case.once_within)
                    )
                    sizes[f"{name} published"] = here.bytes_of(job.final) / records
                runs[name].append(found)
                messages.print(
                    f"{name}: {found.rate:,.0f} records a second, {found.later_rate:,.0f} over the later half"
                )
    bytes_a_record = {name: round(size) for name, size in sizes.items()}
    merge("streaming.throughput", {**figures(records, rounds, runs), "bytes_a_record": bytes_a_record})


def figures(records: int, rounds: int, runs: Mapping[str, Sequence[Measured]]) -> dict[str, Any]:
    """What goes to the file: ratios, and beside them what they are made of."""
    rates = {
        "over_all": {name: [one.rate for one in found] for name, found in runs.items()},
        "later_half": {name: [one.later_rate for one in found] for name, found in runs.items()},
    }
    told: dict[str, Any] = {"records": records, "rounds": rounds}
    for part, by_case in rates.items():
        told[f"ratios_{part}"] = {
            name: ratios(by_case[above], by_case[below])
            for name, (above, below) in RATIOS.items()
            if {above, below} <= by_case.keys()
        }
        told[f"records_a_second_{part}"] = {name: spread(values, 0) for name, values in by_case.items()}
    told["records_for_each_core_second"] = {
        name: spread([one.rows / one.cpu_seconds for one in found], 0) for name, found in runs.items()
    }
    told["resident_mib"] = {
        name: spread([one.resident / 2**20 for one in found], 0) for name, found in runs.items()
    }
    told["parts_of_the_time"] = {
        name: {
            work: round(statistics.median(one.shares.get(work, 0.0) for one in found), 3)
            for work in found[0].shares
        }
        for name, found in runs.items()
    }
    return told


if __name__ == "__main__":
    run(lambda: typer.run(bench))
