"""`python -m streaming run`: the stream itself."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.kafka.settings import addresses
from contracts.process.command_line import INTERRUPTED, ProductName, print_json
from streaming.job import SHORTEST_REAL_TIME_BATCH, Job, checkpoint_of


def run(  # noqa: PLR0917 - Typer passes options by name
    product: ProductName = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Folder that remembers how far the stream is; build/checkpoint/PRODUCT if unset."),
    ] = None,
    available_now: Annotated[
        bool, typer.Option("--available-now", help="End when all that is on the topic now is published.")
    ] = False,
    trigger: Annotated[
        str, typer.Option(help="Least time from batch to batch, such as '100 milliseconds' or '10 seconds'.")
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
    largest_batch: Annotated[int, typer.Option(help="Records read at most in one batch.", min=1)] = 200_000,
    once_within: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Publish an observation once: what comes again within this time, such as 1h, is put aside.",
        ),
    ] = "",
    quick_start: Annotated[
        bool,
        typer.Option("--quick-start", help="Be fast to the first batch, slower in a run of many minutes."),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(help="Seconds to wait for broker, topics and contracts, while Spark starts.", min=0),
    ] = 0.0,
    topic: Annotated[str, typer.Option(help="Topic to read; the product's own if unset.")] = "",
    final: Annotated[str, typer.Option(help="Topic of what is published; the product's own if unset.")] = "",
    quarantine: Annotated[
        str, typer.Option(help="Topic of what is put aside; the product's own if unset.")
    ] = "",
    metrics_port: Annotated[
        int,
        typer.Option(
            help="Port of /metrics, /status and /healthz; 0 takes a free one, which `status` finds.",
            min=0,
            max=65535,
        ),
    ] = 0,
    metrics_host: Annotated[
        str, typer.Option(help="Address to serve them at; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    json_lines: Annotated[
        bool, typer.Option("--json", help="Print each batch as one JSON object on a line of stdout.")
    ] = False,
) -> None:
    """Run the stream until SIGTERM (exit 0) or Ctrl-C (exit 130); it stops between two batches.

    With --real-time it stops at once, and the next start goes on from there.

    The addresses come from KAFKA_BOOTSTRAP_SERVERS and SCHEMA_REGISTRY_URL, else from `make up`.
    """
    found = addresses()
    topics = {Role.RAW: topic, Role.FINAL: final, Role.QUARANTINE: quarantine}
    chosen = product_named(product, topics=topics.values()).on_topics(topics)
    job = Job(
        product=chosen,
        kafka=found.kafka,
        registry=found.registry,
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
    # Spark takes half a second to import: too long for `--help` and for a mistyped option.
    from contracts.process.logs import log_to_stderr, masking  # noqa: PLC0415
    from streaming.cli.live import live_line, watched_by_someone  # noqa: PLC0415
    from streaming.engine.progress import Progress  # noqa: PLC0415
    from streaming.running.stream import Stream  # noqa: PLC0415
    from streaming.telemetry.report import Reporter  # noqa: PLC0415

    log_to_stderr(masking((*found.secrets, os.environ.get("OPENLINEAGE_API_KEY", ""))), loggers=["streaming"])
    watched = watched_by_someone()
    reporter = Reporter(job, metrics_host, metrics_port, log_batches=not (watched or json_lines))

    def report(batch: Progress) -> None:
        reporter.batch(batch)
        if json_lines:
            print_json(batch.as_json())

    received: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    line = live_line(reporter) if watched else contextlib.nullcontext()
    with line, reporter, Stream(job, claimed=reporter.claimed, planned=reporter.planned) as stream:

        def stop(number: int, _frame: object) -> None:
            received.append(number)
            reporter.stopping()
            stream.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        stream.run(report)
    if signal.SIGINT in received:
        raise typer.Exit(INTERRUPTED)
