"""The stream: raw observations in, enriched and judged ones out, in one native Spark query.

`Stream` opens a `Job`, and `supervise` keeps it running. A record meets the modules in this order: `source`,
`decode`, `enrich`, `judge`, `encode`; `plan` puts them together, `learn` finds out what a plan depends on,
`query` starts it; `once` remembers observations, where that is asked for. After a crash `resume` asks the
`checkpoint` and the topics what was left, and `recover` decides what of it is done; `outage` waits for
services that are away. `replay` puts back what went to quarantine, while it has the `lease`.
Names are loaded when they are asked for: a command line that only prints its help does not import Spark.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from streaming.job import Job

if TYPE_CHECKING:
    from streaming.plan import Plan, project
    from streaming.progress import Progress
    from streaming.stream import Stream

__all__ = ["Job", "Plan", "Progress", "Stream", "project"]

_HOMES = {"Plan": "plan", "Progress": "progress", "Stream": "stream", "project": "plan"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"streaming.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'streaming' has no attribute {name!r}")
