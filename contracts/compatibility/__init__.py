"""Whether a new version of a contract breaks a reader: Avro's resolution, and what engines really see."""

from contracts.compatibility.check import Break, Labelled, check_schemas
from contracts.compatibility.findings import RULES, CheckRule
from contracts.compatibility.modes import MODES, Reach
from contracts.compatibility.readers import ENGINES
from contracts.compatibility.schema import Type, parse

__all__ = [
    "ENGINES",
    "MODES",
    "RULES",
    "Break",
    "CheckRule",
    "Labelled",
    "Reach",
    "Type",
    "check_schemas",
    "parse",
]
