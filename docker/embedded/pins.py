"""The pinned versions of `docker/.env`, and what they ask of a Maven repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts.errors import UnusableSetting

DOCKER_FOLDER = Path(__file__).resolve().parent.parent
PINS_FILE = DOCKER_FOLDER / ".env"


@dataclass(frozen=True)
class Root:
    """One artifact that a part needs, `{NAME}` standing for a pin, with or without its dependencies."""

    use: str
    coordinate: str
    transitive: bool


ROOTS = (
    Root("broker", "org.apache.kafka:kafka_{SCALA_VERSION}:{KAFKA_VERSION}", transitive=True),
    # Kafka logs by slf4j and brings no backend along: without this one its log stays empty.
    Root("broker", "org.apache.logging.log4j:log4j-slf4j-impl:{LOG4J_VERSION}", transitive=True),
    Root("registry", "io.apicurio:apicurio-registry-app:{APICURIO_VERSION}:tar.gz:all", transitive=False),
    Root("spark", "org.apache.spark:spark-sql-kafka-0-10_{SCALA_VERSION}:{SPARK_VERSION}", transitive=True),
    Root("spark", "org.apache.spark:spark-avro_{SCALA_VERSION}:{SPARK_VERSION}", transitive=True),
    # Each holds what it needs, under names of its own.
    Root(
        "tables",
        "org.apache.iceberg:iceberg-spark-runtime-{ICEBERG_SPARK_VERSION}_{SCALA_VERSION}:{ICEBERG_VERSION}",
        transitive=False,
    ),
    Root("tables", "org.xerial:sqlite-jdbc:{SQLITE_JDBC_VERSION}", transitive=False),
)


def read_pins(path: Path = PINS_FILE) -> dict[str, str]:
    """Read `NAME=value` lines; raises `UnusableSetting` for a line that is something else."""
    pins: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UnusableSetting(f"{path}, line {number}: write NAME=value.")
        pins[name.strip()] = value.strip()
    return pins


def coordinate_of(root: Root, pins: dict[str, str]) -> str:
    """Fill the pins into a root's coordinate."""
    try:
        return root.coordinate.format_map(pins)
    except KeyError as error:
        raise UnusableSetting(f"{PINS_FILE} lacks {error.args[0]}: add it.") from None
