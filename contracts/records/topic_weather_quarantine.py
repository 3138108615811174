"""Typed records of `topic-weather-quarantine`, version 2: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "DeadLetter",
    "Header",
    "Reason",
    "Stage",
]

SCHEMA = r"""
{"type":"record","name":"DeadLetter","namespace":"weather.quarantine","fields":[{"name":"reason",
"type":{"type":"enum","name":"Reason","symbols":["UNKNOWN","NULL_VALUE","SHORT_VALUE","WRONG_MAGIC"
,"UNKNOWN_SCHEMA","FOREIGN_SUBJECT","OVERSIZE","UNDECODABLE","TRAILING_BYTES","RULE_BROKEN"
,"NOT_ENCODABLE","DUPLICATE","UNPARSABLE_BODY","WRONG_HEADER","UNUSABLE_SCHEMA","OTHER_TYPE"
,"UNREADABLE"],"default":"UNKNOWN"}},{"name":"explanation","type":"string"},{"name":"rules","type":{
"type":"array","items":"string"},"default":[]},{"name":"stage","type":{"type":"enum","name":"Stage",
"symbols":["UNKNOWN","PRODUCER","STREAMING"],"default":"UNKNOWN"}},{"name":"schema_id","type":
["null","long"],"default":null},{"name":"source_topic","type":["null","string"],"default":null},{
"name":"source_partition","type":["null","int"],"default":null},{"name":"source_offset","type":
["null","long"],"default":null},{"name":"source_timestamp","type":{"type":"long","logicalType":
"timestamp-millis"}},{"name":"key","type":["null","bytes"],"default":null},{"name":"value","type":
["null","bytes"],"default":null},{"name":"headers","type":{"type":"array","items":{"type":"record",
"name":"Header","fields":[{"name":"key","type":"string"},{"name":"value","type":["null","bytes"],
"default":null}]}},"default":[]}]}"""
"""The reader schema."""


class Reason(str, Enum):
    """Why it was put aside."""

    UNKNOWN = "UNKNOWN"
    NULL_VALUE = "NULL_VALUE"
    SHORT_VALUE = "SHORT_VALUE"
    WRONG_MAGIC = "WRONG_MAGIC"
    UNKNOWN_SCHEMA = "UNKNOWN_SCHEMA"
    FOREIGN_SUBJECT = "FOREIGN_SUBJECT"
    OVERSIZE = "OVERSIZE"
    UNDECODABLE = "UNDECODABLE"
    TRAILING_BYTES = "TRAILING_BYTES"
    RULE_BROKEN = "RULE_BROKEN"
    NOT_ENCODABLE = "NOT_ENCODABLE"
    DUPLICATE = "DUPLICATE"
    UNPARSABLE_BODY = "UNPARSABLE_BODY"
    WRONG_HEADER = "WRONG_HEADER"
    UNUSABLE_SCHEMA = "UNUSABLE_SCHEMA"
    OTHER_TYPE = "OTHER_TYPE"
    UNREADABLE = "UNREADABLE"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Reason:
        return cls.UNKNOWN


class Stage(str, Enum):
    """The part of the platform that put it aside."""

    UNKNOWN = "UNKNOWN"
    PRODUCER = "PRODUCER"
    STREAMING = "STREAMING"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Stage:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A Kafka header."""

    key: str
    """Name of the header."""
    value: bytes | None = None
    """Value of the header, exact bytes."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Header:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            key=value["key"],
            value=value["value"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "key": self.key,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record or a body that could not be published, with all that is needed to put it back bit
    for bit."""

    TOPIC: ClassVar[str] = "topic-weather-quarantine"
    VERSION: ClassVar[int] = 2
    SCHEMA: ClassVar[str] = SCHEMA

    reason: Reason
    """Why it was put aside, as a code."""
    explanation: str
    """Why it was put aside, in a sentence."""
    rules: tuple[str, ...] = ()
    """Ids of the rules of severity `critical` that it breaks."""
    stage: Stage
    """The part of the platform that put it aside."""
    schema_id: int | None = None
    """Schema id that its wire header or its Kafka header names; null where there is none."""
    source_topic: str | None = None
    """Topic that it was read from; null for a body that never reached one."""
    source_partition: int | None = None
    """Partition that it was read from."""
    source_offset: int | None = None
    """Offset that it was read from."""
    source_timestamp: datetime
    """Kafka's timestamp of the record, or the time at which the body was received, UTC; the nearest
    time of the years 1 to 9999 where the record was stamped with another."""
    key: bytes | None = None
    """Its key, exact bytes."""
    value: bytes | None = None
    """Its value or body, exact bytes; null where it was null."""
    headers: tuple[Header, ...] = ()
    """Its headers, in order."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> DeadLetter:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            reason=Reason(value["reason"]),
            explanation=value["explanation"],
            rules=tuple(value["rules"]),
            stage=Stage(value["stage"]),
            schema_id=value["schema_id"],
            source_topic=value["source_topic"],
            source_partition=value["source_partition"],
            source_offset=value["source_offset"],
            source_timestamp=value["source_timestamp"],
            key=value["key"],
            value=value["value"],
            headers=tuple(Header.from_dict(item) for item in value["headers"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "reason": self.reason.value,
            "explanation": self.explanation,
            "rules": list(self.rules),
            "stage": self.stage.value,
            "schema_id": self.schema_id,
            "source_topic": self.source_topic,
            "source_partition": self.source_partition,
            "source_offset": self.source_offset,
            "source_timestamp": self.source_timestamp,
            "key": self.key,
            "value": self.value,
            "headers": [item.to_dict() for item in self.headers],
        }
