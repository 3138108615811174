"""What is counted inside the query, on records whose verdicts are known."""

from __future__ import annotations
