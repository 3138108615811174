"""What a run of the pipeline came to; the same facts go to `build/pipeline.json` and to the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts.folder.model import LATEST, table_name
from contracts.process.files import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """What became of one product. Counts are end offsets read back from the topics."""

    product: str
    records: Mapping[str, int]
    """By topic: raw, final, quarantine."""
    writer_versions: Mapping[str, int]
    """Registry id of the writer schema, as text, to the number of raw records written with it."""
    source: str
    replay: bool
    verdict: str
    report: str
    seconds: Mapping[str, float]
    """Wall time by stage. One product is validated beside the stream of the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesFacts:
    """The tables behind a run."""

    warehouse: str
    """The folder that they are in, or what a REST catalogue calls its warehouse."""
    rows: Mapping[str, int]
    """By topic."""
    bytes: Mapping[str, int]
    """By topic: of the files with the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A whole run. Seconds are wall time by stage; memory is in MiB."""

    products: Mapping[str, ProductFacts]
    seconds: Mapping[str, float]
    peak_memory_mib: int
    """Highest sum of the resident memory of all processes of the run, seen twice a second."""
    bootstrap_servers: str
    schema_registry_url: str
    services: str
    """`embedded`, `running` (left by `make up`) or `environment`."""
    tables: TablesFacts

    def write(self, file: Path) -> None:
        """Write the facts as JSON, whole or not at all."""
        write_whole(file, json.dumps(asdict(self), indent=2) + "\n")


_VERDICT_STYLE = {"pass": "bold green", "warn": "bold yellow", "fail": "bold red"}


def summary(facts: Facts) -> RenderableType:
    """The facts for a person: one screen."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(facts):
        table.add_row(name, value)
    return Group(Text(), table)


def _rows(facts: Facts) -> Iterator[tuple[str, RenderableType]]:
    for product in facts.products.values():
        yield from _product_rows(product)
        yield "", Text()
    yield "seconds", Text(_stages(facts.seconds))
    yield "peak memory", Text(f"{facts.peak_memory_mib:,} MiB, all processes together")
    yield "broker", Text(f"{facts.bootstrap_servers} ({facts.services})")
    yield "registry", Text(facts.schema_registry_url)
    yield "tables", Text(_tables(facts.tables))
    yield "ask them", Text(_question(facts), style="bold")
    yield "next", Text(_next_command(facts), style="bold")


def _product_rows(facts: ProductFacts) -> Iterator[tuple[str, RenderableType]]:
    kind = "replay of stored observations" if facts.replay else "live"
    versions = ", ".join(f"id {schema}: {count:,}" for schema, count in facts.writer_versions.items())
    raw, final, quarantined = facts.records.values()
    agree = raw == final + quarantined
    yield "verdict", Text(facts.verdict.upper(), style=_VERDICT_STYLE.get(facts.verdict, "bold"))
    yield facts.product, Text(f"{facts.source} ({kind})")
    for topic, count in facts.records.items():
        yield topic, Text(f"{count:,} records")
    yield "raw = final + quarantined", Text("yes" if agree else "NO", style="" if agree else "bold red")
    yield "written with", Text(versions or "nothing")
    yield "report", Text(facts.report)
    yield "seconds", Text(_stages(facts.seconds))


def _stages(seconds: Mapping[str, float]) -> str:
    return "   ".join(f"{name} {spent:.1f}" for name, spent in seconds.items())


def _tables(tables: TablesFacts) -> str:
    rows, size = sum(tables.rows.values()), sum(tables.bytes.values())
    return f"{rows:,} rows of {len(tables.rows)} topics, {size / 1e6:,.1f} MB, in {tables.warehouse}"


def _question(facts: Facts) -> str:
    """The command that asks the largest table."""
    where = f"TABLES_WAREHOUSE={facts.tables.warehouse} " if facts.services == "embedded" else ""
    what = "station, count(*) AS records, max(observed_at) AS newest"
    largest = max(facts.tables.rows, key=lambda topic: facts.tables.rows[topic])
    question = f"SELECT {what} FROM {table_name(largest)}{LATEST} GROUP BY ALL"  # noqa: S608
    return f'{where}.venv/bin/python -m contracts ask "{question}"'


def _next_command(facts: Facts) -> str:
    final = list(next(iter(facts.products.values())).records)[1]
    read = f".venv/bin/python -m contracts read {final} --limit 5"
    if facts.services == "embedded":
        return f"make up && make pipeline && {read}"
    return read
