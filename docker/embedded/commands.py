"""How broker and registry are run: command lines and properties, and nothing that acts.

`java` is always the program with its first options.
"""

from __future__ import annotations

from pathlib import Path

from embedded.ports import LOOPBACK

# Both are small and short-lived here: one collector thread, and heaps that fit beside Spark.
_BROKER_JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-Dlog4j2.level=WARN")
# Measured: the registry answers in 3.2 s so, in 5.8 s without: it is all start, and little steady work.
_REGISTRY_JVM = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


def broker_properties(*, port: int, controller_port: int, data: Path) -> str:
    """`server.properties` of a single KRaft process that listens on the loopback address only."""
    rows = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        # A backslash begins an escape in a properties file.
        "log.dirs": str(data).replace("\\", "\\\\"),
        # Topics come from the contracts: a misspelt name must fail, not appear.
        "auto.create.topics.enable": "false",
        "num.partitions": "4",
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
    }
    return "".join(f"{key}={value}\n" for key, value in rows.items())


def format_command(java: list[str], jars: list[Path], properties: Path, cluster_id: str) -> list[str]:
    """Kafka's `kafka-storage format`, which a data folder needs once."""
    options = ["-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", _class_path(jars)]
    return [*java, *options, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)]


def broker_command(java: list[str], jars: list[Path], properties: Path, mark: list[str]) -> list[str]:
    """Kafka itself; `mark` are the options that make the process known again."""
    return [*java, *_BROKER_JVM, *mark, "-cp", _class_path(jars), "kafka.Kafka", str(properties)]


def registry_command(
    java: list[str], folder: Path, *, port: int, management_port: int, database: Path, mark: list[str]
) -> list[str]:
    """Apicurio Registry on a database file, so that schema ids survive a restart."""
    settings = {
        "quarkus.http.host": LOOPBACK,
        "quarkus.http.port": str(port),
        "quarkus.management.host": LOOPBACK,
        "quarkus.management.port": str(management_port),
        "quarkus.http.access-log.enabled": "false",
        "quarkus.otel.sdk.disabled": "true",
        "apicurio.storage.kind": "sql",
        "apicurio.storage.sql.kind": "h2",
        # H2 writes half a second late otherwise: a crash would forget ids that records already carry.
        "apicurio.datasource.url": f"jdbc:h2:file:{database};WRITE_DELAY=0",
        "apicurio.datasource.jdbc.initial-size": "2",
        "apicurio.datasource.jdbc.min-size": "2",
    }
    options = [f"-D{key}={value}" for key, value in settings.items()]
    return [*java, *_REGISTRY_JVM, *mark, *options, "-jar", str(folder / "quarkus-run.jar")]


def registry_url(port: int) -> str:
    """Confluent's API of the registry."""
    return f"http://{LOOPBACK}:{port}/apis/ccompat/v7"


def _class_path(jars: list[Path]) -> str:
    return ":".join(str(jar) for jar in jars)
