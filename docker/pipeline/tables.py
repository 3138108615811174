"""The topics' tables: waited for until they hold what the topics do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from contracts.errors import ServiceFailed, UnusableSetting
from contracts.folder.model import Role
from contracts.folder.product import Product
from contracts.kafka.log import Log
from pipeline.facts import TablesFacts
from pipeline.parts import Part
from pipeline.topics import end_offsets

_WITHIN = 180.0
_LOOK_EVERY = 0.5
_ROLES = (Role.FINAL, Role.QUARANTINE, Role.QUALITY)


def wait_for_tables(
    writer: Part, products: Iterable[Product], log: Log, given: Mapping[str, str]
) -> TablesFacts:
    """Wait until the tables of `products` hold all that is on their topics now.

    `given` is the environment of the `writer`. Raises `PartFailed` when it ends, `ServiceFailed` when it
    stands still.
    """
    # What the extra `tables` brings: everything but a whole run does without.
    from contracts.tables.keep import ends, opened, table_of  # noqa: PLC0415
    from contracts.tables.settings import warehouse  # noqa: PLC0415

    topics = [one.topic for product in products for one in product.contracts if one.role in _ROLES]
    goal = {topic: end_offsets(log, topic) for topic in topics}
    where = warehouse(given)
    deadline = time.monotonic() + _WITHIN
    rows: dict[str, int] = {}
    sizes: dict[str, int] = {}
    while len(rows) < len(topics):
        if not writer.running():
            raise ServiceFailed(f"the writer of the tables ended before they had all: see {writer.log}.")
        if time.monotonic() > deadline:
            missing = next(topic for topic in topics if topic not in rows)
            raise ServiceFailed(
                f"the table of {missing} had not all records within {_WITHIN:.0f} s: see {writer.log}."
            )
        time.sleep(_LOOK_EVERY)
        try:
            with opened(where) as catalogue:
                for topic in topics:
                    table = table_of(catalogue, topic)
                    reached = ends(table) if any(goal[topic].values()) else {}
                    if any(reached.get(partition, 0) < end for partition, end in goal[topic].items()):
                        break
                    snapshot = table.current_snapshot()
                    summary = snapshot.summary if snapshot and snapshot.summary else {}
                    rows[topic] = int(summary.get("total-records") or 0)
                    sizes[topic] = int(summary.get("total-files-size") or 0)
        except UnusableSetting:
            # The writer has not made them all yet.
            continue
    return TablesFacts(warehouse=where.location, rows=rows, bytes=sizes)
