"""The formats that a contract can be exported to: one row each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from contracts.export.asyncapi import application
from contracts.export.great_expectations import suite
from contracts.export.odcs import data_contract
from contracts.export.spark import predicates, sql
from contracts.folder.model import Contract

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format: a contract as data, that data as the text of a file, and how such a file is named."""

    document: Callable[[Contract], Document]
    text: Callable[[Document], str]
    ending: str


def _yaml(document: Document) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110, explicit_start=True)


def _json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Format] = {
    "odcs": Format(document=data_contract, text=_yaml, ending=".odcs.yaml"),
    "asyncapi": Format(document=application, text=_yaml, ending=".asyncapi.yaml"),
    "great-expectations": Format(document=suite, text=_json, ending=".great-expectations.json"),
    "spark": Format(document=predicates, text=sql, ending=".spark.sql"),
}
"""Name on the command line to format."""
