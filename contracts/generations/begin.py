"""The text of a next generation's `contract.yaml`, and of one that is retired."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from contracts.folder.model import Contract

_OF_ONE_GENERATION = ("consumers", "deprecated", "succeeds", "mapping", "dropped", "lossless", "retired")
"""What `contract.yaml` says that does not hold for the next generation."""
_KEY = re.compile(r"([a-z_]+):")
_NUMBERED = re.compile(r"(.*-)([0-9]{1,9})")


def next_name(topic: str) -> str:
    """Name of the next generation's topic: with the next number behind it, `-2` where there is none."""
    numbered = _NUMBERED.fullmatch(topic)
    return f"{numbered[1]}{int(numbered[2]) + 1}" if numbered else f"{topic}-2"


def successor_text(text: str, old: Contract) -> str:
    """The `contract.yaml` of the generation after `old`, whose own is `text`: every field is the same."""
    fields = "".join(f"  {field['name']}: same\n" for field in old.newest.schema["fields"])
    return f"""{_without(text, _OF_ONE_GENERATION).rstrip()}

# How each field comes from the generation before: `same`, `default` for a new one, or from another, such as
# {{from: wind_speed, times: 3.6, decimals: 2}}. A field that is left out goes to `dropped`, with the reason.
succeeds: {old.topic}
lossless: true
mapping:
{fields}"""


def retired_text(text: str, day: date) -> str:
    """The `contract.yaml` of a generation to which nothing is written from a day on."""
    return f'{_without(text, ("retired",)).rstrip()}\nretired: "{day}"\n'


def _without(text: str, keys: Collection[str]) -> str:
    """The text of a YAML file without these keys of its own, and what stands below them."""

    def kept() -> Iterator[str]:
        leaves_out = False
        for line in text.splitlines(keepends=True):
            if match := _KEY.match(line):
                leaves_out = match[1] in keys
            elif line.startswith("#"):
                leaves_out = False
            if not leaves_out:
                yield line

    return "".join(kept())
