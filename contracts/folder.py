"""Reads the contracts' folder: the only place where a contract comes from."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts import rules
from contracts.errors import UnusableSetting
from contracts.model import Consumer, Contract, Mode, Rule, Severity, Version

HOME = Path(__file__).parent
"""The platform's own contracts; `CONTRACTS_DIR` names others."""

_VERSION_FILE = re.compile(r"v([1-9]\d*)\.avsc")
_LARGEST_FILE = 1 << 20


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ConsumerRow(_Strict):
    name: str
    owner: str
    reads: list[str] = Field(min_length=1)


class _RuleRow(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    check: str
    severity: Severity
    why: str


class _ContractFile(_Strict):
    description: str
    owner: str
    mode: Mode = Mode.FULL_TRANSITIVE
    readers: list[Literal["spark", "fastavro"]] = ["spark", "fastavro"]
    consumers: list[_ConsumerRow] = []
    service_level: dict[str, str] = {}
    rules: list[_RuleRow] = []
    exceptions: dict[str, str] = {}


def contracts_folder() -> Path:
    """The folder in use: `CONTRACTS_DIR`, else the platform's own."""
    return Path(os.environ.get("CONTRACTS_DIR") or HOME)


def load_contracts(folder: Path | None = None) -> Mapping[str, Contract]:
    """Load every contract under `folder`, by topic, in the order of the names.

    `folder` defaults to `contracts_folder()`. Raises `UnusableSetting`, naming the file, when something in
    it cannot be understood.
    """
    root = folder or contracts_folder()
    if not root.is_dir():
        raise UnusableSetting(f"there is no contracts folder at {root}: name one with CONTRACTS_DIR.")
    homes = sorted(path.parent for path in root.glob("*/contract.yaml"))
    if not homes:
        raise UnusableSetting(f"{root} holds no contract: expected TOPIC/contract.yaml and TOPIC/v1.avsc.")
    return {home.name: load_contract(home) for home in homes}


def load_contract(home: Path) -> Contract:
    """Load the contract of one topic from its folder; raises `UnusableSetting`."""
    file = home / "contract.yaml"
    try:
        about = _ContractFile.model_validate(yaml.safe_load(_read(file)))
    except yaml.YAMLError as error:
        raise UnusableSetting(f"{file} is not valid YAML: {_one_line(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise UnusableSetting(f"{file}: {where}: {first['msg']}.") from error
    return Contract(
        topic=home.name,
        description=about.description,
        owner=about.owner,
        mode=about.mode,
        readers=tuple(about.readers),
        consumers=tuple(Consumer(name=c.name, owner=c.owner, reads=tuple(c.reads)) for c in about.consumers),
        service_level=about.service_level,
        rules=_rules(file, about.rules),
        versions=_versions(home),
        exceptions=about.exceptions,
    )


def _rules(file: Path, rows: list[_RuleRow]) -> tuple[Rule, ...]:
    seen: set[str] = set()
    for row in rows:
        given = set(row.model_extra or {})
        if row.id in seen:
            raise UnusableSetting(f"{file}: two rules are named {row.id}: give one another id.")
        seen.add(row.id)
        check = rules.CHECKS.get(row.check)
        if check is None:
            known = ", ".join(rules.CHECKS)
            raise UnusableSetting(
                f"{file}: rule {row.id}: there is no check {row.check!r}; known are {known}."
            )
        if missing := check.required - given:
            raise UnusableSetting(f"{file}: rule {row.id}: {row.check} needs {', '.join(sorted(missing))}.")
        if unknown := given - check.required - check.optional:
            raise UnusableSetting(
                f"{file}: rule {row.id}: {row.check} takes no {', '.join(sorted(unknown))}."
            )
    return tuple(
        Rule(id=row.id, check=row.check, severity=row.severity, why=row.why, parameters=row.model_extra or {})
        for row in rows
    )


def _versions(home: Path) -> tuple[Version, ...]:
    numbered = {
        int(match[1]): path for path in home.glob("*.avsc") if (match := _VERSION_FILE.fullmatch(path.name))
    }
    strangers = sorted(path.name for path in home.glob("*.avsc") if path not in numbered.values())
    if strangers:
        raise UnusableSetting(f"{home / strangers[0]} is no version: name it v1.avsc, v2.avsc and so on.")
    expected = list(range(1, len(numbered) + 1))
    if not numbered or sorted(numbered) != expected:
        missing = next((n for n in expected if n not in numbered), 1)
        raise UnusableSetting(f"{home} has no v{missing}.avsc: versions are numbered from 1 without a gap.")
    return tuple(_version(number, numbered[number]) for number in expected)


def _version(number: int, path: Path) -> Version:
    text = _read(path)
    try:
        schema: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableSetting(f"{path} is not valid JSON: {_one_line(error)}") from error
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise UnusableSetting(f"{path} must hold one Avro record.")
    return Version(number=number, path=path, text=text, schema=schema)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UnusableSetting(f"{path} is larger than 1 MiB: no contract is.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnusableSetting(f"{path} is not UTF-8 text.") from error
    except OSError as error:
        raise UnusableSetting(f"{path} cannot be read: {error.strerror or error}.") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
