"""Folders of contracts that a test makes of the platform's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from contracts.folder.read import HOME, load_contract


def newest_alone(topic: str, home: Path) -> Path:
    """Copy a contract to `home`, with its newest version as v1 and no other, and with that one's examples."""
    contract = load_contract(HOME / topic)
    shutil.copytree(contract.home / "examples" / f"v{contract.newest.number}", home / "examples" / "v1")
    shutil.copy(contract.home / "contract.yaml", home)
    shutil.copy(contract.newest.path, home / "v1.avsc")
    return home
