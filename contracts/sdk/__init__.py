"""Typed weather records and the consumer that reads them.

    from weather_records import Observation, consume

    for message in consume("topic-weather-final", Observation, bootstrap_servers="…", registry_url="…"):
        print(message.value.observed_at, message.value.temperature)

`consume(…, reads=("observed_at", "temperature"))` decodes these fields alone, which takes less time.

Every topic has a module of its own, such as `weather_records.topic_weather_final`, with all of its types.

In the wheel that `make sdk` builds, this file is `weather_records`, and gives the topics' records as well.
"""

from contracts.avro.decode import Undecodable
from contracts.consume import Message, Poison, consume
from contracts.errors import (
    AccessRefused,
    PlatformError,
    RegistryMismatch,
    ServiceFailed,
    Unreachable,
    UnusableSetting,
)
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry

__all__ = [
    "AccessRefused",
    "Kafka",
    "Message",
    "PlatformError",
    "Poison",
    "RegistryMismatch",
    "SchemaRegistry",
    "ServiceFailed",
    "Undecodable",
    "Unreachable",
    "UnusableSetting",
    "consume",
]
