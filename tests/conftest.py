"""What every test may ask for: real services, topics of its own, a Spark session, the command lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from confluent_kafka.admin import AdminClient

from containers.images import described_images, missing_images
from contracts.kafka.cluster import Kafka
from contracts.kafka.topics import Broker
from embedded import Services
from embedded.pins import read_pins
from embedded.ports import free_ports
from embedded.services import broker_answers, registry_answers
from tests.forked import COMMAND_LINES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from xdist.workermanage import WorkerController

ROOT = Path(__file__).resolve().parent.parent
_ADDRESSES = ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL")
_ON_CONTAINERS = {"services", "platform"}
"""Fixtures that containers serve."""
_REAL_PARTS = pytest.StashKey[list[str]]()
_TOPIC_SECONDS = 15.0


@dataclass(frozen=True)
class Addresses:
    """Where the services of this test session are, and what they are."""

    bootstrap_servers: str
    schema_registry_url: str
    kind: str

    @property
    def environment(self) -> dict[str, str]:
        """The addresses as the command lines take them."""
        return dict(zip(_ADDRESSES, (self.bootstrap_servers, self.schema_registry_url), strict=True))


class MakeTopic(Protocol):
    """Creates a topic that is deleted at the end of the test; gives its name."""

    def __call__(self, partitions: int = 1, name: str | None = None) -> str: ...


class RunCli(Protocol):
    """Runs `python -m …` to its end, against the session's services."""

    def __call__(
        self,
        *arguments: str,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
        timeout: float = 120,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on-containers",
        action="store_true",
        help="only the tests that need broker and registry or the whole stack; REQUIRE_DOCKER=1 has them in "
        "containers or fails",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what `--on-containers` does not ask for."""
    if config.getoption("--on-containers"):
        others = [item for item in items if not _ON_CONTAINERS & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def pytest_configure(config: pytest.Config) -> None:
    # Command lines that name no product are about this one.
    os.environ.setdefault("PRODUCT", "weather")
    config.stash[_REAL_PARTS] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the parts that a worker of pytest-xdist used to the process that prints the summary."""
    output: dict[str, list[str]] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["real_parts"] = session.config.stash[_REAL_PARTS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController, error: object) -> None:
    """Take the parts that a worker used; one that crashed has none to tell of."""
    output: dict[str, list[str]] = getattr(node, "workeroutput", {})
    node.config.stash[_REAL_PARTS].extend(output.get("real_parts", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.section("real parts")
    for line in config.stash[_REAL_PARTS] or ["none was asked for by the tests that ran"]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def real_part(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Notes one real part for the summary of the run."""
    return pytestconfig.stash[_REAL_PARTS].append


@pytest.fixture(scope="session")
def services(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, real_part: Callable[[str], None]
) -> Iterator[Addresses]:
    """Broker and registry: the environment's, else the compose file's, else the embedded ones.

    The compose file's where an engine holds its images: nothing is pulled for a test, since that may hang.
    """
    given = [os.environ.get(name, "") for name in _ADDRESSES]
    pins = read_pins()
    versions = f"Kafka {pins['KAFKA_VERSION']}", f"Apicurio Registry {pins['APICURIO_VERSION']}"
    if all(given):
        real_part(f"broker {given[0]} and registry {given[1]}, given by the environment")
        yield Addresses(given[0], given[1], "environment")
    elif request.getfixturevalue("container_images"):
        addresses = _compose_addresses(request)
        real_part(f"{versions[0]} and {versions[1]}, in containers by docker/compose.yaml")
        yield addresses
    else:
        folder = tmp_path_factory.mktemp("services")
        with Services(data_dir=folder / "data", log_dir=folder / "logs") as own:
            pids = {name: process.pid for name, process in own.processes.items()}
            real_part(f"{versions[0]}, embedded, pid {pids['broker']}, {own.bootstrap_servers}")
            real_part(f"{versions[1]}, embedded, pid {pids['registry']}, {own.schema_registry_url}")
            yield Addresses(own.bootstrap_servers, own.schema_registry_url, "embedded")


@pytest.fixture(scope="session")
def bootstrap_servers(services: Addresses) -> str:
    """`host:port` of the broker."""
    return services.bootstrap_servers


@pytest.fixture(scope="session")
def registry_url(services: Addresses) -> str:
    """Address of the registry's Confluent API."""
    return services.schema_registry_url


@pytest.fixture
def topic(request: pytest.FixtureRequest, bootstrap_servers: str) -> Iterator[MakeTopic]:
    """A factory of topics of the test's own."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    made: list[str] = []
    stem = re.sub(r"[^a-zA-Z0-9._-]+", "-", request.node.name)[:60]

    def make(partitions: int = 1, name: str | None = None) -> str:
        chosen = name or f"{stem}-{uuid.uuid4().hex[:8]}"
        # Until the broker knows of it, asking for it is a mistake.
        Broker(Kafka(bootstrap_servers)).create(chosen, partitions)
        made.append(chosen)
        return chosen

    yield make
    if made:
        for future in admin.delete_topics(made).values():
            future.result(_TOPIC_SECONDS)


@pytest.fixture(scope="session")
def run_cli(services: Addresses) -> RunCli:
    """Runs `python -m …` to its end, against the session's services."""

    def run(
        *arguments: str,
        env: dict[str, str] | None = None,
        cwd: Path = ROOT,
        timeout: float = 120,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **services.environment, **(env or {})}
        return COMMAND_LINES.run(arguments, environment, cwd=cwd, timeout=timeout, stdin=stdin)

    return run


@pytest.fixture(scope="session")
def applied(run_cli: RunCli) -> None:
    """The platform's own contracts are registered, and their topics are there."""
    done = run_cli("contracts", "apply")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def spark(
    real_part: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SparkSession]:
    """One small Spark for the whole session: two cores, one GiB, UTC."""
    from pyspark.sql import SparkSession

    from contracts.avro.timestamps import accept_any_timestamp
    from streaming.engine.writers import write_rows_at_once

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("tests").config("spark.driver.memory", "1g")
    # Every test is over before the thorough compiler's work pays.
    builder = builder.config("spark.driver.defaultJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    builder = builder.config("spark.sql.shuffle.partitions", "2")
    builder = builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
    session = builder.getOrCreate()
    # Classes of Java are changed before they are first used, by whichever test.
    accept_any_timestamp(session)
    write_rows_at_once(session)
    real_part(f"Spark {session.version}, local[2]")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def container_images(real_part: Callable[[str], None]) -> bool:
    """Whether an engine answers and holds the images of the compose file; says which ones they are.

    With REQUIRE_DOCKER=1 anything less is a failure; else the embedded services take their place, and the
    summary says so.
    """
    missing = missing_images()
    if missing and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail(f"REQUIRE_DOCKER=1 and {missing}.")
    if missing:
        real_part(f"no containers, the embedded services instead: {missing}")
    else:
        real_part(f"container images: {', '.join(described_images())}")
    return not missing


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(ROOT / "docker" / "compose.yaml")


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    """Broker and registry alone."""
    return ["up --no-build -d broker registry"]


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    return compose_command()


def compose_command(**environment: str) -> str:
    """Docker Compose, the newer or Debian's, with free ports and with `environment`."""
    modern = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    file = (ROOT / "docker/compose.yaml").read_text(encoding="utf-8")
    ports = sorted(set(re.findall(r"\$\{(\w+_PORT):-", file)))
    given = {**dict(zip(ports, map(str, free_ports(len(ports))), strict=True)), **environment}
    words = ["env", *(f"{name}={value}" for name, value in given.items())]
    return " ".join([*words, "docker compose" if modern.returncode == 0 else "docker-compose"])


def _compose_addresses(request: pytest.FixtureRequest) -> Addresses:
    docker = request.getfixturevalue("docker_services")
    broker = f"127.0.0.1:{docker.port_for('broker', 9092)}"
    registry = f"http://127.0.0.1:{docker.port_for('registry', 8080)}/apis/ccompat/v7"
    docker.wait_until_responsive(
        check=lambda: broker_answers(broker) and registry_answers(registry), timeout=120, pause=0.5
    )
    return Addresses(broker, registry, "docker")
