"""Where broker and registry are and how they let us in: from the environment, else what `make up` wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import UnusableSetting
from contracts.kafka.cluster import ANSWERS_WITHIN, MECHANISMS, PROTOCOLS, Kafka
from contracts.registry.registry import SchemaRegistry

SERVICES_FILE = Path("build/services.json")


class Addresses(BaseSettings):
    """The services' addresses, credentials and certificates; each field is the variable of its name.

    Secrets show as asterisks. A variable that is set to nothing counts as not set.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    kafka_bootstrap_servers: str
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_mechanism: str | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_sasl_oauthbearer_token_endpoint_url: str | None = None
    kafka_sasl_oauthbearer_client_id: str | None = None
    kafka_sasl_oauthbearer_client_secret: SecretStr | None = None
    kafka_sasl_oauthbearer_scope: str | None = None
    kafka_ssl_ca_location: str | None = None
    kafka_ssl_certificate_location: str | None = None
    kafka_ssl_key_location: str | None = None
    kafka_ssl_key_password: SecretStr | None = None
    kafka_answers_within: float = ANSWERS_WITHIN

    schema_registry_url: str
    schema_registry_username: str | None = None
    schema_registry_password: SecretStr | None = None
    schema_registry_token: SecretStr | None = None
    schema_registry_ssl_ca_location: str | None = None
    schema_registry_ssl_certificate_location: str | None = None
    schema_registry_ssl_key_location: str | None = None
    schema_registry_ssl_key_password: SecretStr | None = None

    @property
    def kafka(self) -> Kafka:
        """The broker, for every client of it."""
        return Kafka(**self._of("kafka_"))

    @property
    def registry(self) -> SchemaRegistry:
        """The registry, for `connect`."""
        return SchemaRegistry(**self._of("schema_registry_"))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, for whoever must not show it."""
        return tuple(value.get_secret_value() for _, value in self if isinstance(value, SecretStr))

    def _of(self, prefix: str) -> dict[str, Any]:
        held = {name.removeprefix(prefix): value for name, value in self if name.startswith(prefix)}
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in held.items()
        }


_LONGEST = 600
Faulty = Callable[[Addresses], Any]


def _is_url(text: str | None) -> bool:
    try:
        address = urlsplit(text or "")
    except ValueError:  # a bracket that nothing closes
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)


def _sasl(found: Addresses) -> bool:
    return found.kafka_security_protocol.startswith("SASL_")


def _oauth(found: Addresses) -> bool:
    return found.kafka_sasl_mechanism == "OAUTHBEARER"


_FAULTS: tuple[tuple[Faulty, str], ...] = (
    (
        lambda found: not _is_url(found.schema_registry_url),
        "SCHEMA_REGISTRY_URL must be an http or https address, such as http://host:8081.",
    ),
    (
        lambda found: "@" in urlsplit(found.schema_registry_url).netloc,
        "SCHEMA_REGISTRY_URL must not hold credentials: an address ends up in logs.",
    ),
    (
        lambda found: found.kafka_security_protocol not in PROTOCOLS,
        f"KAFKA_SECURITY_PROTOCOL must be one of {', '.join(PROTOCOLS)}.",
    ),
    (
        lambda found: _sasl(found) and found.kafka_sasl_mechanism not in MECHANISMS,
        f"KAFKA_SASL_MECHANISM must be one of {', '.join(MECHANISMS)}, as KAFKA_SECURITY_PROTOCOL says SASL.",
    ),
    (
        lambda found: found.kafka_sasl_mechanism and not _sasl(found),
        "KAFKA_SASL_MECHANISM is set, and KAFKA_SECURITY_PROTOCOL is without SASL: "
        "set the latter to SASL_SSL or SASL_PLAINTEXT.",
    ),
    (
        lambda found: (found.kafka_sasl_username or found.kafka_sasl_password) and not _sasl(found),
        "KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set, and KAFKA_SECURITY_PROTOCOL is without SASL: "
        "set the latter to SASL_SSL or SASL_PLAINTEXT.",
    ),
    (
        lambda found: (
            _sasl(found)
            and not _oauth(found)
            and not (found.kafka_sasl_username and found.kafka_sasl_password)
        ),
        "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD belong together: the broker's mechanism needs both.",
    ),
    (
        lambda found: (
            _oauth(found)
            and not (
                _is_url(found.kafka_sasl_oauthbearer_token_endpoint_url)
                and found.kafka_sasl_oauthbearer_client_id
                and found.kafka_sasl_oauthbearer_client_secret
            )
        ),
        "OAUTHBEARER needs KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL (http or https), "
        "KAFKA_SASL_OAUTHBEARER_CLIENT_ID and KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: set all three.",
    ),
    (
        lambda found: (
            not found.kafka_security_protocol.endswith("SSL")
            and (found.kafka_ssl_ca_location or found.kafka_ssl_certificate_location)
        ),
        "certificates are set, and KAFKA_SECURITY_PROTOCOL is without SSL: set it to SSL or SASL_SSL.",
    ),
    (
        lambda found: bool(found.kafka_ssl_certificate_location) != bool(found.kafka_ssl_key_location),
        "KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION belong together: set both or neither.",
    ),
    (
        lambda found: found.kafka_ssl_key_password and not found.kafka_ssl_key_location,
        "KAFKA_SSL_KEY_PASSWORD is set without KAFKA_SSL_KEY_LOCATION: name the key that it opens.",
    ),
    (
        lambda found: not 0 < found.kafka_answers_within <= _LONGEST,
        f"KAFKA_ANSWERS_WITHIN must be a number of seconds above 0, and at most {_LONGEST}.",
    ),
    (
        lambda found: bool(found.schema_registry_username) != bool(found.schema_registry_password),
        "SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD belong together: set both or neither.",
    ),
    (
        lambda found: ":" in (found.schema_registry_username or ""),
        "SCHEMA_REGISTRY_USERNAME must not hold a colon, which ends the name in HTTP's basic authentication.",
    ),
    (
        lambda found: found.schema_registry_username and found.schema_registry_token,
        "SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME are two ways in: set one of them.",
    ),
    (
        lambda found: (
            bool(found.schema_registry_ssl_certificate_location)
            != bool(found.schema_registry_ssl_key_location)
        ),
        "SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION and SCHEMA_REGISTRY_SSL_KEY_LOCATION belong together: "
        "set both or neither.",
    ),
)
"""What is wrong with settings that each look well, and what to say then; the first that holds is said."""


def addresses(services_file: Path = SERVICES_FILE, given: Mapping[str, str] | None = None) -> Addresses:
    """Find the services; raises `UnusableSetting` when neither the environment nor `make up` names them.

    The same for settings that do not fit together, and for certificates that cannot be read. Where both
    addresses are `given`, by the names of their fields, the environment says the rest.
    """
    try:
        found = Addresses(**(given or _from_services_file(services_file)))
    except ValidationError as error:
        names = {str(row["loc"][0]).upper(): row["type"] for row in error.errors()}
        if unfit := [name for name, kind in names.items() if kind != "missing"]:
            raise UnusableSetting(f"{', '.join(unfit)} must be a number.") from None
        missing = ", ".join(names)
        raise UnusableSetting(
            f"{missing} is not set: run `make up`, or set it to your own service."
        ) from None
    for holds, sentence in _FAULTS:
        if holds(found):
            raise UnusableSetting(sentence)
    for name, value in found:
        if name.endswith("_location") and value is not None and not os.access(value, os.R_OK):
            raise UnusableSetting(f"{name.upper()} names {value}, which is no file that can be read.")
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
