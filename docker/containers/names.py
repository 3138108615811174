"""Names of the images, from the pinned versions of `docker/.env`."""

from __future__ import annotations

from embedded.pins import read_pins

PLATFORM = "weather-platform:local"
REGISTRY = "weather-platform-registry:{APICURIO_VERSION}"
STAND_IN = "weather-platform.stand-in"
"""The label of an image that bears an official name and is built here: its text says of what."""

OFFICIAL = {
    "base": "python:{PYTHON_VERSION}-slim-bookworm",
    "broker": "apache/kafka:{KAFKA_VERSION}",
    "registry": "apicurio/apicurio-registry:{APICURIO_VERSION}",
    "prometheus": "prom/prometheus:v{PROMETHEUS_VERSION}",
    "grafana": "grafana/grafana:{GRAFANA_VERSION}",
}


def official(part: str) -> str:
    """The official name of a part's image, with its tag."""
    return OFFICIAL[part].format_map(read_pins())


def registry_with_data() -> str:
    """The registry's image with a data folder of its own user: what the stack runs."""
    return REGISTRY.format_map(read_pins())
