"""The stream: raw observations in, enriched and judged ones out, in one native Spark query.

`record` is the way of a record, `engine` is Spark, `running` opens the stream and keeps it going, and
`recovery` goes on after a crash. `reprocess` sends dead letters back to the raw topic while it has the
`lease`. `tables` puts topics into Iceberg tables. Names are imported when they are used, so that a command
line which only prints its help does not import Spark.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from streaming.job import Job

if TYPE_CHECKING:
    from streaming.engine.progress import Progress
    from streaming.record.plan import Plan, project
    from streaming.running.stream import Stream

__all__ = ["Job", "Plan", "Progress", "Stream", "project"]

_HOMES = {
    "Plan": "record.plan",
    "Progress": "engine.progress",
    "Stream": "running.stream",
    "project": "record.plan",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"streaming.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'streaming' has no attribute {name!r}")
