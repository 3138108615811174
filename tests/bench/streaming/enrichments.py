"""What each row of a product's enrichment costs a record: in processor time, on a warm Java.

    python -m tests.bench.streaming.enrichments [--records 1000000] [--rounds 5] [--write]

Run by `make bench`. The inputs of a row lie in a file, and what becomes of them goes nowhere; what it costs
to read them is measured beside the row and taken off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from pyspark.sql.avro.functions import from_avro

from contracts.avro.wire import HEADER_SIZE
from contracts.folder.product import product_named
from contracts.process.command_line import messages, run
from streaming.engine.spark import configure, session
from streaming.record.enrich import costs, enrichment_of
from streaming.record.enrich.table import Row
from streaming.record.projection import reader_schema
from tests.bench.figures import merge
from tests.bench.raw_records import framed
from tests.bench.sizes import scaled, spread
from tests.bench.streaming.steps import in_file, processor_seconds, to_nowhere

_WARM = 2
_DISTINCT = 20_000
"""Records that are made; the rest repeat them."""


def bench(
    records: Annotated[int, typer.Option(min=1000)] = scaled(1_000_000, 20_000),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(5, 2),
    write: Annotated[bool, typer.Option("--write", help="Keep the medians in the table of costs.")] = False,
) -> None:
    """Run every row in turn, round by round; the first two rounds only warm up."""
    with tempfile.TemporaryDirectory() as folder:
        spark = configure(session())
        ways = all_ways(spark, Path(folder), records)
        java = psutil.Process(spark._jvm.java.lang.ProcessHandle.current().pid())  # type: ignore[union-attr]
        spent: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(_WARM + rounds):
            for name, (before, after) in ways.items():
                alone, whole = (processor_seconds(java, partial(to_nowhere, one)) for one in (before, after))
                if number >= _WARM:
                    spent[name].append((whole - alone) / records * 1e9)
            messages.print(f"round {number + 1} of {_WARM + rounds}")
        spark.stop()
    figures = {name: spread(values, 0) for name, values in spent.items()}
    for name, figure in sorted(figures.items(), key=lambda one: -one[1]["median"]):
        messages.print(f"{name:28} {figure['median']:6.0f} ns")
    if write:
        _write({name: round(figure["median"]) for name, figure in figures.items()})
    merge("streaming.enrichments", {"records": records, "rounds": rounds, "nanoseconds_a_record": figures})


def _write(medians: Mapping[str, int]) -> None:
    """Put the medians into the module that the stream shows them from; less than nothing is nothing."""
    file = Path(costs.__file__)
    kept = file.read_text(encoding="utf-8").partition("NANOSECONDS:")[0]
    rows = "".join(f'        "{name}": {max(0, median)},\n' for name, median in sorted(medians.items()))
    about = '"""Product, and field, to the median."""'
    table = (
        f'NANOSECONDS: Mapping[str, Mapping[str, int]] = {{\n    "weather": {{\n{rows}    }},\n}}\n{about}\n'
    )
    file.write_text(kept + table, encoding="utf-8")


def all_ways(spark: SparkSession, folder: Path, records: int) -> dict[str, tuple[DataFrame, DataFrame]]:
    """Each row by name: its inputs alone, and the row beside them."""
    weather = product_named("weather")
    enrichment, reader = enrichment_of(weather.final), reader_schema(weather.raw)
    values = [(value[HEADER_SIZE:],) for _, value in framed(min(records, _DISTINCT), [1])]
    raw = spark.createDataFrame(values, "value binary")
    repeated = raw.crossJoin(spark.range(max(1, records // len(values)))).select("value")
    decoded = in_file(
        repeated.select(from_avro("value", weather.raw.newest.text).alias("record")), folder / "raw"
    )
    observed = enrichment.observe(decoded, reader, weather.final.newest.schema)
    all_of_them = in_file(enrichment.derive(observed), folder / "enriched")
    rows = enrichment.from_record(reader, weather.final.newest.schema)
    return {
        **{name: _beside(decoded, name, row) for name, row in rows.items()},
        **{name: _beside(all_of_them, name, row) for name, row in enrichment.derived.items()},
    }


def _beside(frame: DataFrame, name: str, row: Row) -> tuple[DataFrame, DataFrame]:
    inputs = sorted(
        word for word in row.names if word.startswith("record.") or (word in frame.columns and word != name)
    )
    columns = [F.col(word).alias(word.replace(".", "_")) for word in inputs if word.count(".") < 2]
    return frame.select(*columns), frame.select(*columns, F.expr(row.sql).alias(name))


if __name__ == "__main__":
    run(lambda: typer.run(bench))
