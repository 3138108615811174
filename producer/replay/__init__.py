"""Plays real observations of the past again, as the bodies that OpenWeatherMap's API would have given."""

from producer.replay.air import AIR_SOURCE, load_air
from producer.replay.faults import KINDS, Fault, fault
from producer.replay.observations import PRODUCT, SOURCE, Observation, load_observations, split_for_polling
from producer.replay.server import ReplayServer, serve

__all__ = [
    "AIR_SOURCE",
    "KINDS",
    "PRODUCT",
    "SOURCE",
    "Fault",
    "Observation",
    "ReplayServer",
    "fault",
    "load_air",
    "load_observations",
    "serve",
    "split_for_polling",
]
