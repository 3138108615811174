"""Typed weather records and the consumer that reads them.

The wheel that `make sdk` builds holds this file as `contracts`, and what reading needs; nothing of the tools.

    from contracts.consume import consume
    from contracts.records.topic_weather_final import Observation
"""

from contracts.consume import Message, Poison
from contracts.decode import Undecodable
from contracts.errors import PlatformError

__all__ = ["Message", "PlatformError", "Poison", "Undecodable"]
