"""Where a peer reads and writes, handed over on its command line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Addresses, topics, and a folder to work in."""

    bootstrap: str
    registry: str
    raw: str
    final: str
    quarantine: str
    folder: str
    writer: int
    """Registry id of the schema that wrote the raw records."""

    def command(self, peer: str, function: str = "run") -> list[str]:
        """How to run a function of a module of this room as a process of its own."""
        code = f"import sys; from tests.bench.peers.{peer} import {function}; {function}(sys.argv[1])"
        return [sys.executable, "-c", code, json.dumps(asdict(self))]

    @classmethod
    def given(cls, text: str) -> Topics:
        """What the command line says."""
        return cls(**json.loads(text))
