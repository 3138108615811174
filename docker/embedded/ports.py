"""Loopback ports: free ones, preferred ones, and who holds a taken one."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import psutil

from contracts.errors import PortTaken, UnusableSetting

LOOPBACK = "127.0.0.1"
PREFERRED = {"broker": 9092, "registry": 8081}
_VARIABLES = {"broker": "KAFKA_PORT", "registry": "REGISTRY_PORT"}
_SEARCHED = 100


def is_free(port: int) -> bool:
    """Whether a service could listen on that port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """As many different free ports."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for held in sockets:
            held.bind((LOOPBACK, 0))
        return [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def given_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """The ports that `KAFKA_PORT` and `REGISTRY_PORT` ask for; raises `UnusableSetting`."""
    given = {}
    for service, variable in _VARIABLES.items():
        text = environment.get(variable, "")
        if not text:
            continue
        if not text.isdecimal() or not 1 <= int(text) <= 65535:
            raise UnusableSetting(f"{variable} must be a port from 1 to 65535, not {text!r}.")
        given[service] = int(text)
    return given


def choose(service: str, given: Mapping[str, int]) -> tuple[int, str]:
    """The port for a service, and a note when it is not the preferred one.

    A given port is kept to: `PortTaken` when somebody listens there. Else the next free one from the
    preferred one on.
    """
    if service in given:
        port = given[service]
        if not is_free(port):
            raise PortTaken(
                f"port {port} is taken by {holder_of(port)}: stop it, or set {_VARIABLES[service]}."
            )
        return port, ""
    preferred = PREFERRED[service]
    if is_free(preferred):
        return preferred, ""
    others = (port for port in range(preferred + 1, preferred + _SEARCHED) if is_free(port))
    port = next(others, 0)
    if not port:
        raise PortTaken(
            f"no port is free from {preferred} to {preferred + _SEARCHED}: set {_VARIABLES[service]}."
        )
    return port, f"port {preferred} is taken by {holder_of(preferred)}: the {service} uses {port}"


def holder_of(port: int) -> str:
    """Who listens on a port, for a message: as much as this user may know."""
    try:
        rows = psutil.net_connections(kind="tcp")
        pids = [
            row.pid
            for row in rows
            if row.laddr and row.laddr.port == port and row.status == psutil.CONN_LISTEN
        ]
        if pids and pids[0]:
            return f"{psutil.Process(pids[0]).name()} (pid {pids[0]})"
    except (psutil.Error, OSError):
        pass
    return "another program"


def environment_ports() -> dict[str, int]:
    """`given_ports` of this process's own environment."""
    return given_ports(os.environ)
