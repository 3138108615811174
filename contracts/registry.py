"""The schema registry: Confluent's HTTP API, limits on every wait, and errors that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from contracts.errors import (
    AccessRefused,
    PlatformError,
    RegistryMismatch,
    ServiceFailed,
    Unreachable,
    UnusableSetting,
)
from contracts.lock import digest
from contracts.model import Contract, Mode

T = TypeVar("T")

_LIMITS = {"timeout": 5.0, "max.retries": 2, "retries.wait.ms": 200, "retries.max.wait.ms": 1000}

_SUBJECT_UNKNOWN = 40401
_SCHEMA_UNKNOWN = 40403
_SUBJECT_WITHOUT_MODE = 40408
_NOTHING_THERE = frozenset({_SUBJECT_UNKNOWN, _SCHEMA_UNKNOWN, _SUBJECT_WITHOUT_MODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One version of a subject, as the registry holds it."""

    version: int
    id: int
    text: str
    """The schema's JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRegistry:
    """The address of a registry and, where it asks for them, credentials and certificates (PEM files)."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    """A bearer token."""
    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: str | None = field(default=None, repr=False)

    def client(self) -> dict[str, str]:
        """Properties of Confluent's client beside the address; `consume` takes them as `registry`."""
        named = {
            "basic.auth.user.info": f"{self.username}:{self.password}" if self.username else None,
            "bearer.auth.token": self.token,
            "bearer.auth.credentials.source": "STATIC_TOKEN" if self.token else None,
            # Confluent's client demands one; only Confluent's cloud looks at it.
            "bearer.auth.logical.cluster": "" if self.token else None,
            "ssl.ca.location": self.ssl_ca_location,
            "ssl.certificate.location": self.ssl_certificate_location,
            "ssl.key.location": self.ssl_key_location,
            "ssl.key.password": self.ssl_key_password,
        }
        return {name: value for name, value in named.items() if value is not None}


def connect(at: SchemaRegistry | str, settings: Mapping[str, Any] | None = None) -> Registry:
    """Make a client of the registry `at` an address; nothing is sent yet.

    `settings` are further properties of confluent-kafka's client, such as `basic.auth.user.info` or
    `ssl.ca.location`. Raises `UnusableSetting` for an address that cannot be one or that holds credentials.
    """
    if isinstance(at, SchemaRegistry):
        return connect(at.url, {**at.client(), **(settings or {})})
    url, address = at, urlsplit(at)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise UnusableSetting(
            "the schema registry's address must be an http or https one, such as http://host:8081."
        )
    if address.username or address.password:
        raise UnusableSetting(
            "the schema registry's address must not hold credentials: an address ends up in logs."
        )
    try:
        client = SchemaRegistryClient({"url": url, **_LIMITS, **(settings or {})})
    except (ValueError, TypeError, OSError) as error:
        raise UnusableSetting(f"the schema registry's client cannot be set up: {error}.") from None
    return Registry(url, client)


class Registry:
    """A schema registry. Every method raises a `PlatformError` when it does not answer or refuses."""

    def __init__(self, url: str, client: SchemaRegistryClient) -> None:
        """Wrap `client`, which talks to `url`; use `connect`."""
        self.url = url
        self.client = client
        """For confluent-kafka's own serializers."""

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()

    def subjects(self) -> tuple[str, ...]:
        """Every subject, in order of name."""
        return tuple(sorted(self._ask(self.client.get_subjects)))

    def versions(self, subject: str) -> tuple[Registered, ...]:
        """Every version of `subject`, oldest first; empty where the registry knows no such subject."""
        numbers: Sequence[int] = self._ask(lambda: self.client.get_versions(subject), absent=())
        return tuple(self._version(subject, number) for number in sorted(numbers))

    def id_of(self, contract: Contract, version: int | None = None) -> int:
        """Id under which a version of `contract` (the newest by default) is registered under its subject.

        Raises `RegistryMismatch` where it is not.
        """
        wanted = contract.newest if version is None else contract.versions[version - 1]
        sought = digest(wanted.schema)
        for found in self.versions(contract.subject):
            if digest(json.loads(found.text)) == sought:
                return found.id
        raise RegistryMismatch(
            f"version {wanted.number} of {contract.topic} is not registered at {self.url}: "
            "run `python -m contracts apply`."
        )

    def writer_schemas(self, contract: Contract) -> dict[int, str]:
        """Every schema that a record of `contract` may be written with: registry id to JSON text."""
        return {found.id: found.text for found in self.versions(contract.subject)}

    def subjects_of(self, schema_id: int) -> tuple[str, ...]:
        """Subjects that hold the schema of this id; empty where the registry does not know it."""
        return tuple(self._ask(lambda: self.client.get_subjects_by_schema_id(schema_id), absent=()))

    def schema(self, schema_id: int) -> str | None:
        """JSON text of the schema of this id; None where the registry does not know it."""
        found = self._ask(lambda: self.client.get_schema(schema_id), absent=None)
        return found.schema_str if found else None

    def mode(self, subject: str) -> Mode | None:
        """The compatibility mode of `subject` itself; None where it has none of its own."""
        found = self._ask(lambda: self.client.get_compatibility(subject), absent=None)
        return Mode(found) if found else None

    def set_mode(self, subject: str, mode: Mode) -> None:
        """Make the registry hold `subject` to `mode`."""
        self._ask(lambda: self.client.set_compatibility(subject, mode.value))

    def register(self, subject: str, text: str) -> int:
        """Register a schema under `subject`, or find it there; returns its id."""
        return self._ask(lambda: self.client.register_schema(subject, Schema(text, "AVRO")))

    def accepts(self, subject: str, text: str) -> bool | None:
        """Whether the registry holds a schema to be compatible, by its own mode; None without a history."""
        return self._ask(
            lambda: self.client.test_compatibility_all_versions(subject, Schema(text, "AVRO")), absent=None
        )

    def _version(self, subject: str, number: int) -> Registered:
        found = self._ask(lambda: self.client.get_version(subject, number))
        text = found.schema.schema_str if found.schema else None
        if found.schema_id is None or text is None:
            raise RegistryMismatch(f"{self.url} tells no schema for version {number} of {subject}.")
        return Registered(version=number, id=found.schema_id, text=text)

    def _ask(self, question: Callable[[], T], **absent: T) -> T:
        """Ask the registry; `absent`, where given, is the answer when it knows no such thing."""
        try:
            return question()
        except SchemaRegistryError as error:
            if absent and error.error_code in _NOTHING_THERE:
                return absent["absent"]
            raise self._refusal(error) from None
        except ValueError:
            raise self._not_a_registry() from None
        except Exception as error:  # the client leaks the errors of whichever HTTP library it was built on
            raise Unreachable(
                f"no schema registry answers at {self.url} ({type(error).__name__}): "
                "start it with `make up`, or correct SCHEMA_REGISTRY_URL."
            ) from None

    def _refusal(self, error: SchemaRegistryError) -> PlatformError:
        status = error.http_status_code
        if status in {401, 403}:
            return AccessRefused(
                f"the schema registry at {self.url} refuses access ({status}): check its credentials."
            )
        if status >= 500:
            return ServiceFailed(f"the schema registry at {self.url} fails ({status}): look into its log.")
        if error.error_code in {None, SchemaRegistryError.UNKNOWN, 404}:
            return self._not_a_registry()
        reason = " ".join(str(error.error_message).split())[:500]
        return RegistryMismatch(f"the schema registry at {self.url} refuses ({status}): {reason}")

    def _not_a_registry(self) -> PlatformError:
        return RegistryMismatch(
            f"what answers at {self.url} is no schema registry: SCHEMA_REGISTRY_URL must be the root of "
            "Confluent's API (Apicurio serves it under /apis/ccompat/v7)."
        )
