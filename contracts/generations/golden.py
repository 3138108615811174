"""The golden records of a contract, from its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.avro.json_form import from_json
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import Contract


def golden(contract: Contract) -> Mapping[str, Mapping[str, Any]]:
    """The examples of the newest version as an Avro encoder takes them, by name.

    Raises `UnusableSetting` for a file that holds no record of that version.
    """
    root = parse(contract.newest.schema)
    return {path.stem: _record(root, path) for path in sorted(contract.newest.examples.glob("*.json"))}


def _record(root: Type, path: Path) -> Any:
    try:
        return from_json(root, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, UnusableSetting) as error:
        raise UnusableSetting(f"{path} is no example of the newest version: {error}") from None
