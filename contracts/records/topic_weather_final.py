"""Typed records of `topic-weather-final`, version 2: written by `python -m contracts generate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

__all__ = [
    "SCHEMA",
    "DataKind",
    "DayPhase",
    "FeltMethod",
    "HeatStress",
    "Observation",
    "PrecipitationKind",
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
"default":null},{"name":"flags","type":{"type":"array","items":"string"},"default":[]},{"name":
"data_kind","type":["null",{"type":"enum","name":"DataKind","symbols":["UNKNOWN","STATION","BLEND"
,"MODEL"],"default":"UNKNOWN"}],"default":null},{"name":"source_partition","type":["null","int"],
"default":null},{"name":"source_offset","type":["null","long"],"default":null},{"name":"ingested_at"
,"type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},{"name":
"utc_offset","type":["null","int"],"default":null},{"name":"sunrise_at","type":["null",{"type":
"long","logicalType":"timestamp-millis"}],"default":null},{"name":"sunset_at","type":["null",{"type"
:"long","logicalType":"timestamp-millis"}],"default":null},{"name":"elevation","type":["null"
,"double"],"default":null},{"name":"station_pressure","type":["null","double"],"default":null},{
"name":"condition_code","type":["null","long"],"default":null},{"name":"present_weather","type":
["null","int"],"default":null},{"name":"precipitation_rate","type":["null","double"],"default":null}
,{"name":"precipitation_kind","type":["null",{"type":"enum","name":"PrecipitationKind","symbols":
["UNKNOWN","NONE","LIQUID","FREEZING","MIXED","SOLID"],"default":"UNKNOWN"}],"default":null},{"name"
:"visibility_at_least","type":["null","boolean"],"default":null},{"name":"cloud_oktas","type":
["null","int"],"default":null},{"name":"dew_point_observed","type":["null","double"],"default":null}
,{"name":"vapour_pressure","type":["null","double"],"default":null},{"name":
"vapour_pressure_deficit","type":["null","double"],"default":null},{"name":"wet_bulb","type":["null"
,"double"],"default":null},{"name":"frost_point","type":["null","double"],"default":null},{"name":
"absolute_humidity","type":["null","double"],"default":null},{"name":"mixing_ratio","type":["null"
,"double"],"default":null},{"name":"air_density","type":["null","double"],"default":null},{"name":
"humidex","type":["null","double"],"default":null},{"name":"felt_temperature","type":["null"
,"double"],"default":null},{"name":"felt_method","type":["null",{"type":"enum","name":"FeltMethod",
"symbols":["UNKNOWN","AIR","WIND_CHILL","HEAT_INDEX"],"default":"UNKNOWN"}],"default":null},{"name":
"heat_stress","type":["null",{"type":"enum","name":"HeatStress","symbols":["UNKNOWN","NONE"
,"CAUTION","EXTREME_CAUTION","DANGER","EXTREME_DANGER"],"default":"UNKNOWN"}],"default":null},{
"name":"wind_u","type":["null","double"],"default":null},{"name":"wind_v","type":["null","double"],
"default":null},{"name":"gust_factor","type":["null","double"],"default":null},{"name":
"solar_elevation","type":["null","double"],"default":null},{"name":"solar_azimuth","type":["null"
,"double"],"default":null},{"name":"day_phase","type":["null",{"type":"enum","name":"DayPhase",
"symbols":["UNKNOWN","DAY","CIVIL_TWILIGHT","NAUTICAL_TWILIGHT","ASTRONOMICAL_TWILIGHT","NIGHT"],
"default":"UNKNOWN"}],"default":null},{"name":"qc","type":["null","int"],"default":null},{"name":
"qc_temperature","type":["null","int"],"default":null},{"name":"qc_humidity","type":["null","int"],
"default":null},{"name":"qc_pressure","type":["null","int"],"default":null},{"name":"qc_wind","type"
:["null","int"],"default":null},{"name":"qc_precipitation","type":["null","int"],"default":null},{
"name":"qc_visibility","type":["null","int"],"default":null},{"name":"qc_position","type":["null"
,"int"],"default":null},{"name":"qc_time","type":["null","int"],"default":null}]}"""
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


class DataKind(str, Enum):
    """What stands behind the values."""

    UNKNOWN = "UNKNOWN"
    STATION = "STATION"
    BLEND = "BLEND"
    MODEL = "MODEL"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> DataKind:
        return cls.UNKNOWN


class PrecipitationKind(str, Enum):
    """What falls."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    LIQUID = "LIQUID"
    FREEZING = "FREEZING"
    MIXED = "MIXED"
    SOLID = "SOLID"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> PrecipitationKind:
        return cls.UNKNOWN


class FeltMethod(str, Enum):
    """How a felt temperature is found."""

    UNKNOWN = "UNKNOWN"
    AIR = "AIR"
    WIND_CHILL = "WIND_CHILL"
    HEAT_INDEX = "HEAT_INDEX"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> FeltMethod:
        return cls.UNKNOWN


class HeatStress(str, Enum):
    """Bands of the heat index."""

    UNKNOWN = "UNKNOWN"
    NONE = "NONE"
    CAUTION = "CAUTION"
    EXTREME_CAUTION = "EXTREME_CAUTION"
    DANGER = "DANGER"
    EXTREME_DANGER = "EXTREME_DANGER"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> HeatStress:
        return cls.UNKNOWN


class DayPhase(str, Enum):
    """Part of the day by the height of the sun."""

    UNKNOWN = "UNKNOWN"
    DAY = "DAY"
    CIVIL_TWILIGHT = "CIVIL_TWILIGHT"
    NAUTICAL_TWILIGHT = "NAUTICAL_TWILIGHT"
    ASTRONOMICAL_TWILIGHT = "ASTRONOMICAL_TWILIGHT"
    NIGHT = "NIGHT"

    @classmethod
    def _missing_(cls, _newer_symbol: object) -> DayPhase:
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One observation in metric units, enriched and judged."""

    TOPIC: ClassVar[str] = "topic-weather-final"
    VERSION: ClassVar[int] = 2
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
    """When the weather was observed, UTC; of a model, the time that its values are for."""
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
    """Dew point, Magnus formula over water (17.625, 243.04 °C); null below -40 °C (°C)."""
    apparent_temperature: float | None = None
    """Apparent temperature, Bureau of Meteorology formula without radiation; null outside -40 to 60
    °C and above 40 m/s (°C)."""
    heat_index: float | None = None
    """Heat index, National Weather Service; null where the air is below 80 °F, and above 137 °F,
    where its chart ends (°C)."""
    wind_chill: float | None = None
    """Wind chill, National Weather Service 2001; null above 50 °F or at 3 mph and below (°C)."""
    humidity: float | None = None
    """Relative humidity (%)."""
    pressure: float | None = None
    """Pressure at sea level (hPa)."""
    visibility: float | None = None
    """Visibility; `visibility_at_least` says where it is the most that the source tells (m)."""
    cloudiness: float | None = None
    """Part of the sky that is covered (%)."""
    wind_speed: float | None = None
    """Wind speed (m/s)."""
    wind_gust: float | None = None
    """Speed of gusts (m/s)."""
    wind_direction: float | None = None
    """Direction that the wind comes from, clockwise from north; null in calm (°)."""
    wind_compass: str | None = None
    """Direction that the wind comes from, on the 16-point compass; null in calm."""
    beaufort: int | None = None
    """Wind force, 0 to 12 (Beaufort)."""
    rain_1h: float | None = None
    """Rain of the last hour; 0 where the source leaves it out because there was none (mm)."""
    rain_3h: float | None = None
    """Rain of the last three hours (mm)."""
    snow_1h: float | None = None
    """Snow of the last hour, as water; 0 where the source leaves it out because there was none
    (mm)."""
    snow_3h: float | None = None
    """Snow of the last three hours, as water (mm)."""
    is_day: bool | None = None
    """True while the sun's upper edge is above the horizon; by the source's sunrise and sunset
    where the place is unknown."""
    flags: tuple[str, ...] = ()
    """Ids of the rules of severity `value` and `warning` that this observation breaks."""
    data_kind: DataKind | None = None
    """What stands behind the values: a station's instruments, a blend of stations, radar and
    models, or a model alone."""
    source_partition: int | None = None
    """Partition of the raw record that this was made from (1)."""
    source_offset: int | None = None
    """Offset of the raw record that this was made from (1)."""
    ingested_at: datetime | None = None
    """Kafka's time of the raw record, UTC."""
    utc_offset: int | None = None
    """Offset of the local time from UTC (s)."""
    sunrise_at: datetime | None = None
    """Sunrise of the local day as the source gives it, UTC."""
    sunset_at: datetime | None = None
    """Sunset of the local day as the source gives it, UTC."""
    elevation: float | None = None
    """Height of the station, or of the model's ground, above the sea (m)."""
    station_pressure: float | None = None
    """Pressure at the height of the station; never reduced to sea level (hPa)."""
    condition_code: int | None = None
    """The source's own number of the primary condition."""
    present_weather: int | None = None
    """Present weather by WMO's BUFR table 0 20 003: 0 to 99 from a person or a model, 100 and more
    from an automatic station, 508 for nothing significant."""
    precipitation_rate: float | None = None
    """Precipitation of all kinds, as water, by the shortest time that the source tells it for
    (mm/h)."""
    precipitation_kind: PrecipitationKind | None = None
    """What falls, by `present_weather` alone."""
    visibility_at_least: bool | None = None
    """True where `visibility` is the most that the source tells: it may be farther."""
    cloud_oktas: int | None = None
    """Cloud amount by WMO's code table 2700: 1 is less than one eighth too, and 7 all but overcast
    (okta)."""
    dew_point_observed: float | None = None
    """Dew point as the source itself gives it (°C)."""
    vapour_pressure: float | None = None
    """Partial pressure of water vapour, over water (hPa)."""
    vapour_pressure_deficit: float | None = None
    """What the vapour pressure lacks to saturation over water (hPa)."""
    wet_bulb: float | None = None
    """Wet-bulb temperature of an aspirated psychrometer, over water (°C)."""
    frost_point: float | None = None
    """Frost point; null unless the dew point is below 0 °C (°C)."""
    absolute_humidity: float | None = None
    """Mass of water vapour in the air (g/m³)."""
    mixing_ratio: float | None = None
    """Mass of water vapour by mass of dry air; needs `station_pressure` (g/kg)."""
    air_density: float | None = None
    """Density of the moist air; needs `station_pressure` (kg/m³)."""
    humidex: float | None = None
    """Humidex, Environment Canada; null below 20 °C, and where it is not above the temperature
    (1)."""
    felt_temperature: float | None = None
    """Felt temperature by the method in `felt_method` (°C)."""
    felt_method: FeltMethod | None = None
    """How `felt_temperature` is found, after the National Weather Service: wind chill up to 50 °F
    above 3 mph, the heat index from 80 °F on, else the air temperature."""
    heat_stress: HeatStress | None = None
    """Band of the heat index: from 80, 90, 103 and 125 °F on, and the last where the index is off
    the chart."""
    wind_u: float | None = None
    """Part of the wind toward the east; 0 in calm (m/s)."""
    wind_v: float | None = None
    """Part of the wind toward the north; 0 in calm (m/s)."""
    gust_factor: float | None = None
    """Speed of gusts by wind speed; null below 5 m/s (1)."""
    solar_elevation: float | None = None
    """Height of the sun's centre above the horizon, without refraction (°)."""
    solar_azimuth: float | None = None
    """Direction of the sun, clockwise from north (°)."""
    day_phase: DayPhase | None = None
    """Part of the day by the sun: its centre above -0.833, -6, -12 and -18°, else night."""
    qc: int | None = None
    """Worst flag of this observation, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4
    fail (the value is null here and intact in the raw topic), 9 missing."""
    qc_temperature: int | None = None
    """Flag of the temperature, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the
    value is null here and intact in the raw topic), 9 missing."""
    qc_humidity: int | None = None
    """Flag of the humidity, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the
    value is null here and intact in the raw topic), 9 missing."""
    qc_pressure: int | None = None
    """Flag of the pressure, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the
    value is null here and intact in the raw topic), 9 missing."""
    qc_wind: int | None = None
    """Flag of the wind, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the value
    is null here and intact in the raw topic), 9 missing."""
    qc_precipitation: int | None = None
    """Flag of the precipitation, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail
    (the value is null here and intact in the raw topic), 9 missing."""
    qc_visibility: int | None = None
    """Flag of the visibility, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the
    value is null here and intact in the raw topic), 9 missing."""
    qc_position: int | None = None
    """Flag of the coordinates, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the
    value is null here and intact in the raw topic), 9 missing."""
    qc_time: int | None = None
    """Flag of the time, in QARTOD's numbers: 1 good, 2 not evaluated, 3 suspect, 4 fail (the value
    is null here and intact in the raw topic), 9 missing."""

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
            data_kind=None if value["data_kind"] is None else DataKind(value["data_kind"]),
            source_partition=value["source_partition"],
            source_offset=value["source_offset"],
            ingested_at=value["ingested_at"],
            utc_offset=value["utc_offset"],
            sunrise_at=value["sunrise_at"],
            sunset_at=value["sunset_at"],
            elevation=value["elevation"],
            station_pressure=value["station_pressure"],
            condition_code=value["condition_code"],
            present_weather=value["present_weather"],
            precipitation_rate=value["precipitation_rate"],
            precipitation_kind=None
            if value["precipitation_kind"] is None
            else PrecipitationKind(value["precipitation_kind"]),
            visibility_at_least=value["visibility_at_least"],
            cloud_oktas=value["cloud_oktas"],
            dew_point_observed=value["dew_point_observed"],
            vapour_pressure=value["vapour_pressure"],
            vapour_pressure_deficit=value["vapour_pressure_deficit"],
            wet_bulb=value["wet_bulb"],
            frost_point=value["frost_point"],
            absolute_humidity=value["absolute_humidity"],
            mixing_ratio=value["mixing_ratio"],
            air_density=value["air_density"],
            humidex=value["humidex"],
            felt_temperature=value["felt_temperature"],
            felt_method=None if value["felt_method"] is None else FeltMethod(value["felt_method"]),
            heat_stress=None if value["heat_stress"] is None else HeatStress(value["heat_stress"]),
            wind_u=value["wind_u"],
            wind_v=value["wind_v"],
            gust_factor=value["gust_factor"],
            solar_elevation=value["solar_elevation"],
            solar_azimuth=value["solar_azimuth"],
            day_phase=None if value["day_phase"] is None else DayPhase(value["day_phase"]),
            qc=value["qc"],
            qc_temperature=value["qc_temperature"],
            qc_humidity=value["qc_humidity"],
            qc_pressure=value["qc_pressure"],
            qc_wind=value["qc_wind"],
            qc_precipitation=value["qc_precipitation"],
            qc_visibility=value["qc_visibility"],
            qc_position=value["qc_position"],
            qc_time=value["qc_time"],
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
            "data_kind": None if self.data_kind is None else self.data_kind.value,
            "source_partition": self.source_partition,
            "source_offset": self.source_offset,
            "ingested_at": self.ingested_at,
            "utc_offset": self.utc_offset,
            "sunrise_at": self.sunrise_at,
            "sunset_at": self.sunset_at,
            "elevation": self.elevation,
            "station_pressure": self.station_pressure,
            "condition_code": self.condition_code,
            "present_weather": self.present_weather,
            "precipitation_rate": self.precipitation_rate,
            "precipitation_kind": None if self.precipitation_kind is None else self.precipitation_kind.value,
            "visibility_at_least": self.visibility_at_least,
            "cloud_oktas": self.cloud_oktas,
            "dew_point_observed": self.dew_point_observed,
            "vapour_pressure": self.vapour_pressure,
            "vapour_pressure_deficit": self.vapour_pressure_deficit,
            "wet_bulb": self.wet_bulb,
            "frost_point": self.frost_point,
            "absolute_humidity": self.absolute_humidity,
            "mixing_ratio": self.mixing_ratio,
            "air_density": self.air_density,
            "humidex": self.humidex,
            "felt_temperature": self.felt_temperature,
            "felt_method": None if self.felt_method is None else self.felt_method.value,
            "heat_stress": None if self.heat_stress is None else self.heat_stress.value,
            "wind_u": self.wind_u,
            "wind_v": self.wind_v,
            "gust_factor": self.gust_factor,
            "solar_elevation": self.solar_elevation,
            "solar_azimuth": self.solar_azimuth,
            "day_phase": None if self.day_phase is None else self.day_phase.value,
            "qc": self.qc,
            "qc_temperature": self.qc_temperature,
            "qc_humidity": self.qc_humidity,
            "qc_pressure": self.qc_pressure,
            "qc_wind": self.qc_wind,
            "qc_precipitation": self.qc_precipitation,
            "qc_visibility": self.qc_visibility,
            "qc_position": self.qc_position,
            "qc_time": self.qc_time,
        }
