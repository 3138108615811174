"""Contracts that a test makes of schemas alone, without a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts.evolution.compatibility import ENGINES
from contracts.folder.model import Contract, Mode, Version


def contract(*schemas: Any, **attributes: Any) -> Contract:
    """A contract of the topic `t` whose versions are `schemas`, oldest first; `attributes` are its own."""
    versions = tuple(
        Version(number=n, path=Path(f"t/v{n}.avsc"), text=json.dumps(schema), schema=schema)
        for n, schema in enumerate(schemas, start=1)
    )
    plain: dict[str, Any] = {
        "topic": "t",
        "description": "",
        "owner": "",
        "mode": Mode.FULL_TRANSITIVE,
        "readers": ENGINES,
        "consumers": (),
        "service_level": {},
        "rules": (),
        "versions": versions,
    }
    return Contract(**{**plain, **attributes})
