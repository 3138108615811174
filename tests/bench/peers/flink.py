"""Flink SQL as a process: a mini-cluster in one Java, which Python tells its statements as PyFlink does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from py4j.java_gateway import (  # type: ignore[import-untyped]
    GatewayParameters,
    JavaGateway,
    find_jar_path,
    launch_gateway,
)

from embedded import cache
from embedded.ivy import Wanted
from embedded.java import wheel_java
from embedded.lock import Artifact, read_lock, write_lock
from embedded.relock import resolve
from tests.bench.peers.flink_sql import script
from tests.bench.peers.topics import Topics

LOCK = Path(__file__).with_name("jars.lock")
USE = "flink"
_FLINK, _KAFKA, _LOG4J = "2.3.0", "5.0.0-2.2", "2.24.3"
ROOTS = (
    Wanted(f"org.apache.flink:flink-clients:{_FLINK}", transitive=True),
    Wanted(f"org.apache.flink:flink-cep:{_FLINK}"),
    Wanted(f"org.apache.flink:flink-connector-base:{_FLINK}"),
    Wanted(f"org.apache.flink:flink-sql-avro-confluent-registry:{_FLINK}"),
    Wanted(f"org.apache.flink:flink-sql-connector-kafka:{_KAFKA}"),
    Wanted(f"org.apache.flink:flink-table-api-java-uber:{_FLINK}"),
    Wanted(f"org.apache.flink:flink-table-planner-loader:{_FLINK}"),
    Wanted(f"org.apache.flink:flink-table-runtime:{_FLINK}"),
    Wanted(f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J}", transitive=True),
)
_JAVA = (
    "-Xmx2g",
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "util", "time", "nio")),
)
_SETTINGS = {
    "parallelism.default": "2",
    "taskmanager.numberOfTaskSlots": "2",
    "pipeline.object-reuse": "true",
    "execution.checkpointing.interval": "5 s",
    "restart-strategy.type": "none",
    "table.local-time-zone": "UTC",
    # Both tables are written from one pass over the records.
    "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
}


def relock() -> None:
    """Make `jars.lock` anew; raises `DownloadFailed`."""
    write_lock(resolve(USE, ROOTS), LOCK)


def jars() -> tuple[Artifact, ...]:
    """What Flink runs on, in the cache; raises `DownloadFailed`."""
    artifacts = read_lock(LOCK, [USE])
    cache.fetch(artifacts)
    return artifacts


def run(given: str) -> None:
    """Take the records of a topic to its end."""
    topics = Topics.given(given)
    tables = _tables(topics)
    *statements, job = script(topics)
    for statement in statements:
        tables.executeSql(statement)
    # A keyword in Python.
    getattr(tables.executeSql(job), "await")()


def _tables(topics: Topics) -> Any:
    """Flink's environment of tables, in a Java that ends with this process."""
    paths = [*(str(cache.path_of(jar)) for jar in jars()), str(find_jar_path())]
    port = launch_gateway(
        jarpath=paths[-1],
        classpath=":".join(paths),
        java_path=str(wheel_java()),
        javaopts=list(_JAVA),
        die_on_exit=True,
        redirect_stdout=sys.stderr,
        redirect_stderr=sys.stderr,
    )
    flink = JavaGateway(gateway_parameters=GatewayParameters(port=port)).jvm.org.apache.flink
    settings = flink.configuration.Configuration()
    checkpoints = Path(topics.folder, "checkpoints").absolute().as_uri()
    for name, value in {**_SETTINGS, "execution.checkpointing.dir": checkpoints}.items():
        settings.setString(name, value)
    chosen = flink.table.api.EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(settings)
    return flink.table.api.TableEnvironment.create(chosen.build())
