"""The schema registry: what it holds of a contract, and what is put there. Confluent's HTTP API.

Every wait has a limit, and every error is one that a person can act on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from contracts.errors import (
    AccessRefused,
    PlatformError,
    RegistryMismatch,
    ServiceFailed,
    Unreachable,
    UnusableSchema,
    UnusableSetting,
)
from contracts.folder.lock import digest
from contracts.folder.model import Adopted, Contract, Mode, Version
from contracts.registry.references import Unresolved, self_contained
from contracts.registry.registered import AVRO, Registered, Subject, stand_ins

if TYPE_CHECKING:
    from types import ModuleType

    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
    from confluent_kafka.schema_registry.common.schema_registry_client import SchemaVersion

T = TypeVar("T")

_LIMITS = {"timeout": 5.0, "max.retries": 2, "retries.wait.ms": 200, "retries.max.wait.ms": 1000}

_SUBJECT_UNKNOWN = 40401
_VERSION_UNKNOWN = 40402
_SCHEMA_UNKNOWN = 40403
_SUBJECT_WITHOUT_MODE = 40408
_NOTHING_THERE = frozenset({_SUBJECT_UNKNOWN, _VERSION_UNKNOWN, _SCHEMA_UNKNOWN, _SUBJECT_WITHOUT_MODE})
_LARGEST_ID = 2**31 - 1
"""The wire format has room for twice as many, but Confluent's registry serves no address with a larger id."""


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
    """The address lacks this endpoint: it is no registry, or one without just this endpoint."""


def connect(at: SchemaRegistry | str, settings: Mapping[str, Any] | None = None) -> Registry:
    """Make a client of the registry `at` an address; nothing is sent yet.

    `settings` are further properties of confluent-kafka's client, such as `basic.auth.user.info` or
    `ssl.ca.location`. Raises `UnusableSetting` for an address that cannot be one or that holds credentials.
    """
    if isinstance(at, SchemaRegistry):
        return connect(at.url, {**at.client(), **(settings or {})})
    address = urlsplit(at)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise UnusableSetting(
            "the schema registry's address must be an http or https one, such as http://host:8081."
        )
    if address.username or address.password:
        raise UnusableSetting(
            "the schema registry's address must not hold credentials: an address ends up in logs."
        )
    try:
        return Registry(at, _confluent().SchemaRegistryClient({"url": at, **_LIMITS, **(settings or {})}))
    except (ValueError, TypeError, OSError) as error:
        raise UnusableSetting(f"the schema registry's client cannot be set up: {error}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a registry says of a schema's compatibility."""

    agrees: bool
    against: str
    """The versions that it was compared with, in words."""


class Registry:
    """A schema registry. Every method raises a `PlatformError` when it does not answer or refuses."""

    def __init__(self, url: str, client: SchemaRegistryClient) -> None:
        """Wrap `client`, which talks to `url`; use `connect`."""
        self.url = url
        self.client = client
        """The client that confluent-kafka's own serializers need."""

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def subjects(self) -> tuple[str, ...]:
        """Every subject, in order of name."""
        return tuple(sorted(self._ask(self.client.get_subjects)))

    def versions(self, subject: str, *, deleted: bool = False) -> tuple[Registered, ...]:
        """Every version of `subject`, oldest first; empty where the registry knows no such subject.

        With `deleted` also the softly deleted ones, as far as the registry lists them.
        """
        live = self._numbers(subject, deleted=False)
        numbers = live | self._numbers(subject, deleted=True) if deleted else live
        found = (self._version(subject, number, number not in live) for number in sorted(numbers))
        return tuple(row for row in found if row)

    def subject(self, contract: Contract) -> Subject:
        """Every version of the contract's subject, and those of the contract that once were among them."""
        rows = self.versions(contract.subject, deleted=True)
        digests, ids = {row.digest for row in rows}, {row.id for row in rows}
        lost: list[Registered] = []
        known: tuple[Version | Adopted, ...] = (*contract.versions, *contract.adopted)
        for ours in known:
            if digest(ours.schema) not in digests:
                schema_id = self.lookup(contract.subject, ours.text, deleted=True)
                if schema_id is not None and schema_id not in ids:
                    ids.add(schema_id)
                    lost.append(Registered(version=0, id=schema_id, text=ours.text, deleted=True))
        return Subject((*lost, *rows))

    def id_of(self, contract: Contract, version: int | None = None) -> int:
        """Id under which a version of `contract` (the newest by default) is registered under its subject.

        Raises `RegistryMismatch` where it is not.
        """
        wanted = contract.newest if version is None else contract.versions[version - 1]
        rows = self.versions(contract.subject)
        held_by = stand_ins(contract.versions, rows, self.answers(contract, rows, [wanted]))
        if wanted.number in held_by:
            return held_by[wanted.number].id
        raise RegistryMismatch(
            f"version {wanted.number} of {contract.topic} is not registered at {self.url}: "
            "run `python -m contracts apply`."
        )

    def answers(
        self, contract: Contract, rows: Iterable[Registered], versions: Sequence[Version] | None = None
    ) -> dict[int, int]:
        """Number of each version that is spelled like none of `rows` to the id that the registry gives it.

        All `versions` of the contract are looked up where none are named.
        """
        digests = {row.digest for row in rows}
        missing = [v for v in versions or contract.versions if digests and digest(v.schema) not in digests]
        ids = {version.number: self.lookup(contract.subject, version.text) for version in missing}
        return {number: schema_id for number, schema_id in ids.items() if schema_id is not None}

    def version_numbers(self, contract: Contract) -> dict[int, int]:
        """Registry id to the contract's version that has it, deleted ones too; the earliest of several."""
        rows = self.subject(contract).rows
        held_by = stand_ins(contract.versions, rows, self.answers(contract, rows))
        return {row.id: number for number, row in sorted(held_by.items(), reverse=True)}

    def writer_schemas(self, contract: Contract) -> dict[int, str]:
        """Every schema that a record of `contract` may be written with: see `Subject`."""
        return self.subject(contract).writer_schemas

    def subjects_of(self, schema_id: int, *, deleted: bool = False) -> tuple[str, ...]:
        """Subjects that hold the schema of this id; empty where the registry does not know it.

        With `deleted` also those that had it until it was softly deleted there.
        """
        if schema_id > _LARGEST_ID:
            return ()
        try:
            return tuple(
                self._ask(
                    lambda: self.client.get_subjects_by_schema_id(schema_id, deleted=deleted), absent=()
                )
            )
        except NoEndpoint:  # Karapace answers the same by versions
            nothing: list[SchemaVersion] = []
            rows = self._ask(
                lambda: self.client.get_schema_versions(schema_id, deleted=deleted), absent=nothing
            )
            return tuple(dict.fromkeys(str(row.subject) for row in rows))

    def schema(self, schema_id: int) -> str | None:
        """Avro's JSON text of the schema of this id, which stands for itself; None where there is none.

        Raises `UnusableSchema` for one that is not Avro, or refers to what there is not.
        """
        if schema_id > _LARGEST_ID:
            return None
        found = self._ask(lambda: self.client.get_schema(schema_id), absent=None)
        return self._avro(str(schema_id), found) if found else None

    def schema_by_guid(self, guid: str, subject: str) -> str | None:
        """As `schema`, by the schema's GUID; `subject` is where to look if the registry is not asked by GUID.

        Raises `UnusableSchema` also where the registry gives no GUIDs.
        """
        try:
            found = self._ask(lambda: self.client.get_schema_by_guid(guid), absent=None)
            return self._avro(guid, found) if found else None
        except NoEndpoint:
            by_guid = {row.guid: row for row in self.versions(subject, deleted=True) if row.guid}
            if guid in by_guid:
                return by_guid[guid].text
            raise UnusableSchema(
                f"schema {guid} cannot be found: {self.url} tells it of no version of {subject}."
            ) from None

    def lookup(self, subject: str, text: str, *, deleted: bool = False) -> int | None:
        """Id of the version of `subject` that the registry takes to equal `text`; None where none does.

        Registries ignore some differences: Apicurio, for one, ignores a changed doc.
        """
        try:
            found = self._ask(
                lambda: self.client.lookup_schema(subject, _schema(text), deleted=deleted), absent=None
            )
        except RegistryMismatch:  # it cannot even read it
            return None
        return found.schema_id if found else None

    def mode(self, subject: str) -> Mode | None:
        """The compatibility mode of `subject` itself; None where it has none of its own."""
        found = self._ask(lambda: self.client.get_compatibility(subject), absent=None)
        return Mode(found) if found in set(Mode) else None

    def set_mode(self, subject: str, mode: Mode) -> None:
        """Make the registry hold `subject` to `mode`."""
        self._ask(lambda: self.client.set_compatibility(subject, mode.value))

    def register(self, subject: str, text: str) -> int:
        """Register a schema under `subject`, or find it there; returns its id."""
        # The client remembers schemas that it saw, and would not register one again that was deleted since.
        self.client.clear_caches()  # type: ignore[no-untyped-call]
        return self._ask(lambda: self.client.register_schema(subject, _schema(text)))

    def accepts(self, subject: str, text: str) -> Verdict | None:
        """The registry's verdict on a schema that would be the next of `subject`; None without a history."""
        schema = _schema(text)
        try:
            agrees = self._ask(
                lambda: self.client.test_compatibility_all_versions(subject, schema), absent=None
            )
            return None if agrees is None else Verdict(agrees=agrees, against="all that its mode names")
        except NoEndpoint:  # Karapace is asked by version
            return self._accepts_each(subject, schema)

    def _accepts_each(self, subject: str, schema: Schema) -> Verdict | None:
        mode = self.mode(subject) or self._ask(self.client.get_compatibility)
        numbers: list[Any] = sorted(self._numbers(subject, deleted=False))
        compared = numbers if str(getattr(mode, "value", mode)).endswith("_TRANSITIVE") else ["latest"]

        def agrees_with(number: Any) -> bool:
            return self._ask(lambda: self.client.test_compatibility(subject, schema, number), absent=True)

        against = "the newest version alone" if compared == ["latest"] else "each version by itself"
        return Verdict(agrees=all(map(agrees_with, compared)), against=against) if numbers else None

    def _numbers(self, subject: str, *, deleted: bool) -> set[int]:
        nothing: list[int] = []
        found: Any = self._ask(lambda: self.client.get_versions(subject, deleted=deleted), absent=nothing)
        if not isinstance(found, list) or not all(isinstance(number, int) for number in found):
            raise _not_a_registry(self.url)
        return set(found)

    def _version(self, subject: str, number: int, deleted: bool) -> Registered | None:
        """One version; None where it is gone (Apicurio gives none of a subject deleted as a whole)."""
        found = self._ask(lambda: self.client.get_version(subject, number, deleted=deleted), absent=None)
        if found is None:
            return None
        if found.schema_id is None or not found.schema or found.schema.schema_str is None:
            raise RegistryMismatch(f"{self.url} tells no schema for version {number} of {subject}.")
        text, unresolved = self._written_out(found.schema)
        return Registered(
            version=number,
            id=found.schema_id,
            text=text,
            kind=found.schema.schema_type or AVRO,
            deleted=deleted,
            guid=found.guid,
            unresolved=unresolved,
        )

    def _avro(self, name: str, schema: Schema) -> str:
        if schema.schema_type not in {None, AVRO}:
            raise UnusableSchema(
                f"schema {name} cannot be used: it is a {schema.schema_type} schema, not Avro."
            )
        text, unresolved = self._written_out(schema)
        if unresolved:
            raise UnusableSchema(f"schema {name} cannot be used: {unresolved}.")
        return text

    def _written_out(self, schema: Schema) -> tuple[str, str | None]:
        """The text with all that it refers to in place; where that fails, the text as it is, and why."""
        text = schema.schema_str or ""
        if not schema.references or schema.schema_type not in {None, AVRO}:
            return text, None
        try:
            return self_contained(schema, self._referenced), None
        except Unresolved as error:
            return text, str(error)

    def _referenced(self, subject: str, version: int) -> Schema | None:
        number: Any = version if version > 0 else "latest"
        found = self._ask(lambda: self.client.get_version(subject, number, deleted=True), absent=None)
        return found.schema if found else None

    def _ask(self, question: Callable[[], T], **absent: T) -> T:
        """Ask the registry; `absent`, where given, is the answer when it knows no such thing."""
        try:
            return question()
        except _confluent().SchemaRegistryError as error:
            if absent and error.error_code in _NOTHING_THERE:
                return absent["absent"]
            raise _refusal(self.url, error) from None
        except (ValueError, TypeError, LookupError, AttributeError):  # the JSON is not a registry's
            raise _not_a_registry(self.url) from None
        except Exception as error:  # the client leaks the errors of whichever HTTP library it was built on
            raise Unreachable(
                f"no schema registry answers at {self.url} ({type(error).__name__}): "
                "start it with `make up`, or correct SCHEMA_REGISTRY_URL."
            ) from None


def _confluent() -> ModuleType:
    """Confluent's client. Its import takes half a second, which who asks no registry does not wait for."""
    import confluent_kafka.schema_registry as client  # noqa: PLC0415

    return client


def _schema(text: str) -> Schema:
    schema: Schema = _confluent().Schema(text, AVRO)
    return schema


def _refusal(url: str, error: SchemaRegistryError) -> PlatformError:
    unknown = _confluent().SchemaRegistryError.UNKNOWN
    status = error.http_status_code
    if status in {401, 403}:
        return AccessRefused(
            f"the schema registry at {url} refuses access ({status}): check its credentials."
        )
    if status >= 500:
        return ServiceFailed(f"the schema registry at {url} fails ({status}): look into its log.")
    if status in {404, 405} and error.error_code in {None, unknown, status}:
        return _not_a_registry(url, NoEndpoint)
    if error.error_code in {None, unknown}:
        return _not_a_registry(url)
    reason = " ".join(str(error.error_message).split())[:500]
    return RegistryMismatch(f"the schema registry at {url} refuses ({status}): {reason}")


def _not_a_registry(url: str, kind: type[RegistryMismatch] = RegistryMismatch) -> RegistryMismatch:
    return kind(
        f"what answers at {url} is no schema registry: SCHEMA_REGISTRY_URL must be the root of "
        "Confluent's API (Apicurio serves it under /apis/ccompat/v7)."
    )
