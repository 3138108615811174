"""`python -m contracts read`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contracts.avro.json_form import to_json
from contracts.consume import Message, consume
from contracts.errors import UnusableSetting
from contracts.folder.read import load_contracts
from contracts.generate import module_name, record_name
from contracts.kafka.settings import addresses
from contracts.process.command_line import AsJson, print_json


class Start(str, Enum):
    """Where reading starts."""

    BEGINNING = "beginning"
    END = "end"


def read(
    topic: Annotated[str, typer.Argument(help="A topic that has a contract, such as topic-weather-final.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many records.")] = 5,
    start: Annotated[
        Start, typer.Option("--from", help="Start with the oldest record, or wait for new ones.")
    ] = Start.BEGINNING,
    places: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="PARTITION:OFFSET", help="Just this record; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print typed records of a topic. From the beginning, it ends at the latest where the topic ends now."""
    where = addresses()
    reading = functools.partial(
        consume,
        topic,
        _record_type(topic),
        bootstrap_servers=where.kafka.bootstrap_servers,
        registry_url=where.registry.url,
        kafka=where.kafka.client(),
        registry=where.registry.client(),
        answers_within=where.kafka.answers_within,
    )
    if places:
        messages = _those_at([_place(place) for place in places], topic, reading)
    else:
        beginning = start is Start.BEGINNING
        messages = reading(from_beginning=beginning, stop_at_end=beginning, limit=limit)
    screen = Console()
    for message in messages:
        if as_json:
            print_json(to_json(message.value.to_dict()))
        else:
            screen.print(_table(message))


def _place(text: str) -> tuple[int, int]:
    partition, _, offset = text.partition(":")
    try:
        return int(partition), int(offset)
    except ValueError:
        raise UnusableSetting(f"{text!r} is no place: give PARTITION:OFFSET, such as 0:42.") from None


def _those_at(
    places: Sequence[tuple[int, int]], topic: str, reading: Callable[..., Iterator[Message[Any]]]
) -> Iterator[Message[Any]]:
    for partition, offset in places:
        found = next(reading(starts={partition: offset}, stop_at_end=True, limit=1), None)
        if found is None or found.offset != offset:
            raise UnusableSetting(f"{topic} holds no record at {partition}:{offset}: gone, or never there.")
        yield found


def _record_type(topic: str) -> Any:
    known = load_contracts()
    if topic not in known:
        raise UnusableSetting(f"{topic} has no contract; there are {', '.join(known)}.")
    name = module_name(known[topic])
    try:
        module = importlib.import_module(f"contracts.records.{name}")
    except ModuleNotFoundError:
        raise UnusableSetting(f"{topic} has no typed records: run `python -m contracts generate`.") from None
    return getattr(module, record_name(known[topic]))


def _table(message: Message[Any]) -> Table:
    table = Table(
        title=f"{message.topic}, partition {message.partition}, offset {message.offset}",
        title_justify="left",
        show_header=False,
    )
    for name, value in to_json(message.value.to_dict()).items():
        if value not in (None, [], {}):
            table.add_row(name, _plain(value))
    return table


def _plain(value: Any) -> str:
    return str(value).replace("[", r"\[")
