"""The topics' tables: waited for until they hold what the topics do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from contracts.errors import ServiceFailed, UnusableSetting
from contracts.folder.model import TABLE_ROLES
from contracts.folder.product import Product
from contracts.kafka.log import Log
from pipeline.facts import TablesFacts
from pipeline.parts import Part
from pipeline.topics import end_offsets

if TYPE_CHECKING:
    from contracts.tables.settings import Warehouse

_WITHIN = 180.0
_LOOK_EVERY = 0.5


def wait_for_tables(
    writer: Part, products: Iterable[Product], log: Log, given: Mapping[str, str]
) -> TablesFacts:
    """Wait until the tables of `products` hold all that is on their topics now.

    `given` is the environment of the `writer`. Raises `PartFailed` when it ends, `ServiceFailed` when it
    stands still.
    """
    # What the extra `tables` brings: everything but a whole run does without.
    from contracts.tables.ask import tables_there  # noqa: PLC0415
    from contracts.tables.settings import warehouse  # noqa: PLC0415

    topics = [one.topic for product in products for one in product.contracts if one.role in TABLE_ROLES]
    goal = {topic: end_offsets(log, topic) for topic in topics}
    where = warehouse(given)
    deadline = time.monotonic() + _WITHIN
    while (missing := _behind(where, goal)) is not None:
        if not writer.running():
            raise ServiceFailed(f"the writer of the tables ended before they had all: see {writer.log}.")
        if time.monotonic() > deadline:
            raise ServiceFailed(
                f"the table of {missing} had not all records within {_WITHIN:.0f} s: see {writer.log}."
            )
        time.sleep(_LOOK_EVERY)
    there = [one for one in tables_there(where) if one.topic in goal]
    return TablesFacts(
        warehouse=where.location,
        rows={one.topic: one.rows for one in there},
        bytes={one.topic: one.bytes for one in there},
    )


def _behind(where: Warehouse, goal: Mapping[str, Mapping[int, int]]) -> str | None:
    """The first topic whose table is not there, or not as far as the offsets of `goal`; None for none."""
    from contracts.tables.keep import ends, opened, table_of  # noqa: PLC0415

    topic = None
    try:
        with opened(where) as catalogue:
            for topic, wanted in goal.items():
                table = table_of(catalogue, topic)
                reached = ends(table) if any(wanted.values()) else {}
                if any(reached.get(partition, 0) < end for partition, end in wanted.items()):
                    return topic
    except UnusableSetting:
        # The writer has not made them all yet.
        return topic or next(iter(goal))
    return None
