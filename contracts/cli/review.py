"""`python -m contracts review`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated, Literal

import typer

from contracts.folder.lock import load
from contracts.folder.read import contracts_folder, load_contracts
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson
from contracts.process.times import today
from contracts.review import FORMATS, base_of
from contracts.review import review as review_of

FormatName = Literal["markdown", "json", "sarif", "github"]

_RECORDS = 50_000


def review(
    *,
    base: Annotated[
        str | None,
        typer.Option(metavar="REV", help="The revision to compare with; by default where this left main."),
    ] = None,
    format_name: Annotated[
        FormatName,
        typer.Option("--format", help="A page for people, JSON, SARIF 2.1.0, or GitHub's annotations."),
    ] = "markdown",
    records: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"Read so many of the newest records too; {_RECORDS:,} where a broker is named."
        ),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="The broker to read them from, if not the usual one."),
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The registry that has their schemas, if not the usual one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a change of the contracts means, for whoever reviews it.

    Compares the folder as it stands with a git revision: what changes in each topic, who reads it, what is
    made of it, what moves first. Ends with the verdict of `check`, and exits as it does. Needs git, and no
    broker unless one is named: then the newest records are read with the old and the new version.
    """
    folder = contracts_folder().resolve()
    now = load_contracts(folder, rules_must_fit=False)
    found = base_of(folder, base)
    told = review_of(found.words, found.contracts, now, (found.lock, load(folder)), today())
    if records or broker:
        # Whoever names no broker has no need of what reads from one.
        from contracts.review.reading import newest_records  # noqa: PLC0415

        named = {"KAFKA_BOOTSTRAP_SERVERS": broker, "SCHEMA_REGISTRY_URL": registry}
        where = addresses(given={name: at for name, at in named.items() if at})
        seen = newest_records(told.topics, where.kafka, where.registry, records or _RECORDS)
        told = replace(told, records=seen)
    sys.stdout.write(FORMATS["json" if as_json else format_name](told, found.top))
    if told.findings:
        raise typer.Exit(1)
