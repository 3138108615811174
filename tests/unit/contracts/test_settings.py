"""One set of settings becomes what Confluent's client, Java's client and the registry's client take."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from contracts.kafka.cluster import Kafka
from contracts.kafka.settings import addresses

_SERVICES = {"KAFKA_BOOTSTRAP_SERVERS": "broker:9092", "SCHEMA_REGISTRY_URL": "https://registry"}
_SASL = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512"}
_USER = {"KAFKA_SASL_USERNAME": "me", "KAFKA_SASL_PASSWORD": "hush"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in _SERVICES.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL must be one of"),
        ({**_SASL, "KAFKA_SASL_MECHANISM": "MAGIC"}, "KAFKA_SASL_MECHANISM must be one of"),
        ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "without SASL"),
        ({"KAFKA_SASL_USERNAME": "me"}, "without SASL"),
        ({**_SASL, "KAFKA_SASL_USERNAME": "me"}, "belong together"),
        ({**_SASL, "KAFKA_SASL_MECHANISM": "OAUTHBEARER"}, "KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL"),
        ({"KAFKA_SSL_CA_LOCATION": "ca.pem"}, "without SSL"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEY_LOCATION": "k"}, "belong together"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEY_PASSWORD": "hush"}, "KAFKA_SSL_KEY_LOCATION"),
        (
            {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": "no/ca.pem"},
            "no file that can",
        ),
        ({"KAFKA_ANSWERS_WITHIN": "0"}, "KAFKA_ANSWERS_WITHIN must be a number of seconds above 0"),
        ({"KAFKA_ANSWERS_WITHIN": "-1"}, "KAFKA_ANSWERS_WITHIN must be a number of seconds above 0"),
        ({"KAFKA_ANSWERS_WITHIN": "nan"}, "KAFKA_ANSWERS_WITHIN must be a number of seconds above 0"),
        ({"KAFKA_ANSWERS_WITHIN": "inf"}, "at most 600"),
        ({"KAFKA_ANSWERS_WITHIN": "10s"}, "KAFKA_ANSWERS_WITHIN must be a number"),
        ({"SCHEMA_REGISTRY_USERNAME": "me"}, "belong together"),
        ({"SCHEMA_REGISTRY_USERNAME": "m:e", "SCHEMA_REGISTRY_PASSWORD": "hush"}, "colon"),
        (
            {
                "SCHEMA_REGISTRY_USERNAME": "me",
                "SCHEMA_REGISTRY_PASSWORD": "hush",
                "SCHEMA_REGISTRY_TOKEN": "hush",
            },
            "two ways in",
        ),
        ({"SCHEMA_REGISTRY_URL": "https://me:hush@registry"}, "must not hold credentials"),
        ({"SCHEMA_REGISTRY_URL": "http://[bad"}, "must be an http or https address"),
    ],
)
def test_settings_that_do_not_fit_together_are_one_sentence_without_a_secret(
    environment: pytest.MonkeyPatch, wrong: dict[str, str], named: str
) -> None:
    for name, value in wrong.items():
        environment.setenv(name, value)
    with pytest.raises(UnusableSetting) as told:
        addresses(Path("absent"))
    assert named in str(told.value)
    assert "hush" not in str(told.value)


def test_no_secret_shows_in_the_settings_or_in_what_becomes_of_them(environment: pytest.MonkeyPatch) -> None:
    for name, value in {**_SASL, **_USER, "SCHEMA_REGISTRY_TOKEN": "hush"}.items():
        environment.setenv(name, value)
    found = addresses(Path("absent"))
    assert "hush" not in f"{found!r} {found.kafka!r} {found.registry!r}"
    assert found.kafka.client()["sasl.password"] == "hush"
    assert found.registry.client()["bearer.auth.token"] == "hush"


def test_without_security_only_the_address_is_given() -> None:
    assert Kafka("broker:9092").client() == {"bootstrap.servers": "broker:9092"}
    assert Kafka("broker:9092").spark() == {"kafka.bootstrap.servers": "broker:9092"}


def test_the_time_for_an_answer_is_ours_and_no_client_s(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KAFKA_ANSWERS_WITHIN", "2.5")
    kafka = addresses(Path("absent")).kafka
    assert kafka.answers_within == 2.5
    assert kafka.client() == {"bootstrap.servers": kafka.bootstrap_servers}
    assert kafka.spark() == {"kafka.bootstrap.servers": kafka.bootstrap_servers}


def test_addresses_that_are_given_need_no_others(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torn = tmp_path / "services.json"
    torn.write_text("{")
    given = {"KAFKA_BOOTSTRAP_SERVERS": "mine:1", "SCHEMA_REGISTRY_URL": "http://mine"}
    environment.setenv("KAFKA_ANSWERS_WITHIN", "3")
    kafka = addresses(torn, given).kafka
    assert (kafka.bootstrap_servers, kafka.answers_within) == ("mine:1", 3.0)


def test_certificates_go_to_spark_as_text_and_a_key_of_another_form_is_refused(tmp_path: Path) -> None:
    authority, chain, key = (tmp_path / name for name in ("ca.pem", "chain.pem", "key.pem"))
    for file, text in ((authority, "CA"), (chain, "CHAIN"), (key, "-----BEGIN PRIVATE KEY-----")):
        file.write_text(text)
    kafka = Kafka(
        "broker:9092",
        security_protocol="SSL",
        ssl_ca_location=str(authority),
        ssl_certificate_location=str(chain),
        ssl_key_location=str(key),
    )
    spark = kafka.spark()
    assert spark["kafka.ssl.truststore.certificates"] == "CA"
    assert spark["kafka.ssl.keystore.certificate.chain"] == "CHAIN"
    assert spark["kafka.ssl.keystore.key"] == "-----BEGIN PRIVATE KEY-----"
    key.write_text("-----BEGIN RSA PRIVATE KEY-----")
    with pytest.raises(UnusableSetting, match="openssl pkcs8"):
        kafka.spark()


def test_oauth_is_told_to_both_clients_in_their_own_words() -> None:
    kafka = Kafka(
        "broker:9092",
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        sasl_oauthbearer_token_endpoint_url="https://login",
        sasl_oauthbearer_client_id="me",
        sasl_oauthbearer_client_secret='hu"sh',
    )
    assert kafka.client()["sasl.oauthbearer.method"] == "oidc"
    spark = kafka.spark()
    assert spark["kafka.sasl.oauthbearer.token.endpoint.url"] == "https://login"
    assert 'clientId="me" clientSecret="hu\\"sh";' in spark["kafka.sasl.jaas.config"]
