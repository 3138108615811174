"""Where the broker and the registry are: from the environment, else what `make up` wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from contracts.errors import UnusableSetting

SERVICES_FILE = Path("build/services.json")


class Addresses(BaseSettings):
    """Addresses of the services, from `KAFKA_BOOTSTRAP_SERVERS` and `SCHEMA_REGISTRY_URL`."""

    kafka_bootstrap_servers: str
    schema_registry_url: str


def addresses(services_file: Path = SERVICES_FILE) -> Addresses:
    """Find the services; raises `UnusableSetting` when neither the environment nor `make up` names them."""
    try:
        found = Addresses(**_from_services_file(services_file))
    except ValidationError as error:
        missing = ", ".join(str(row["loc"][0]).upper() for row in error.errors())
        raise UnusableSetting(
            f"{missing} is not set: run `make up`, or set it to your own service."
        ) from None
    registry = urlsplit(found.schema_registry_url)
    if registry.scheme not in {"http", "https"} or not registry.hostname:
        raise UnusableSetting(
            "SCHEMA_REGISTRY_URL must be an http or https address, such as http://host:8081."
        )
    if registry.username or registry.password:
        raise UnusableSetting("SCHEMA_REGISTRY_URL must not hold credentials: an address ends up in logs.")
    return found


def _from_services_file(path: Path) -> dict[str, Any]:
    # pydantic prefers what it is given to the environment: so only what the environment lacks is given.
    names = {"kafka_bootstrap_servers": "bootstrap_servers", "schema_registry_url": "schema_registry_url"}
    wanted = {ours: theirs for ours, theirs in names.items() if not os.environ.get(ours.upper())}
    if not wanted or not path.is_file():
        return {}
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {ours: written[theirs] for ours, theirs in wanted.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableSetting(f"{path} cannot be used: run `make down` and `make up` again.") from error
