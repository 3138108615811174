"""`python -m quality validate`."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.avro.json_form import to_json
from contracts.folder.product import Product, product_named
from contracts.process.command_line import AsJson, ProductName, messages, print_json
from contracts.records.topic_weather_quality import RuleResult, Severity, Validation, Verdict
from quality.cli.shown import VERDICT_STYLES, in_words
from quality.history import History
from quality.judge.judge import judge, ready_to_judge
from quality.judge.suite import preload
from quality.portrait.flags import NUMBERS
from quality.window.extent import find_window, place
from quality.window.spark import session
from quality.window.times import window_edges

FAILED = 1
_FAILED_STYLES = {Severity.CRITICAL: "bold red", Severity.VALUE: "yellow", Severity.WARNING: "yellow"}
_COUNTS = ("rows", "unreadable", "id", "validated_at", "contract_version", "gx_version")


def validate(
    *,
    product: ProductName = None,
    topic: Annotated[
        str, typer.Option(help="Topic whose records are judged; the product's final topic if unset.")
    ] = "",
    since: Annotated[
        str | None, typer.Option(help="Begin of the window: a Kafka timestamp such as 2013-01-31T06:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End of the window, which stops just before.")] = None,
    window: Annotated[
        str | None, typer.Option(help="Length of the window, such as 30m, 6h or 7d, back from its end.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write the report into this folder.", file_okay=False)
    ] = None,
    publish: Annotated[
        bool, typer.Option(help="Publish the verdict to the product's quality topic, which is the history.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Judge a window of a topic by the rules of its contract, with Great Expectations on Spark.

    Without --since, --until or --window, the window is the whole topic. An empty window fails.
    """
    began = time.monotonic()
    edges = window_edges(since, until, window, datetime.now(timezone.utc))
    chosen = product_named(product, topics=[topic])
    found, written = validated(
        chosen, topic or chosen.published[0].topic, edges, report=report, publish=publish
    )
    if as_json:
        print_json(in_json(found, written, time.monotonic() - began))
    else:
        Console().print(_table(found))
        if found.variables:
            Console().print(_flags_table(found))
    messages.print(_sentence(found))
    if written:
        messages.print(f"report: {written}")
    if found.verdict is Verdict.FAIL:
        raise typer.Exit(FAILED)


def validate_each(
    *,
    reports: Annotated[
        Path, typer.Option(help="Each report goes into this folder's PRODUCT.", file_okay=False)
    ] = Path("build/quality"),
) -> None:
    """Validate each product that standard input names, one a line: one JSON object on stdout for each.

    Spark and Great Expectations start at once and for all of them, before the first product is named.
    """
    preload()
    with session():
        for line in sys.stdin:
            began, chosen = time.monotonic(), product_named(line.strip())
            found, written = validated(chosen, chosen.published[0].topic, report=reports / chosen.name)
            print_json(in_json(found, written, time.monotonic() - began))


def validated(
    product: Product,
    topic: str,
    edges: tuple[datetime | None, datetime | None] = (None, None),
    *,
    report: Path | None = None,
    publish: bool = True,
) -> tuple[Validation, Path | None]:
    """Judge the records of `topic` between two times; gives the validation and the page of the `report`."""
    with ready_to_judge(product, topic) as sources:
        wanted = find_window(sources.log, topic, *edges)
        history = History(sources) if publish or report else None
        found = judge(sources, wanted, past=history.recent(topic) if history else ())
        if history and publish:
            history.publish(found)
        if not history or not report:
            return found, None
        from quality.report import summarise, write  # noqa: PLC0415 - slow to import

        # What was published is read again, so that the report is the one that the history gives.
        past = history.read(topic)
        return found, write(summarise(past if publish else [*past, found]), report)


def in_json(found: Validation, report: Path | None, seconds: float) -> dict[str, Any]:
    """A validation for a program."""
    record = to_json(found.to_dict())
    return {
        "verdict": found.verdict.value.lower(),
        "topic": found.topic,
        "window": {name: record[name] for name in ("since", "until", "slices")},
        **{name: record[name] for name in _COUNTS},
        "unreadable_examples": [place(each) for each in found.unreadable_examples],
        "rules": [
            {
                **rule,
                "severity": result.severity.value.lower(),
                "examples": [place(each) for each in result.examples],
            }
            for rule, result in zip(record["rules"], found.rules, strict=True)
        ],
        "variables": record["variables"],
        "seconds": round(seconds, 2),
        "report": str(report) if report else None,
    }


def _table(found: Validation) -> Table:
    table = Table("rule", "severity", "evaluated", "failed", "first examples")
    for column in table.columns[2:4]:
        column.justify = "right"
    for rule in found.rules:
        failed = Text(f"{rule.failed:,}" if rule.judged else "not judged", style=_style(rule))
        examples = ", ".join(place(each) for each in rule.examples[:2])
        table.add_row(rule.id, rule.severity.value.lower(), f"{rule.evaluated:,}", failed, examples)
    return table


def _flags_table(found: Validation) -> Table:
    table = Table("variable", *(name.replace("_", " ") for name in NUMBERS))
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.variables:
        table.add_row(one.name, *(f"{getattr(one, name):,}" for name in NUMBERS))
    return table


def _style(rule: RuleResult) -> str:
    if not rule.judged:
        return "dim"
    return "green" if rule.kept else _FAILED_STYLES.get(rule.severity, "dim")


def _sentence(found: Validation) -> Text:
    """The verdict and what it rests on."""
    parts = [f"{found.rows:,} records of {found.topic}"]
    if not found.rows and not found.unreadable:
        parts = [f"{found.topic} has no record in this window, which never passes"]
    if found.unreadable:
        where = ", ".join(place(each) for each in found.unreadable_examples)
        parts.append(f"{found.unreadable:,} cannot be read, first {where}")
    parts.append(in_words(found))
    if unjudged := sum(not rule.judged for rule in found.rules):
        parts.append(f"{unjudged} not judged, since there is too little to go by")
    verdict = Text(found.verdict.value, style=VERDICT_STYLES[found.verdict])
    return Text.assemble(verdict, f": {'; '.join(parts)}.")
