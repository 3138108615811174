"""Where the tables are: from the environment, else a folder of this machine with a catalogue in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.errors import UnusableSetting

CATALOGUE = "platform"
"""The catalogue's name, which is a part of every table's name in it."""
NAMESPACE = "topics"
"""Holds a table for each topic."""

CATALOGUE_FILE = "catalog.db"
"""Of the catalogue in a folder."""

_FOLDER = Path("build/tables")
_OF_A_CATALOGUE = ("TABLES_CATALOG_TOKEN", "TABLES_CATALOG_CREDENTIAL")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A folder with a catalogue in it, or a REST catalogue and the place that it keeps files in."""

    location: str
    """A folder's path, or the address or name that the REST catalogue knows its warehouse by."""
    catalog_uri: str | None = None
    """Address of the REST catalogue; None for the one in the folder."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More properties of Iceberg's clients, such as `token` or `s3.endpoint`."""

    @property
    def folder(self) -> Path | None:
        """The folder; None where a REST catalogue is asked."""
        return None if self.catalog_uri else Path(self.location).absolute()

    def python(self) -> dict[str, str]:
        """Properties of pyiceberg's catalogue."""
        if self.folder is None:
            return {"type": "rest", **self._remote()}
        # Iceberg takes a place as it is written: an address with `%20` would be a folder of that name.
        uri = f"sqlite:///{self.folder / CATALOGUE_FILE}"
        return {**self.options, "type": "sql", "uri": uri, "warehouse": f"file://{self.folder}"}

    def spark(self) -> dict[str, str]:
        """Properties of Iceberg's catalogue in Spark."""
        # Spark would go on with the table that it knows, when its schema has changed.
        fresh = {"cache-enabled": "false"}
        if self.folder is None:
            return {**fresh, "type": "rest", **self._remote()}
        uri = f"jdbc:sqlite:{self.folder / CATALOGUE_FILE}"
        place = {
            "type": "jdbc",
            "uri": uri,
            "warehouse": f"file://{self.folder}",
            "jdbc.schema-version": "V1",
        }
        return {**self.options, **fresh, **place}

    def _remote(self) -> dict[str, str]:
        return {**self.options, "uri": str(self.catalog_uri), "warehouse": self.location}


def warehouse(given: Mapping[str, str] | None = None) -> Warehouse:
    """Find the tables; raises `UnusableSetting` for settings that do not fit together.

    `TABLES_WAREHOUSE` is the folder, `build/tables` if unset. With `TABLES_CATALOG_URI` a REST catalogue is
    asked, with `TABLES_CATALOG_TOKEN` or `TABLES_CATALOG_CREDENTIAL`. `TABLES_OPTIONS` is a JSON object of
    more properties of Iceberg's clients. What is `given` goes before the environment.
    """
    values = {name: text for name, text in {**os.environ, **(given or {})}.items() if text}
    uri = values.get("TABLES_CATALOG_URI")
    if uri and (urlsplit(uri).scheme not in {"http", "https"} or "@" in urlsplit(uri).netloc):
        raise UnusableSetting("TABLES_CATALOG_URI must be an http or https address without credentials.")
    options = _options(values.get("TABLES_OPTIONS", "{}"))
    for name in _OF_A_CATALOGUE:
        if text := values.get(name):
            if not uri:
                raise UnusableSetting(f"{name} is set without TABLES_CATALOG_URI: name the REST catalogue.")
            options[name.rpartition("_")[2].lower()] = text
    location = values.get("TABLES_WAREHOUSE", str(_FOLDER))
    if not uri and "://" in location:
        raise UnusableSetting(
            "TABLES_WAREHOUSE must be a folder of this machine, unless TABLES_CATALOG_URI names the REST "
            "catalogue of another place."
        )
    if not uri and (sign := next((one for one in "#?" if one in str(Path(location).absolute())), None)):
        raise UnusableSetting(
            f"TABLES_WAREHOUSE is below a folder with {sign} in its name, where no catalogue can be: choose "
            "another."
        )
    return Warehouse(location, uri, options)


def _options(text: str) -> dict[str, str]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UnusableSetting('TABLES_OPTIONS must be a JSON object of texts, such as {"s3.region": "eu"}.')
    return found
