"""A validation as a record of the quality contract, and back: the fields have the record's own names."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from contracts.model import Severity
from quality.flow import Flow
from quality.places import Window
from quality.portrait import Portrait
from quality.results import Origin, RuleResult, Validation

T = TypeVar("T")

_PARTS: Mapping[str, type] = {"window": Window, "portrait": Portrait, "flow": Flow}
"""Parts of a validation whose fields stand beside its own in the record."""
_MILDEST: Mapping[type, Enum] = {Severity: Severity.INFO, Origin: Origin.VALIDATE}
"""What a symbol that is newer than this reader is taken for."""


def to_record(validation: Validation) -> dict[str, Any]:
    """The validation as a record of the quality contract."""
    found: dict[str, Any] = _plain(asdict(validation))
    flat = {name: value for part in _PARTS for name, value in found.pop(part).items()}
    rules = [{**_plain(asdict(rule)), "kept": not rule.broken} for rule in validation.rules]
    return {**found, **flat, "verdict": _plain(validation.verdict), "rules": rules}


def from_record(record: Mapping[str, Any]) -> Validation:
    """The validation that a record of the quality contract tells of."""
    parts: dict[str, Any] = {name: _read(kind, record) for name, kind in _PARTS.items()}
    rules = tuple(
        _read(RuleResult, {**rule, "kept": rule["kept"] and rule["judged"]}) for rule in record["rules"]
    )
    return _read(Validation, {**record, **parts, "rules": rules})


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value.value).upper()
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _read(kind: type[T], record: Mapping[str, Any]) -> T:
    hints = _fields(kind)  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], record[name]) for name in hints})


@cache
def _fields(kind: Callable[..., Any]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in dataclasses.fields(kind)}  # type: ignore[arg-type]


def _value(hint: Any, value: Any) -> Any:
    if value is None or dataclasses.is_dataclass(value):
        return value
    if get_origin(hint) in {Union, types.UnionType}:
        return value
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], inner) for inner in value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _read(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = {str(one.value).upper(): one for one in hint}
        return known.get(value, _MILDEST[hint])
    return value
