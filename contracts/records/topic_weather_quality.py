"""Typed records of `topic-weather-quality`, version 4: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "Bin",
    "Coordinates",
    "Distribution",
    "Feed",
    "Incident",
    "Latency",
    "Origin",
    "QuarantineGroup",
    "RuleResult",
    "Severity",
    "Slice",
    "Station",
    "StationDay",
    "TopicVolume",
    "Validation",
    "VariableFlags",
    "Verdict",
    "Writer",
]

SCHEMA = r"""
{"type":"record","name":"Validation","namespace":"weather.quality","fields":[{"name":"id","type":
"string"},{"name":"topic","type":"string"},{"name":"validated_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"verdict","type":{"type":"enum","name":"Verdict",
"symbols":["UNKNOWN","PASS","WARN","FAIL"],"default":"UNKNOWN"}},{"name":"contract_version","type":
"int"},{"name":"gx_version","type":"string"},{"name":"since","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"until","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"slices","type":{"type":"array","items":{
"type":"record","name":"Slice","fields":[{"name":"partition","type":"int"},{"name":"start","type":
"long"},{"name":"end","type":"long"}]}},"default":[]},{"name":"rows","type":"long"},{"name":
"unreadable","type":"long","default":0},{"name":"unreadable_examples","type":{"type":"array","items"
:{"type":"record","name":"Coordinates","fields":[{"name":"topic","type":"string"},{"name":
"partition","type":"int"},{"name":"offset","type":"long"},{"name":"source_topic","type":["null"
,"string"],"default":null},{"name":"source_partition","type":["null","int"],"default":null},{"name":
"source_offset","type":["null","long"],"default":null}]}},"default":[]},{"name":"rules","type":{
"type":"array","items":{"type":"record","name":"RuleResult","fields":[{"name":"id","type":"string"},
{"name":"check","type":"string"},{"name":"severity","type":{"type":"enum","name":"Severity",
"symbols":["UNKNOWN","CRITICAL","WARNING","INFO","VALUE"],"default":"UNKNOWN"}},{"name":"kept",
"type":"boolean"},{"name":"evaluated","type":"long"},{"name":"failed","type":"long"},{"name":
"examples","type":{"type":"array","items":"weather.quality.Coordinates"},"default":[]},{"name":
"judged","type":"boolean","default":true},{"name":"definition","type":"string","default":""},{"name"
:"why","type":"string","default":""},{"name":"owner","type":"string","default":""},{"name":
"observed","type":["null","double"],"default":null},{"name":"limit","type":["null","double"],
"default":null},{"name":"unit","type":"string","default":""},{"name":"note","type":"string",
"default":""}]}},"default":[]},{"name":"seconds","type":"double","default":0.0},{"name":"origin",
"type":{"type":"enum","name":"Origin","symbols":["UNKNOWN","VALIDATE","WATCH"],"default":"UNKNOWN"},
"default":"UNKNOWN"},{"name":"asked_at","type":["null",{"type":"long","logicalType":
"timestamp-millis"}],"default":null},{"name":"description","type":"string","default":""},{"name":
"owner","type":"string","default":""},{"name":"first_arrival_at","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"last_arrival_at","type":["null",{"type":
"long","logicalType":"timestamp-millis"}],"default":null},{"name":"first_observed_at","type":["null"
,{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"last_observed_at","type"
:["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"replayed","type"
:"long","default":0},{"name":"corrected","type":"long","default":0},{"name":"flagged","type":"long",
"default":0},{"name":"sources","type":{"type":"array","items":{"type":"record","name":"Feed",
"fields":[{"name":"source","type":"string"},{"name":"records","type":"long"}]}},"default":[]},{
"name":"writers","type":{"type":"array","items":{"type":"record","name":"Writer","fields":[{"name":
"schema_id","type":"int"},{"name":"version","type":["null","int"],"default":null},{"name":"records",
"type":"long"}]}},"default":[]},{"name":"raw_writers","type":{"type":"array","items":
"weather.quality.Writer"},"default":[]},{"name":"topics","type":{"type":"array","items":{"type":
"record","name":"TopicVolume","fields":[{"name":"topic","type":"string"},{"name":"description",
"type":"string","default":""},{"name":"held","type":"long"},{"name":"given","type":"long"}]}},
"default":[]},{"name":"raw_slices","type":{"type":"array","items":"weather.quality.Slice"},"default"
:[]},{"name":"lag","type":["null","long"],"default":null},{"name":"latencies","type":{"type":"array"
,"items":{"type":"record","name":"Latency","fields":[{"name":"step","type":"string"},{"name":
"records","type":"long"},{"name":"p50","type":"double"},{"name":"p95","type":"double"},{"name":"p99"
,"type":"double"},{"name":"highest","type":"double"}]}},"default":[]},{"name":"stations","type":{
"type":"array","items":{"type":"record","name":"Station","fields":[{"name":"station","type":"string"
},{"name":"source","type":"string","default":""},{"name":"name","type":["null","string"],"default":
null},{"name":"latitude","type":["null","double"],"default":null},{"name":"longitude","type":["null"
,"double"],"default":null},{"name":"records","type":"long"},{"name":"flagged","type":"long",
"default":0},{"name":"first_observed_at","type":["null",{"type":"long","logicalType":
"timestamp-millis"}],"default":null},{"name":"last_observed_at","type":["null",{"type":"long",
"logicalType":"timestamp-millis"}],"default":null},{"name":"last_arrival_at","type":["null",{"type":
"long","logicalType":"timestamp-millis"}],"default":null},{"name":"expected","type":["null","long"],
"default":null},{"name":"present","type":["null","long"],"default":null},{"name":"variables","type":
{"type":"array","items":{"type":"record","name":"VariableFlags","fields":[{"name":"name","type":
"string"},{"name":"good","type":"long","default":0},{"name":"not_evaluated","type":"long","default":
0},{"name":"suspect","type":"long","default":0},{"name":"fail","type":"long","default":0},{"name":
"missing","type":"long","default":0}]}},"default":[]}]}},"default":[]},{"name":"stations_seen",
"type":"long","default":0},{"name":"days","type":{"type":"array","items":{"type":"record","name":
"StationDay","fields":[{"name":"station","type":["null","string"],"default":null},{"name":"day",
"type":{"type":"int","logicalType":"date"}},{"name":"records","type":"long"},{"name":"hours","type":
"int"},{"name":"lowest","type":["null","double"],"default":null},{"name":"mean","type":["null"
,"double"],"default":null},{"name":"highest","type":["null","double"],"default":null}]}},"default":
[]},{"name":"distributions","type":{"type":"array","items":{"type":"record","name":"Distribution",
"fields":[{"name":"field","type":"string"},{"name":"unit","type":"string","default":""},{"name":
"doc","type":"string","default":""},{"name":"present","type":"long"},{"name":"missing","type":"long"
},{"name":"low","type":["null","double"],"default":null},{"name":"mean","type":["null","double"],
"default":null},{"name":"high","type":["null","double"],"default":null},{"name":"step","type":
"double"},{"name":"bins","type":{"type":"array","items":{"type":"record","name":"Bin","fields":[{
"name":"at","type":"int"},{"name":"records","type":"long"}]}},"default":[]},{"name":"psi","type":
["null","double"],"default":null}]}},"default":[]},{"name":"baseline_ids","type":{"type":"array",
"items":"string"},"default":[]},{"name":"quarantine_slices","type":{"type":"array","items":
"weather.quality.Slice"},"default":[]},{"name":"quarantined","type":"long","default":0},{"name":
"quarantine","type":{"type":"array","items":{"type":"record","name":"QuarantineGroup","fields":[{
"name":"reason","type":"string"},{"name":"stage","type":"string"},{"name":"rules","type":{"type":
"array","items":"string"},"default":[]},{"name":"records","type":"long"},{"name":"newest_at","type":
{"type":"long","logicalType":"timestamp-millis"}},{"name":"first","type":
"weather.quality.Coordinates"}]}},"default":[]},{"name":"incidents","type":{"type":"array","items":{
"type":"record","name":"Incident","fields":[{"name":"id","type":"string"},{"name":"kind","type":
"string"},{"name":"rule","type":["null","string"],"default":null},{"name":"opened_at","type":{"type"
:"long","logicalType":"timestamp-millis"}},{"name":"opened_by","type":"string"},{"name":"closed_at",
"type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":"sentence",
"type":"string"},{"name":"told","type":"boolean","default":false}]}},"default":[]},{"name":
"variables","type":{"type":"array","items":"weather.quality.VariableFlags"},"default":[]}]}"""
"""The reader schema."""


class Verdict(str, Enum):
    """What became of it."""

    UNKNOWN = "UNKNOWN"
    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Verdict:
        return cls.UNKNOWN


class Severity(str, Enum):
    """What breaking the rule leads to."""

    UNKNOWN = "UNKNOWN"
    CRITICAL = "CRITICAL"
    WARNING = "WARNING"
    INFO = "INFO"
    VALUE = "VALUE"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Severity:
        return cls.UNKNOWN


class Origin(str, Enum):
    """What had the window validated."""

    UNKNOWN = "UNKNOWN"
    VALIDATE = "VALIDATE"
    WATCH = "WATCH"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Origin:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The part of the window in one partition."""

    partition: int
    """The partition."""
    start: int
    """First offset in the window."""
    end: int
    """First offset after the window."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Slice:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            partition=value["partition"],
            start=value["start"],
            end=value["end"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "partition": self.partition,
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Where a record is in Kafka."""

    topic: str
    """Its topic."""
    partition: int
    """Its partition."""
    offset: int
    """Its offset."""
    source_topic: str | None = None
    """Topic of the record that it was made from, where that is known."""
    source_partition: int | None = None
    """Partition of that record."""
    source_offset: int | None = None
    """Offset of that record."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Coordinates:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            topic=value["topic"],
            partition=value["partition"],
            offset=value["offset"],
            source_topic=value["source_topic"],
            source_partition=value["source_partition"],
            source_offset=value["source_offset"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "source_topic": self.source_topic,
            "source_partition": self.source_partition,
            "source_offset": self.source_offset,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found."""

    id: str
    """Id of the rule in the contract."""
    check: str
    """Kind of the rule."""
    severity: Severity
    """What breaking the rule leads to; VALUE: the record passes without the value, or with another
    in its place."""
    kept: bool
    """True unless the rule is broken: also where it could not be judged, which `judged` tells."""
    evaluated: int
    """Rows that it looked at; 1 where it looks at the window as a whole."""
    failed: int
    """How many of these break it."""
    examples: tuple[Coordinates, ...] = ()
    """Where the first records that break it are."""
    judged: bool = True
    """False where there was too little to judge by; the rule is neither kept nor broken then."""
    definition: str = ""
    """What the rule asks for, in words."""
    why: str = ""
    """Why it asks."""
    owner: str = ""
    """Who answers for it."""
    observed: float | None = None
    """What a rule of the whole window measured: a number of rows, an age, a share, a PSI (as `unit`
    says)."""
    limit: float | None = None
    """What `observed` is held against, where the rule has one such limit (as `unit` says)."""
    unit: str = ""
    """Unit of `observed`: 1 for a number, a share or a PSI; empty where nothing was measured."""
    note: str = ""
    """What else is to be said: the worst of what it found, or why it could not be judged."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> RuleResult:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            check=value["check"],
            severity=Severity(value["severity"]),
            kept=value["kept"],
            evaluated=value["evaluated"],
            failed=value["failed"],
            examples=tuple(Coordinates.from_dict(item) for item in value["examples"]),
            judged=value["judged"],
            definition=value["definition"],
            why=value["why"],
            owner=value["owner"],
            observed=value["observed"],
            limit=value["limit"],
            unit=value["unit"],
            note=value["note"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "check": self.check,
            "severity": self.severity.value,
            "kept": self.kept,
            "evaluated": self.evaluated,
            "failed": self.failed,
            "examples": [item.to_dict() for item in self.examples],
            "judged": self.judged,
            "definition": self.definition,
            "why": self.why,
            "owner": self.owner,
            "observed": self.observed,
            "limit": self.limit,
            "unit": self.unit,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Records by who made them known."""

    source: str
    """Symbol of the source."""
    records: int
    """How many are of it."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Feed:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            source=value["source"],
            records=value["records"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "source": self.source,
            "records": self.records,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Records by the schema that they were written with."""

    schema_id: int
    """The registry's id of the schema."""
    version: int | None = None
    """Version of the contract that it is, where it is one."""
    records: int
    """How many were written with it."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Writer:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            schema_id=value["schema_id"],
            version=value["version"],
            records=value["records"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "schema_id": self.schema_id,
            "version": self.version,
            "records": self.records,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicVolume:
    """How much a topic holds."""

    topic: str
    """The topic."""
    description: str = ""
    """What it holds, by its contract."""
    held: int
    """Records that it holds."""
    given: int
    """Records that it was ever given."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> TopicVolume:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            topic=value["topic"],
            description=value["description"],
            held=value["held"],
            given=value["given"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "topic": self.topic,
            "description": self.description,
            "held": self.held,
            "given": self.given,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long a step took, over the records that are no replay unless it says otherwise."""

    step: str
    """`received`: from the observation to the producer, without replays; `published`: from there to
    the topic."""
    records: int
    """How many were measured."""
    p50: float
    """Half of them took no longer (s)."""
    p95: float
    """95 of 100 took no longer (s)."""
    p99: float
    """99 of 100 took no longer (s)."""
    highest: float
    """The longest (s)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Latency:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            step=value["step"],
            records=value["records"],
            p50=value["p50"],
            p95=value["p95"],
            p99=value["p99"],
            highest=value["highest"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "step": self.step,
            "records": self.records,
            "p50": self.p50,
            "p95": self.p95,
            "p99": self.p99,
            "highest": self.highest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableFlags:
    """Records by the quality flag that they carry for one variable; those without one are in no
    count."""

    name: str
    """The variable; `overall` for the worst of a record's flags."""
    good: int = 0
    """Records whose value keeps every rule."""
    not_evaluated: int = 0
    """Records whose value no rule judges."""
    suspect: int = 0
    """Records whose value breaks a rule that asks for a look, or was replaced."""
    fail: int = 0
    """Records without a value, or with a wrong one that had to stay: what was given breaks a
    rule."""
    missing: int = 0
    """Records to which none was given."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> VariableFlags:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            name=value["name"],
            good=value["good"],
            not_evaluated=value["not_evaluated"],
            suspect=value["suspect"],
            fail=value["fail"],
            missing=value["missing"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "name": self.name,
            "good": self.good,
            "not_evaluated": self.not_evaluated,
            "suspect": self.suspect,
            "fail": self.fail,
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What one station gave."""

    station: str
    """Identity of the station within its source."""
    source: str = ""
    """Who makes it known."""
    name: str | None = None
    """Its name, as the newest record has it."""
    latitude: float | None = None
    """Latitude, WGS 84, north positive (°)."""
    longitude: float | None = None
    """Longitude, WGS 84, east positive (°)."""
    records: int
    """Records of it in the window."""
    flagged: int = 0
    """How many of them carry a flag."""
    first_observed_at: datetime | None = None
    """When its earliest weather was observed, UTC."""
    last_observed_at: datetime | None = None
    """When its latest weather was observed, UTC."""
    last_arrival_at: datetime | None = None
    """Kafka timestamp of its last record, UTC."""
    expected: int | None = None
    """Times at which an observation was due by the contract's completeness rule; null without such
    a rule."""
    present: int | None = None
    """How many of these times have one."""
    variables: tuple[VariableFlags, ...] = ()
    """The variables that have a suspect, failed or missing value, in order of the contract."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Station:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            station=value["station"],
            source=value["source"],
            name=value["name"],
            latitude=value["latitude"],
            longitude=value["longitude"],
            records=value["records"],
            flagged=value["flagged"],
            first_observed_at=value["first_observed_at"],
            last_observed_at=value["last_observed_at"],
            last_arrival_at=value["last_arrival_at"],
            expected=value["expected"],
            present=value["present"],
            variables=tuple(VariableFlags.from_dict(item) for item in value["variables"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "station": self.station,
            "source": self.source,
            "name": self.name,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "records": self.records,
            "flagged": self.flagged,
            "first_observed_at": self.first_observed_at,
            "last_observed_at": self.last_observed_at,
            "last_arrival_at": self.last_arrival_at,
            "expected": self.expected,
            "present": self.present,
            "variables": [item.to_dict() for item in self.variables],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDay:
    """What a station gave in a day of observation, UTC."""

    station: str | None = None
    """The station; null for all together that have fewer records than those named."""
    day: date
    """The day."""
    records: int
    """Records of it."""
    hours: int
    """Hours of the day that have a record."""
    lowest: float | None = None
    """Lowest temperature (°C)."""
    mean: float | None = None
    """Mean temperature (°C)."""
    highest: float | None = None
    """Highest temperature (°C)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> StationDay:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            station=value["station"],
            day=value["day"],
            records=value["records"],
            hours=value["hours"],
            lowest=value["lowest"],
            mean=value["mean"],
            highest=value["highest"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "station": self.station,
            "day": self.day,
            "records": self.records,
            "hours": self.hours,
            "lowest": self.lowest,
            "mean": self.mean,
            "highest": self.highest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values from `at` steps up to, but not including, `at` + 1 steps."""

    at: int
    """Number of the bin; the outermost take what lies beyond."""
    records: int
    """How many values lie in it."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Bin:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            at=value["at"],
            records=value["records"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "at": self.at,
            "records": self.records,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How the values of a measure are spread."""

    field: str
    """The field."""
    unit: str = ""
    """Its unit."""
    doc: str = ""
    """What it is, by the contract."""
    present: int
    """Records that have a finite value."""
    missing: int
    """Records that have none."""
    low: float | None = None
    """Lowest value (of the field)."""
    mean: float | None = None
    """Mean value (of the field)."""
    high: float | None = None
    """Highest value (of the field)."""
    step: float
    """Width of a bin, the same for a field at all times (of the field)."""
    bins: tuple[Bin, ...] = ()
    """The bins that hold something, in order."""
    psi: float | None = None
    """Population stability index against the baseline; null without a baseline (1)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Distribution:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            field=value["field"],
            unit=value["unit"],
            doc=value["doc"],
            present=value["present"],
            missing=value["missing"],
            low=value["low"],
            mean=value["mean"],
            high=value["high"],
            step=value["step"],
            bins=tuple(Bin.from_dict(item) for item in value["bins"]),
            psi=value["psi"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "field": self.field,
            "unit": self.unit,
            "doc": self.doc,
            "present": self.present,
            "missing": self.missing,
            "low": self.low,
            "mean": self.mean,
            "high": self.high,
            "step": self.step,
            "bins": [item.to_dict() for item in self.bins],
            "psi": self.psi,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineGroup:
    """Records that were put aside for one reason."""

    reason: str
    """Code of the reason."""
    stage: str
    """Who put them aside."""
    rules: tuple[str, ...] = ()
    """Rules that they break."""
    records: int
    """How many they are."""
    newest_at: datetime
    """Kafka timestamp of the last of them, UTC."""
    first: Coordinates
    """The first of them in quarantine; its source is the raw record."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> QuarantineGroup:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            reason=value["reason"],
            stage=value["stage"],
            rules=tuple(value["rules"]),
            records=value["records"],
            newest_at=value["newest_at"],
            first=Coordinates.from_dict(value["first"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "reason": self.reason,
            "stage": self.stage,
            "rules": list(self.rules),
            "records": self.records,
            "newest_at": self.newest_at,
            "first": self.first.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that someone is to be told of, once when it begins and once when it is over."""

    id: str
    """Identity of the incident, the same from its beginning to its end."""
    kind: str
    """`rule`: a critical rule is broken; `unreadable`: records cannot be read; `stale`: nothing new
    arrives."""
    rule: str | None = None
    """The rule that is broken, where it is one."""
    opened_at: datetime
    """When it was found, UTC."""
    opened_by: str
    """Validation that found it."""
    closed_at: datetime | None = None
    """When it was found to be over, UTC; null while it lasts."""
    sentence: str
    """What happened, in words."""
    told: bool = False
    """True once an alert has told of the latest that happened to it, or there is nobody to tell."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Incident:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            kind=value["kind"],
            rule=value["rule"],
            opened_at=value["opened_at"],
            opened_by=value["opened_by"],
            closed_at=value["closed_at"],
            sentence=value["sentence"],
            told=value["told"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "rule": self.rule,
            "opened_at": self.opened_at,
            "opened_by": self.opened_by,
            "closed_at": self.closed_at,
            "sentence": self.sentence,
            "told": self.told,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The verdict on one window of a topic, with all that a report tells of it. A later record with
    the same id replaces it."""

    TOPIC: ClassVar[str] = "topic-weather-quality"
    VERSION: ClassVar[int] = 4
    SCHEMA: ClassVar[str] = SCHEMA

    id: str
    """Identity of the validation, unique among all."""
    topic: str
    """Topic that was validated: the record's Kafka key."""
    validated_at: datetime
    """When the validation ended, UTC."""
    verdict: Verdict
    """FAIL when a critical rule is broken, a record cannot be read or nothing was there; WARN when
    only rules of severity `value` or `warning` are broken."""
    contract_version: int
    """Version of the topic's contract whose rules and schema it was read by."""
    gx_version: str
    """Version of Great Expectations that gave the verdict."""
    since: datetime | None = None
    """Kafka timestamp that the window begins at, UTC; null where no time bounds it: the slices
    do."""
    until: datetime | None = None
    """Kafka timestamp that the window ends before, UTC; null for the end that the topic had
    then."""
    slices: tuple[Slice, ...] = ()
    """The offsets that were read, in order of the partitions."""
    rows: int
    """Records of the window that could be read, and were judged."""
    unreadable: int = 0
    """Records of the window that could not be read by the contract."""
    unreadable_examples: tuple[Coordinates, ...] = ()
    """Where the first of them are."""
    rules: tuple[RuleResult, ...] = ()
    """What each rule found, in the contract's order."""
    seconds: float = 0.0
    """How long it took (s)."""
    origin: Origin = Origin.UNKNOWN
    """What had the window validated."""
    asked_at: datetime | None = None
    """When the broker was asked for the window's offsets, UTC."""
    description: str = ""
    """What the topic holds, by its contract."""
    owner: str = ""
    """Who answers for the topic."""
    first_arrival_at: datetime | None = None
    """Kafka timestamp of the first record that was judged, UTC."""
    last_arrival_at: datetime | None = None
    """Kafka timestamp of the last of them, UTC."""
    first_observed_at: datetime | None = None
    """When the earliest weather among them was observed, UTC."""
    last_observed_at: datetime | None = None
    """When the latest weather among them was observed, UTC."""
    replayed: int = 0
    """How many of them were played again rather than seen live."""
    corrected: int = 0
    """How many of them replace values given before."""
    flagged: int = 0
    """How many of them carry a flag of the stream."""
    sources: tuple[Feed, ...] = ()
    """Who made them known, the most records first."""
    writers: tuple[Writer, ...] = ()
    """Schemas of the topic in use."""
    raw_writers: tuple[Writer, ...] = ()
    """Schemas of the raw records behind them."""
    topics: tuple[TopicVolume, ...] = ()
    """Volume of the topics, in the order of the data."""
    raw_slices: tuple[Slice, ...] = ()
    """From the first to the last raw record behind the window, in each partition of the raw
    topic."""
    lag: int | None = None
    """Raw records that neither the topic nor the quarantine held yet when the offsets were asked
    for; null where the window does not go to the end."""
    latencies: tuple[Latency, ...] = ()
    """How long the way of the records took."""
    stations: tuple[Station, ...] = ()
    """The stations, the least complete and then those with the most records first; the list is cut
    at a few hundred."""
    stations_seen: int = 0
    """How many stations there are, listed or not."""
    days: tuple[StationDay, ...] = ()
    """Volume and temperature by day, in order of the days; only the newest are kept where there are
    thousands."""
    distributions: tuple[Distribution, ...] = ()
    """The measures."""
    baseline_ids: tuple[str, ...] = ()
    """Validations whose windows, no record in two of them, are the baseline of drift."""
    quarantine_slices: tuple[Slice, ...] = ()
    """The part of the quarantine topic that `quarantine` tells of."""
    quarantined: int = 0
    """Records in that part."""
    quarantine: tuple[QuarantineGroup, ...] = ()
    """What was put aside, by reason, the most records first; the list is cut at some dozens."""
    incidents: tuple[Incident, ...] = ()
    """Incidents that last, and those that this validation found to be over; kept by `watch`
    alone."""
    variables: tuple[VariableFlags, ...] = ()
    """All variables that carry a flag, in order of the contract."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Validation:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            topic=value["topic"],
            validated_at=value["validated_at"],
            verdict=Verdict(value["verdict"]),
            contract_version=value["contract_version"],
            gx_version=value["gx_version"],
            since=value["since"],
            until=value["until"],
            slices=tuple(Slice.from_dict(item) for item in value["slices"]),
            rows=value["rows"],
            unreadable=value["unreadable"],
            unreadable_examples=tuple(Coordinates.from_dict(item) for item in value["unreadable_examples"]),
            rules=tuple(RuleResult.from_dict(item) for item in value["rules"]),
            seconds=value["seconds"],
            origin=Origin(value["origin"]),
            asked_at=value["asked_at"],
            description=value["description"],
            owner=value["owner"],
            first_arrival_at=value["first_arrival_at"],
            last_arrival_at=value["last_arrival_at"],
            first_observed_at=value["first_observed_at"],
            last_observed_at=value["last_observed_at"],
            replayed=value["replayed"],
            corrected=value["corrected"],
            flagged=value["flagged"],
            sources=tuple(Feed.from_dict(item) for item in value["sources"]),
            writers=tuple(Writer.from_dict(item) for item in value["writers"]),
            raw_writers=tuple(Writer.from_dict(item) for item in value["raw_writers"]),
            topics=tuple(TopicVolume.from_dict(item) for item in value["topics"]),
            raw_slices=tuple(Slice.from_dict(item) for item in value["raw_slices"]),
            lag=value["lag"],
            latencies=tuple(Latency.from_dict(item) for item in value["latencies"]),
            stations=tuple(Station.from_dict(item) for item in value["stations"]),
            stations_seen=value["stations_seen"],
            days=tuple(StationDay.from_dict(item) for item in value["days"]),
            distributions=tuple(Distribution.from_dict(item) for item in value["distributions"]),
            baseline_ids=tuple(value["baseline_ids"]),
            quarantine_slices=tuple(Slice.from_dict(item) for item in value["quarantine_slices"]),
            quarantined=value["quarantined"],
            quarantine=tuple(QuarantineGroup.from_dict(item) for item in value["quarantine"]),
            incidents=tuple(Incident.from_dict(item) for item in value["incidents"]),
            variables=tuple(VariableFlags.from_dict(item) for item in value["variables"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "topic": self.topic,
            "validated_at": self.validated_at,
            "verdict": self.verdict.value,
            "contract_version": self.contract_version,
            "gx_version": self.gx_version,
            "since": self.since,
            "until": self.until,
            "slices": [item.to_dict() for item in self.slices],
            "rows": self.rows,
            "unreadable": self.unreadable,
            "unreadable_examples": [item.to_dict() for item in self.unreadable_examples],
            "rules": [item.to_dict() for item in self.rules],
            "seconds": self.seconds,
            "origin": self.origin.value,
            "asked_at": self.asked_at,
            "description": self.description,
            "owner": self.owner,
            "first_arrival_at": self.first_arrival_at,
            "last_arrival_at": self.last_arrival_at,
            "first_observed_at": self.first_observed_at,
            "last_observed_at": self.last_observed_at,
            "replayed": self.replayed,
            "corrected": self.corrected,
            "flagged": self.flagged,
            "sources": [item.to_dict() for item in self.sources],
            "writers": [item.to_dict() for item in self.writers],
            "raw_writers": [item.to_dict() for item in self.raw_writers],
            "topics": [item.to_dict() for item in self.topics],
            "raw_slices": [item.to_dict() for item in self.raw_slices],
            "lag": self.lag,
            "latencies": [item.to_dict() for item in self.latencies],
            "stations": [item.to_dict() for item in self.stations],
            "stations_seen": self.stations_seen,
            "days": [item.to_dict() for item in self.days],
            "distributions": [item.to_dict() for item in self.distributions],
            "baseline_ids": list(self.baseline_ids),
            "quarantine_slices": [item.to_dict() for item in self.quarantine_slices],
            "quarantined": self.quarantined,
            "quarantine": [item.to_dict() for item in self.quarantine],
            "incidents": [item.to_dict() for item in self.incidents],
            "variables": [item.to_dict() for item in self.variables],
        }
