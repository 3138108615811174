"""`python -m quality validate`."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.cli_support import messages, print_json
from contracts.log import open_log
from contracts.model import Severity
from quality import history, suite
from quality.judge import judge
from quality.results import RuleResult, Validation, Verdict
from quality.sources import open_sources
from quality.spark import session
from quality.surroundings import look
from quality.texts import jsonable
from quality.times import window_edges
from quality.topics import find_window
from quality.window import read

FAILED = 1
STYLES = {Verdict.PASS: "bold green", Verdict.WARN: "bold yellow", Verdict.FAIL: "bold red"}


def validate(
    *,
    topic: Annotated[str, typer.Option(help="Topic whose records are judged.")] = "topic-weather-final",
    since: Annotated[
        str | None, typer.Option(help="Begin of the window: a Kafka timestamp such as 2013-01-31T06:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End of the window, itself not included.")] = None,
    window: Annotated[
        str | None, typer.Option(help="Length of the window, such as 30m, 6h or 7d, back from its end.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write the report into this folder.", file_okay=False)
    ] = None,
    publish: Annotated[
        bool, typer.Option(help=f"Publish the verdict to {history.TOPIC}, which is the history.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as one JSON object.")] = False,
) -> None:
    """Judge a window of a topic by the rules of its contract, with Great Expectations on Spark.

    The window is the whole topic unless it is told. An empty window fails.
    """
    began = time.monotonic()
    begin, end = window_edges(since, until, window, datetime.now(timezone.utc))
    suite.preload()
    written = None
    with open_sources() as sources, open_log(sources.kafka) as log:
        contract = sources.contract(topic)
        suite.check_rules(contract)
        asked = find_window(log, topic, begin, end)
        around = look(sources, log, asked)
        writers = sources.writers(topic)
        past = history.History(sources, log) if publish or report else None
        before = past.recent(topic) if past else ()
        with (
            session() as spark,
            read(
                spark,
                asked,
                kafka=sources.kafka,
                writers=writers,
                reader=contract.newest.schema,
            ) as records,
        ):
            found = judge(sources, spark, asked, records, around=around, past=before)
            if past and publish:
                past.publish(found)
        if past and report:
            from quality.report import summarise, write  # noqa: PLC0415 - slow to import

            # What was published is read again, so that the report is the one that the history gives.
            known = past.read(topic)
            written = write(summarise(known if publish else [*known, found]), report)
    if as_json:
        print_json(_as_json(found, written, time.monotonic() - began))
    else:
        Console().print(_table(found))
    messages.print(_sentence(found))
    if written:
        messages.print(f"report: {written}")
    if found.verdict is Verdict.FAIL:
        raise typer.Exit(FAILED)


def _as_json(found: Validation, report: Path | None, seconds: float) -> dict[str, Any]:
    window = found.window
    told = {
        "verdict": found.verdict,
        "topic": window.topic,
        "window": {"since": window.since, "until": window.until, "slices": window.slices},
        "rows": found.rows,
        "unreadable": found.unreadable,
        "unreadable_examples": [str(place) for place in found.unreadable_examples],
        "rules": [
            {**jsonable(rule), "examples": [str(place) for place in rule.examples]} for rule in found.rules
        ],
        "id": found.id,
        "validated_at": found.validated_at,
        "contract_version": found.contract_version,
        "gx_version": found.gx_version,
        "seconds": round(seconds, 2),
        "report": str(report) if report else None,
    }
    result: dict[str, Any] = jsonable(told)
    return result


def _table(found: Validation) -> Table:
    table = Table("rule", "severity", "evaluated", "failed", "first examples")
    for column in table.columns[2:4]:
        column.justify = "right"
    for rule in found.rules:
        places = ", ".join(str(place) for place in rule.examples[:2])
        failed = Text(f"{rule.failed:,}" if rule.judged else "not judged", style=_style(rule))
        table.add_row(rule.id, rule.severity.value, f"{rule.evaluated:,}", failed, places)
    return table


def _style(rule: RuleResult) -> str:
    if not rule.judged:
        return "dim"
    if rule.kept:
        return "green"
    return {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}[rule.severity]


def _sentence(found: Validation) -> Text:
    """The verdict and what it rests on."""
    broken = [rule.id for rule in found.rules if rule.broken]
    parts = [f"{found.rows:,} records of {found.window.topic}"]
    if not found.rows and not found.unreadable:
        parts = [f"{found.window.topic} has no record in this window, which never passes"]
    if found.unreadable:
        where = ", ".join(str(place) for place in found.unreadable_examples)
        parts.append(f"{found.unreadable:,} cannot be read, first {where}")
    unknown = sum(not rule.judged for rule in found.rules)
    parts.append(f"broken: {', '.join(broken)}" if broken else "no rule is broken")
    if unknown:
        parts.append(f"{unknown} not judged, by too little to go by")
    verdict = Text(found.verdict.value.upper(), style=STYLES[found.verdict])
    return Text.assemble(verdict, f": {'; '.join(parts)}.")
