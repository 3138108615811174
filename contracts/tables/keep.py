"""The tables themselves: opened, made, and brought up to their contracts, in one step or not at all."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    AuthorizationExpiredError,
    ForbiddenError,
    NoSuchTableError,
    OAuthError,
    RESTError,
    ServiceUnavailableError,
    UnauthorizedError,
    ValidationError,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from sqlalchemy.exc import SQLAlchemyError

from contracts.errors import (
    AccessRefused,
    CheckpointMismatch,
    NoDiskSpace,
    PlatformError,
    ServiceFailed,
    Unreachable,
    UnusableSchema,
    UnusableSetting,
)
from contracts.folder.model import Contract, table_name
from contracts.tables.columns import (
    OFFSET,
    PARTITION,
    altered,
    columns,
    order,
    partitions,
    properties,
)
from contracts.tables.settings import CATALOGUE, CATALOGUE_FILE, NAMESPACE, Warehouse

_NO_ACCESS = (UnauthorizedError, ForbiddenError, AuthorizationExpiredError, OAuthError)
SNAPSHOT_ENDS = "kafka.ends"
"""In a snapshot's summary: partition of the topic to the offset behind the last that was read, as JSON."""
_SCHEMA, _TOPIC_ID = "contract.schema-id", "kafka.topic-id"
"""Properties: the schema that the contract gave the table, and the id of the topic that it is made from."""


@contextmanager
def opened(warehouse: Warehouse, *, make: bool = False) -> Iterator[Catalog]:
    """The catalogue, made where a folder has none and it is to be. The block fails by a `PlatformError`."""
    with _sentences(warehouse):
        if warehouse.folder and make:
            warehouse.folder.mkdir(parents=True, exist_ok=True)
        elif warehouse.folder and not (warehouse.folder / CATALOGUE_FILE).exists():
            raise UnusableSetting(
                f"there are no tables in {warehouse.location}: run `python -m streaming table`, or set "
                "TABLES_WAREHOUSE."
            )
        catalogue = load_catalog(CATALOGUE, **warehouse.python())
        try:
            yield catalogue
        finally:
            catalogue.close()


@contextmanager
def _sentences(warehouse: Warehouse) -> Iterator[None]:
    try:
        yield
    except (PlatformError, BrokenPipeError):
        # A reader of the answer who has left is no failure of the catalogue.
        raise
    except OSError as error:
        if isinstance(error, ConnectionError) or error.errno is None:
            raise Unreachable(
                f"the catalogue at {warehouse.catalog_uri} does not answer: correct TABLES_CATALOG_URI."
            ) from None
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoDiskSpace(f"the disk of the tables in {warehouse.location} is full: free some.") from None
        raise UnusableSetting(
            f"the tables' folder {warehouse.location} cannot be used ({error.strerror}): "
            "set TABLES_WAREHOUSE."
        ) from None
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error))
        if "disk is full" in why:
            raise NoDiskSpace(f"the disk of the tables in {warehouse.location} is full: free some.") from None
        raise UnusableSetting(
            f"the catalogue in {warehouse.location} cannot be used ({why}): restore it, or set "
            "TABLES_WAREHOUSE."
        ) from None
    except RESTError as error:
        raise _refused(error, str(warehouse.catalog_uri)) from None


def _refused(error: RESTError, uri: str) -> PlatformError:
    """What the answer of a REST catalogue comes to, without the page that may be in it."""
    if isinstance(error, _NO_ACCESS):
        return AccessRefused(f"the catalogue at {uri} refuses access: check TABLES_CATALOG_TOKEN.")
    if isinstance(error, ServiceUnavailableError):
        return Unreachable(f"the catalogue at {uri} is not ready: try again.")
    why = " ".join(re.sub("<[^>]*>", " ", str(error)).split())[:200]
    return ServiceFailed(f"the catalogue at {uri} failed ({why}): read its log.")


def table_of(catalogue: Catalog, topic: str) -> Table:
    """The table of `topic`; raises `UnusableSetting` where there is none."""
    try:
        return catalogue.load_table((NAMESPACE, table_name(topic)))
    except NoSuchTableError:
        raise UnusableSetting(f"{topic} has no table yet: run `python -m streaming table`.") from None


def follow(catalogue: Catalog, contract: Contract, topic_id: str) -> Table:
    """The table as the newest version of `contract` has it: made, or altered, in one step.

    Columns are added, widened and commented, and never dropped. Raises `UnusableSchema` where the table
    cannot be altered so, and `CheckpointMismatch` where somebody else altered it, or made the topic again.
    """
    name = (NAMESPACE, table_name(contract.topic))
    catalogue.create_namespace_if_not_exists(NAMESPACE)
    if not catalogue.table_exists(name):
        schema = columns(contract)
        return catalogue.create_table(
            name,
            schema,
            partition_spec=partitions(contract, schema),
            sort_order=order(contract, schema),
            properties={**properties(contract), _TOPIC_ID: topic_id, _SCHEMA: "0"},
        )
    table = catalogue.load_table(name)
    _check(table, contract, topic_id)
    if int(table.properties["contract.version"]) <= contract.newest.number:
        _bring_up(table, contract)
    return table


def _check(table: Table, contract: Contract, topic_id: str) -> None:
    name, noted = ".".join(table.name()), table.properties
    if noted.get("contract.topic") != contract.topic or _SCHEMA not in noted:
        raise CheckpointMismatch(
            f"the table {name} is not of the topic {contract.topic}: rename it, or set TABLES_WAREHOUSE."
        )
    if noted.get(_TOPIC_ID) != topic_id:
        raise CheckpointMismatch(
            f"the topic {contract.topic} was made again, and the table {name} holds records of the one "
            "before: rename the table, or set TABLES_WAREHOUSE."
        )
    before = table.schemas().get(int(noted[_SCHEMA]))
    lost = altered(before, table.schema()) if before else "its schema"
    if lost:
        raise CheckpointMismatch(
            f"somebody altered the table {name}: {lost} is gone or another. Roll the table back, or rename "
            "it to have a new one from the topic."
        )


def _bring_up(table: Table, contract: Contract) -> None:
    wanted = properties(contract)
    # How the table is laid out is its owner's to change; what follows from the contract is ours.
    said = {key: value for key, value in wanted.items() if _follows(key)}
    gone = {key for key in table.properties if key.startswith("deprecated.") and key not in wanted}
    try:
        with table.transaction() as change:
            with change.update_schema() as schema:
                schema.union_by_name(columns(contract, table.schema()))
            said[_SCHEMA] = str(change.table_metadata.current_schema_id)
            if any(table.properties.get(key) != value for key, value in said.items()):
                change.set_properties(said)
            if gone:
                change.remove_properties(*gone)
    except (ValueError, ValidationError) as error:
        raise UnusableSchema(
            f"the table of {contract.topic} cannot follow version {contract.newest.number}: "
            f"{' '.join(str(error).split())}"
        ) from None


def _follows(key: str) -> bool:
    return key in {"comment", "owner"} or key.startswith(("contract.", "unit.", "deprecated."))


def noted_ends(snapshot: Snapshot) -> Mapping[int, int]:
    """Partition to the offset behind the last one that was read, by a snapshot's own note; empty without."""
    noted = snapshot.summary and snapshot.summary.get(SNAPSHOT_ENDS)
    return {int(partition): int(end) for partition, end in json.loads(noted or "{}").items()}


def ends(table: Table) -> Mapping[int, int]:
    """Partition of the topic to the offset behind the last one that the table has read."""
    snapshot = table.current_snapshot()
    while snapshot is not None:
        if noted := noted_ends(snapshot):
            return noted
        before = snapshot.parent_snapshot_id
        snapshot = table.snapshot_by_id(before) if before is not None else None
    # That snapshot is expired: the rows themselves tell. What nobody could read behind them is read again.
    found: dict[int, int] = {}
    for batch in table.scan(selected_fields=(PARTITION, OFFSET)).to_arrow_batch_reader():
        rows: Any = batch.to_pydict()
        for partition, offset in zip(rows[PARTITION], rows[OFFSET], strict=True):
            found[partition] = max(offset + 1, found.get(partition, 0))
    return found
