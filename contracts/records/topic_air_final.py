"""Typed records of `topic-air-final`, version 1: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "AirQuality",
    "Source",
]

SCHEMA = r"""
{"type":"record","name":"AirQuality","namespace":"air.final","fields":[{"name":"source","type":{
"type":"enum","name":"Source","symbols":["UNKNOWN","OPENWEATHERMAP","OPEN_METEO","AIRQUALITY1973"],
"default":"UNKNOWN"}},{"name":"replay","type":"boolean"},{"name":"correction","type":"boolean",
"default":false},{"name":"station","type":"string"},{"name":"observed_at","type":{"type":"long",
"logicalType":"timestamp-millis"}},{"name":"received_at","type":{"type":"long","logicalType":
"timestamp-millis"}},{"name":"writer_schema_id","type":"int"},{"name":"name","type":["null","string"
],"default":null},{"name":"latitude","type":["null","double"],"default":null},{"name":"longitude",
"type":["null","double"],"default":null},{"name":"carbon_monoxide","type":["null","double"],
"default":null},{"name":"nitrogen_monoxide","type":["null","double"],"default":null},{"name":
"nitrogen_dioxide","type":["null","double"],"default":null},{"name":"ozone","type":["null","double"]
,"default":null},{"name":"sulphur_dioxide","type":["null","double"],"default":null},{"name":"pm2_5",
"type":["null","double"],"default":null},{"name":"pm10","type":["null","double"],"default":null},{
"name":"ammonia","type":["null","double"],"default":null},{"name":"us_aqi","type":["null","int"],
"default":null},{"name":"us_aqi_pollutant","type":["null","string"],"default":null},{"name":
"us_aqi_ozone","type":["null","int"],"default":null},{"name":"us_aqi_pm2_5","type":["null","int"],
"default":null},{"name":"us_aqi_pm10","type":["null","int"],"default":null},{"name":
"us_aqi_carbon_monoxide","type":["null","int"],"default":null},{"name":"us_aqi_sulphur_dioxide",
"type":["null","int"],"default":null},{"name":"us_aqi_nitrogen_dioxide","type":["null","int"],
"default":null},{"name":"european_aqi","type":["null","int"],"default":null},{"name":
"european_aqi_pollutant","type":["null","string"],"default":null},{"name":"european_aqi_pm2_5",
"type":["null","int"],"default":null},{"name":"european_aqi_pm10","type":["null","int"],"default":
null},{"name":"european_aqi_nitrogen_dioxide","type":["null","int"],"default":null},{"name":
"european_aqi_ozone","type":["null","int"],"default":null},{"name":"european_aqi_sulphur_dioxide",
"type":["null","int"],"default":null},{"name":"flags","type":{"type":"array","items":"string"},
"default":[]}]}"""
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
class AirQuality:
    """The air's pollutants at one station and time, with the indices of the US EPA and of the
    European Environment Agency."""

    TOPIC: ClassVar[str] = "topic-air-final"
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
    writer_schema_id: int
    """Registry id of the schema that the raw record was written with."""
    name: str | None = None
    """Name of the place, where the source gives one."""
    latitude: float | None = None
    """Latitude, WGS 84, north positive (°)."""
    longitude: float | None = None
    """Longitude, WGS 84, east positive (°)."""
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
    us_aqi: int | None = None
    """Air Quality Index of the US EPA (40 CFR 58, appendix G, as of May 2024): the highest of its
    pollutants' indices. Each is taken of this one concentration, where the EPA takes a mean over 8
    or 24 hours, so it runs ahead of the official figure (1)."""
    us_aqi_pollutant: str | None = None
    """The field that `us_aqi` comes from; the first in the order below where several have it."""
    us_aqi_ozone: int | None = None
    """Index of `ozone` alone, from ppm cut to three decimals: by the classes for 8 hours up to
    0.200 ppm, and from 0.405 ppm by that for one hour; 300 between them. Gases are turned from
    µg/m³ at 25 °C and 1013.25 hPa. Beyond the last class its line goes on above 500; null for a
    concentration below 0 or above 1 g/m³ (1)."""
    us_aqi_pm2_5: int | None = None
    """Index of `pm2_5` alone, from µg/m³ cut to one decimal. Beyond the last class its line goes on
    above 500; null for a concentration below 0 or above 1 g/m³ (1)."""
    us_aqi_pm10: int | None = None
    """Index of `pm10` alone, from whole µg/m³, cut. Beyond the last class its line goes on above
    500; null for a concentration below 0 or above 1 g/m³ (1)."""
    us_aqi_carbon_monoxide: int | None = None
    """Index of `carbon_monoxide` alone, from ppm cut to one decimal. Gases are turned from µg/m³ at
    25 °C and 1013.25 hPa. Beyond the last class its line goes on above 500; null for a
    concentration below 0 or above 1 g/m³ (1)."""
    us_aqi_sulphur_dioxide: int | None = None
    """Index of `sulphur_dioxide` alone, from whole ppb, cut; the EPA takes 200 and more from a mean
    over 24 hours. Gases are turned from µg/m³ at 25 °C and 1013.25 hPa. Beyond the last class its
    line goes on above 500; null for a concentration below 0 or above 1 g/m³ (1)."""
    us_aqi_nitrogen_dioxide: int | None = None
    """Index of `nitrogen_dioxide` alone, from whole ppb, cut. Gases are turned from µg/m³ at 25 °C
    and 1013.25 hPa. Beyond the last class its line goes on above 500; null for a concentration
    below 0 or above 1 g/m³ (1)."""
    european_aqi: int | None = None
    """European Air Quality Index (European Environment Agency, bands as revised in 2024, of hourly
    concentrations): 1 good, 2 fair, 3 moderate, 4 poor, 5 very poor, 6 extremely poor. The highest
    of its pollutants' levels (1)."""
    european_aqi_pollutant: str | None = None
    """The field that `european_aqi` comes from; the first in the order below where several have
    it."""
    european_aqi_pm2_5: int | None = None
    """Level of `pm2_5` alone, 1 to 6, from whole µg/m³, rounded; null for a concentration below 0
    or above 1 g/m³ (1)."""
    european_aqi_pm10: int | None = None
    """Level of `pm10` alone, 1 to 6, from whole µg/m³, rounded; null for a concentration below 0 or
    above 1 g/m³ (1)."""
    european_aqi_nitrogen_dioxide: int | None = None
    """Level of `nitrogen_dioxide` alone, 1 to 6, from whole µg/m³, rounded; null for a
    concentration below 0 or above 1 g/m³ (1)."""
    european_aqi_ozone: int | None = None
    """Level of `ozone` alone, 1 to 6, from whole µg/m³, rounded; null for a concentration below 0
    or above 1 g/m³ (1)."""
    european_aqi_sulphur_dioxide: int | None = None
    """Level of `sulphur_dioxide` alone, 1 to 6, from whole µg/m³, rounded; null for a concentration
    below 0 or above 1 g/m³ (1)."""
    flags: tuple[str, ...] = ()
    """Ids of the rules of severity `warning` that this observation breaks."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> AirQuality:
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
            latitude=value["latitude"],
            longitude=value["longitude"],
            carbon_monoxide=value["carbon_monoxide"],
            nitrogen_monoxide=value["nitrogen_monoxide"],
            nitrogen_dioxide=value["nitrogen_dioxide"],
            ozone=value["ozone"],
            sulphur_dioxide=value["sulphur_dioxide"],
            pm2_5=value["pm2_5"],
            pm10=value["pm10"],
            ammonia=value["ammonia"],
            us_aqi=value["us_aqi"],
            us_aqi_pollutant=value["us_aqi_pollutant"],
            us_aqi_ozone=value["us_aqi_ozone"],
            us_aqi_pm2_5=value["us_aqi_pm2_5"],
            us_aqi_pm10=value["us_aqi_pm10"],
            us_aqi_carbon_monoxide=value["us_aqi_carbon_monoxide"],
            us_aqi_sulphur_dioxide=value["us_aqi_sulphur_dioxide"],
            us_aqi_nitrogen_dioxide=value["us_aqi_nitrogen_dioxide"],
            european_aqi=value["european_aqi"],
            european_aqi_pollutant=value["european_aqi_pollutant"],
            european_aqi_pm2_5=value["european_aqi_pm2_5"],
            european_aqi_pm10=value["european_aqi_pm10"],
            european_aqi_nitrogen_dioxide=value["european_aqi_nitrogen_dioxide"],
            european_aqi_ozone=value["european_aqi_ozone"],
            european_aqi_sulphur_dioxide=value["european_aqi_sulphur_dioxide"],
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
            "latitude": self.latitude,
            "longitude": self.longitude,
            "carbon_monoxide": self.carbon_monoxide,
            "nitrogen_monoxide": self.nitrogen_monoxide,
            "nitrogen_dioxide": self.nitrogen_dioxide,
            "ozone": self.ozone,
            "sulphur_dioxide": self.sulphur_dioxide,
            "pm2_5": self.pm2_5,
            "pm10": self.pm10,
            "ammonia": self.ammonia,
            "us_aqi": self.us_aqi,
            "us_aqi_pollutant": self.us_aqi_pollutant,
            "us_aqi_ozone": self.us_aqi_ozone,
            "us_aqi_pm2_5": self.us_aqi_pm2_5,
            "us_aqi_pm10": self.us_aqi_pm10,
            "us_aqi_carbon_monoxide": self.us_aqi_carbon_monoxide,
            "us_aqi_sulphur_dioxide": self.us_aqi_sulphur_dioxide,
            "us_aqi_nitrogen_dioxide": self.us_aqi_nitrogen_dioxide,
            "european_aqi": self.european_aqi,
            "european_aqi_pollutant": self.european_aqi_pollutant,
            "european_aqi_pm2_5": self.european_aqi_pm2_5,
            "european_aqi_pm10": self.european_aqi_pm10,
            "european_aqi_nitrogen_dioxide": self.european_aqi_nitrogen_dioxide,
            "european_aqi_ozone": self.european_aqi_ozone,
            "european_aqi_sulphur_dioxide": self.european_aqi_sulphur_dioxide,
            "flags": list(self.flags),
        }
