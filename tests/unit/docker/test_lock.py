from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from embedded.lock import Artifact, read_lock, write_lock
from embedded.pins import ROOTS, coordinate_of, read_pins
from embedded.relock import coordinate_in, name_in

JAR = Artifact("broker", "org.example:thing_2.13:1.0", 10, "ab" * 32)
ARCHIVE = Artifact("registry", "org.example:app:1.0:tar.gz:all", 20, "cd" * 32)


def test_a_lock_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_lock([ARCHIVE, JAR], tmp_path / "jars.lock")
    assert read_lock(tmp_path / "jars.lock") == (JAR, ARCHIVE)


@pytest.mark.parametrize("artifact", [JAR, ARCHIVE])
def test_a_file_name_of_the_cache_tells_its_coordinate(artifact: Artifact) -> None:
    assert coordinate_in(artifact.filename) == artifact.coordinate


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        json.dumps({"use": "broker"}),
        json.dumps(asdict(replace(JAR, use="elsewhere"))),
        json.dumps(asdict(replace(JAR, coordinate="thing:1.0"))),
        json.dumps(asdict(replace(JAR, size=0))),
        json.dumps(asdict(replace(JAR, sha256="ab"))),
    ],
)
def test_a_line_that_is_no_artifact_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "jars.lock").write_text(json.dumps(asdict(JAR)) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(UnusableSetting, match="line 2"):
        read_lock(tmp_path / "jars.lock")


def test_the_lock_holds_every_pinned_root() -> None:
    pins, locked = read_pins(), {artifact.coordinate for artifact in read_lock()}
    assert {coordinate_of(root, pins) for root in ROOTS} <= locked


def test_a_pin_without_a_value_is_refused_with_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# versions\nKAFKA_VERSION=\n", encoding="utf-8")
    with pytest.raises(UnusableSetting, match="line 2"):
        read_pins(tmp_path / ".env")


@pytest.mark.parametrize(
    ("jar", "name"),
    [
        ("spark-sql-kafka-0-10_2.13-4.1.1.jar", "spark-sql-kafka-0-10_2.13"),
        ("lz4-java-1.8.0.jar", "lz4-java"),
    ],
)
def test_the_name_of_a_jar_is_told_from_its_version(jar: str, name: str) -> None:
    assert name_in(jar) == name
