"""The JSON Schema of `contract.yaml` and the loader say the same, and every contract names the schema."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.checks.rules import CHECKS, shape_problems
from contracts.errors import UnusableSetting
from contracts.folder.read import HOME, load_contract
from contracts.folder.yaml_schema import FILE, REFERENCE, contract_schema, schema_text
from contracts.folder.yaml_text import read_yaml
from tests.random_rules import SCHEMA, rules

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

DROP = object()
"""Takes a key away."""
SEASONS = {name: [-40, 50.5] for name in ("low_winter", "low_summer", "high_winter", "high_summer")}
RULES: dict[str, dict[str, Any]] = {
    "not_null": {"field": "label"},
    "range": {"field": "measure", "min": -1.5, "severity": "value", "instead": 0},
    "one_of": {"field": "label", "values": ["NO", "a"]},
    "matches": {"field": "label", "pattern": "^a"},
    "at_most": {"field": "small", "other": "large"},
    "near": {"field": "sent_at", "other": "seen_at", "before": "5m"},
    "apart": {"field": "small", "other": "large", "max": 2},
    "implies": {"when": "small", "above": 1, "field": "measure", "max": 2},
    "not_all": {"fields": ["measure", "small"], "value": 0},
    "in_season": {"field": "measure", "latitude": "short", "time": "seen_at", **SEASONS},
    "unique": {"fields": ["label", "day"]},
    "row_count": {"min": 1, "max": 20},
    "freshness": {"max": "2h"},
    "completeness": {"field": "sent_at", "every": "1h", "min": 0.5},
    "drift": {"field": "measure", "max": 0.2},
    "is_null": {"field": "label"},
    "daylight": {
        **{"sunrise": "sent_at", "sunset": "seen_at", "time": "seen_at", "max": "15m"},
        **{"latitude": "measure", "elevation": "small", "azimuth": "large"},
    },
}
WHOLE: dict[str, Any] = {
    "description": "Everything.",
    "owner": "me",
    "product": "things",
    "role": "raw",
    "derived_from": "topic-other",
    "key": "label",
    "identity": ["label", "sent_at"],
    "incidental": ["truth"],
    "about_station": ["short"],
    "portrayed": {"measure": 0.5, "small": 2},
    "quality_flags": {"small": ["measure"], "large": []},
    "daily": "measure",
    "mode": "BACKWARD",
    "readers": ["spark"],
    "consumers": [{"name": "page", "owner": "them", "reads": ["label", "inner.n"]}],
    "service_level": {"freshness": "2h"},
    "topic_settings": {"max.message.bytes": "1000"},
    "exceptions": {"doc": "An old sender."},
    "succeeds": "topic-first",
    "mapping": {
        "label": "same",
        "day": "default",
        "measure": {"from": "size", "times": 3.6, "plus": -2, "decimals": 2},
    },
    "dropped": {"weight": "Nobody asks for it."},
    "lossless": False,
    "retired": "2027-06-30",
    "deprecated": {"short": {"reason": "Too short.", "until": "2027-06-30", "successor": "measure"}},
    "rules": [
        {"id": check.replace("_", "-"), "check": check, "severity": "warning", "why": "So.", **asked}
        for check, asked in RULES.items()
    ],
}
PLACE = {rule["check"]: number for number, rule in enumerate(WHOLE["rules"])}

Change = tuple[tuple[Any, ...], Any]
"""Keys and numbers that lead to a place, where the name of a check leads to its rule; and the value there."""
KEPT: list[Change] = [
    *(((key,), DROP) for key in WHOLE if key not in ("description", "owner")),
    (("product",), None),
    (("role",), "trends"),
    (("mode",), "FULL_TRANSITIVE"),
    (("readers",), []),
    (("rules",), []),
    (("range", "min"), 0),
    (("range", "max"), 3),
    (("range", "instead"), None),
    (("range", "since"), 2),
    (("one_of", "values"), ["x"]),
    (("one_of",), {**WHOLE["rules"][2], "field": "measure", "values": [1, 0.5]}),
    (("one_of",), {**WHOLE["rules"][2], "field": "truth", "values": [True]}),
    (("matches", "pattern"), r"\S"),
    (("near", "after"), "0s"),
    (("near", "unless"), "truth"),
    (("implies", "values"), [1]),
    (("row_count", "max"), DROP),
    (("completeness", "min"), 1),
    (("drift", "windows"), 3),
    (("in_season", "low_winter"), [0, 0]),
    (("quality_flags", "large"), ["short"]),
    (("deprecated", "short", "successor"), DROP),
    *((("mapping", "measure", key), DROP) for key in ("times", "plus", "decimals")),
    (("mapping", "measure", "times"), 1),
    (("lossless",), True),
]
BROKEN: list[Change] = [
    ((), None),
    ((), []),
    *(((key,), DROP) for key in ("description", "owner")),
    *(((key,), 12) for key in WHOLE),
    *(((key,), True) for key in ("description", "product", "portrayed", "rules")),
    (("descripton",), "Misspelt."),
    (("role",), "rawest"),
    (("mode",), "full"),
    (("readers",), ["flink"]),
    (("identity",), "label"),
    (("identity", 0), 1),
    (("portrayed", "measure"), "0.5"),
    (("portrayed", "measure"), 0),
    (("portrayed", "measure"), -1),
    (("portrayed", "measure"), True),
    (("quality_flags", "small"), "measure"),
    (("service_level", "freshness"), 2),
    (("topic_settings", "max.message.bytes"), 1000),
    (("exceptions", "doc"), None),
    *((("consumers", 0, key), DROP) for key in ("name", "owner", "reads")),
    (("consumers", 0, "reads"), []),
    *((("deprecated", "short", key), DROP) for key in ("reason", "until")),
    (("deprecated", "short", "until"), "2027-6-30"),
    (("deprecated", "short", "until"), 2027),
    (("deprecated", "short", "successor"), ["measure"]),
    (("deprecated", "short", "why"), "So."),
    (("consumers", 0, "fields"), ["label"]),
    (("mapping", "label"), "renamed"),
    (("mapping", "label"), None),
    (("mapping", "measure", "from"), DROP),
    (("mapping", "measure", "from"), 1),
    (("mapping", "measure", "times"), 0),
    (("mapping", "measure", "times"), "3.6"),
    (("mapping", "measure", "decimals"), 16),
    (("mapping", "measure", "decimals"), 0.5),
    (("mapping", "measure", "unit"), "m"),
    (("dropped", "weight"), None),
    (("lossless",), "no"),
    (("retired",), "soon"),
    *((("range", key), DROP) for key in ("id", "check", "severity", "why", "field")),
    (("range", "id"), "Upper"),
    (("range", "id"), "1st"),
    (("range", "check"), "rang"),
    (("range", "severity"), "fatal"),
    (("range", "severity"), "info"),
    (("range", "instead"), "0"),
    (("range", "instead"), True),
    (("range", "since"), 0),
    (("range", "since"), 1.5),
    (("range", "since"), True),
    (("range", "min"), DROP),
    (("range", "min"), "1"),
    (("range", "min"), None),
    (("range", "min"), True),
    (("range", "maximum"), 3),
    (("range", "field"), ""),
    (("range", "field"), ["measure"]),
    (("not_null", "instead"), 0),
    (("not_null", "severity"), "fatal"),
    *(((check, "severity"), "value") for check in ("not_all", "unique", "row_count", "freshness")),
    (("one_of", "values"), []),
    (("one_of", "values"), "NO"),
    (("one_of", "values"), ["a", "a"]),
    (("one_of", "values"), ["a", None]),
    (("one_of", "values"), [["a"]]),
    (("matches", "pattern"), ""),
    (("matches", "pattern"), 12),
    (("matches", "pattern"), "a" * 1001),
    (("near", "before"), DROP),
    (("near", "before"), "a week"),
    (("near", "before"), "-5m"),
    (("near", "before"), 5),
    (("apart", "max"), DROP),
    (("apart", "max"), -1),
    (("implies", "above"), DROP),
    (("implies", "max"), DROP),
    (("implies", "values"), 1),
    (("not_all", "value"), [0]),
    (("not_all", "fields"), "measure"),
    (("in_season", "high_winter"), DROP),
    (("in_season", "high_winter"), [1]),
    (("in_season", "high_winter"), [1, 2, 3]),
    (("in_season", "high_winter"), ["1", 2]),
    (("unique", "fields"), ["label", "label"]),
    (("row_count", "min"), 1.5),
    (("row_count", "min"), -1),
    (("freshness", "max"), "0h"),
    (("completeness", "min"), 0),
    (("completeness", "min"), 1.5),
    (("completeness", "every"), "00d"),
    (("drift", "max"), 0),
    (("drift", "records"), 0),
]
BEYOND: list[Change] = [
    (("range", "id"), "not-null"),
    (("range", "field"), "nothing"),
    (("range", "field"), "label"),
    (("range", "max"), -2),
    (("range", "min"), float("nan")),
    (("range", "min"), 1 << 63),
    (("one_of", "values"), ["a", 1]),
    (("matches", "pattern"), "(?P<a>b)"),
    (("in_season", "high_winter"), [2, 1]),
    (("quality_flags", "nothing"), []),
    (("deprecated", "short", "until"), "2027-02-30"),
    (("schemas_of",), "topic-nowhere"),
    (("range", "since"), 1.0),
]
"""What the loader alone knows, as it takes another file, two places, or more than JSON Schema can say."""
NOT_SAID = ("asks for at least", "has a pattern that", "which Python cannot read", "which is no bound")
"""Parts of the loader's sentences about what JSON Schema cannot say."""

VALIDATOR = jsonschema.Draft7Validator(contract_schema())
OF_RULES = jsonschema.Draft7Validator(contract_schema()["properties"]["rules"]["items"])


def changed(change: Change) -> Any:
    steps, value = change
    if not steps:
        return value
    made = copy.deepcopy(WHOLE)
    *above, last = ("rules", PLACE[steps[0]], *steps[1:]) if steps[0] in PLACE else steps
    place: Any = made
    for step in above:
        place = place[step]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return made


def label(change: Change) -> str:
    steps, value = change
    return f"{'/'.join(map(str, steps))}={'gone' if value is DROP else repr(value)[:200]}"


def loaded(content: Any, folder: Path) -> tuple[bool, Any]:
    """Whether the loader takes a contract, and what its file says."""
    file = folder / "contract.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    (folder / "v1.avsc").write_text(json.dumps(SCHEMA), encoding="utf-8")
    said, _ = read_yaml(file.read_text(encoding="utf-8"), file)
    try:
        load_contract(folder)
    except UnusableSetting as error:
        assert len(str(error).splitlines()) == 1
        return False, said
    return True, said


def test_there_are_enough_files_that_are_broken_and_that_are_whole() -> None:
    assert len({label(change) for change in BROKEN}) == len(BROKEN) >= 60
    assert len({label(change) for change in KEPT}) == len(KEPT) >= 20
    assert RULES.keys() == CHECKS.keys()


@pytest.mark.parametrize("change", [(("owner",), "you"), *KEPT], ids=label)
def test_a_file_that_the_loader_takes_is_valid(change: Change, tmp_path: Path) -> None:
    taken, said = loaded(changed(change), tmp_path)
    assert taken
    VALIDATOR.validate(said)


@pytest.mark.parametrize("change", BROKEN, ids=label)
def test_a_file_that_the_loader_refuses_is_invalid(change: Change, tmp_path: Path) -> None:
    taken, said = loaded(changed(change), tmp_path)
    assert not taken
    assert not VALIDATOR.is_valid(said)


@pytest.mark.parametrize("change", BEYOND, ids=label)
def test_what_no_schema_can_say_the_loader_alone_refuses(change: Change, tmp_path: Path) -> None:
    taken, said = loaded(changed(change), tmp_path)
    assert not taken
    VALIDATOR.validate(said)


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_a_rule_at_random_is_taken_by_both_or_by_neither(check: str, data: st.DataObject) -> None:
    rule = data.draw(rules(check))
    common = {"id", "check", "severity", "why"}
    problems = list(shape_problems(check, {name: rule[name] for name in rule.keys() - common}))
    valid = OF_RULES.is_valid(rule)
    if not problems:
        assert valid
    elif valid:
        whole_as_fraction = any(isinstance(value, float) and value == int(value) for value in numbers(rule))
        assert whole_as_fraction or all(any(part in why for part in NOT_SAID) for _, (why, _) in problems)


def numbers(rule: dict[str, Any]) -> Iterator[Any]:
    return (value for value in rule.values() if isinstance(value, float) and math.isfinite(value))


def test_the_stored_schema_is_the_one_that_the_loader_makes() -> None:
    assert (HOME / FILE).read_text(encoding="utf-8") == schema_text(), "run `python -m contracts schema`"
    jsonschema.Draft7Validator.check_schema(contract_schema())


def test_everything_that_an_editor_offers_is_described() -> None:
    schema = contract_schema()
    rule, consumer = (schema["properties"][name]["items"] for name in ("rules", "consumers"))
    deprecation = schema["properties"]["deprecated"]["additionalProperties"]
    word, conversion = schema["properties"]["mapping"]["additionalProperties"]["oneOf"]
    assert word["enum"] == ["same", "default"]
    for part in (schema, rule, consumer, deprecation, conversion):
        assert [name for name, one in part["properties"].items() if not one["description"]] == []
    choices = [schema["properties"]["mode"], rule["properties"]["severity"], rule["properties"]["check"]]
    assert all(choice["description"] for one in choices for choice in one["oneOf"])
    for case in rule["allOf"][1:]:
        asked = [one for one in case["then"]["properties"].values() if one is not True and "not" not in one]
        assert all(one["description"] for one in asked)


def test_each_contract_names_the_schema_that_is_beside_it() -> None:
    files = sorted(HOME.glob("*/contract.yaml"))
    assert files
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines(keepends=True)[0]
        assert first == REFERENCE
        assert (file.parent / first.partition("$schema=")[2].strip()).resolve() == HOME / FILE
        VALIDATOR.validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def test_schema_puts_the_line_where_it_is_missing_and_new_version_and_export_keep_it(
    folder: Path, cli: Cli
) -> None:
    file = folder / "topic-weather" / "contract.yaml"
    named_there = file.read_text(encoding="utf-8")
    file.write_text(named_there.removeprefix(REFERENCE), encoding="utf-8")
    written = cli("schema", "--json").json["written"]
    assert written == [str(folder / FILE), str(file)]
    assert file.read_text(encoding="utf-8") == named_there
    assert cli("schema", "--json").json["written"] == [str(folder / FILE)]
    for verb in (["new-version", "topic-weather"], ["export", "odcs"], ["check"], ["lint"]):
        assert cli(*verb).code == 0
    assert file.read_text(encoding="utf-8") == named_there
