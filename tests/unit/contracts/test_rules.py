"""A rule says what its parameters are, and one that it could not judge by is refused with what to write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from contracts.checks.rules import CHECKS, definition
from contracts.errors import UnusableSetting
from contracts.export import FORMATS
from contracts.folder.model import JsonSchema
from contracts.folder.read import load_contract
from contracts.lint import lint
from tests.random_rules import SCHEMA, contract_at_random, contract_of

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

STANDARD = json.loads((Path(__file__).parent / "odcs-3.1.0.schema.json").read_text(encoding="utf-8"))

RANGE, ONE_OF = "check: range, field: measure", "check: one_of, field: label"
NEAR = "check: near, field: sent_at, other: seen_at"
IMPLIES = "check: implies, when: small, field: measure"
APART = "check: apart, field: measure, other: short"
NOT_ALL = "check: not_all, fields: [measure, short]"
SEASON = (
    "check: in_season, field: measure, latitude: short, time: seen_at, low_winter: [-40, 50], "
    "low_summer: [-30.5, 50], high_winter: [-90, 40]"
)
DAYLIGHT = (
    "check: daylight, sunrise: sent_at, sunset: seen_at, latitude: short, elevation: measure, "
    "azimuth: large, time: sent_at"
)
SHAPES = {
    f"{ONE_OF}, values: [DK, NO, SE]": 'values: YAML takes NO for false: write "NO", in quotes, or false',
    f"{ONE_OF}, values: DK": "has 'DK' where a list belongs: write [DK]. Mend its `values`",
    f"{ONE_OF}, values: []": "has an empty list: name one at least",
    f"{ONE_OF}, values: [a, null]": "has null among its values: leave it out",
    f"{ONE_OF}, values: [a, [b]]": "has ['b'] among its values: write texts",
    f"{ONE_OF}, values: [a, b, a]": "has 'a' twice: write it once",
    f"{ONE_OF}, values: {{a: b}}": "where a list belongs",
    "check: one_of, field: measure, values: [.inf]": "has inf, which is no bound",
    "check: matches, field: label, pattern: 12": 'has 12 where a text belongs: write "12", in quotes',
    "check: matches, field: label, pattern: '('": "which Python cannot read",
    "check: matches, field: label, pattern: ''": "has a pattern of 0 characters: write one of 1 to 1000",
    "check: matches, field: label, pattern: '\\p{L}'": "Java and Python read differently",
    "check: matches, field: label, pattern: '(?P<a>b)'": "write a group without a name",
    "check: matches, field: label, pattern: '[a-z&&[b]]'": r"escape [ and && in a class as \[ and \&",
    "check: matches, field: label, pattern: 'a{x'": "put a backslash before it",
    "check: matches, field: label, pattern: 'a++'": "a possessive quantifier is known to some versions only",
    "check: matches, field: label, pattern: 'a\\Z'": "write $ for the end",
    f"{RANGE}, min: 010": 'min: YAML takes 010 for 8: write "010", in quotes, or 8',
    f"{RANGE}, min: 12:30": "YAML takes 12:30 for 750",
    f"{RANGE}, min: 1_000": "YAML takes 1_000 for 1000",
    f"{RANGE}, min: 1e3": 'write "1e3", in quotes, or 1000',
    f"{RANGE}, min: 1e400": "YAML takes 1e400 for a text or for a number, by its version",
    f"{RANGE}, min: 2026-01-01": "YAML takes 2026-01-01 for a date",
    f"{RANGE}, min: '10'": "has '10' where a number belongs: write 10, without quotes. Mend its `min`",
    f"{RANGE}, min: true": "has true where a number belongs",
    f"{RANGE}, min: null": "has null where a number belongs",
    f"{RANGE}, min: [1]": "has [1] where a number belongs",
    f"{RANGE}, min: .nan": "has nan, which is no bound that a number reaches: leave it out",
    f"{RANGE}, max: -.inf": "has -inf, which is no bound that a number reaches",
    f"{RANGE}, max: 9223372036854775808": "which is no bound that a number reaches",
    f"{RANGE}, min: 10, max: 1": "asks for at least 10 and at most 1: write the smaller number as min",
    RANGE: "range needs max or min: add one of them",
    "check: range, min: 1": "range needs field",
    "check: range, field: [measure], min: 1": "has ['measure'] where a text belongs",
    f"{RANGE}, min: 1, maximum: 2": "range takes no maximum: it takes field, min, max",
    f"{RANGE}, min: 1, min: 2": "rule r: the key 'min' stands there twice, again in line",
    NEAR: "near needs after or before",
    f"{NEAR}, before: -5m": "'-5m' is no length of time: write it as 90s, 5m, 2h or 1d",
    f"{NEAR}, before: 5": "5 is no length of time",
    f"{NEAR}, before: 1:30": "YAML takes 1:30 for 90",
    f"{NEAR}, after: [5m]": "['5m'] is no length of time",
    f"{NEAR}, after: 1d, unless: no": 'YAML takes no for false: write "no", in quotes',
    f"{IMPLIES}, max: 1": "implies needs above or values: add one of them",
    f"{IMPLIES}, above: 1": "implies needs max or min: add one of them",
    f"{IMPLIES}, values: [1], above: '1', max: 1": "has '1' where a number belongs",
    f"{IMPLIES}, values: [], max: 1": "has an empty list",
    f"{IMPLIES}, values: 1, max: 1": "has 1 where a list belongs",
    f"{IMPLIES}, above: 1, min: 2, max: 1": "asks for at least 2 and at most 1",
    "check: implies, field: measure, above: 1, min: 2": "implies needs when",
    APART: "apart needs max",
    f"{APART}, max: -1": "has -1 where a number from 0 on belongs",
    f"{APART}, min: 1, max: 2": "apart takes no min: it takes field, other, max",
    NOT_ALL: "not_all needs value",
    f"{NOT_ALL}, value: [0]": "has [0] where a number belongs",
    f"{NOT_ALL}, value: .nan": "has nan, which is no bound that a number reaches",
    "check: not_all, fields: measure, value: 0": "has 'measure' where a list belongs: write [measure]",
    SEASON: "in_season needs high_summer",
    DAYLIGHT: "daylight needs max",
    f"{DAYLIGHT}, max: 0m": "has no time at all: write 1s or more",
    f"{SEASON}, high_summer: 5": "has 5 where two numbers belong: write [min, max]. Mend its `high_summer`",
    f"{SEASON}, high_summer: [5]": "has [5] where two numbers belong",
    f"{SEASON}, high_summer: [1, 2, 3]": "has [1, 2, 3] where two numbers belong",
    f"{SEASON}, high_summer: [1, .inf]": "has inf, which is no bound that a number reaches",
    f"{SEASON}, high_summer: [true, 1]": "has true where a number belongs",
    f"{SEASON}, high_summer: [5, 1]": "asks for at least 5 and at most 1: write the smaller number first",
    "check: unique, fields: label": "has 'label' where a list belongs: write [label]",
    "check: unique, fields: [label, label]": "has 'label' twice",
    "check: row_count, min: 1.5": "has 1.5 where a whole number from 0 on belongs",
    "check: row_count, max: -1": "has -1 where a whole number from 0 on belongs",
    "check: freshness, max: 0s": "has no time at all: write 1s or more",
    "check: completeness, field: sent_at, every: 0m, min: 1": "has no time at all",
    "check: completeness, field: sent_at, every: 1h, min: 90": "has 90 where a number above 0 to 1 belongs",
    "check: completeness, field: sent_at, every: 1h, min: 1, due: 0": "a whole number from 1 on belongs",
    "check: drift, field: measure, max: 0": "has 0 where a number above 0 belongs",
    "check: drift, field: measure, max: 1, windows: true": "has true where a number belongs",
    "check: no_such": "there is no check 'no_such'",
}
"""What a rule says after its id, and what the loader answers."""
TYPES = {
    "check: range, field: label, min: 1": ("field", "looks at label, which is a string"),
    "check: range, field: truth, min: 1": ("field", "looks at truth, which is a boolean"),
    "check: range, field: tags, min: 1": ("field", "looks at tags, which is an array"),
    "check: range, field: sent_at, min: 1": ("field", "looks at sent_at, which is a timestamp-millis"),
    "check: range, field: choice, min: 1": ("field", "looks at choice, which is a union"),
    "check: matches, field: measure, pattern: a": ("field", "looks at measure, which is a double"),
    "check: one_of, field: day, values: [x]": ("field", "looks at day, which is a date"),
    "check: one_of, field: sign, values: [UP, LEFT]": (
        "values",
        "allows 'LEFT', which sign as an enum never is",
    ),
    "check: one_of, field: measure, values: ['1']": (
        "values",
        "allows '1', which measure as a double never is",
    ),
    "check: one_of, field: truth, values: [1]": ("values", "allows 1, which truth as a boolean never is"),
    "check: one_of, field: small, values: [true]": ("values", "allows true, which small as an int never is"),
    "check: one_of, field: small, values: [1.5]": ("values", "allows 1.5, which small as an int never is"),
    "check: one_of, field: small, values: [2147483648]": (
        "values",
        "allows 2147483648, which small as an int never is",
    ),
    "check: one_of, field: short, values: [0.1]": ("values", "allows 0.1, which short as a float never is"),
    "check: one_of, field: label, values: [1, a]": ("values", "allows 1, which label as a string never is"),
    "check: at_most, field: small, other: sent_at": ("other", "compares small with sent_at"),
    "check: at_most, field: label, other: label": ("field", "looks at label"),
    "check: near, field: small, other: sent_at, after: 1d": ("field", "looks at small"),
    "check: near, field: sent_at, other: seen_at, after: 1d, unless: label": ("unless", "looks at label"),
    "check: implies, when: label, above: 1, field: small, min: 1": ("when", "looks at label"),
    "check: implies, when: small, above: 1, field: truth, min: 1": ("field", "looks at truth"),
    f"{IMPLIES}, values: [1.5], min: 1": ("values", "looks for 1.5, which small as an int never is"),
    f"{IMPLIES}, values: [a], min: 1": ("values", "looks for 'a', which small as an int never is"),
    "check: apart, field: sent_at, other: small, max: 1": ("field", "looks at sent_at"),
    "check: apart, field: small, other: sent_at, max: 1": ("other", "looks at sent_at"),
    "check: not_all, fields: [small, label], value: 0": ("fields", "looks at label, which is a string"),
    "check: not_all, fields: [measure, small], value: 0.5": (
        "value",
        "looks for 0.5, which small as an int never is",
    ),
    f"{SEASON}, high_summer: [0, 1]".replace("measure", "label"): ("field", "looks at label"),
    f"{SEASON}, high_summer: [0, 1]".replace("short", "label"): ("latitude", "looks at label"),
    f"{SEASON}, high_summer: [0, 1]".replace("seen_at", "day"): ("time", "looks at day, which is a date"),
    "check: unique, fields: [label, notes]": ("fields", "looks at notes, which is a map"),
    "check: completeness, field: day, every: 1d, min: 1": ("field", "looks at day, which is a date"),
    "check: drift, field: sign, max: 0.2": ("field", "looks at sign, which is an enum"),
}
"""What a rule says after its id, the parameter that does not suit the fields, and what lint says of it."""
WORDS = {
    f"{IMPLIES}, above: 1, max: 2": "measure is at most 2 °C where small is above 1 mm",
    f"{IMPLIES}, above: 9, values: [1, 2], min: 0, max: 5": (
        "measure is between 0 and 5 °C where small is above 9 mm or one of 1, 2 mm"
    ),
    "check: implies, when: large, values: [7], field: short, min: 3": (
        "short is at least 3 where large is one of 7"
    ),
    f"{APART}, max: 5": "measure and short differ by at most 5 °C",
    f"{NOT_ALL}, value: 0": "not all of measure, short are 0",
    f"{SEASON}, high_summer: [-30, 50]": (
        "measure is between -40 and 50 °C in winter and between -30.5 and 50 °C in summer up to 45° from the "
        "equator, and further away between -90 and 40 °C in winter or beyond 60° and between -30 and 50 °C "
        "in summer"
    ),
}
"""What a rule says after its id, and what it asks for in words."""
TRAPS = {
    "owner: no": "owner: YAML takes no for false",
    "owner: 12": 'owner: 12 is no text: write "12", in quotes',
    "owner: null": "owner: Input should be a valid string",
    "owner: me\nowner: you": "the key 'owner' stands there twice, again in line",
    "on: me": "YAML takes on for true",
    "consumers: [{name: off, owner: a, reads: [b]}]": "consumer off: name: YAML takes off for false",
    "consumers: [{name: a, owner: b, reads: [on]}]": "consumer a: reads: YAML takes on for true",
    "consumers: [{name: a, owner: b, reads: [1]}]": 'consumer a: reads: 1 is no text: write "1", in quotes',
    "service_level: {freshness: 1:30}": "service_level: freshness: YAML takes 1:30 for 90",
    "topic_settings: {retention.ms: 60000}": 'retention.ms: 60000 is no text: write "60000", in quotes',
    "exceptions: {doc: yes}": "exceptions: doc: YAML takes yes for true",
    "mode: 2026-01-01": "mode: YAML takes 2026-01-01 for a date",
    "rules: [{id: 0x1F, check: not_null}]": "rule 0x1F: id: 31 is no text",
    "rules: [{id: r, check: c, severity: info, why: w, since: true}]": "rule r: since: Input",
    "description: !!str 5": "YAML takes 5 for a text",
    "description: !!binary aGk=": "has a tag: leave the tag out",
    f"exceptions: {'[' * 100_000}": "is nested deeper than 50",
    "exceptions: &a [*a]": "exceptions: Input should be a valid dictionary",
    f"description: {'9' * 5000}": "is not valid YAML: Exceeds the limit",
}
"""Lines of `contract.yaml`, and what is answered."""


def written(folder: Path, rule: str) -> Path:
    """A contract's folder with one rule, whose other keys are `rule`."""
    folder.mkdir(exist_ok=True)
    text = f"description: d\nowner: me\nrules:\n  - {{id: r, severity: info, why: So., {rule}}}\n"
    (folder / "contract.yaml").write_text(text, encoding="utf-8")
    (folder / "v1.avsc").write_text(json.dumps(SCHEMA), encoding="utf-8")
    return folder


@pytest.mark.parametrize("rule", SHAPES)
def test_a_parameter_that_is_not_of_its_kind_is_told_with_what_to_write(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    written(tmp_path / "topic-any", rule)
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path))
    for verb in (["lint"], ["export", "odcs"]):
        ran = cli(*verb)
        assert (ran.code, ran.out) == (2, "")
        told = " ".join(ran.err.split())
        assert f"{tmp_path / 'topic-any' / 'contract.yaml'}: rule r: " in told
        assert SHAPES[rule] in told


@pytest.mark.parametrize("rule", TYPES)
def test_a_parameter_that_does_not_suit_the_fields_is_told_by_lint_and_ends_what_needs_the_rule(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    parameter, sentence = TYPES[rule]
    faults = lint([load_contract(written(tmp_path / "topic-any", rule), rules_must_fit=False)])
    fault = next(fault for fault in faults if fault.rule == "rule-type")
    assert (fault.path, fault.message.startswith(f"rule r {sentence}")) == (f"/rules/0/{parameter}", True)
    assert fault.instead.endswith(".")
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path))
    ran = cli("export", "spark")
    assert (ran.code, ran.out) == (2, "")
    assert f"rule r of topic-any {sentence}" in " ".join(ran.err.split())
    assert cli("lint").code == 1
    assert cli("check").code == 0


@pytest.mark.parametrize(
    "rule",
    [
        f"{ONE_OF}, values: ['NO', no-one, '010']",
        "check: one_of, field: sign, values: ['NO']",
        "check: one_of, field: truth, values: [true]",
        "check: one_of, field: short, values: [0.5, 3]",
        "check: one_of, field: amount, values: [0.1]",
        "check: range, field: either, min: 0x10, max: 1.5e+3",
        "check: range, field: amount, min: 5, max: 5",
        "check: at_most, field: day, other: day",
        "check: at_most, field: sent_at, other: seen_at",
        "check: near, field: sent_at, other: seen_at, before: 0s",
        f"{IMPLIES}, above: 1, max: 1",
        f"{IMPLIES}, values: [1, 2], above: 3, min: -1, max: 1",
        "check: implies, when: short, values: [0.5], field: short, min: 1",
        f"{APART}, max: 0",
        "check: apart, field: large, other: amount, max: 0.5",
        f"{NOT_ALL}, value: 0.5",
        "check: not_all, fields: [small], value: 0",
        f"{SEASON}, high_summer: [5, 5]",
        f"{DAYLIGHT}, max: 15m",
        "check: matches, field: key, pattern: '(?i)^[0-9a-f-]{36}$'",
        "check: unique, fields: [label, raw, day]",
        "check: not_null, field: inner",
    ],
)
def test_a_rule_that_can_be_judged_is_taken(rule: str, tmp_path: Path) -> None:
    contract = load_contract(written(tmp_path / "t", rule))
    assert [f for f in lint([contract]) if f.rule.startswith("rule")] == []


@pytest.mark.parametrize("rule", WORDS)
def test_a_rule_says_in_words_what_it_asks_for_with_the_units_of_the_fields(
    rule: str, tmp_path: Path
) -> None:
    contract = load_contract(written(tmp_path / "t", rule))
    units = {"measure": "°C", "small": "mm"}
    schema: JsonSchema = json.loads(json.dumps(SCHEMA))
    for field in schema["fields"]:
        if field["name"] in units:
            field["unit"] = units[field["name"]]
    assert definition(contract.rules[0], schema) == WORDS[rule]


@pytest.mark.parametrize("lines", TRAPS)
def test_what_yaml_takes_for_another_thing_is_told_wherever_it_stands(lines: str, tmp_path: Path) -> None:
    home = written(tmp_path / "t", "check: not_null, field: label")
    about = {"description: d": "description", "owner: me": "owner"}
    kept = "".join(f"{line}\n" for line, key in about.items() if not lines.startswith(key))
    (home / "contract.yaml").write_text(f"{kept}{lines}\n", encoding="utf-8")
    with pytest.raises(UnusableSetting) as told:
        load_contract(home)
    assert str(told.value).startswith(f"{home / 'contract.yaml'}")
    assert TRAPS[lines] in str(told.value)


def test_anchors_and_merged_keys_are_yaml_like_any_other(tmp_path: Path) -> None:
    home = written(tmp_path / "t", "check: not_null, field: label")
    common = "&c {check: not_null, severity: info, why: So.}"
    rows = f"  - {{<<: {common}, id: a, field: label}}\n  - {{<<: *c, id: b, field: sign, why: 'Other.'}}\n"
    (home / "contract.yaml").write_text(f"description: d\nowner: me\nrules:\n{rows}", encoding="utf-8")
    assert [(rule.id, rule.why) for rule in load_contract(home).rules] == [("a", "So."), ("b", "Other.")]


def test_every_rule_that_is_taken_can_be_exported_and_others_are_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    contract, refused = contract_at_random(tmp_path / "topic-random", 1_000)
    assert {rule.check for rule in contract.rules} == CHECKS.keys()
    for sentence in refused:
        assert sentence.startswith(f"{tmp_path}/topic-random/contract.yaml")
        assert len(sentence.splitlines()) == 1
        assert len(sentence) < 600
    for form in FORMATS.values():
        assert json.dumps(form.document(contract), allow_nan=False)
        assert form.text(form.document(contract))
    jsonschema.Draft201909Validator(STANDARD).validate(FORMATS["odcs"].document(contract))
    assert all(definition(rule, SCHEMA) for rule in contract.rules)


def test_a_new_row_of_the_table_is_all_that_a_new_check_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = replace(CHECKS["range"], purpose="Another.", dimension=CHECKS["matches"].dimension)
    monkeypatch.setitem(CHECKS, "another", plain)
    monkeypatch.setitem(CHECKS, "unexported", replace(plain, exported=False, predicate=None))
    rows = [
        {"id": name, "check": name, "severity": "info", "why": "So.", "field": "measure", "min": 1}
        for name in ("another", "unexported")
    ]
    contract = contract_of(tmp_path / "t", *rows)
    document = FORMATS["odcs"].document(contract)
    jsonschema.Draft201909Validator(STANDARD).validate(document)
    [measure] = [row for row in document["schema"][0]["properties"] if row["name"] == "measure"]
    assert [(row["id"], row["type"]) for row in measure["quality"]] == [
        ("another", "custom"),
        ("unexported", "text"),
    ]
    for form in FORMATS.values():
        assert "another" in form.text(form.document(contract))
