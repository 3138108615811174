from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import DownloadFailed, NoDiskSpace, UnsuitableRuntime
from embedded import java
from embedded.commands import broker_properties, registry_command
from embedded.ivy import _proxy_options, failure


def _java_home(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
def test_a_given_java_that_spark_cannot_run_on_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(UnsuitableRuntime, match="17 or 21"):
        java.check_given_java(str(_java_home(tmp_path / "java", version)))


@pytest.mark.parametrize("version", ["17.0.15", "21"])
def test_a_given_java_that_spark_runs_on_is_taken(tmp_path: Path, version: str) -> None:
    java.check_given_java(str(_java_home(tmp_path / "java", version)))


def test_a_java_home_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableRuntime, match="unset it"):
        java.check_given_java(str(tmp_path / "nowhere"))


@pytest.fixture
def spark_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Runs the `java` that Spark is given, in folders with spaces; gives the arguments of the real one."""
    echo = tmp_path / "a java" / "java"
    echo.parent.mkdir()
    echo.write_text(
        f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c 'import sys; print(sys.argv[1:])' \"$@\"\n"
    )
    echo.chmod(0o755)
    monkeypatch.setattr(java, "wheel_java", lambda: echo)
    monkeypatch.setattr(java, "spark_java_home", lambda: tmp_path / "java home")
    program = java.write_java_home(tmp_path / "a spark") / "bin" / "java"

    def run(*given: str, **environment: str) -> list[str]:
        answer = subprocess.run(
            [str(program), *given],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment},
        )
        found: list[str] = ast.literal_eval(answer.stdout)
        return found

    return run


def test_the_java_for_spark_drops_the_one_argument_and_no_other(
    spark_java: Callable[..., list[str]],
) -> None:
    given = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "a b", "*", ""]
    assert spark_java(*given) == ["-Xmx1g", "a b", "*", ""]


def test_sparks_class_path_is_put_in_the_order_that_an_archive_of_classes_needs(
    spark_java: Callable[..., list[str]], tmp_path: Path
) -> None:
    conf, jars, archive = (
        tmp_path / "a spark/conf",
        tmp_path / "a spark/jars",
        tmp_path / "java home/spark.jsa",
    )
    path = f"{conf}/:{jars}/slf4j-api-2.0.17.jar:{jars}/*"
    assert spark_java("-cp", path, "-Xmx1g") == ["-cp", f"{jars}/*:{conf}/", "-Xmx1g"]
    archive.write_bytes(b"")
    first, *rest = spark_java("-cp", path, "-Xmx1g")
    assert first == f"-XX:SharedArchiveFile={archive}"
    assert rest[-3:] == ["-cp", f"{jars}/*:{conf}/", "-Xmx1g"]
    made = spark_java("-cp", path, SPARK_ARCHIVE_AT_EXIT="an archive")
    assert "-XX:ArchiveClassesAtExit=an archive" in made
    assert made[-1] == f"{jars}/*"


def test_a_class_path_that_somebody_has_added_to_stays_as_it_is(
    spark_java: Callable[..., list[str]], tmp_path: Path
) -> None:
    (tmp_path / "java home/spark.jsa").write_bytes(b"")
    given = ["-cp", f"/mine.jar:{tmp_path}/a spark/conf/:{tmp_path}/a spark/jars/*"]
    assert spark_java(*given) == given


def test_every_listener_of_the_services_is_on_the_loopback_address() -> None:
    text = broker_properties(port=1, controller_port=2, data=Path("data"))
    rows = dict(line.split("=", 1) for line in text.splitlines())
    for listener in (rows["listeners"] + "," + rows["advertised.listeners"]).split(","):
        assert listener.split("://")[1].startswith("127.0.0.1:")
    command = registry_command(["java"], Path("app"), port=1, management_port=2, database=Path("db"), mark=[])
    assert {"-Dquarkus.http.host=127.0.0.1", "-Dquarkus.management.host=127.0.0.1"} <= set(command)


def test_the_environments_proxy_is_the_downloaders() -> None:
    options = _proxy_options({"https": "http://proxy.example:3128", "no": ".internal, other"})
    assert options == [
        "-Dhttps.proxyHost=proxy.example",
        "-Dhttps.proxyPort=3128",
        "-Dhttp.nonProxyHosts=localhost|127.*|*.internal|other",
    ]


def test_the_downloaders_words_become_an_error_of_their_kind() -> None:
    assert isinstance(failure("java.io.IOException: No space left on device\n"), NoDiskSpace)
    told = failure("x\n\tServer access error at url http://h/a.jar (refused)\ny\n")
    assert isinstance(told, DownloadFailed)
    assert "http://h/a.jar" in str(told)
