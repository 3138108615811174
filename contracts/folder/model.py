"""What a contract is: plain, immutable data. Reading it from files is `contracts.folder.read`'s work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

JsonSchema = dict[str, Any]
"""A parsed Avro schema: the JSON object of a record."""


class Mode(str, Enum):
    """Compatibility modes of a subject, as registries name them."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"


class Severity(str, Enum):
    """What breaking a rule leads to."""

    CRITICAL = "critical"
    """The record goes to quarantine."""
    VALUE = "value"
    """The record passes without the value, flagged."""
    WARNING = "warning"
    """The record passes, flagged."""
    INFO = "info"
    """Only counted."""


class Role(str, Enum):
    """What a topic is to its data product."""

    RAW = "raw"
    """Observations as their sources gave them."""
    FINAL = "final"
    """Observations in one set of units, enriched and judged: what consumers read."""
    QUARANTINE = "quarantine"
    """Records and bodies that were put aside, as dead letters."""
    QUALITY = "quality"
    """Validations of the final topic."""
    TRENDS = "trends"
    """How the values of the final topic change from observation to observation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One quality rule. `check` names a row of `checks.rules.CHECKS`, which explains `parameters`."""

    id: str
    check: str
    severity: Severity
    why: str
    parameters: Mapping[str, Any]
    instead: float | None = None
    """What takes the place of a value that breaks a rule of severity `value`; None: nothing does."""
    since: int = 1
    """Version of the contract that the rule came with."""

    @property
    def spares(self) -> str | None:
        """The field whose value is not published where it breaks the rule; None where the rule is of another
        severity."""
        return str(self.parameters["field"]) if self.severity is Severity.VALUE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Someone who declared to read a topic, and the fields that they read."""

    name: str
    owner: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a contract: the number of its file, and the schema in it."""

    number: int
    path: Path
    text: str
    """The file as it stands; what is registered."""
    schema: JsonSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A schema that a registry had before the folder knew it. Records of it exist; nobody writes it anew."""

    path: Path
    text: str
    schema: JsonSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All that is agreed about one topic. `versions` is in order, oldest first, and never empty."""

    topic: str
    description: str
    owner: str
    mode: Mode
    readers: tuple[str, ...]
    consumers: tuple[Consumer, ...]
    service_level: Mapping[str, str]
    rules: tuple[Rule, ...]
    versions: tuple[Version, ...]
    topic_settings: Mapping[str, str] = field(default_factory=dict)
    """Kafka's settings that the topic is created with, beside the broker's own."""
    product: str | None = None
    """The data product that the topic belongs to; None where it belongs to none."""
    role: Role | None = None
    """What the topic is to its product."""
    derived_from: str | None = None
    """The topic that this one is made from."""
    schemas_of: str | None = None
    """The topic whose versions this contract shares; None where they are its own."""
    key: str | None = None
    """The field whose text is the record's Kafka key."""
    identity: tuple[str, ...] = ()
    """The fields that together name one observation."""
    incidental: tuple[str, ...] = ()
    """The fields that may differ between two records of one observation with the same values."""
    about_station: tuple[str, ...] = ()
    """The fields that tell of the station or of its day, and measure nothing."""
    portrayed: Mapping[str, float] = field(default_factory=dict)
    """The fields whose spread a report shows, each with the width of a bin in the field's unit."""
    quality_flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The fields that hold the flag of a variable, each with the variable's own fields, the measure first.
    One without fields holds the worst of all flags."""
    daily: str | None = None
    """The measure of which a report shows the lowest, mean and highest of each day."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """Lint rule id to the reason why it is not followed here."""
    adopted: tuple[Adopted, ...] = ()
    """Schemas of the subject that are no versions; new versions must get on with them."""

    @property
    def subject(self) -> str:
        """The registry's name for the topic's values (TopicNameStrategy)."""
        return f"{self.topic}-value"

    @property
    def home(self) -> Path:
        """The folder of the contract."""
        own = self.newest.path.parent
        return own.with_name(self.topic) if self.schemas_of else own

    @property
    def newest(self) -> Version:
        """The version with the highest number."""
        return self.versions[-1]
