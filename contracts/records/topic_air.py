"""Typed records of `topic-air`, version 1: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "RawAirQuality",
    "Source",
]

SCHEMA = r"""
{"type":"record","name":"RawAirQuality","namespace":"air.raw","fields":[{"name":"source","type":{
"type":"enum","name":"Source","symbols":["UNKNOWN","OPENWEATHERMAP","OPEN_METEO","AIRQUALITY1973"],
"default":"UNKNOWN"}},{"name":"replay","type":"boolean"},{"name":"correction","type":"boolean",
"default":false},{"name":"station","type":"string"},{"name":"observed_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"received_at","type":{"type":"long","logicalType":
"timestamp-millis"}},{"name":"name","type":["null","string"],"default":null},{"name":"latitude",
"type":["null","double"],"default":null},{"name":"longitude","type":["null","double"],"default":null
},{"name":"source_index","type":["null","int"],"default":null},{"name":"carbon_monoxide","type":
["null","double"],"default":null},{"name":"nitrogen_monoxide","type":["null","double"],"default":
null},{"name":"nitrogen_dioxide","type":["null","double"],"default":null},{"name":"ozone","type":
["null","double"],"default":null},{"name":"sulphur_dioxide","type":["null","double"],"default":null}
,{"name":"pm2_5","type":["null","double"],"default":null},{"name":"pm10","type":["null","double"],
"default":null},{"name":"ammonia","type":["null","double"],"default":null},{"name":"extra","type":{
"type":"map","values":"string"},"default":{}}]}"""
"""The reader schema."""


class Source(str, Enum):
    """Who makes observations of the air known."""

    UNKNOWN = "UNKNOWN"
    OPENWEATHERMAP = "OPENWEATHERMAP"
    OPEN_METEO = "OPEN_METEO"
    AIRQUALITY1973 = "AIRQUALITY1973"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> Source:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAirQuality:
    """One observation of the air's pollutants as the source gave it: values are recorded, not
    judged."""

    TOPIC: ClassVar[str] = "topic-air"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[str] = SCHEMA

    source: Source
    """Who made the observation known. AIRQUALITY1973 is the data set `airquality` of the R project:
    the mean of ozone from 13 to 15 h on Roosevelt Island, New York, for each day of the summer of
    1973, taken as seen at 14 h Eastern Standard Time and turned from ppb to µg/m³ at 25 °C and
    1013.25 hPa (1 ppb is 1.963 µg/m³)."""
    replay: bool
    """True when a stored observation is played again rather than seen live."""
    correction: bool = False
    """True when the source gave other values before for the same station and time."""
    station: str
    """Identity of the station within its source, such as `geo:52.5200,13.4100`: the record's Kafka
    key."""
    observed_at: datetime
    """When the air was observed, UTC."""
    received_at: datetime
    """When the producer received the body, UTC."""
    name: str | None = None
    """Name of the place, where the source gives one."""
    latitude: float | None = None
    """Latitude, WGS 84, north positive (°)."""
    longitude: float | None = None
    """Longitude, WGS 84, east positive (°)."""
    source_index: int | None = None
    """The source's own index: OpenWeatherMap's from 1 (good) to 5 (very poor), which is neither the
    EPA's nor Europe's (1)."""
    carbon_monoxide: float | None = None
    """Carbon monoxide, CO. Concentration near the ground (µg/m³)."""
    nitrogen_monoxide: float | None = None
    """Nitrogen monoxide, NO. Concentration near the ground (µg/m³)."""
    nitrogen_dioxide: float | None = None
    """Nitrogen dioxide, NO₂. Concentration near the ground (µg/m³)."""
    ozone: float | None = None
    """Ozone, O₃. Concentration near the ground (µg/m³)."""
    sulphur_dioxide: float | None = None
    """Sulphur dioxide, SO₂. Concentration near the ground (µg/m³)."""
    pm2_5: float | None = None
    """Particles of 2.5 µm and less. Concentration near the ground (µg/m³)."""
    pm10: float | None = None
    """Particles of 10 µm and less. Concentration near the ground (µg/m³)."""
    ammonia: float | None = None
    """Ammonia, NH₃. Concentration near the ground (µg/m³)."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Fields that this contract does not name: JSON pointer in the body to JSON text."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> RawAirQuality:
        """Make a record of an Avro decoder's dictionary, which holds every field."""
        return cls(
            source=Source(value["source"]),
            replay=value["replay"],
            correction=value["correction"],
            station=value["station"],
            observed_at=value["observed_at"],
            received_at=value["received_at"],
            name=value["name"],
            latitude=value["latitude"],
            longitude=value["longitude"],
            source_index=value["source_index"],
            carbon_monoxide=value["carbon_monoxide"],
            nitrogen_monoxide=value["nitrogen_monoxide"],
            nitrogen_dioxide=value["nitrogen_dioxide"],
            ozone=value["ozone"],
            sulphur_dioxide=value["sulphur_dioxide"],
            pm2_5=value["pm2_5"],
            pm10=value["pm10"],
            ammonia=value["ammonia"],
            extra=dict(value["extra"]),
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
            "name": self.name,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "source_index": self.source_index,
            "carbon_monoxide": self.carbon_monoxide,
            "nitrogen_monoxide": self.nitrogen_monoxide,
            "nitrogen_dioxide": self.nitrogen_dioxide,
            "ozone": self.ozone,
            "sulphur_dioxide": self.sulphur_dioxide,
            "pm2_5": self.pm2_5,
            "pm10": self.pm10,
            "ammonia": self.ammonia,
            "extra": dict(self.extra),
        }
