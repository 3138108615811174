"""Reads the contracts' folder: the only place where a contract comes from."""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    StrictBool,
    StrictInt,
    Tag,
    ValidationError,
)

from contracts.checks import rules
from contracts.checks.parameters import shown
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.folder.lock import digest
from contracts.folder.model import (
    Adopted,
    Consumer,
    Contract,
    Conversion,
    Deprecation,
    JsonSchema,
    Mode,
    Role,
    Rule,
    Severity,
    Version,
)
from contracts.folder.yaml_text import read_yaml

HOME = Path(__file__).parent.parent
"""The platform's own contracts; `CONTRACTS_DIR` names others."""

ADOPTED = "adopted"
"""Folder of a contract's adopted schemas."""

_VERSION_FILE = re.compile(r"v0*([1-9]\d*)\.avsc")
_LARGEST_FILE = 1 << 20
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


_Number: TypeAlias = Annotated[float, Strict(), Field(allow_inf_nan=False)]
_Width: TypeAlias = Annotated[float, Strict(), Field(allow_inf_nan=False, gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ConsumerRow(_Strict):
    name: str
    owner: str
    reads: tuple[str, ...] = Field(min_length=1)


def _day(value: object) -> date:
    text = str(value)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # the 30th of February
        pass
    raise ValueError(f'{shown(value)} is no day: write one such as "2027-06-30", in quotes')


_Day: TypeAlias = Annotated[
    date, BeforeValidator(_day), Field(json_schema_extra={"pattern": f"^{_DAY.pattern}$"})
]


class _DeprecationRow(_Strict):
    reason: str
    until: _Day
    successor: str | None = None


def _factor(value: float) -> float:
    if value == 0:
        raise ValueError("times 0 leaves nothing of the value: name another factor, or drop the field")
    return value


class _ConversionRow(_Strict):
    from_: str = Field(alias="from")
    times: (
        Annotated[_Number, AfterValidator(_factor), Field(json_schema_extra={"not": {"const": 0}})] | None
    ) = None
    plus: _Number = 0.0
    decimals: Annotated[StrictInt, Field(ge=0, le=15)] | None = None


def _kind(value: object) -> str:
    return "conversion" if isinstance(value, dict) else "word"


_Made: TypeAlias = Annotated[
    Annotated[Literal["same", "default"], Tag("word")] | Annotated[_ConversionRow, Tag("conversion")],
    Discriminator(_kind),
]


class _RuleRow(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    check: str
    severity: Severity
    why: str
    instead: _Number | None = None
    since: StrictInt = Field(default=1, ge=1)


class ContractFile(_Strict):
    """What `contract.yaml` says; each field is the one of `Contract` that has its name."""

    description: str
    owner: str
    product: str | None = None
    role: Role | None = None
    derived_from: str | None = None
    schemas_of: str | None = None
    key: str | None = None
    identity: tuple[str, ...] = ()
    incidental: tuple[str, ...] = ()
    about_station: tuple[str, ...] = ()
    portrayed: dict[str, _Width] = {}
    quality_flags: dict[str, tuple[str, ...]] = {}
    daily: str | None = None
    mode: Mode = Mode.FULL_TRANSITIVE
    readers: tuple[Literal["spark", "fastavro"], ...] = ("spark", "fastavro")
    consumers: tuple[_ConsumerRow, ...] = ()
    service_level: dict[str, str] = {}
    topic_settings: dict[str, str] = {}
    rules: tuple[_RuleRow, ...] = ()
    deprecated: dict[str, _DeprecationRow] = {}
    succeeds: str | None = None
    mapping: dict[str, _Made] = {}
    dropped: dict[str, str] = {}
    lossless: StrictBool = False
    retired: _Day | None = None
    exceptions: dict[str, str] = {}


def contracts_folder() -> Path:
    """The folder in use: `CONTRACTS_DIR`, else the platform's own."""
    given = os.environ.get("CONTRACTS_DIR")
    return Path(given) if given else _own_folder(HOME)


@functools.cache
def _own_folder(home: Path) -> Path:
    """`home`; where the code came as a zip (`spark-submit --py-files`), what that holds, unpacked."""
    archive = next((parent for parent in home.parents if parent.is_file()), None)
    if archive is None:
        return home
    unpacked = Path(tempfile.mkdtemp(prefix="contracts-"))
    atexit.register(shutil.rmtree, unpacked, ignore_errors=True)
    with zipfile.ZipFile(archive) as files:
        files.extractall(unpacked)
    return unpacked / home.relative_to(archive)


def load_contracts(folder: Path | None = None, *, rules_must_fit: bool = True) -> Mapping[str, Contract]:
    """Load every contract under `folder`, by topic, in the order of the names.

    `folder` defaults to `contracts_folder()`. Raises `UnusableSetting`, naming the file, when something in
    it cannot be understood, and when a rule does not fit the newest version. Tools that judge a
    version before it is agreed on do without the latter.
    """
    root = folder or contracts_folder()
    if not root.is_dir():
        raise UnusableSetting(f"there is no contracts folder at {root}: name one with CONTRACTS_DIR.")
    homes = [path for path in sorted(root.iterdir()) if is_home(path)]
    if not homes:
        raise UnusableSetting(f"{root} holds no contract: expected TOPIC/contract.yaml and TOPIC/v1.avsc.")
    return {home.name: load_contract(home, rules_must_fit=rules_must_fit) for home in homes}


def contract_of(topic: str, *, rules_must_fit: bool = True) -> Contract:
    """The contract of one topic, by `load_contracts`; raises `UnusableSetting` that names those there are."""
    known = load_contracts(rules_must_fit=rules_must_fit)
    if topic not in known:
        raise UnusableSetting(f"{topic} has no contract; there are {', '.join(known)}.")
    return known[topic]


def is_home(path: Path) -> bool:
    """Whether a folder is a contract's; raises `UnusableSetting` for one that is only half of it."""
    if path.is_symlink() and not path.exists():
        raise UnusableSetting(f"{path} is a symbolic link that leads nowhere: mend it or remove it.")
    if not path.is_dir():
        return False
    files = list(path.iterdir())
    if path / "contract.yaml" in files:
        return True
    if any(file.suffix == ".avsc" for file in files):
        raise UnusableSetting(f"{path} has versions but no contract.yaml: write one, or move them away.")
    return False


def load_contract(home: Path, *, rules_must_fit: bool = True) -> Contract:
    """Load the contract of one topic from its folder, as `load_contracts` does; raises `UnusableSetting`."""
    file = home / "contract.yaml"
    content, place = read_yaml(_read(file), file)
    try:
        about = ContractFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise UnusableSetting(f"{file}: {place(first['loc'])}: {_wrong(first['type'], first)}.") from error
    given: dict[str, Any] = {
        **dict(about),
        "consumers": tuple(Consumer(**dict(row)) for row in about.consumers),
        "rules": _rules(file, about.rules),
        "deprecated": {name: Deprecation(**dict(row)) for name, row in about.deprecated.items()},
        "mapping": {
            name: row if isinstance(row, str) else Conversion(**dict(row))
            for name, row in about.mapping.items()
        },
    }
    versions = _shared_versions(home, about.schemas_of) if about.schemas_of else _versions(home)
    contract = Contract(topic=home.name, versions=versions, adopted=_adopted(home), **given)
    if rules_must_fit:
        refuse_unfit_rules(contract)
    _refuse_unknown_flags(contract)
    return contract


def _wrong(kind: str, error: Mapping[str, Any]) -> str:
    """What is wrong with a value of `contract.yaml`, by pydantic's error about it."""
    value = error["input"]
    if kind == "tuple_type":
        return "Input should be a valid list"
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return f'{shown(value)} is no text: write "{shown(value)}", in quotes'
    return str(error["msg"]).removeprefix("Value error, ")


def refuse_unfit_rules(contract: Contract) -> None:
    """Raise `UnusableSetting` for a rule that could not be judged on records of the newest version."""
    if not contract.rules:
        return
    newest = contract.newest
    try:
        root = parse(newest.schema)
    except UnusableSetting as error:
        raise UnusableSetting(f"{newest.path}: {error}") from None
    for rule in contract.rules:
        absent = [name for name in rules.fields_of(rule) if root.field_named(name) is None]
        problems = [
            (
                "",
                (
                    f"looks at {name}, which version {newest.number} does not have",
                    "name another field, or take it out",
                ),
            )
            for name in absent
        ]
        for name, (why, instead) in [*problems, *rules.type_problems(rule, root)]:
            about = f"{contract.home / 'contract.yaml'}: rule {rule.id} of {contract.topic}"
            raise UnusableSetting(f"{about} {why}: {instead}.{_mend(name)}")


def _refuse_unknown_flags(contract: Contract) -> None:
    known = {field["name"] for field in contract.newest.schema.get("fields", ())}
    for flag, fields in contract.quality_flags.items():
        for name in {flag, *fields} - known:
            raise UnusableSetting(
                f"{contract.home / 'contract.yaml'}: quality_flags names {name}, which version "
                f"{contract.newest.number} of {contract.topic} does not have: add it, or take it out."
            )


def _mend(parameter: str) -> str:
    return f" Mend its `{parameter}`." if parameter else ""


def _rules(file: Path, rows: Iterable[_RuleRow]) -> tuple[Rule, ...]:
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise UnusableSetting(f"{file}: two rules are named {row.id}: give one another id.")
        seen.add(row.id)
        if row.check not in rules.CHECKS:
            known = ", ".join(rules.CHECKS)
            raise UnusableSetting(
                f"{file}: rule {row.id}: there is no check {row.check!r}; known are {known}."
            )
        for name, (why, instead) in rules.shape_problems(row.check, row.model_extra or {}):
            raise UnusableSetting(f"{file}: rule {row.id}: {why}: {instead}.{_mend(name)}")
        check = rules.CHECKS[row.check]
        if row.severity is Severity.VALUE and not check.judges_a_value:
            raise UnusableSetting(
                f"{file}: rule {row.id}: {row.check} judges no single value of a record: give it another "
                "severity."
            )
        if row.instead is not None and row.severity is not Severity.VALUE:
            raise UnusableSetting(
                f"{file}: rule {row.id}: only a rule of severity value has something `instead`: take it out."
            )
    return tuple(
        Rule(**row.model_dump(include=set(_RuleRow.model_fields)), parameters=row.model_extra or {})
        for row in rows
    )


def _shared_versions(home: Path, topic: str) -> tuple[Version, ...]:
    if any(home.glob("*.avsc")):
        raise UnusableSetting(f"{home} has versions of its own and `schemas_of`: take one of them away.")
    other = home.with_name(topic)
    if not (other.is_dir() and is_home(other)):
        raise UnusableSetting(f"{home / 'contract.yaml'}: schemas_of names {topic}, which has no contract.")
    return _versions(other)


def _versions(home: Path) -> tuple[Version, ...]:
    numbered: dict[int, Path] = {}
    for path in sorted(home.glob("*.avsc")):
        match = _VERSION_FILE.fullmatch(path.name)
        if match is None:
            raise UnusableSetting(f"{path} is no version: name it v1.avsc, v2.avsc and so on.")
        number = int(match[1])
        if other := numbered.get(number):
            raise UnusableSetting(
                f"{home} has two files for version {number}, {other.name} and {path.name}: keep one of them."
            )
        numbered[number] = path
    for number, path in numbered.items():
        if path.name != f"v{number}.avsc":
            raise UnusableSetting(f"{path} is no version: name it v1.avsc, v2.avsc and so on.")
    expected = list(range(1, len(numbered) + 1))
    if not numbered or sorted(numbered) != expected:
        missing = next((n for n in expected if n not in numbered), 1)
        raise UnusableSetting(f"{home} has no v{missing}.avsc: versions are numbered from 1 without a gap.")
    return tuple(_version(number, numbered[number]) for number in expected)


def _adopted(home: Path) -> tuple[Adopted, ...]:
    adopted = []
    for path in sorted((home / ADOPTED).glob("*.avsc")):
        version = _version(0, path)
        if path != adopted_path(home, version.schema):
            raise UnusableSetting(f"{path} was changed after it was adopted: put it back.")
        adopted.append(Adopted(path=path, text=version.text, schema=version.schema))
    return tuple(adopted)


def adopted_path(home: Path, schema: JsonSchema) -> Path:
    """Where an adopted schema is kept: its name is the start of its digest."""
    return home / ADOPTED / f"{digest(schema)[:16]}.avsc"


def _version(number: int, path: Path) -> Version:
    text, schema = read_schema(path)
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise UnusableSetting(f"{path} must hold one Avro record.")
    return Version(number=number, path=path, text=text, schema=schema)


def read_schema(path: Path) -> tuple[str, Any]:
    """Text and JSON of a schema's file; raises `UnusableSetting` that names the file."""
    text = _read(path)
    try:
        return text, json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableSetting(f"{path} is not valid JSON: {_one_line(error)}") from error


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
