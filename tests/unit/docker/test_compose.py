"""The compose file and what it mounts, as files: valid, confined, and speaking of metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from embedded.pins import read_pins

ROOT = Path(__file__).resolve().parents[3]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
_METRIC = re.compile(r"weather_(?:stream|trends)_[a-z_]+")


def test_it_is_a_compose_file_by_the_specification() -> None:
    """The schema is Compose's own, of compose-go 2.16.2."""
    schema = json.loads((Path(__file__).parent / "compose-spec.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_to_this_machine_and_to_its_memory(name: str) -> None:
    service = SERVICES[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert service["mem_limit"]
    assert service["restart"] in {"unless-stopped", "on-failure"}
    assert service["cap_drop"] == ["ALL"]
    assert service["user"].partition(":")[0] not in {"0", "root"}
    assert ("healthcheck" in service) is (name != "contracts"), "only a one-shot has its exit code instead"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_pinned_version(name: str) -> None:
    image = SERVICES[name]["image"]
    pins = set(re.findall(r"\$\{(\w+)\}", image))
    assert pins <= set(read_pins())
    assert pins or image == "weather-platform:local"


def test_dashboards_and_alerts_ask_for_metrics_that_there_are() -> None:
    documented = set(_METRIC.findall((ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")))
    files = (*DOCKER.glob("monitoring/grafana/dashboards/*.json"), DOCKER / "monitoring/alerts.yml")
    for file in files:
        asked = {re.sub("_(bucket|sum|count)$", "", one) for one in _METRIC.findall(file.read_text("utf-8"))}
        assert asked
        assert asked <= documented, file.name
