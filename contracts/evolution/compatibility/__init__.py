"""Whether a new version of a contract breaks a reader: Avro's resolution, and what engines really see."""

from contracts.evolution.compatibility.check import MODES, Labelled, Reach, check_schemas
from contracts.evolution.compatibility.findings import CATEGORIES, RULES, CheckRule, Finding, broken
from contracts.evolution.compatibility.readers import ENGINES, seen_by_readers
from contracts.evolution.compatibility.resolution import resolve
from contracts.evolution.compatibility.schema import Field, Type, counterparts, parse, parse_file
from contracts.evolution.compatibility.words import differ, words

__all__ = [
    "CATEGORIES",
    "ENGINES",
    "MODES",
    "RULES",
    "CheckRule",
    "Field",
    "Finding",
    "Labelled",
    "Reach",
    "Type",
    "broken",
    "check_schemas",
    "counterparts",
    "differ",
    "parse",
    "parse_file",
    "resolve",
    "seen_by_readers",
    "words",
]
