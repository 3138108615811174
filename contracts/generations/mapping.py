"""How a record of one generation becomes the record of the next, and back: in Python, and in Spark SQL."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from typing import Any

from contracts.errors import UnusableSetting

_EXACT = Context(prec=800)
"""Holds every double, and what is behind its point."""
_MOST_DIGITS = 15
"""A double has no more decimal digits that can be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How one field of the new generation is made."""

    name: str
    of: str | None = None
    """The field of the old generation; None where the field is new."""
    default: Any = None
    """The value of a new field, as its schema's JSON gives it."""
    times: float = 1.0
    plus: float = 0.0
    decimals: int | None = None
    """Decimals that the old values have at most; None where nobody says."""
    whole: bool = False
    """Whether the old values are integers, and the new ones doubles."""

    @property
    def converts(self) -> bool:
        """Whether the new value is another than the old one."""
        return self.whole or (self.times, self.plus) != (1.0, 0.0)

    @property
    def digits(self) -> int | None:
        """Decimals of the exact new value; None where they are not known, or too many for a double."""
        if self.decimals is None:
            return None
        digits = max(self.decimals + _decimals(self.times), _decimals(self.plus))
        return digits if digits <= _MOST_DIGITS else None

    def up(self, value: Any) -> Any:
        """The new value of an old one."""
        if value is None or not self.converts:
            return value
        return _rounded(value * self.times + self.plus, self.digits)

    def down(self, value: Any) -> Any:
        """The old value of a new one."""
        if value is None or not self.converts:
            return value
        back = _rounded((value - self.plus) / self.times, self.decimals)
        return int(back) if self.whole else back

    def sql(self, old: str) -> str:
        """Spark SQL for `up`, of the Spark SQL of the old value."""
        if not self.converts:
            return old
        made = f"CAST({old} AS DOUBLE) * {float(self.times)!r}D + {float(self.plus)!r}D"
        return f"({made})" if self.digits is None else f"round({made}, {self.digits})"


@dataclass(frozen=True)
class Succession:
    """From the records of one generation to those of the next."""

    old: str
    """Topic of the old generation."""
    schema: Mapping[str, Any]
    """Its newest schema: what its records are read as before they are mapped."""
    steps: tuple[Step, ...]
    """One for each field of the new generation, in its order."""
    lossless: bool

    def up(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The new generation's record of an old one; both as an Avro decoder gives them."""
        return {
            step.name: step.default if step.of is None else step.up(record[step.of]) for step in self.steps
        }

    def refuse_loss(self) -> None:
        """Raise `UnusableSetting` where new records cannot be read as old ones."""
        if not self.lossless:
            raise UnusableSetting(
                f"records of its next generation cannot be read as those of {self.old}: their mapping is not "
                "`lossless`."
            )

    def down(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The old generation's record of a new one, where the mapping is lossless."""
        return {old: step.down(record[step.name]) for old, step in self._back.items()}

    @cached_property
    def _back(self) -> dict[str, Step]:
        """Each field of the old generation with the first step that it can be made of."""
        back: dict[str, Step] = {}
        for step in self.steps:
            if step.of is not None:
                back.setdefault(step.of, step)
        return back

    def sql(self, old: Callable[[str], str], nothing: Mapping[str, str]) -> dict[str, str]:
        """Each field of the new generation with its Spark SQL, by that of the `old` fields.

        `nothing` are the defaults of new fields in Spark SQL.
        """
        return {
            step.name: nothing[step.name] if step.of is None else step.sql(old(step.of))
            for step in self.steps
        }

    def as_json(self) -> dict[str, Any]:
        """All of it, for `read_succession`."""
        steps = [_without_defaults(step) for step in self.steps]
        return {"old": self.old, "lossless": self.lossless, "steps": steps, "schema": dict(self.schema)}


def read_succession(text: str) -> Succession:
    """What `Succession.as_json` gave, as text."""
    held = json.loads(text)
    return Succession(**{**held, "steps": tuple(Step(**step) for step in held["steps"])})


def _without_defaults(step: Step) -> dict[str, Any]:
    plain = asdict(Step(name=""))
    return {name: value for name, value in asdict(step).items() if value != plain[name]}


def _rounded(value: float, digits: int | None) -> float:
    """As Spark's `round`: halves go away from zero, of the number that a double's shortest text names."""
    if digits is None or not math.isfinite(value):
        return value
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _EXACT)
    # Spark knows no zero below zero here.
    return float(exact) + 0.0


def _decimals(number: float) -> int:
    """Digits behind the point of a number as it is written."""
    exponent = Decimal(repr(float(number))).normalize().as_tuple().exponent
    return max(0, -int(exponent))
