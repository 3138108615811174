"""Faults that the replay server plays on request, so that a client can be tried against them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.errors import UnusableSetting

Kind = Literal["latency", "429", "500", "cut", "garbage"]

KINDS: Mapping[str, tuple[Kind, float]] = {
    "latency": ("latency", 1.0),
    "429": ("429", 60.0),
    "500": ("500", 0.0),
    "cut": ("cut", 0.0),
    "garbage": ("garbage", 0.0),
}
"""Each kind, and its value where none is given: seconds before the answer, and of the `Retry-After`."""

_WRITTEN = re.compile(r"(?P<kind>[a-z0-9]+?)(?:=(?P<value>\d+(?:\.\d+)?))?(?:/(?P<every>[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault, in every so many answers."""

    kind: Kind
    value: float
    every: int

    def strikes(self, number: int) -> bool:
        """Whether the answer of this number, counted from 1, is faulty."""
        return number % self.every == 0


def fault(written: str) -> Fault:
    """Understand `KIND[=VALUE][/EVERY]`, such as `429=7/3`; raises `UnusableSetting`."""
    match = _WRITTEN.fullmatch(written.strip())
    if match is None or match["kind"] not in KINDS:
        raise UnusableSetting(
            f"{written!r} is no fault: write KIND[=VALUE][/EVERY], where KIND is one of {', '.join(KINDS)}."
        )
    kind, usual = KINDS[match["kind"]]
    return Fault(kind, float(match["value"] or usual), int(match["every"] or 1))
