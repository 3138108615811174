"""The zip for `spark-submit`: whole, the same bytes each time, and at work without being unpacked by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.folder.read import HOME, load_contracts
from streaming.package import coordinates, package

_ASK = """
import json, contracts.folder.read, streaming
print(json.dumps([streaming.__file__, *(c.owner for c in contracts.folder.read.load_contracts().values())]))
"""


def _imported_from(archive: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _ASK],
        env={**os.environ, "PYTHONPATH": str(archive)},
        cwd=archive.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def test_code_and_contracts_are_used_from_within_the_zip(tmp_path: Path) -> None:
    packed = package(tmp_path)
    module, *owners = _imported_from(packed.archive)
    assert module.startswith(str(packed.archive))
    assert owners == [contract.owner for contract in load_contracts().values()]
    assert packed.script.read_text().endswith("run(app)\n")


def test_the_contracts_in_use_go_along_and_not_those_beside_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "contracts"
    for topic in load_contracts():
        shutil.copytree(HOME / topic, others / topic)
    contract = others / "topic-weather" / "contract.yaml"
    contract.write_text(contract.read_text().replace("owner: weather-ingest", "owner: someone-else"))
    monkeypatch.setenv("CONTRACTS_DIR", str(others))
    packed = package(tmp_path / "packed")
    monkeypatch.delenv("CONTRACTS_DIR")
    assert "someone-else" in _imported_from(packed.archive)


def test_the_same_code_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = package(tmp_path / "first"), package(tmp_path / "second")
    assert first.archive.read_bytes() == second.archive.read_bytes()


def test_the_connectors_are_named_as_packages_of_the_same_spark() -> None:
    assert coordinates("4.1.1").split(",")[1] == "org.apache.spark:spark-avro_2.13:4.1.1"
