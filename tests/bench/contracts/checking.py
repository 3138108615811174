"""`python -m contracts check` over many contracts of twenty versions each, as a whole process, offline.

Run by `make bench`. Every version adds a field to the final contract, so that each is held against up to
nineteen others, both ways and in both layers.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.read import load_contracts
from tests.bench.figures import merge

CONTRACTS = (50, 100, 200)
VERSIONS = 20


def main() -> None:
    figures: dict[str, Any] = {"versions": VERSIONS}
    with tempfile.TemporaryDirectory() as folder:
        for count in CONTRACTS:
            fill(Path(folder), count)
            wall, cpu = seconds(Path(folder))
            figures[f"{count}_contracts"] = {"seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)}
    merge("contracts.checking", figures)


def fill(folder: Path, count: int) -> None:
    """Make `folder` hold so many contracts, locked."""
    model = load_contracts()["topic-weather-final"]
    about = (model.home / "contract.yaml").read_bytes()
    fields = model.versions[0].schema["fields"]
    for number in range(count):
        home = folder / f"topic-{number}"
        home.mkdir(exist_ok=True)
        (home / "contract.yaml").write_bytes(about)
        for version in range(VERSIONS):
            schema = {**model.versions[0].schema, "fields": [*fields, *map(added, range(version))]}
            (home / f"v{version + 1}.avsc").write_text(json.dumps(schema), encoding="utf-8")
    (folder / FILE).write_text(render(lock_of(load_contracts(folder).values())), encoding="utf-8")


def added(number: int) -> dict[str, Any]:
    return {
        "name": f"added_{number}",
        "type": ["null", "double"],
        "default": None,
        "doc": "Added.",
        "unit": "1",
    }


def seconds(folder: Path) -> tuple[float, float]:
    """By the clock, and of processor time, which a busy machine changes less."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "contracts", "check", "--json"],
        env={**os.environ, "CONTRACTS_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert json.loads(done.stdout) == {"compatible": True, "findings": []}
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
