"""The services without a container engine: a real Kafka and a real Apicurio Registry, from locked jars."""

from embedded.prepare import prepare
from embedded.process import die_with_parent
from embedded.running import RunningServices, down, running_services, up
from embedded.services import Services

__all__ = ["RunningServices", "Services", "die_with_parent", "down", "prepare", "running_services", "up"]
