"""`python -m streaming`: the command line of the stream.

Each verb imports Spark, Kafka's client and the metrics itself: that takes too long for `--help` and for a
mistyped option.
"""

# ruff: noqa: PLC0415, PLR0917 - the verbs import late; Typer passes options by name

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress as Spinner
from rich.progress import SpinnerColumn, TextColumn
from rich.text import Text

from contracts.errors import NotRunning, UnusableSetting
from contracts.folder.model import Role
from contracts.folder.product import Product, product_named
from contracts.kafka.settings import addresses
from contracts.process.command_line import INTERRUPTED, AsJson, ProductName, at_signals, messages, print_json
from contracts.records.topic_weather_quarantine import Reason
from streaming.job import SHORTEST_REAL_TIME_BATCH, Job, checkpoint_of, trends_checkpoint_of
from streaming.tables.command import FinalName as FinalTopic
from streaming.tables.command import QuarantineName as QuarantineTopic
from streaming.tables.command import restore, table

if TYPE_CHECKING:
    from streaming.engine.progress import Progress
    from streaming.telemetry.report import Reporter

_REFRESHES_A_SECOND = 2
_SUBMIT = """\
spark-submit --master spark://HOST:7077 \\
    --packages {packages} \\
    --py-files {archive} {script} run --checkpoint /a/disk/that/stays"""

app = typer.Typer(
    help="Reads raw observations, enriches and judges them, and publishes them or puts them in quarantine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(table)
app.command()(restore)

RawTopic = Annotated[str, typer.Option(help="Topic of the raw records; the product's own if unset.")]
LargestBatch = Annotated[int, typer.Option(help="Records read at most in one batch.", min=1)]
QuickStart = Annotated[
    bool, typer.Option("--quick-start", help="Start faster, and run slower after the first minutes.")
]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Print each batch as one JSON object on a line of stdout.")
]
MetricsPort = Annotated[
    int,
    typer.Option(
        help="Port of /metrics, /status and /healthz; 0 takes a free one, which `status` finds.",
        min=0,
        max=65535,
    ),
]
MetricsHost = Annotated[str, typer.Option(help="Address to serve them at; 0.0.0.0 lets other machines in.")]


@app.command()
def run(
    product: ProductName = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Folder that remembers how far the stream is; build/checkpoint/PRODUCT if unset."),
    ] = None,
    available_now: Annotated[
        bool,
        typer.Option("--available-now", help="End when every record that is on the topic now is published."),
    ] = False,
    trigger: Annotated[
        str,
        typer.Option(help="Shortest time from batch to batch, such as '100 milliseconds' or '10 seconds'."),
    ] = "100 milliseconds",
    real_time: Annotated[
        bool,
        typer.Option(
            "--real-time", help="Publish each record within milliseconds, instead of batch by batch."
        ),
    ] = False,
    real_time_batch: Annotated[
        float,
        typer.Option(
            help="Seconds from checkpoint to checkpoint with --real-time: a crash reads that much again.",
            min=SHORTEST_REAL_TIME_BATCH,
        ),
    ] = 300.0,
    largest_batch: LargestBatch = 200_000,
    once_within: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Quarantine an observation that comes again within this time, such as 1h.",
        ),
    ] = "",
    quick_start: QuickStart = False,
    wait: Annotated[
        float,
        typer.Option(help="Seconds to wait for broker, topics and contracts, while Spark starts.", min=0),
    ] = 0.0,
    topic: RawTopic = "",
    final: FinalTopic = "",
    quarantine: QuarantineTopic = "",
    metrics_port: MetricsPort = 0,
    metrics_host: MetricsHost = "127.0.0.1",
    json_lines: JsonLines = False,
) -> None:
    """Run the stream until SIGTERM (exit 0) or Ctrl-C (exit 130); it stops between two batches.

    With --real-time it stops at once, and the next start goes on from there.

    The addresses come from KAFKA_BOOTSTRAP_SERVERS and SCHEMA_REGISTRY_URL, else from `make up`.
    """
    services, chosen = addresses(), _product(product, topic, final, quarantine)
    job = Job(
        product=chosen,
        kafka=services.kafka,
        registry=services.registry,
        checkpoint=checkpoint or checkpoint_of(chosen),
        trigger=trigger,
        available_now=available_now,
        real_time=real_time,
        real_time_batch=real_time_batch,
        largest_batch=largest_batch,
        once_within=once_within,
        quick_start=quick_start,
        wait=wait,
    )
    from contracts.process.logs import log_to_stderr, masking
    from streaming.running.stream import Stream
    from streaming.telemetry.report import Reporter

    log_to_stderr(
        masking((*services.secrets, os.environ.get("OPENLINEAGE_API_KEY", ""))), loggers=["streaming"]
    )
    reporter = Reporter(job, metrics_host, metrics_port, log_batches=not json_lines)
    _report(reporter, Stream(job, claimed=reporter.claimed, planned=reporter.planned), json_lines=json_lines)


@app.command()
def trends(
    product: ProductName = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Folder that remembers how far the trends are; build/checkpoint/PRODUCT-trends if unset."
        ),
    ] = None,
    available_now: Annotated[
        bool,
        typer.Option("--available-now", help="End when every record that is on the topic now is read."),
    ] = False,
    trigger: Annotated[
        str, typer.Option(help="Shortest time from batch to batch, such as '10 seconds'.")
    ] = "10 seconds",
    largest_batch: LargestBatch = 200_000,
    watermark: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="How late an observation may be, behind the newest of all, to have a trend."
        ),
    ] = "26h",
    replayed: Annotated[
        bool | None,
        typer.Option("--replayed/--live", help="Read only replayed observations, or only others; else all."),
    ] = None,
    quick_start: QuickStart = False,
    wait: Annotated[
        float,
        typer.Option(help="Seconds to wait for broker, topics and contracts.", min=0),
    ] = 0.0,
    final: FinalTopic = "",
    trends_topic: Annotated[
        str, typer.Option("--trends", help="Topic of the trends; the product's own if unset.")
    ] = "",
    metrics_port: MetricsPort = 0,
    metrics_host: MetricsHost = "127.0.0.1",
    json_lines: JsonLines = False,
) -> None:
    """Publish how each station's weather changes, from the final topic, until SIGTERM or Ctrl-C.

    The trend of an observation comes with the station's next one, or once the watermark has passed it.
    """
    from contracts.process.logs import log_to_stderr, masking
    from streaming.telemetry.report import Reporter
    from streaming.trends.run import TrendsJob, TrendsStream, stream_of

    topics = {Role.FINAL: final, Role.TRENDS: trends_topic}
    services, chosen = addresses(), product_named(product, topics=topics.values())
    stream = stream_of(
        chosen.on_topics(topics) if chosen.trends else chosen,
        kafka=services.kafka,
        registry=services.registry,
        checkpoint=checkpoint or trends_checkpoint_of(chosen),
        trigger=trigger,
        available_now=available_now,
        largest_batch=largest_batch,
        quick_start=quick_start,
        wait=wait,
    )
    log_to_stderr(masking(services.secrets), loggers=["streaming"])
    job = TrendsJob(stream=stream, watermark=watermark, replayed=replayed)
    reporter = Reporter(stream, metrics_host, metrics_port, log_batches=not json_lines)
    at_work = TrendsStream(job, claimed=reporter.claimed, planned=reporter.planned)
    _report(reporter, contextlib.nullcontext(at_work), json_lines=json_lines)


@app.command()
def status(
    product: ProductName = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Checkpoint of that stream; build/checkpoint/PRODUCT if unset, PRODUCT-trends with --trends."
        ),
    ] = None,
    of_trends: Annotated[bool, typer.Option("--trends", help="Of the trends, not of the stream.")] = False,
    url: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address of its metrics, instead of --checkpoint."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show state, speed, lag, counts and versions of a running stream, or of the trends.

    Exit 0 while it runs, 15 when none runs on the checkpoint, 3 when none answers at the address.
    """
    from streaming.telemetry.ask import ask_at, ask_beside
    from streaming.telemetry.shown import page

    beside = trends_checkpoint_of if of_trends else checkpoint_of
    folder = checkpoint or (Path() if url else beside(product_named(product)))
    try:
        facts = ask_at(url) if url else ask_beside(folder)
    except NotRunning as error:
        if as_json:
            print_json({"running": False, "checkpoint": str(folder.absolute()), "told": str(error)})
        raise
    if as_json:
        print_json(facts)
    else:
        Console(highlight=False, soft_wrap=True).print(page(facts))


@app.command()
def reprocess(
    reason: Annotated[
        list[str] | None, typer.Option(help="Reason code, such as RULE_BROKEN; may be given again.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Id of a rule that the record broke; may be given again.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTITION:OFFSET", help="Place on the raw topic; may be given again."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Records that came to the raw topic then or later, UTC.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Records that came before then, UTC.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")
    ] = False,
    product: ProductName = None,
    topic: RawTopic = "",
    quarantine: QuarantineTopic = "",
    final: FinalTopic = "",
    as_json: AsJson = False,
) -> None:
    """Send dead letters back to the raw topic, bit for bit, once the contract or the code is mended.

    A dead letter is chosen when it fits all the options given. Each record is sent once, with the header
    `replay-of`; what was sent before is left out. A record that breaks a rule again becomes a new dead
    letter. One process at a time works on a quarantine topic: a second one takes over from the first.
    """
    if not any((reason, rule, source, since, until, everything)):
        raise UnusableSetting(
            "nothing is chosen: say which by --reason, --rule, --source, --since, --until or --all."
        )
    from contracts.kafka.topics import require_topics
    from streaming.lease import Lease
    from streaming.reprocess import FATES, SENT, Selection, Sender, choose

    selection = Selection(
        reasons=[code.upper() for code in reason or ()],
        rules=rule or (),
        sources={_coordinates(text) for text in source or ()},
        since=since and since.replace(tzinfo=timezone.utc),
        until=until and until.replace(tzinfo=timezone.utc),
    )
    if unknown := sorted(set(selection.reasons) - {code.value for code in Reason}):
        raise UnusableSetting(
            f"{unknown[0]} is no reason code: {', '.join(code.value for code in Reason)} are."
        )
    services, chosen = addresses(), _product(product, topic, final, quarantine)
    topics = (chosen.raw.topic, chosen.published[0].topic, chosen.quarantine.topic)
    require_topics(services.kafka, topics, "correct its name")
    counts: dict[str, Counter[str]] = {fate: Counter() for fate in FATES}
    spinner = Spinner(SpinnerColumn(), TextColumn("{task.description}"), console=messages, transient=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(spinner)
        task = spinner.add_task(f"reading {chosen.quarantine.topic}")
        sender = None
        if not dry_run:
            lease = stack.enter_context(Lease(services.kafka, chosen.quarantine.topic))
            sender = stack.enter_context(Sender(services.kafka, chosen.raw.topic, lease))
        for letter, fate in choose(services.kafka, services.registry, chosen, selection):
            counts[fate][letter.record.reason.value] += 1
            if sender and fate == SENT:
                sender.send_letter(letter.record, letter.mark)
            spinner.update(task, description=f"{sum(counts[SENT].values()):,} chosen")
    if as_json:
        print_json({"dry_run": dry_run, **{fate.replace(" ", "_"): dict(counts[fate]) for fate in FATES}})
    else:
        _print_fates(counts, dry_run)


def _print_fates(counts: dict[str, Counter[str]], dry_run: bool) -> None:
    for fate, by_reason in counts.items():
        words = "would be sent" if dry_run and fate == "sent" else fate
        for code, count in sorted(by_reason.items()):
            messages.print(f"{count:,} {code}: {words}")
    if not any(counts.values()):
        messages.print("no dead letter matches.")
    if counts["never a raw record"]:
        messages.print(
            "These bodies never were raw records: mend the parser, then send them by `producer backfill`."
        )
    if counts["too old to tell"]:
        messages.print(
            "These are too old: no topic reaches back far enough to tell whether they were sent before."
        )


def _coordinates(text: str) -> tuple[int, int]:
    partition, colon, offset = text.partition(":")
    if not (colon and partition.isdecimal() and offset.isdecimal()):
        raise UnusableSetting(f"{text!r} is no place on a topic: write PARTITION:OFFSET, such as 2:1017.")
    return int(partition), int(offset)


@app.command()
def enrichments(product: ProductName = None, as_json: AsJson = False) -> None:
    """Print how each field of the final records is made: from what, where it has a value, by whose authority.

    A field that passes from the raw record as it is has no row. The cost is processor time of a record.
    """
    from rich.table import Table

    from streaming.record.enrich.described import described

    rows = list(described(product_named(product)))
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    table = Table("field", "made from", "unit", "has a value", "authority", "ns", show_lines=False)
    for row in rows:
        table.add_row(
            row.field if row.published else f"{row.field} (a step)",
            ", ".join(row.inputs),
            row.unit or "",
            row.domain or "with its inputs",
            row.authority,
            "" if row.nanoseconds is None else str(row.nanoseconds),
        )
    Console().print(table)


@app.command()
def package(
    to: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("build/cluster"),
    as_json: AsJson = False,
) -> None:
    """Pack code and contracts for `spark-submit`: a zip for --py-files, and the script to submit.

    The zip holds the contracts as they are now: pack again after a change. The driver's Python needs
    the dependencies (`pip install 'weather-platform[streaming]'`); the executors need no Python.
    """
    import pyspark

    from streaming.package import coordinates
    from streaming.package import package as pack

    packed = pack(to)
    packages = coordinates(pyspark.__version__)
    if as_json:
        print_json({"archive": str(packed.archive), "script": str(packed.script), "packages": packages})
        return
    messages.print(f"wrote {packed.archive} and {packed.script}. Submit them so:\n")
    print(_SUBMIT.format(packages=packages, archive=packed.archive, script=packed.script))


def _product(name: str | None, raw: str, final: str, quarantine: str) -> Product:
    topics = {Role.RAW: raw, Role.FINAL: final, Role.QUARANTINE: quarantine}
    return product_named(name, topics=topics.values()).on_topics(topics)


class _Stream(Protocol):
    """The stream, or the trends, once it is open."""

    def run(self, report: Callable[[Progress], None]) -> None: ...

    def stop(self) -> None: ...


def _report(reporter: Reporter, context: AbstractContextManager[_Stream], *, json_lines: bool) -> None:
    """Run a stream until a signal stops it, and show how it is doing meanwhile."""
    from streaming.telemetry.shown import batch_facts

    def report(batch: Progress) -> None:
        reporter.batch(batch)
        if json_lines:
            print_json(batch_facts(reporter.job, batch))

    on_terminal = _in_front_on_terminal()
    reporter.log_batches &= not on_terminal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    line = _live_line(reporter) if on_terminal else contextlib.nullcontext()
    with line, reporter, context as stream:

        def stop() -> None:
            reporter.stopping()
            stream.stop()

        received = at_signals(stop)
        stream.run(report)
    if signal.SIGINT in received:
        raise typer.Exit(INTERRUPTED)


def _in_front_on_terminal() -> bool:
    """Whether stderr is a terminal that can rewrite a line, with this process in its foreground."""
    if not messages.is_terminal or messages.is_dumb_terminal:
        return False
    try:
        return os.tcgetpgrp(sys.stderr.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _live_line(reporter: Reporter) -> Iterator[None]:
    """Keep one line on the terminal up to date while the block lasts."""
    from streaming.telemetry.shown import facts, line

    def now() -> Text:
        status = reporter.status
        # While Spark starts it writes to the terminal as it likes.
        return line(facts(status, time.time())) if status.plan else Text()

    with Live(
        get_renderable=now,
        console=messages,
        refresh_per_second=_REFRESHES_A_SECOND,
        transient=True,
        redirect_stdout=False,
    ):
        yield
