"""`make setup` after the virtual environment: jars, Java and Spark's own configuration."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection
from pathlib import Path

from embedded import cache
from embedded.ivy import pyspark_folder
from embedded.java import check_given_java, write_java_home
from embedded.lock import NEEDED, Artifact, read_lock

_AVRO_LIMITS = {
    # A few bytes can claim a huge string or array: without these they end the reader by OutOfMemoryError.
    "org.apache.avro.limits.string.maxLength": 8 * 1024 * 1024,
    "org.apache.avro.limits.bytes.maxLength": 8 * 1024 * 1024,
    "org.apache.avro.limits.collectionItems.maxLength": 100_000,
}

_SPARK_ENV = """\
# Written by `make setup`.
[ -n "${{JAVA_HOME:-}}" ] || export JAVA_HOME={java_home}
"""

_SPARK_JARS = {"spark": "jars", "tables": "table-jars"}
"""Use to the folder of pyspark: every session has its `jars`, those of the tables only who names them."""

_LOG4J = """\
# Written by `make setup`: warnings and errors on stderr.
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1}: %m%n%ex
logger.loader.name = org.apache.hadoop.util.NativeCodeLoader
logger.loader.level = error
logger.conf.name = org.apache.kafka.clients.admin.AdminClientConfig
logger.conf.level = error
"""


def prepare(uses: Collection[str] = NEEDED) -> None:
    """Bring what the services and Spark need, or what is for other `uses`; changes nothing twice.

    Raises `UnsuitableRuntime` for a `JAVA_HOME` that Spark cannot run on, `DownloadFailed`, `NoDiskSpace`.
    """
    check_given_java(os.environ.get("JAVA_HOME"))
    artifacts = [artifact for artifact in read_lock() if artifact.use in uses]
    cache.fetch(artifacts)
    for artifact in artifacts:
        if artifact.use == "registry":
            cache.unpacked(artifact)
    for use, folder in _SPARK_JARS.items():
        _put_jars([artifact for artifact in artifacts if artifact.use == use], pyspark_folder() / folder)
    _configure_spark(write_java_home(pyspark_folder()))


def spark_defaults() -> str:
    """`spark-defaults.conf`: Avro's limits on driver and executors, UTC, loopback, no web page."""
    options = " ".join([*(f"-D{key}={value}" for key, value in _AVRO_LIMITS.items()), "-Duser.timezone=UTC"])
    rows = {
        "spark.driver.extraJavaOptions": options,
        "spark.executor.extraJavaOptions": options,
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    return "# Written by `make setup`.\n" + "".join(f"{key} {value}\n" for key, value in rows.items())


def _configure_spark(java_home: Path) -> None:
    folder = pyspark_folder() / "conf"
    folder.mkdir(exist_ok=True)
    environment = folder / "spark-env.sh"
    environment.write_text(_SPARK_ENV.format(java_home=shlex.quote(str(java_home))), encoding="utf-8")
    environment.chmod(0o755)
    (folder / "spark-defaults.conf").write_text(spark_defaults(), encoding="utf-8")
    (folder / "log4j2.properties").write_text(_LOG4J, encoding="utf-8")


def _put_jars(artifacts: list[Artifact], folder: Path) -> None:
    """Link jars into a folder of Spark's, and drop other versions of them."""
    folder.mkdir(exist_ok=True)
    for artifact in artifacts:
        _, name, version, _, _ = artifact.parts
        target = folder / f"{name}-{version}.jar"
        for other in folder.glob(f"{name}-[0-9]*.jar"):
            if other != target:
                other.unlink()
        source = cache.path_of(artifact)
        if target.is_symlink() and target.readlink() == source and target.exists():
            continue
        target.unlink(missing_ok=True)
        target.symlink_to(source)
