"""A broker that lets in by TLS and SCRAM only, and a registry behind basic authentication."""

from __future__ import annotations

import base64
import datetime
import http.server
import ipaddress
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from embedded import Services
from embedded.ports import LOOPBACK, free_ports
from tests.forked import COMMAND_LINES

USER = "weather"
PASSWORD = 'pa"ss\\wörd;'
"""What breaks a careless quoting."""
_SECONDS = 15.0


@dataclass(frozen=True)
class Secure:
    """What a user of such services sets, and where no test should look."""

    environment: dict[str, str]
    """The settings, as the command lines take them."""


def certificate(folder: Path) -> tuple[Path, str]:
    """A certificate of the loopback address that vouches for itself: its file, and key and chain as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's broker")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(pem)
    (folder / "broker.pem").write_bytes(private + pem)
    return folder / "ca.pem", str(folder / "broker.pem")


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]) -> Iterator[Secure]:
    """Services of their own, whose broker has a listener for SASL_SSL with SCRAM."""
    folder = tmp_path_factory.mktemp("secure")
    authority, keystore = certificate(folder)
    plain, controller, port = free_ports(3)
    listeners = f"PLAINTEXT://{LOOPBACK}:{plain},SECURE://{LOOPBACK}:{port}"
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "listeners": f"{listeners},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
        "listener.name.secure.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.secure.scram-sha-512.sasl.jaas.config": login,
        "listener.name.secure.ssl.keystore.type": "PEM",
        "listener.name.secure.ssl.keystore.location": keystore,
    }
    own = Services(
        data_dir=folder / "data",
        log_dir=folder / "logs",
        ports={"broker": plain, "controller": controller},
        broker_settings=settings,
    )
    with own, guarded(own.schema_registry_url) as registry:
        _add_user(own.bootstrap_servers)
        real_part(f"broker with TLS and SCRAM, {LOOPBACK}:{port}; registry behind basic auth, {registry}")
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": f"{LOOPBACK}:{port}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD": PASSWORD,
            "KAFKA_SSL_CA_LOCATION": str(authority),
            "SCHEMA_REGISTRY_URL": registry,
            "SCHEMA_REGISTRY_USERNAME": USER,
            "SCHEMA_REGISTRY_PASSWORD": PASSWORD,
        }
        # Whichever test comes first finds the contracts registered and the topics made.
        done = COMMAND_LINES.run(["contracts", "apply"], {**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        yield Secure(environment)


def _add_user(bootstrap_servers: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    wanted = UserScramCredentialUpsertion(USER, how, PASSWORD.encode())
    for future in admin.alter_user_scram_credentials([wanted]).values():
        future.result(_SECONDS)


class guarded:  # noqa: N801 - used like a function
    """A proxy before the registry at `url` that answers 401 without the right user; gives its address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> str:
        self.server = http.server.ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://{LOOPBACK}:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        behind = self.url

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Authorization") != wanted:
                    self.reply(401, b'{"error_code": 401, "message": "who are you?"}', "application/json")
                    return
                kind = {"Content-Type": self.headers.get("Content-Type") or "application/json"}
                with requests.Session() as session:
                    session.trust_env = False
                    told = session.request(
                        self.command, behind + self.path, data=body, headers=kind, timeout=_SECONDS
                    )
                self.reply(told.status_code, told.content, told.headers.get("Content-Type", ""))

            def reply(self, status: int, content: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler
