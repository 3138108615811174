"""What every command line of the platform shares: how it ends, and where it prints."""

from __future__ import annotations

import errno
import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from contracts.errors import NoDiskSpace, PlatformError, UnsuitableRuntime, UnusableSetting
from contracts.process.files import write_whole

INTERRUPTED = 130
"""Exit code after Ctrl-C."""

ProductName = Annotated[
    str | None,
    typer.Option(
        "--product", envvar="PRODUCT", help="Data product, such as weather; needed where there are several."
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, one object a line.")]

messages = Console(stderr=True, highlight=False, soft_wrap=True)
"""For people: progress, notes, errors. Data goes to stdout by `print_json` or `print`."""


def print_json(value: Any) -> None:
    """Print one JSON object on one line of stdout. Times must already be ISO 8601 text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")
    sys.stdout.flush()


def run(app: Callable[[], Any], exit_code: Callable[[PlatformError], int] | None = None) -> None:
    """Run a Typer app; an expected failure becomes one sentence on stderr and its exit code.

    Ctrl-C and a reader that left are Typer's own business: it ends with 130 and 1.

    `exit_code` overrides the error's own code, for tools that promise fewer of them.
    """
    try:
        app()
    except PlatformError as error:
        messages.print(f"[bold red]error[/]: {_plain(error)}")
        sys.exit(exit_code(error) if exit_code else error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        full = NoDiskSpace(
            f"no space left on the disk that holds {error.filename or 'the output'}: free some."
        )
        messages.print(f"[bold red]error[/]: {_plain(full)}")
        sys.exit(full.exit_code)


@contextmanager
def needing_tables() -> Iterator[None]:
    """Import within it what the extra `tables` brings; raises `UnsuitableRuntime` where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UnsuitableRuntime(
            f"{error.name} is missing: run `make table`, or install weather-platform[tables]."
        ) from None


def at_signals(stop: Callable[[], None]) -> list[int]:
    """Call `stop` at SIGTERM and at Ctrl-C; returns a list into which the signals come."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        received.append(number)
        stop()

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return received


def _plain(error: PlatformError) -> str:
    return str(error).replace("[", r"\[")


def write_files(folder: Path, texts: Mapping[str, str], message: str = "", *, as_json: bool) -> None:
    """Write each text whole below `folder`, by its path there, and say so; raises `UnusableSetting`."""
    try:
        for path, text in texts.items():
            write_whole(folder / path, text)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise UnusableSetting(f"{folder} cannot be written: {error.strerror or error}.") from None
    if as_json:
        print_json({"written": [str(folder / path) for path in texts]})
    else:
        messages.print(message or f"wrote {', '.join(texts)} into {folder}", markup=False)
