"""Finds what a validation judged: the offsets of its window, and the snapshot that first had them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from contracts.errors import UnusableSetting
from contracts.folder.model import Role
from contracts.folder.read import load_contracts
from contracts.kafka.log import Span
from contracts.tables.keep import ends, noted_ends, table_of
from contracts.tables.where import every, is_one_of


@dataclass(frozen=True, slots=True)
class JudgedWindow:
    """A window of a topic, as its validation on the quality topic tells it."""

    id: str
    topic: str
    spans: Mapping[int, Span]
    """Partition to the offsets that were judged."""

    def snapshot(self, table: Table) -> int | None:
        """The first snapshot with all of these records; None where it has expired: the newest has them too.

        Raises `UnusableSetting` where the table has not read so far.
        """
        if not self._is_in(ends(table)):
            raise UnusableSetting(
                f"the table of {self.topic} has not read all of the window {self.id}: run "
                "`python -m streaming table --available-now`."
            )
        return next((one.snapshot_id for one in table.snapshots() if self._is_in(noted_ends(one))), None)

    def _is_in(self, reached: Mapping[int, int]) -> bool:
        return all(reached.get(partition, 0) >= span.end for partition, span in self.spans.items())


def judged_window(catalogue: Catalog, validation: str) -> JudgedWindow:
    """The window of a validation, by its id; raises `UnusableSetting` where no quality table has it."""
    for contract in load_contracts().values():
        if contract.role is not Role.QUALITY:
            continue
        try:
            table = table_of(catalogue, contract.topic)
        except UnusableSetting:
            continue
        rows = table.scan(
            row_filter=every(is_one_of("id", {validation})), selected_fields=("topic", "slices")
        ).to_arrow()
        for row in rows.to_pylist():
            spans = {one["partition"]: Span(one["start"], one["end"]) for one in row["slices"]}
            return JudgedWindow(validation, row["topic"], {p: span for p, span in spans.items() if span.end})
    raise UnusableSetting(
        f"no quality table has a validation {validation}: run `python -m streaming table --available-now`, "
        "or look at the id in the report."
    )
