"""Rules at random, on a record that has a field of each kind: some lawful, some not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.checks.parameters import Parameter
from contracts.checks.rules import CHECKS
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import parse
from contracts.folder.model import Contract
from contracts.folder.read import load_contract

FIELDS: dict[str, tuple[Any, str]] = {
    "truth": ("boolean", "boolean"),
    "small": ("int", "int"),
    "large": (["null", "long"], "bigint"),
    "short": ("float", "float"),
    "measure": (["null", "double"], "double"),
    "amount": ({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, "decimal(6, 2)"),
    "label": ("string", "string"),
    "sign": ({"type": "enum", "name": "Sign", "symbols": ["UP", "DOWN", "NO"]}, "string"),
    "key": ({"type": "string", "logicalType": "uuid"}, "string"),
    "sent_at": ({"type": "long", "logicalType": "timestamp-millis"}, "timestamp"),
    "seen_at": (["null", {"type": "long", "logicalType": "timestamp-micros"}], "timestamp"),
    "clock_at": ({"type": "long", "logicalType": "local-timestamp-millis"}, "timestamp_ntz"),
    "day": ({"type": "int", "logicalType": "date"}, "date"),
    "raw": ("bytes", "binary"),
    "mac": ({"type": "fixed", "name": "Mac", "size": 6}, "binary"),
    "tags": ({"type": "array", "items": "string"}, "array<string>"),
    "notes": ({"type": "map", "values": "string"}, "map<string, string>"),
    "inner": (
        {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": "int"}]},
        "struct<n: int>",
    ),
    "choice": (["null", "string", "long"], "struct<member0: string, member1: bigint>"),
    "either": (["int", "long"], "bigint"),
}
"""Name to Avro type, and to Spark's type for it."""

SCHEMA = {
    "type": "record",
    "name": "Everything",
    "fields": [{"name": name, "type": avro} for name, (avro, _) in FIELDS.items()],
}
_ROOT = parse(SCHEMA)

_TEXTS = st.one_of(
    st.sampled_from(
        ["UP", "DOWN", "NO", "no", "x", "'; DROP", "${spark.app.name}", "\\", "\\'", "%", "é", "12:30"]
    ),
    st.text(max_size=6),
)
_NUMBERS = st.one_of(
    st.integers(-9, 9),
    st.sampled_from([-(1 << 63), (1 << 63) - 1, 1 << 63, 1 << 31, 0.5, 5e-324, 1.7e308, -0.0, 1e22]),
    st.floats(allow_nan=True),
)
_WILD = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS, st.just([]), st.just({"a": 1}), st.dates())
_PARTS = r"""
a b 1 . - ^ $ | ( ) [ ] { } * + ? & , : = ! < [^ (?: (?= (?i) (?P<n> \d \S \b \1 \Z a-b {2} {1,} [ab] [a-c&&b]
\x41 \u0041 (a) *? ++ (?<=a) (?<!b) [\d-] \Q \p{L} \. [\w.] é (?s). (?m)^
"""
PATTERNS = st.lists(st.sampled_from([" ", *_PARTS.split()]), max_size=7).map("".join)
_NAMES = st.one_of(
    st.sampled_from(["sent_at", "seen_at"]),
    st.sampled_from(["label", "measure"]),
    st.sampled_from(sorted(FIELDS)),
)
_LIMITS = st.one_of(
    st.lists(st.integers(-90, 90), min_size=2, max_size=2).map(sorted),
    st.lists(st.floats(-90, 90), min_size=2, max_size=2).map(sorted),
)
_LAWFUL: dict[str, st.SearchStrategy[Any]] = {
    "field": _NAMES,
    "other": _NAMES,
    **dict.fromkeys(("when", "latitude", "time", "sunrise", "sunset", "elevation", "azimuth"), _NAMES),
    **dict.fromkeys(("low_winter", "low_summer", "high_winter", "high_summer"), _LIMITS),
    **dict.fromkeys(("above", "value"), _NUMBERS),
    "unless": st.just("truth"),
    "fields": st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3),
    "values": st.one_of(
        st.lists(_TEXTS, min_size=1, max_size=3),
        st.lists(_NUMBERS, min_size=1, max_size=3),
        st.lists(st.sampled_from(["UP", "DOWN", "NO"]), min_size=1, max_size=2, unique=True),
        st.lists(st.booleans(), min_size=1, max_size=2),
    ),
    "pattern": PATTERNS,
    **dict.fromkeys(("min", "max"), st.one_of(_NUMBERS, st.just("5m"), st.sampled_from([0.25, 0.5, 1]))),
    **dict.fromkeys(
        ("before", "after", "every"), st.sampled_from(["90s", "5m", "2h", "0d", "1w", "-1h", "٣s"])
    ),
    **dict.fromkeys(("due", "windows", "records"), st.integers(-1, 9)),
}


def _suited(name: str, parameter: Parameter, given: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Names of fields of the types that the parameter takes, beside the parameters that are given."""
    several = name == "fields"
    suited = [f for f in sorted(FIELDS) if parameter.fits([f] if several else f, given, _ROOT) is None]
    one = st.sampled_from(suited)
    return st.lists(one, min_size=1, max_size=3, unique=True) if several else one


@st.composite
def rules(draw: st.DrawFn, check: str) -> dict[str, Any]:
    """A rule of the check as a row of `contract.yaml`."""
    row = CHECKS[check]
    tame = draw(st.booleans())
    given: dict[str, Any] = {}
    for name, parameter in row.parameters.items():
        if name in row.required or draw(st.booleans()):
            lawful = _suited(name, parameter, given) if tame and parameter.names_fields else _LAWFUL[name]
            given[name] = draw(lawful if tame or draw(st.integers(0, 9)) else _WILD)
    if not tame and draw(st.integers(0, 9)) == 0:
        given[draw(st.sampled_from([*_LAWFUL, "unknown"]))] = draw(_WILD)
    return {"id": "a-rule", "check": check, "severity": "warning", "why": "So.", **given}


def contract_of(folder: Path, *rows: dict[str, Any]) -> Contract:
    """The contract with these rules, as the loader reads it; raises `UnusableSetting`."""
    folder.mkdir(exist_ok=True)
    about = {"description": "d", "owner": "me", "rules": [*rows]}
    (folder / "contract.yaml").write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    (folder / "v1.avsc").write_text(json.dumps(SCHEMA), encoding="utf-8")
    return load_contract(folder)


def contract_at_random(folder: Path, count: int) -> tuple[Contract, list[str]]:
    """A contract of the rules that the loader took, of `count` made at random, and what it says of others.

    Each check has the same share of them, whatever Hypothesis likes to try.
    """
    taken: list[dict[str, Any]] = []
    refused: list[str] = []

    def offer(row: dict[str, Any]) -> None:
        try:
            contract_of(folder, row)
        except UnusableSetting as error:
            refused.append(str(error))
        else:
            taken.append({**row, "id": f"rule-{len(taken)}"})

    some = settings(max_examples=count // len(CHECKS), deadline=None, derandomize=True, database=None)
    for check in sorted(CHECKS):
        some(given(row=rules(check))(offer))()
    return contract_of(folder, *taken), refused
