"""`python -m streaming table`, and `restore`."""

# ruff: noqa: PLC0415, PLR0917 - the verb imports late; Typer passes options by name

from __future__ import annotations

import contextlib
import signal
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import ContractsAtFault, UnusableSetting
from contracts.folder.model import TABLE_ROLES, Role
from contracts.folder.product import load_products, product_named
from contracts.kafka.settings import addresses
from contracts.process.command_line import (
    INTERRUPTED,
    AsJson,
    ProductName,
    at_signals,
    messages,
    needing_tables,
    print_json,
)
from contracts.process.times import milliseconds

if TYPE_CHECKING:
    from contracts.tables.check import Comparison
    from streaming.tables.job import TablesJob
    from streaming.tables.run import Batch

FinalName = Annotated[str, typer.Option(help="Topic of the published records; the product's own if unset.")]
QuarantineName = Annotated[str, typer.Option(help="Topic of the dead letters; the product's own if unset.")]


def table(
    product: Annotated[
        str | None,
        typer.Option(envvar="PRODUCT", help="Keep the tables of this data product; of all of them if unset."),
    ] = None,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            help="Keep the table of this topic; may be given again. Final, quarantine and quality if unset."
        ),
    ] = None,
    final: FinalName = "",
    quarantine: QuarantineName = "",
    every: Annotated[
        str, typer.Option(metavar="TIME", help="Time from snapshot to snapshot, such as 10s or 1h.")
    ] = "60s",
    available_now: Annotated[
        bool,
        typer.Option("--available-now", help="End when every record that is on the topics now is there."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Compare topics and tables, each field of each record, instead.")
    ] = False,
    maintain: Annotated[
        bool, typer.Option("--maintain", help="Compact files and let old snapshots go, instead.")
    ] = False,
    maintain_every: Annotated[
        str,
        typer.Option(metavar="TIME", help="Do so beside the writing, in this interval; 0s for never."),
    ] = "24h",
    keep: Annotated[
        str, typer.Option(metavar="TIME", help="How long a snapshot can be asked for, once maintained.")
    ] = "30d",
    largest_batch: Annotated[int, typer.Option(help="Records of one snapshot at most.", min=1)] = 1_000_000,
    despite_loss: Annotated[
        bool,
        typer.Option("--despite-loss", help="Go on where records were deleted before the table had them."),
    ] = False,
    quick_start: Annotated[
        bool, typer.Option("--quick-start", help="Start faster, and run slower after the first minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Keep an Iceberg table for each final, quarantine and quality topic.

    It goes on until SIGTERM (exit 0) or Ctrl-C (exit 130). Each record is in its table once, whatever is
    killed. The tables are in build/tables, or where TABLES_WAREHOUSE
    says; docs/table.md shows how to ask them.
    """
    from contracts.process.logs import log_to_stderr, masking

    with needing_tables():
        from contracts.tables.settings import warehouse
        from streaming.tables.job import TablesJob
    services = addresses()
    topics = {Role.FINAL: final, Role.QUARANTINE: quarantine}
    if product or any(topics.values()):
        products = [product_named(product, topics=topics.values()).on_topics(topics)]
    else:
        products = list(load_products().values())
    wanted = role or TABLE_ROLES
    job = TablesJob(
        contracts=tuple(one for chosen in products for one in chosen.contracts if one.role in wanted),
        kafka=services.kafka,
        registry=services.registry,
        warehouse=warehouse(),
        every=_seconds(every, "--every"),
        available_now=available_now,
        largest_batch=largest_batch,
        despite_loss=despite_loss,
        maintain_every=_seconds(maintain_every, "--maintain-every"),
        keep=_seconds(keep, "--keep"),
        quick_start=quick_start,
    )
    secrets = (*services.secrets, *job.warehouse.options.values())
    log_to_stderr(masking(secrets), loggers=["streaming"])
    if check:
        _check(job, as_json=as_json)
    elif maintain:
        _maintain(job, as_json=as_json)
    else:
        _run(job, as_json=as_json)


def restore(
    product: ProductName = None,
    role: Annotated[Role, typer.Option(help="The topic whose table is read.")] = Role.FINAL,
    final: FinalName = "",
    quarantine: QuarantineName = "",
    to: Annotated[str, typer.Option(help="Topic that the records go to; TOPIC-restored if unset.")] = "",
    station: Annotated[
        list[str] | None, typer.Option(help="Records of this station; may be given again.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="What was observed then or later, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="What was observed before then, UTC.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be sent, and send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send history from a table to a topic of its own, for a consumer that needs more than the topic keeps.

    Each record is sent once, with the header `replay-of`, its place on the first topic; what an earlier run
    sent is left out. Keys and partitions are those of before; the schema is the contract's newest.
    """
    with needing_tables():
        from contracts.tables.settings import warehouse
        from streaming.tables.restore import Selection, restore_topic
    services = addresses()
    topics = {Role.FINAL: final, Role.QUARANTINE: quarantine}
    chosen = product_named(product, topics=topics.values()).on_topics(topics)
    contract = next((one for one in chosen.contracts if one.role is role), None)
    if contract is None:
        raise UnusableSetting(f"the product {chosen.name} has no {role.value} topic: choose another --role.")
    target = to or f"{contract.topic}-restored"
    selection = Selection(
        stations=station or (),
        since=since and since.replace(tzinfo=timezone.utc),
        until=until and until.replace(tzinfo=timezone.utc),
    )
    sent, before = restore_topic(services, contract, target, warehouse(), selection, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "to": target, "sent": sent, "sent_before": before})
        return
    words = "would be sent" if dry_run else "sent"
    messages.print(f"{sent:,} records {words} to {target}; {before:,} were there before")


def _run(job: TablesJob, *, as_json: bool) -> None:
    from streaming.tables.run import Tables

    def report(batch: Batch) -> None:
        if as_json:
            print_json(asdict(batch))
        else:
            messages.print(
                f"{batch.topic}: {batch.records:,} records in {batch.seconds:.1f} s,"
                f" snapshot {batch.snapshot}"
            )

    tables = Tables(job)
    received = at_signals(tables.stop)
    tables.run(report)
    if signal.SIGINT in received:
        raise typer.Exit(INTERRUPTED)


def _check(job: TablesJob, *, as_json: bool) -> None:
    from contracts.kafka.log import open_log
    from contracts.registry.registry import connect
    from contracts.tables.check import compare
    from contracts.tables.keep import ends, opened, table_of
    from contracts.tables.known import learn

    found: dict[str, Comparison] = {}
    registry = connect(job.registry)
    with opened(job.warehouse) as catalogue, open_log(job.kafka) as log:
        for contract in job.contracts:
            # The table first: what comes meanwhile is behind its end.
            kept = table_of(catalogue, contract.topic)
            found[contract.topic] = compare(kept, ends(kept), learn(contract, registry), log)
    registry.close()
    if as_json:
        print_json({topic: asdict(one) for topic, one in found.items()})
    for topic, one in found.items():
        messages.print(
            f"{topic}: {one.equal:,} records are in the table once, with the same values;"
            f" {one.not_yet:,} are not read yet, {one.unreadable:,} are unreadable,"
            f" {one.only_in_table:,} are in the table alone."
        )
        for kind, places in one.faults.items():
            messages.print(f"  {kind}: {len(places):,}, such as {', '.join(places[:5])}")
    if wrong := [topic for topic, one in found.items() if one.faults]:
        raise ContractsAtFault(f"the table of {wrong[0]} is not what the topic holds.")


def _maintain(job: TablesJob, *, as_json: bool) -> None:
    from contracts.tables.keep import opened, table_of
    from streaming.tables.maintain import maintain
    from streaming.tables.spark import table_session

    topics = [contract.topic for contract in job.contracts]
    with contextlib.ExitStack() as leave:
        catalogue = leave.enter_context(opened(job.warehouse))
        for topic in topics:
            table_of(catalogue, topic)
        spark = table_session(job.warehouse, quick_start=job.quick_start)
        leave.callback(spark.stop)
        for topic in topics:
            done = maintain(spark, job, catalogue, topic, datetime.now(timezone.utc))
            if as_json:
                print_json(asdict(done))
            else:
                messages.print(
                    f"{done.topic}: {done.files_before:,} files became {done.files_after:,};"
                    f" {done.expired_deleted:,} of expired snapshots and {done.orphans_deleted:,} of none"
                    " were deleted"
                )


def _seconds(text: str, option: str) -> float:
    try:
        return milliseconds(text) / 1000
    except ValueError as error:
        raise UnusableSetting(f"{option}: {error}.") from None
