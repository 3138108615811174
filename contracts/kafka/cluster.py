"""A Kafka cluster as a value: where it is, and how it lets a client in."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, fields
from pathlib import Path
from typing import Any

from contracts.errors import UnusableSetting

_MODULES = "org.apache.kafka.common.security"
_LOGIN_MODULES = {
    "PLAIN": f"{_MODULES}.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{_MODULES}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{_MODULES}.scram.ScramLoginModule",
    "OAUTHBEARER": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule",
}
ANSWERS_WITHIN = 10.0
"""Seconds; the default of `Kafka.answers_within`."""

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = tuple(_LOGIN_MODULES)

_SECRETS = "(?i)secret|password|token|access[.]?key|jaas|keystore"
SPARK_REDACTION = {
    "spark.redaction.regex": _SECRETS,
    "spark.sql.redaction.options.regex": f"{_SECRETS}|url",
}
"""Settings of Spark that keep the secrets of `Kafka.spark` out of its pages, plans and logs."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """The address of a cluster and, where it asks for them, protocol, credentials and certificates.

    Each field is the property of Confluent's client that it is named after, save `answers_within`; files are
    PEM.
    """

    bootstrap_servers: str
    """`host:port`, or several with commas between them."""
    _: KW_ONLY
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    sasl_oauthbearer_token_endpoint_url: str | None = None
    sasl_oauthbearer_client_id: str | None = None
    sasl_oauthbearer_client_secret: str | None = field(default=None, repr=False)
    sasl_oauthbearer_scope: str | None = None
    ssl_ca_location: str | None = None
    ssl_certificate_location: str | None = None
    ssl_key_location: str | None = None
    ssl_key_password: str | None = field(default=None, repr=False)
    answers_within: float = ANSWERS_WITHIN
    """Seconds that a broker has for an answer; amid records it may be silent for three times as long."""

    def client(self) -> dict[str, Any]:
        """Properties of Confluent's client, the address included; `consume` takes them as `kafka`."""
        named: dict[str, Any] = {name.replace("_", "."): value for name, value in self._given()}
        if self.sasl_mechanism == "OAUTHBEARER":
            named["sasl.oauthbearer.method"] = "oidc"
        return named

    def spark(self) -> dict[str, str]:
        """Options of Spark's Kafka source and sink, the address included.

        Certificates and key go along as text, so that executors need no files. Raises `UnusableSetting` for
        a file that cannot be read.
        """
        return {f"kafka.{name}": value for name, value in self._java().items()}

    def _given(self) -> list[tuple[str, str]]:
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "answers_within"}
        plain = ("security_protocol", "PLAINTEXT")
        return [
            (name, value) for name, value in values.items() if value is not None and (name, value) != plain
        ]

    def _java(self) -> dict[str, str]:
        """Properties of Java's client."""
        properties = {"bootstrap.servers": self.bootstrap_servers}
        if self.security_protocol != "PLAINTEXT":
            properties["security.protocol"] = self.security_protocol
        if self.sasl_mechanism:
            properties["sasl.mechanism"] = self.sasl_mechanism
            properties["sasl.jaas.config"] = self._jaas(self.sasl_mechanism)
        if self.sasl_oauthbearer_token_endpoint_url:
            properties["sasl.oauthbearer.token.endpoint.url"] = self.sasl_oauthbearer_token_endpoint_url
            properties["sasl.login.callback.handler.class"] = (
                f"{_MODULES}.oauthbearer.OAuthBearerLoginCallbackHandler"
            )
        if self.ssl_ca_location:
            properties["ssl.truststore.type"] = "PEM"
            properties["ssl.truststore.certificates"] = _text(self.ssl_ca_location)
        if self.ssl_certificate_location and self.ssl_key_location:
            properties["ssl.keystore.type"] = "PEM"
            properties["ssl.keystore.certificate.chain"] = _text(self.ssl_certificate_location)
            properties["ssl.keystore.key"] = _pkcs8(self.ssl_key_location)
            if self.ssl_key_password:
                properties["ssl.key.password"] = self.ssl_key_password
        return properties

    def _jaas(self, mechanism: str) -> str:
        options = {
            "username": self.sasl_username,
            "password": self.sasl_password,
            "clientId": self.sasl_oauthbearer_client_id,
            "clientSecret": self.sasl_oauthbearer_client_secret,
            "scope": self.sasl_oauthbearer_scope,
        }
        given = "".join(f" {name}={_quoted(value)}" for name, value in options.items() if value is not None)
        return f"{_LOGIN_MODULES[mechanism]} required{given};"


def _quoted(value: str) -> str:
    """A value of a JAAS entry, as Java's StreamTokenizer reads it back."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii")
    except (OSError, ValueError):
        raise UnusableSetting(f"{file} cannot be read: name a PEM file that this user may read.") from None


def _pkcs8(file: str) -> str:
    key = _text(file)
    if "BEGIN PRIVATE KEY" in key or "BEGIN ENCRYPTED PRIVATE KEY" in key:
        return key
    raise UnusableSetting(
        f"{file} is not a PKCS#8 key, which Spark needs: make one with `openssl pkcs8 -topk8 -in {file}`."
    )
