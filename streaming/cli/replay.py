"""`python -m streaming replay`: from quarantine back onto the raw topic."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import datetime, timezone
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from contracts.errors import UnusableSetting
from contracts.folder.model import Role
from contracts.folder.product import product_named
from contracts.kafka.settings import addresses
from contracts.process.command_line import ProductName, messages, print_json
from contracts.records.topic_weather_quarantine import Reason


def replay(  # noqa: PLR0917 - Typer passes options by name
    reason: Annotated[
        list[str] | None, typer.Option(help="Reason code, such as RULE_BROKEN; may be given again.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Id of a rule that the record broke; may be given again.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTITION:OFFSET", help="Where it was on the raw topic; may be given again."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Records that came to the raw topic then or later, UTC.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Records that came before then, UTC.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is in quarantine.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go, and send nothing.")] = False,
    product: ProductName = None,
    topic: Annotated[
        str, typer.Option(help="Raw topic that they came from and go to; the product's own if unset.")
    ] = "",
    quarantine: Annotated[
        str, typer.Option(help="Topic to take them from; the product's own if unset.")
    ] = "",
    final: Annotated[
        str, typer.Option(help="Topic of what is published from there; the product's own if unset.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as one JSON object on stdout.")
    ] = False,
) -> None:
    """Put quarantined records back onto the raw topic, bit for bit, once contract or code is mended.

    What is chosen must fit all the options given. Each record goes once, marked by the header
    `replay-of`; what went before is left out. A record that breaks a rule again comes back as a new
    dead letter. One replay of a topic goes on at a time: a second one takes over from the first.
    """
    if not any((reason, rule, source, since, until, everything)):
        raise UnusableSetting(
            "nothing is chosen: say which by --reason, --rule, --source, --since, --until or --all."
        )
    from streaming.lease import Lease  # noqa: PLC0415 - `--help` needs no client
    from streaming.replay import FATES, SENT, Selection, Sender, Topics, choose  # noqa: PLC0415

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
    where = addresses()
    by_role = {Role.RAW: topic, Role.FINAL: final, Role.QUARANTINE: quarantine}
    named = product_named(product, topics=by_role.values()).on_topics(by_role)
    topics = Topics(raw=named.raw.topic, final=named.final.topic, quarantine=named.quarantine.topic)
    topics.check(where.kafka)
    counts: dict[str, Counter[str]] = {fate: Counter() for fate in FATES}
    shown = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=messages, transient=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(shown)
        task = shown.add_task(f"reading {topics.quarantine}")
        sender = None
        if not dry_run:
            lease = stack.enter_context(Lease(where.kafka, topics.quarantine))
            sender = stack.enter_context(Sender(where.kafka, topics.raw, lease))
        for letter, mark, fate in choose(where.kafka, where.registry, topics, selection):
            counts[fate][letter.reason.value] += 1
            if sender and fate == SENT:
                sender.send(letter, mark)
            shown.update(task, description=f"{sum(counts[SENT].values()):,} chosen")
    if as_json:
        print_json({"dry_run": dry_run, **{fate.replace(" ", "_"): dict(counts[fate]) for fate in FATES}})
        return
    _tell(counts, dry_run)


def _tell(counts: dict[str, Counter[str]], dry_run: bool) -> None:
    for fate, by_reason in counts.items():
        told = "would be sent" if dry_run and fate == "sent" else fate
        for code, count in sorted(by_reason.items()):
            messages.print(f"{count:,} {code}: {told}")
    if not any(counts.values()):
        messages.print("nothing in quarantine is so.")
    if counts["never a raw record"]:
        messages.print(
            "Bodies that were no raw record: mend the parser, and send them by `producer backfill`."
        )
    if counts["too old to tell"]:
        messages.print(
            "Too old: no topic reaches back far enough to tell whether they were sent before, so they stay."
        )


def _coordinates(text: str) -> tuple[int, int]:
    partition, colon, offset = text.partition(":")
    if not (colon and partition.isdecimal() and offset.isdecimal()):
        raise UnusableSetting(f"{text!r} is no place on a topic: write PARTITION:OFFSET, such as 2:1017.")
    return int(partition), int(offset)
