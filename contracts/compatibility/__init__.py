"""Whether a new version of a contract breaks a reader: Avro's resolution, and what engines really see."""

from contracts.compatibility.check import Break, Labelled, check_schemas
from contracts.compatibility.findings import RULES, CheckRule, Finding
from contracts.compatibility.modes import MODES, Reach
from contracts.compatibility.readers import ENGINES, seen_by_readers
from contracts.compatibility.resolution import resolve
from contracts.compatibility.schema import Field, Type, counterparts, parse
from contracts.compatibility.words import differ, words

__all__ = [
    "ENGINES",
    "MODES",
    "RULES",
    "Break",
    "CheckRule",
    "Field",
    "Finding",
    "Labelled",
    "Reach",
    "Type",
    "check_schemas",
    "counterparts",
    "differ",
    "parse",
    "resolve",
    "seen_by_readers",
    "words",
]
