"""The commands that the report gives to a reader, safe to paste whatever the data says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from contracts.folder.model import table_name
from contracts.records.topic_weather_quality import Coordinates, QuarantineGroup, Validation
from quality.report.text import shown
from quality.window.extent import raw_place

_PYTHON = ".venv/bin/python -m"


def read(places: Sequence[Coordinates]) -> str:
    """Prints published records at `places`, all of one topic."""
    at = " ".join(f"--at {place.partition}:{place.offset}" for place in places)
    return f"{_PYTHON} contracts read {_quoted(places[0].topic)} {at}"


def ask(validation: Validation) -> str:
    """Asks the topic's table for what was judged, as it was then."""
    question = f"FROM {table_name(validation.topic)} LIMIT 20"
    return f"{_PYTHON} contracts ask --window {_quoted(validation.id)} {_quoted(question)}"


def trace(places: Iterable[Coordinates]) -> str | None:
    """Prints the raw records behind `places`, where they are known."""
    known = [place for place in places if place.source_topic and raw_place(place)]
    if not known:
        return None
    topic = known[0].source_topic or ""
    at = " ".join(f"--at {raw_place(place)}" for place in known if place.source_topic == topic)
    return f"{_PYTHON} contracts read {_quoted(topic)} {at}"


def replay(group: QuarantineGroup) -> str | None:
    """Shows what would happen to the first record of a group if it were put back."""
    source = raw_place(group.first)
    return f"{_PYTHON} streaming reprocess --source {source} --dry-run" if source else None


def replay_all(group: QuarantineGroup) -> str:
    """Shows what would happen to all records of a group if they were put back."""
    if group.rules:
        rules = " ".join(f"--rule {_quoted(rule)}" for rule in group.rules)
        return f"{_PYTHON} streaming reprocess {rules} --dry-run"
    return f"{_PYTHON} streaming reprocess --reason {_quoted(group.reason)} --dry-run"


def _quoted(text: str) -> str:
    # An option cannot begin with what is quoted, nor can a newline end the command: both are shown, not kept.
    return shlex.quote(shown(text).lstrip("-"))
