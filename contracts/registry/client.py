"""Asks a registry: the client, limits on every wait, and errors that a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from confluent_kafka.schema_registry import SchemaRegistryClient, SchemaRegistryError

from contracts.errors import (
    AccessRefused,
    PlatformError,
    RegistryMismatch,
    ServiceFailed,
    Unreachable,
    UnusableSetting,
)

T = TypeVar("T")

_LIMITS = {"timeout": 5.0, "max.retries": 2, "retries.wait.ms": 200, "retries.max.wait.ms": 1000}

_SUBJECT_UNKNOWN = 40401
_VERSION_UNKNOWN = 40402
_SCHEMA_UNKNOWN = 40403
_SUBJECT_WITHOUT_MODE = 40408
_NOTHING_THERE = frozenset({_SUBJECT_UNKNOWN, _VERSION_UNKNOWN, _SCHEMA_UNKNOWN, _SUBJECT_WITHOUT_MODE})


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


class NoEndpoint(RegistryMismatch):
    """This address has no such endpoint: nothing else of a registry either, or this one alone."""


def client_of(url: str, settings: Mapping[str, Any]) -> SchemaRegistryClient:
    """Confluent's client of the registry at `url`; raises `UnusableSetting`."""
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise UnusableSetting(
            "the schema registry's address must be an http or https one, such as http://host:8081."
        )
    if address.username or address.password:
        raise UnusableSetting(
            "the schema registry's address must not hold credentials: an address ends up in logs."
        )
    try:
        return SchemaRegistryClient({"url": url, **_LIMITS, **settings})
    except (ValueError, TypeError, OSError) as error:
        raise UnusableSetting(f"the schema registry's client cannot be set up: {error}.") from None


def ask(url: str, question: Callable[[], T], **absent: T) -> T:
    """Ask the registry; `absent`, where given, is the answer when it knows no such thing."""
    try:
        return question()
    except SchemaRegistryError as error:
        if absent and error.error_code in _NOTHING_THERE:
            return absent["absent"]
        raise _refusal(url, error) from None
    except (ValueError, TypeError, LookupError, AttributeError):  # of JSON that is another's
        raise not_a_registry(url) from None
    except Exception as error:  # the client leaks the errors of whichever HTTP library it was built on
        raise Unreachable(
            f"no schema registry answers at {url} ({type(error).__name__}): "
            "start it with `make up`, or correct SCHEMA_REGISTRY_URL."
        ) from None


def _refusal(url: str, error: SchemaRegistryError) -> PlatformError:
    status = error.http_status_code
    if status in {401, 403}:
        return AccessRefused(
            f"the schema registry at {url} refuses access ({status}): check its credentials."
        )
    if status >= 500:
        return ServiceFailed(f"the schema registry at {url} fails ({status}): look into its log.")
    if status in {404, 405} and error.error_code in {None, SchemaRegistryError.UNKNOWN, status}:
        return not_a_registry(url, NoEndpoint)
    if error.error_code in {None, SchemaRegistryError.UNKNOWN}:
        return not_a_registry(url)
    reason = " ".join(str(error.error_message).split())[:500]
    return RegistryMismatch(f"the schema registry at {url} refuses ({status}): {reason}")


def not_a_registry(url: str, kind: type[RegistryMismatch] = RegistryMismatch) -> RegistryMismatch:
    """What to raise where something else than a registry answers."""
    return kind(
        f"what answers at {url} is no schema registry: SCHEMA_REGISTRY_URL must be the root of "
        "Confluent's API (Apicurio serves it under /apis/ccompat/v7)."
    )
