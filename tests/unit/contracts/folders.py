"""Folders of contracts that a test makes of the platform's own, and the examples in them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from contracts.avro.json_form import from_json
from contracts.evolution.compatibility import parse
from contracts.folder.model import Contract
from contracts.folder.read import HOME, load_contract


def newest_alone(topic: str, home: Path) -> Path:
    """Copy a contract to `home`, with its newest version as v1 and no other, and with that one's examples."""
    contract = load_contract(HOME / topic)
    shutil.copytree(contract.home / "examples" / f"v{contract.newest.number}", home / "examples" / "v1")
    shutil.copy(contract.home / "contract.yaml", home)
    shutil.copy(contract.newest.path, home / "v1.avsc")
    return home


def examples(contract: Contract) -> list[Any]:
    """The examples of the newest version, as an Avro encoder takes them."""
    root = parse(contract.newest.schema)
    folder = contract.home / "examples" / f"v{contract.newest.number}"
    return [from_json(root, json.loads(p.read_text(encoding="utf-8"))) for p in sorted(folder.glob("*.json"))]
