"""`python -m quality watch`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from contracts.folder.product import Product, product_named
from contracts.process.command_line import INTERRUPTED, AsJson, ProductName, print_json
from contracts.records.topic_weather_quality import Verdict
from quality import health
from quality.cli.shown import VERDICT_STYLES, broken, in_words
from quality.judge.judge import ready_to_judge
from quality.watch.alerts import alerts
from quality.watch.loop import Watch
from quality.watch.round import Outcome, find_task, judge_task
from quality.window.times import before, now, parse_length


def watch(
    *,
    product: ProductName = None,
    topic: Annotated[
        str, typer.Option(help="Topic that is watched; the product's final topic if unset.")
    ] = "",
    every: Annotated[str, typer.Option(help="Interval, such as 30s, 5m or 1h.")] = "5m",
    first: Annotated[
        str, typer.Option(help="How far back the first window of all goes; the next ones follow it.")
    ] = "1d",
    most: Annotated[int, typer.Option(min=1, help="Records of a window at most.")] = 200_000,
    nice: Annotated[
        int,
        typer.Option(
            min=0,
            max=19,
            help="How low the priority of the judging is. From 1 on it also rests, five times as long as it"
            " judged, while the machine is busy.",
        ),
    ] = 15,
    health_file: Annotated[
        Path | None,
        typer.Option(
            "--health",
            help="File that `python -m quality.health` asks; build/quality/PRODUCT/watch.json if unset.",
            dir_okay=False,
        ),
    ] = None,
    bound: Annotated[bool, typer.Option(help="End when standard input does.", hidden=True)] = False,
    once: Annotated[bool, typer.Option(help="Judge the next window, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge what is new on a topic at every interval, beside the stream and off its path.

    Windows share no record, over restarts too. The watch waits for a broker or registry that is away. Alerts
    go to the address in QUALITY_ALERT_WEBHOOK and to the command in QUALITY_ALERT_COMMAND.
    """
    begin, whom = before(now(), parse_length(first)), alerts()
    interval = parse_length(every).total_seconds()
    if bound:
        threading.Thread(target=_end_with_input, name="standard input", daemon=True).start()
    chosen = product_named(product, topics=[topic])
    topic = topic or chosen.published[0].topic
    if once:
        raise typer.Exit(_once(chosen, topic, begin, most))
    passed_on = ["--product", chosen.name, "--topic", topic, "--first", first, "--most", str(most)]
    watching = Watch(
        product=chosen,
        topic=topic,
        every=interval,
        begin=begin,
        started=now(),
        most=most,
        alerts=whom,
        nice=nice,
        child=("-m", "quality", "watch", "--once", "--bound", *passed_on),
        health=health_file or health.file_of(chosen.name),
    )
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: watching.stop.set())
    watching.run(print_json if as_json else _print)


def _end_with_input() -> None:
    """Wait for the end of standard input, and end; Java sees that we are gone, and follows."""
    sys.stdin.buffer.read()
    os._exit(INTERRUPTED)


def _once(product: Product, topic: str, begin: datetime, most: int) -> int:
    with ready_to_judge(product, topic) as sources:
        task = find_task(sources, topic, begin=begin, started=begin, most=most)
        outcome = judge_task(sources, task, alerts())
    print_json(_line(outcome))
    return 1 if outcome.validation.verdict is Verdict.FAIL else 0


def _line(outcome: Outcome) -> dict[str, Any]:
    """The outcome of a round for a program, and in one sentence."""
    found = outcome.validation
    parts = [f"{found.rows:,} records" if found.rows or found.unreadable else "nothing arrived"]
    if found.unreadable:
        parts.append(f"{found.unreadable:,} cannot be read")
    parts.append(in_words(found))
    parts += [f"{'over' if one.closed_at else 'open'}: {one.kind} {one.id}" for one in found.incidents]
    return {
        "said": f"{found.verdict.value}: {'; '.join([*parts, *outcome.problems])}",
        "verdict": found.verdict.value.lower(),
        "id": found.id,
        "rows": found.rows,
        "unreadable": found.unreadable,
        "broken": broken(found),
        "incidents": [
            {
                "id": one.id,
                "kind": one.kind,
                "rule": one.rule,
                "over": one.closed_at is not None,
                "told": one.told,
            }
            for one in found.incidents
        ],
        "problems": list(outcome.problems),
        "seconds": round(found.seconds, 2),
    }


def _print(line: dict[str, Any]) -> None:
    verdict = line.get("verdict")
    style = VERDICT_STYLES[Verdict(verdict.upper())] if verdict else ""
    Console().print(
        Text.assemble((f"{line['at'][:19]}Z ", "dim"), Text(line["said"], style=style)), soft_wrap=True
    )
