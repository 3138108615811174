"""The compose stack as it runs now: each service, its state, and where it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from containers import engine
from containers.names import STAND_IN
from embedded.pins import read_pins

_PATHS = {
    "broker": "{host}",
    "registry": "http://{host}/apis/ccompat/v7",
    "stream": "http://{host}/metrics",
    "stream-air": "http://{host}/metrics",
    "trends": "http://{host}/metrics",
    "prometheus": "http://{host}",
    "grafana": "http://{host}",
}
"""How the published address of a service is written."""
_WELL = frozenset({"healthy", "running", "done"})


@dataclass(frozen=True, order=True)
class Service:
    """One service of the stack. `state` is the health where one is checked, else that of the container."""

    name: str
    state: str
    address: str = ""
    stand_in: str = ""

    @property
    def well(self) -> bool:
        """Whether it is as it should be; a one-shot is when it has ended well."""
        return self.state in _WELL


def status(project: str | None = None) -> list[Service]:
    """The services of the stack `project`, by default the one of `docker/.env`; empty when none runs."""
    engine.need_engine()
    name = project or read_pins()["COMPOSE_PROJECT_NAME"]
    return sorted(service_of(row) for row in engine.containers(f"com.docker.compose.project={name}"))


def service_of(row: Mapping[str, Any]) -> Service:
    """A service by what `docker inspect` tells of its container."""
    labels: Mapping[str, str] = row["Config"]["Labels"]
    name, state = labels["com.docker.compose.service"], row["State"]
    told = state["Status"]
    if told == "running" and "Health" in state:
        told = state["Health"]["Status"]
    if told == "exited" and state["ExitCode"] == 0:
        told = "done"
    published = [one for ports in (row["NetworkSettings"]["Ports"] or {}).values() for one in ports or ()]
    hosts = [f"{one['HostIp']}:{one['HostPort']}" for one in published]
    address = _PATHS.get(name, "{host}").format(host=hosts[0]) if hosts else ""
    return Service(name, told, address, labels.get(STAND_IN, ""))
