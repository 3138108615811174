"""What a contract is: plain, immutable data. Reading it from files is `contracts.folder.read`'s work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from contracts.process.times import milliseconds

JsonSchema = dict[str, Any]
"""A parsed Avro schema: the JSON object of a record."""


LATEST = "_latest"
"""Behind a table's name: the view that has the last word on each observation alone."""


def table_name(topic: str) -> str:
    """Name of the table of a topic, such as `topic_weather_final`: SQL takes it without quotes."""
    return "".join(letter if letter.isalnum() else "_" for letter in topic)


class Mode(str, Enum):
    """Compatibility modes of a subject, as registries name them."""

    NONE = "NONE"
    """Nobody has to read another version."""
    BACKWARD = "BACKWARD"
    """A version reads what the one before it wrote."""
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    """A version reads what all before it wrote."""
    FORWARD = "FORWARD"
    """The version before reads what a version writes."""
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    """All versions before read what a version writes."""
    FULL = "FULL"
    """A version and the one before it read each other."""
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    """All versions read each other."""


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


TABLE_ROLES = (Role.FINAL, Role.QUARANTINE, Role.QUALITY)
"""Of the topics that have tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One quality rule. `check` names a row of `checks.rules.CHECKS`, which explains `parameters`."""

    id: str
    """Its name, in lower-case words with hyphens; flags and reports call it so."""
    check: str
    """The kind of question that it asks."""
    severity: Severity
    """What a record that breaks it leads to."""
    why: str
    """The reason, with the authority for a bound."""
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
    """What their consumer group at the broker is called too, where they have one."""
    owner: str
    """Who answers for it."""
    reads: tuple[str, ...]
    """The fields that it reads; dots lead into records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """That a field is to go."""

    reason: str
    """Why it goes."""
    until: date
    """The field stays until this day; from then on a version may do without it."""
    successor: str | None = None
    """The field to read instead; None where there is none."""

    def words(self, name: str) -> str:
        """What a reader of the field `name` should know, in two sentences at most."""
        reason = self.reason.strip().removesuffix(".")
        instead = f" Read {self.successor} instead." if self.successor else ""
        return f"{name} is deprecated and stays until {self.until}: {reason}.{instead}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a field is made of one of the generation before: that times `times`, plus `plus`."""

    from_: str
    """The field of the generation before."""
    times: float | None = None
    """What the value is multiplied by, such as 3.6 from m/s to km/h; 1 says that two units are one."""
    plus: float = 0.0
    """What is added then, such as 32 from °C to °F."""
    decimals: int | None = None
    """Decimals that the old values have at most; with them the conversion is exact both ways."""

    @property
    def converts(self) -> bool:
        """Whether it makes another number."""
        return (self.times or 1.0, self.plus) != (1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a contract: the number of its file, and the schema in it."""

    number: int
    path: Path
    text: str
    """The file as it stands; what is registered."""
    schema: JsonSchema

    @property
    def examples(self) -> Path:
        """The folder of its golden examples, which may be missing."""
        return self.path.parent / "examples" / f"v{self.number}"


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
    """What its records are, in one sentence."""
    owner: str
    """Who writes to the topic and answers for it."""
    mode: Mode
    """Which versions have to read which."""
    readers: tuple[str, ...]
    """The engines whose own view of a change counts, beside Avro's rules."""
    consumers: tuple[Consumer, ...]
    """Who reads the topic, and which fields: `check` keeps these."""
    service_level: Mapping[str, str]
    """What is promised, such as `freshness: 2h`; a topic keeps records for its `retention`."""
    rules: tuple[Rule, ...]
    """What is asked of its records."""
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
    deprecated: Mapping[str, Deprecation] = field(default_factory=dict)
    """The fields that are to go, by their dotted names; one stays here once the newest version lacks it."""
    succeeds: str | None = None
    """The topic whose contract this one is the next generation of; None where it is the first."""
    mapping: Mapping[str, Conversion | Literal["same", "default"]] = field(default_factory=dict)
    """How each field comes from the generation before: `same`, `from` another, or new with its `default`."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    """The fields of the generation before that this one goes without, each with the reason."""
    lossless: bool = False
    """Whether the mapping leads back: each record of the generation before can be made of its new one."""
    retired: date | None = None
    """The day from which nothing writes to the topic any more: its next generation took over."""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """Lint rule id to the reason why it is not followed here."""
    adopted: tuple[Adopted, ...] = ()
    """Schemas of the subject that are no versions; new versions must get on with them."""

    @property
    def subject(self) -> str:
        """The registry's name for the topic's values (TopicNameStrategy)."""
        return f"{self.topic}-value"

    @property
    def created_with(self) -> dict[str, str]:
        """Kafka's settings of a new topic, by what the contract says and the retention that it promises."""
        try:
            promised = {"retention.ms": str(milliseconds(self.service_level.get("retention", "")))}
        except ValueError:
            # A promise in other words, or none: the broker's own retention holds.
            promised = {}
        return {**promised, **self.topic_settings}

    @property
    def home(self) -> Path:
        """The folder of the contract."""
        own = self.newest.path.parent
        return own.with_name(self.topic) if self.schemas_of else own

    @property
    def newest(self) -> Version:
        """The version with the highest number."""
        return self.versions[-1]
