"""Where broker and registry are and how they let us in: from the environment, else what `make up` wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.errors import UnusableSetting
from contracts.kafka.cluster import MECHANISMS, PROTOCOLS, Kafka
from contracts.registry.registry import SchemaRegistry

SERVICES_FILE = Path("build/services.json")

_VARIABLES = {
    kind: {f"{prefix}_{one.name}".upper(): one for one in fields(kind)}
    for kind, prefix in ((Kafka, "kafka"), (SchemaRegistry, "schema_registry"))
}
"""Each service's environment variables, with the field that each sets."""
_FROM_SERVICES_FILE = {
    "KAFKA_BOOTSTRAP_SERVERS": "bootstrap_servers",
    "SCHEMA_REGISTRY_URL": "schema_registry_url",
}
_ANSWERS_WITHIN = "KAFKA_ANSWERS_WITHIN"
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Addresses:
    """The services' addresses, credentials and certificates.

    Each field of theirs is the variable of its name behind `KAFKA_` or `SCHEMA_REGISTRY_`. A variable that
    is set to nothing counts as not set.
    """

    kafka: Kafka
    """The broker, for every client of it."""
    registry: SchemaRegistry
    """The registry, for `connect`."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, for whoever must not show it."""
        return tuple(value for _, value, secret in self.settings() if secret and value is not None)

    def settings(self) -> Iterator[tuple[str, Any, bool]]:
        """The name and the value of each variable, and whether it is a secret."""
        for service in (self.kafka, self.registry):
            for variable, one in _VARIABLES[type(service)].items():
                yield variable, getattr(service, one.name), not one.repr


def _is_url(text: str | None) -> bool:
    try:
        address = urlsplit(text or "")
    except ValueError:  # a bracket that nothing closes
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)


def _sasl(kafka: Kafka) -> bool:
    return kafka.security_protocol.startswith("SASL_")


def _oauth(kafka: Kafka) -> bool:
    return kafka.sasl_mechanism == "OAUTHBEARER"


_FAULTS: tuple[tuple[Callable[[Kafka, SchemaRegistry], Any], str], ...] = (
    (
        lambda _, registry: not _is_url(registry.url),
        "SCHEMA_REGISTRY_URL must be an http or https address, such as http://host:8081.",
    ),
    (
        lambda _, registry: "@" in urlsplit(registry.url).netloc,
        "SCHEMA_REGISTRY_URL must not hold credentials: an address ends up in logs.",
    ),
    (
        lambda kafka, _: kafka.security_protocol not in PROTOCOLS,
        f"KAFKA_SECURITY_PROTOCOL must be one of {', '.join(PROTOCOLS)}.",
    ),
    (
        lambda kafka, _: _sasl(kafka) and kafka.sasl_mechanism not in MECHANISMS,
        f"KAFKA_SASL_MECHANISM must be one of {', '.join(MECHANISMS)}, as KAFKA_SECURITY_PROTOCOL says SASL.",
    ),
    (
        lambda kafka, _: kafka.sasl_mechanism and not _sasl(kafka),
        "KAFKA_SASL_MECHANISM is set, and KAFKA_SECURITY_PROTOCOL is without SASL: "
        "set the latter to SASL_SSL or SASL_PLAINTEXT.",
    ),
    (
        lambda kafka, _: (kafka.sasl_username or kafka.sasl_password) and not _sasl(kafka),
        "KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set, and KAFKA_SECURITY_PROTOCOL is without SASL: "
        "set the latter to SASL_SSL or SASL_PLAINTEXT.",
    ),
    (
        lambda kafka, _: (
            _sasl(kafka) and not _oauth(kafka) and not (kafka.sasl_username and kafka.sasl_password)
        ),
        "KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD belong together: the broker's mechanism needs both.",
    ),
    (
        lambda kafka, _: (
            _oauth(kafka)
            and not (
                _is_url(kafka.sasl_oauthbearer_token_endpoint_url)
                and kafka.sasl_oauthbearer_client_id
                and kafka.sasl_oauthbearer_client_secret
            )
        ),
        "OAUTHBEARER needs KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL (http or https), "
        "KAFKA_SASL_OAUTHBEARER_CLIENT_ID and KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: set all three.",
    ),
    (
        lambda kafka, _: (
            not kafka.security_protocol.endswith("SSL")
            and (kafka.ssl_ca_location or kafka.ssl_certificate_location)
        ),
        "certificates are set, and KAFKA_SECURITY_PROTOCOL is without SSL: set it to SSL or SASL_SSL.",
    ),
    (
        lambda kafka, _: bool(kafka.ssl_certificate_location) != bool(kafka.ssl_key_location),
        "KAFKA_SSL_CERTIFICATE_LOCATION and KAFKA_SSL_KEY_LOCATION belong together: set both or neither.",
    ),
    (
        lambda kafka, _: kafka.ssl_key_password and not kafka.ssl_key_location,
        "KAFKA_SSL_KEY_PASSWORD is set without KAFKA_SSL_KEY_LOCATION: name the key that it opens.",
    ),
    (
        lambda kafka, _: not 0 < kafka.answers_within <= _LONGEST,
        f"{_ANSWERS_WITHIN} must be a number of seconds above 0, and at most {_LONGEST}.",
    ),
    (
        lambda _, registry: bool(registry.username) != bool(registry.password),
        "SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD belong together: set both or neither.",
    ),
    (
        lambda _, registry: ":" in (registry.username or ""),
        "SCHEMA_REGISTRY_USERNAME must not hold a colon, which ends the name in HTTP's basic authentication.",
    ),
    (
        lambda _, registry: registry.username and registry.token,
        "SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME are two ways in: set one of them.",
    ),
    (
        lambda _, registry: bool(registry.ssl_certificate_location) != bool(registry.ssl_key_location),
        "SCHEMA_REGISTRY_SSL_CERTIFICATE_LOCATION and SCHEMA_REGISTRY_SSL_KEY_LOCATION belong together: "
        "set both or neither.",
    ),
)
"""What is wrong with settings that do not fit together, and the sentence to raise; the first one counts."""


def addresses(services_file: Path = SERVICES_FILE, given: Mapping[str, str] | None = None) -> Addresses:
    """Find the services; raises `UnusableSetting` when neither the environment nor `make up` names them.

    The same for settings that do not fit together, and for certificates that cannot be read. What is `given`,
    by the names of the variables, goes before the environment.
    """
    values: dict[str, Any] = {
        name.upper(): text for name, text in {**os.environ, **(given or {})}.items() if text
    }
    values = {**_read_services_file(services_file, values), **values}
    if _ANSWERS_WITHIN in values:
        try:
            values[_ANSWERS_WITHIN] = float(values[_ANSWERS_WITHIN])
        except ValueError:
            raise UnusableSetting(f"{_ANSWERS_WITHIN} must be a number.") from None
    if missing := [name for name in _FROM_SERVICES_FILE if name not in values]:
        raise UnusableSetting(
            f"{', '.join(missing)} is not set: run `make up`, or set it to your own service."
        )
    settings = {
        kind: {one.name: values[name] for name, one in variables.items() if name in values}
        for kind, variables in _VARIABLES.items()
    }
    found = Addresses(Kafka(**settings[Kafka]), SchemaRegistry(**settings[SchemaRegistry]))
    for is_wrong, sentence in _FAULTS:
        if is_wrong(found.kafka, found.registry):
            raise UnusableSetting(sentence)
    for name, value, _ in found.settings():
        if name.endswith("_LOCATION") and value is not None and not os.access(value, os.R_OK):
            raise UnusableSetting(f"{name} names {value}, which is no file that can be read.")
    return found


def _read_services_file(path: Path, values: Mapping[str, str]) -> dict[str, str]:
    """The addresses in the file that are not among the `values`."""
    wanted = {ours: theirs for ours, theirs in _FROM_SERVICES_FILE.items() if ours not in values}
    if not wanted or not path.is_file():
        return {}
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {ours: str(written[theirs]) for ours, theirs in wanted.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableSetting(f"{path} cannot be used: run `make down` and `make up` again.") from error
