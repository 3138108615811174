"""A field that is to go stays until its day, and whoever reads it is named wherever the contract shows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.catalogue import facts, pages
from contracts.errors import UnusableSetting
from contracts.evolution.check import check
from contracts.evolution.compatibility import parse
from contracts.evolution.deprecation import deprecated_reads, difference, with_rules
from contracts.evolution.diff import diff
from contracts.export.odcs import data_contract
from contracts.folder.lock import lock_of
from contracts.folder.model import Consumer, Contract, Deprecation, Mode
from contracts.folder.read import load_contract
from contracts.kafka.notes import EVERYTHING, note, reads_in
from contracts.lint import lint
from tests.unit.contracts.built import contract

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

DAY = date(2027, 6, 30)
BEFORE = DAY - timedelta(days=1)


def gone(successor: str | None = None, reason: str = "Nobody asks for it.") -> Deprecation:
    return Deprecation(reason=reason, until=DAY, successor=successor)


def record(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "t", "doc": "A record.", "fields": list(fields)}


def optional(name: str, kind: Any = "string") -> dict[str, Any]:
    return {"name": name, "type": ["null", kind], "default": None, "doc": "Something."}


KEY = {"name": "key", "type": "string", "doc": "Something."}
CODE, TEXT = optional("code"), optional("text")


def sky(*fields: dict[str, Any]) -> dict[str, Any]:
    layers = {"type": "array", "items": record("Layer", *fields)}
    return {"name": "sky", "type": layers, "default": [], "doc": "Something."}


FULL = record("R", KEY, optional("old"), optional("new"), sky(CODE, TEXT))


def readers(**reads: list[str]) -> tuple[Consumer, ...]:
    return tuple(Consumer(name=name, owner="team-sky", reads=tuple(names)) for name, names in reads.items())


def deprecating(**more: Any) -> Contract:
    return contract(FULL, **{"deprecated": {"old": gone("new")}, **more})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{reason: So., until: "soon"}', "'soon' is no day"),
        ('{reason: So., until: "2027-02-30"}', "'2027-02-30' is no day"),
        ('{reason: So., until: "20270630"}', "'20270630' is no day"),
        ("{reason: So., until: 20270630}", "20270630 is no day"),
        ("{reason: So., until: null}", "null is no day"),
        ("{reason: So., until: 2027-06-30}", "quotes"),
        ("{reason: So.}", "until: Field required"),
        ('{until: "2027-06-30"}', "reason: Field required"),
        ('{reason: So., until: "2027-06-30", heir: new}', "heir: Extra inputs"),
        ("old", "valid dictionary"),
    ],
)
def test_a_deprecation_without_a_reason_or_a_day_is_refused_in_a_sentence(
    row: str, told: str, folder: Path
) -> None:
    file = folder / "topic-weather" / "contract.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}deprecated:\n  city_id: {row}\n", encoding="utf-8")
    with pytest.raises(UnusableSetting) as raised:
        load_contract(file.parent)
    assert told in str(raised.value)
    assert "deprecated" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_field_of_a_locked_version_is_deprecated_without_a_new_version(folder: Path, cli: Cli) -> None:
    file = folder / "topic-weather" / "contract.yaml"
    row = '{reason: So., until: "2027-06-30", successor: station}'
    file.write_text(f"{file.read_text(encoding='utf-8')}deprecated:\n  city_id: {row}\n", encoding="utf-8")
    found = load_contract(file.parent).deprecated
    assert found == {"city_id": Deprecation(reason="So.", until=DAY, successor="station")}
    assert (cli("lint").code, cli("check").code) == (0, 0)


@pytest.mark.parametrize(
    ("deprecated", "rule", "told"),
    [
        ({"odl": gone()}, "deprecated-field", "odl is deprecated, which no version has"),
        ({"sky.nothing": gone()}, "deprecated-field", "sky.nothing is deprecated, which no version has"),
        ({"old": gone("nwe")}, "deprecated-successor", "followed by nwe, which the newest version does not"),
        ({"old": gone("old")}, "deprecated-successor", "followed by old, but old is deprecated itself"),
        (
            {"old": gone("new"), "new": gone()},
            "deprecated-successor",
            "followed by new, but new is deprecated itself",
        ),
        (
            {"old": gone("sky.code"), "sky": gone()},
            "deprecated-successor",
            "followed by sky.code, but sky is deprecated itself",
        ),
        ({"old": gone(reason=" ")}, "deprecated-reason", "old is deprecated without a reason"),
        ({"key": gone()}, "deprecated-required", "has no default: under FULL_TRANSITIVE it can never go"),
    ],
)
def test_lint_refuses_a_deprecation_that_cannot_be_kept(
    deprecated: dict[str, Deprecation], rule: str, told: str
) -> None:
    (finding,) = lint([contract(FULL, deprecated=deprecated)])
    assert (finding.rule, finding.path) == (rule, f"/deprecated/{next(iter(deprecated))}")
    assert told in finding.message
    assert finding.instead


@pytest.mark.parametrize("deprecated", [{"old": gone("new")}, {"sky.code": gone("sky.text")}])
def test_lint_takes_a_deprecation_that_can_be_kept_before_and_after_the_field_is_gone(
    deprecated: dict[str, Deprecation],
) -> None:
    later = record("R", KEY, optional("new"), sky(TEXT))
    assert lint([contract(FULL, deprecated=deprecated)]) == []
    assert lint([contract(FULL, later, deprecated=deprecated)]) == []
    assert lint([contract(record("R", KEY), deprecated={"key": gone()}, mode=Mode.BACKWARD)]) == []


def faults(*schemas: Any, today: date, **attributes: Any) -> list[tuple[str, str]]:
    made = contract(*schemas, **{"deprecated": {"old": gone()}, **attributes})
    return [(fault.rule, fault.message) for fault in check([made], {}, today)]


WITHOUT = record("R", KEY, optional("new"), sky(CODE, TEXT))


def test_a_deprecated_field_is_not_removed_before_its_day_and_whoever_reads_it_is_named() -> None:
    assert faults(FULL, WITHOUT, today=BEFORE) == [
        (
            "deprecated-field-removed",
            "old, which v1 has and v2 has not, was to stay until 2027-06-30: no declared consumer reads it.",
        )
    ]
    assert faults(FULL, WITHOUT, today=DAY) == []
    two = readers(map=["old", "key"], chart=["new"], table=["old"])
    early, *removed = sorted(faults(FULL, WITHOUT, today=BEFORE, consumers=two), reverse=True)
    assert "map, owned by team-sky; table, owned by team-sky still declare to read it" in early[1]
    late = faults(FULL, WITHOUT, today=DAY, consumers=two)
    assert [rule for rule, _ in late] == ["consumer-field-removed"] * 2 == [rule for rule, _ in removed]
    assert "map, owned by team-sky, reads old" in late[0][1]


def test_a_version_between_does_not_make_the_removal_older() -> None:
    assert [rule for rule, _ in faults(FULL, FULL, WITHOUT, WITHOUT, today=BEFORE)] == [
        "deprecated-field-removed"
    ]
    assert faults(WITHOUT, FULL, today=BEFORE) == []


@pytest.mark.parametrize("reads", ["sky", "sky.code"])
def test_a_field_within_a_field_is_kept_for_those_who_read_either(reads: str) -> None:
    later = record("R", KEY, optional("old"), optional("new"), sky(TEXT))
    about: dict[str, Any] = {
        "deprecated": {"sky.code": gone("sky.text")},
        "consumers": readers(map=[reads], chart=["sky.text"]),
    }
    early = dict(faults(FULL, later, today=BEFORE, **about))
    assert "map, owned by team-sky still declares to read it" in early["deprecated-field-removed"]
    assert "chart" not in early["deprecated-field-removed"]
    assert [rule for rule, _ in faults(FULL, later, today=DAY, **about)] == [
        "consumer-field-changed" if reads == "sky" else "consumer-field-removed"
    ]


def test_a_removal_before_the_day_cannot_be_locked(folder: Path, cli: Cli) -> None:
    home = folder / "topic-weather"
    schema = load_contract(home).newest.schema
    schema["fields"] = [field for field in schema["fields"] if field["name"] != "city_id"]
    (home / "v2.avsc").write_text(json.dumps(schema), encoding="utf-8")
    file = home / "contract.yaml"
    about = file.read_text(encoding="utf-8")
    row = '\n  city_id: {{reason: So., until: "{}"}}\n'
    file.write_text(f"{about}deprecated:{row.format('9999-12-31')}", encoding="utf-8")
    ran = cli("lock")
    assert ran.code == 1
    assert "city_id, which v1 has and v2 has not, was to stay until 9999-12-31" in ran.err
    (finding,) = cli("check", "--json").json["findings"]
    assert (finding["rule"], finding["layer"]) == ("deprecated-field-removed", "consumers")
    file.write_text(f"{about}deprecated:{row.format('2000-01-01')}", encoding="utf-8")
    assert cli("lock").code == 0


def test_diff_tells_of_deprecations_with_the_newest_version_alone() -> None:
    made = contract(WITHOUT, FULL, FULL, deprecated={"old": gone("new"), "sky.code": gone()})
    one, two, three = made.versions
    assert [change.words for change in diff(made, two, three)] == [
        "old is deprecated and stays until 2027-06-30: Nobody asks for it. Read new instead.",
        "sky.code is deprecated and stays until 2027-06-30: Nobody asks for it.",
    ]
    assert {change.kind for change in diff(made, one, two)} == {"added"}
    assert all(c.producers_first.safe and c.consumers_first.safe for c in diff(made, two, three))


def test_the_catalogue_and_the_open_data_contract_standard_show_it() -> None:
    made = deprecating(deprecated={"old": gone("new"), "sky.code": gone()})
    (page,) = (text for path, text in pages([facts(made, None)]).items() if path.name == "t.html")
    told = "<strong>Deprecated</strong>, stays until 2027-06-30: Nobody asks for it."
    assert page.count(told) == 2
    assert f"{told} Read <code>new</code> instead." in page
    _, old, new, layers = data_contract(made)["schema"][0]["properties"]
    assert old["tags"] == ["deprecated"]
    value = {"reason": "Nobody asks for it.", "until": "2027-06-30", "successor": "new"}
    assert old["customProperties"][-1] == {"property": "deprecated", "value": value}
    assert "tags" not in new
    assert [below.get("tags") for below in layers["items"]["properties"]] == [["deprecated"], None]


def test_the_report_counts_the_records_that_still_fill_it_and_says_when_its_day_has_come() -> None:
    made = deprecating(deprecated={"old": gone("new"), "sky.code": gone(), "past": gone()})
    (rule,) = with_rules(made, BEFORE).rules
    assert (rule.id, rule.check, rule.severity.value) == ("deprecated-old", "is_null", "info")
    assert rule.why == made.deprecated["old"].words("old")
    (rule,) = with_rules(made, DAY).rules
    assert rule.why.endswith(" That day has come.")
    plain = replace(made, deprecated={})
    assert with_rules(plain, DAY) is plain


def test_a_consumer_s_deprecated_reads_are_those_that_it_declares_in_whole_or_in_part() -> None:
    made = deprecating(deprecated={"old": gone("new"), "sky.code": gone()})
    found = {
        one.name: [*deprecated_reads(made, one)]
        for one in readers(a=["key"], b=["old", "sky"], c=["sky.text"])
    }
    assert found == {"a": [], "b": ["old", "sky.code"], "c": []}


@pytest.mark.parametrize(
    ("declared", "real", "undeclared", "unread"),
    [
        (["key", "old"], ["old", "key"], (), ()),
        (["key", "old"], ["new", "key"], ("new",), ("old",)),
        (["sky"], ["sky.code"], (), ()),
        (["sky.code"], ["sky"], ("sky",), ()),
        (["sky.code"], ["sky.text"], ("sky.text",), ("sky.code",)),
        (["key", "sky.code"], [EVERYTHING], ("old", "new", "sky"), ()),
        (["sky", "key", "new", "old"], [EVERYTHING], (), ()),
        (["key", "lost"], ["key", "extra"], ("extra",), ("lost",)),
    ],
)
def test_what_is_read_and_what_is_declared_are_compared_by_dotted_names(
    declared: list[str], real: list[str], undeclared: tuple[str, ...], unread: tuple[str, ...]
) -> None:
    found = difference(parse(FULL), declared, real)
    assert (found.undeclared, found.unread) == (undeclared, unread)
    assert bool(found) is bool(undeclared or unread)


def test_a_note_says_what_is_read_in_the_room_that_a_broker_gives() -> None:
    assert reads_in([note(["b", "a.x"]), note(["c"]), "another's"]) == frozenset({"a.x", "b", "c"})
    assert reads_in([note(None)]) == frozenset({EVERYTHING})
    assert reads_in(["", "another's"]) is None
    many = [f"station.a_long_name_of_a_field_{number}" for number in range(200)]
    assert reads_in([note(many)]) == frozenset({"station"})
    assert note([f"a_long_name_of_a_field_{number}" for number in range(400)]) == ""


def test_consumers_shows_what_is_declared_without_a_broker(folder: Path, cli: Cli) -> None:
    file = folder / "topic-weather" / "contract.yaml"
    row = '\n  humidity: {reason: So., until: "2027-06-30"}\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}deprecated:{row}", encoding="utf-8")
    ran = cli("consumers", "--offline", "--json")
    assert ran.code == 0
    (reader,) = ran.json["consumers"]
    assert (reader["name"], reader["owner"], reader["reads"]) == ("streaming", "weather-stream", None)
    assert reader["deprecated"] == ["humidity is deprecated and stays until 2027-06-30: So."]
    assert (reader["undeclared"], reader["unread"]) == ([], [])
    assert "streaming, owned by weather-stream, declares source, replay" in cli("consumers", "--offline").out
    ran = cli("consumers", "topic-nothing", "--offline")
    assert ran.code == 2
    assert "topic-nothing has no contract" in ran.err


def test_a_lock_of_a_deprecating_contract_is_that_of_the_plain_one() -> None:
    assert lock_of([deprecating()]) == lock_of([deprecating(deprecated={})])
