"""The image's bill of materials: Python packages as cyclonedx-py finds them, and jars by their lock.

Runs by itself inside a build: `bill.py PACKAGES.json jars.lock` prints CycloneDX JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

USES = ("spark", "tables")


def component(row: dict[str, Any]) -> dict[str, Any]:
    """One locked jar as CycloneDX names it."""
    group, name, version = row["coordinate"].split(":")[:3]
    url = f"pkg:maven/{group}/{name}@{version}?type=jar"
    return {
        "type": "library",
        "bom-ref": url,
        "group": group,
        "name": name,
        "version": version,
        "purl": url,
        "hashes": [{"alg": "SHA-256", "content": row["sha256"]}],
    }


def with_jars(packages: dict[str, Any], lock: str) -> dict[str, Any]:
    """`packages` with the jars of Spark's connectors and of Iceberg added."""
    rows = [json.loads(line) for line in lock.splitlines() if line.strip()]
    jars = [component(row) for row in rows if row["use"] in USES]
    return {**packages, "components": [*packages.get("components", ()), *jars]}


if __name__ == "__main__":
    found, locked = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    json.dump(with_jars(json.loads(found), locked), sys.stdout, indent=1)
