"""Whether a new version of a contract breaks a reader: Avro's resolution, and what engines really see."""

from contracts.evolution.compatibility.check import MODES, Labelled, Reach, check_schemas
from contracts.evolution.compatibility.findings import RULES, CheckRule, Finding
from contracts.evolution.compatibility.readers import ENGINES, seen_by_readers
from contracts.evolution.compatibility.resolution import resolve
from contracts.evolution.compatibility.schema import Field, Type, counterparts, parse
from contracts.evolution.compatibility.words import differ, words

__all__ = [
    "ENGINES",
    "MODES",
    "RULES",
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
