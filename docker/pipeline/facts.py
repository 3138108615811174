"""What a run of the pipeline found out; the same facts go to `build/pipeline.json` and to the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from contracts.files import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Counts are end offsets read back from the topics; seconds are wall time by stage; memory is in MiB."""

    raw: int
    final: int
    quarantined: int
    writer_versions: Mapping[str, int]
    """Registry id of the writer schema, as text, to the number of raw records written with it."""
    source: str
    replay: bool
    verdict: str
    report: str
    seconds: Mapping[str, float]
    peak_memory_mib: int
    """Highest sum of the resident memory of all processes of the run, seen twice a second."""
    bootstrap_servers: str
    schema_registry_url: str
    services: str
    """`embedded`, `running` (left by `make up`) or `environment`."""

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


def _rows(facts: Facts) -> list[tuple[str, RenderableType]]:
    kind = "replay of stored observations" if facts.replay else "live"
    versions = ", ".join(f"id {schema}: {count:,}" for schema, count in facts.writer_versions.items())
    agree = facts.raw == facts.final + facts.quarantined
    stages = "   ".join(f"{name} {spent:.1f}" for name, spent in facts.seconds.items())
    return [
        ("verdict", Text(facts.verdict.upper(), style=_VERDICT_STYLE.get(facts.verdict, "bold"))),
        ("weather", Text(f"{facts.source} ({kind})")),
        ("topic-weather", Text(f"{facts.raw:,} records")),
        ("topic-weather-final", Text(f"{facts.final:,} records")),
        ("topic-weather-quarantine", Text(f"{facts.quarantined:,} records")),
        ("raw = final + quarantined", Text("yes" if agree else "NO", style="" if agree else "bold red")),
        ("written with", Text(versions or "nothing")),
        ("report", Text(facts.report)),
        ("seconds", Text(stages)),
        ("peak memory", Text(f"{facts.peak_memory_mib:,} MiB, all processes together")),
        ("broker", Text(f"{facts.bootstrap_servers} ({facts.services})")),
        ("registry", Text(facts.schema_registry_url)),
        ("next", Text(_next_command(facts), style="bold")),
    ]


def _next_command(facts: Facts) -> str:
    read = ".venv/bin/python -m contracts read topic-weather-final --limit 5"
    if facts.services == "embedded":
        return f"make up && make pipeline && {read}"
    return read
