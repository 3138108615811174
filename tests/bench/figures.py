"""Where benchmarks leave their figures: one JSON file, one entry for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path("build/bench.json")


def known() -> dict[str, Any]:
    """The figures that were left so far, by benchmark."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    return found


def merge(name: str, figures: Mapping[str, Any]) -> None:
    """Put the figures of one benchmark beside those of the others, and print them."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({**known(), name: figures}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps({name: figures}, indent=2))
