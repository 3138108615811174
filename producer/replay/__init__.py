"""Plays real observations of 2013 again, as the bodies that OpenWeatherMap's API would have given."""

from producer.replay.faults import KINDS, Fault, fault
from producer.replay.observations import PRODUCT, SOURCE, Observation, load_observations, split_for_polling
from producer.replay.server import ReplayServer, serve

__all__ = [
    "KINDS",
    "PRODUCT",
    "SOURCE",
    "Fault",
    "Observation",
    "ReplayServer",
    "fault",
    "load_observations",
    "serve",
    "split_for_polling",
]
