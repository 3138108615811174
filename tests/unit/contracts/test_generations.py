"""A contract and its next generation: the mapping between them, and who may begin, move and retire."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import facts, pages
from contracts.errors import UnusableSetting
from contracts.evolution.compatibility import RULES, Finding
from contracts.folder.model import Consumer, Contract, Conversion
from contracts.folder.product import load_products
from contracts.folder.read import load_contract
from contracts.generate import module_texts
from contracts.generations.check import generation_findings, succession, successions
from contracts.generations.golden import golden
from contracts.generations.mapping import Step, read_succession
from contracts.generations.shown import lines
from contracts.process.times import today
from tests.unit.contracts.built import contract
from tests.unit.contracts.folders import examples, newest_alone

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli


def field(name: str, kind: Any = "double", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "R", "namespace": "t", "fields": list(fields)}


KEY = field("station", "string")
WIND = field("wind", ["null", "double"], unit="m/s", default=None)
SPEED = field("speed", ["null", "double"], unit="km/h", default=None)
COUNT, GUST = field("count", "int"), field("gust", ["null", "double"], default=None)
FAST = Conversion(from_="wind", times=3.6, decimals=2)
OLD = contract(record(KEY, WIND, COUNT, GUST), topic="old", key="station")
MAPPING = {"station": "same", "speed": FAST, "count": "same", "gust": "same"}
WITHOUT_GUST = {name: made for name, made in MAPPING.items() if name != "gust"}


def new(*fields: dict[str, Any], **more: Any) -> Contract:
    schema = record(*(fields or (KEY, SPEED, COUNT, GUST)))
    about: dict[str, Any] = {
        "succeeds": "old",
        "mapping": MAPPING,
        "lossless": True,
        "key": "station",
        **more,
    }
    return contract(schema, topic="new", **about)


def findings(*contracts: Contract, records: dict[str, Any] | None = None) -> list[Finding]:
    return list(generation_findings(contracts, lambda _: records or {}))


def rules_of(found: list[Finding]) -> set[str]:
    return {finding.rule for finding in found}


RECORD = {"station": "A", "wind": 12.34, "count": 3, "gust": None}


def test_a_mapping_leads_to_the_next_generation_and_back() -> None:
    assert findings(OLD, new(), records={"one": RECORD}) == []
    made = succession(OLD, new())
    assert made.up(RECORD) == {"station": "A", "speed": 44.424, "count": 3, "gust": None}
    assert made.down(made.up(RECORD)) == RECORD
    assert made.up({**RECORD, "wind": None})["speed"] is None


@given(
    thousandths=st.integers(-(10**9), 10**9),
    decimals=st.integers(0, 4),
    times=st.sampled_from([3.6, 1.8, 0.001, 1000.0, -2.5, 0.44704, 1.943844]),
    plus=st.sampled_from([0.0, 32.0, -273.15, 1e-3]),
)
def test_a_number_of_the_decimals_that_are_told_comes_back_as_it_was(
    thousandths: int, decimals: int, times: float, plus: float
) -> None:
    step = Step(name="new", of="old", times=times, plus=plus, decimals=decimals)
    value = thousandths / 10**decimals
    assert step.down(step.up(value)) == value


@given(value=st.integers(-(2**31), 2**31 - 1), times=st.sampled_from([1.0, 0.1, 60.0]))
def test_an_integer_that_becomes_a_double_comes_back_as_an_integer(value: int, times: float) -> None:
    step = Step(name="new", of="old", times=times, decimals=0, whole=True)
    assert isinstance(step.up(value), float)
    assert step.down(step.up(value)) == value
    assert isinstance(step.down(step.up(value)), int)


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (0.125, 2, 0.13),
        (-0.125, 2, -0.13),
        (2.675, 2, 2.68),
        (1e300, 3, 1e300),
        (math.inf, 2, math.inf),
    ],
)
def test_halves_go_away_from_zero_as_in_spark(value: float, digits: int, rounded: float) -> None:
    assert Step(name="new", of="old", times=1.0, plus=0.0, decimals=digits, whole=True).up(value) == rounded


BROKEN: list[tuple[Contract, str, str]] = [
    (new(mapping={**MAPPING, "gone": "same"}), "generation-mapping", "makes gone, which new does not have"),
    (
        new(mapping=WITHOUT_GUST),
        "generation-mapping",
        "gust, a field of new",
    ),
    (new(KEY, SPEED, COUNT), "generation-mapping", "makes gust, which new does not have"),
    (new(mapping={**MAPPING, "gust": "default"}), "generation-mapping", "gust, a field of old"),
    (
        new(mapping={**MAPPING, "speed": Conversion(from_="breeze")}),
        "generation-mapping",
        "speed is made of breeze, which old does not have",
    ),
    (new(dropped={"gust": "So."}), "generation-mapping", "the mapping makes a field of it"),
    (new(dropped={"rain": "So."}), "generation-mapping", "rain is dropped, which old does not have"),
    (
        new(mapping={**MAPPING, "gust": "default"}, dropped={"gust": " "}),
        "generation-mapping",
        "dropped without a reason",
    ),
    (
        new(KEY, SPEED, COUNT, GUST, field("snow"), mapping={**MAPPING, "snow": "default"}),
        "generation-mapping",
        "snow is new, and has no default",
    ),
    (
        new(KEY, SPEED, COUNT, field("gust"), mapping=MAPPING),
        "generation-type",
        "gust must have a value, and gust may be null",
    ),
    (new(KEY, SPEED, field("count", "string"), GUST), "generation-type", "count is string, and count is int"),
    (new(KEY, SPEED, field("count", "double"), GUST), "generation-type", "count is double, and count is int"),
    (
        new(mapping={**MAPPING, "count": Conversion(from_="count", times=2.0)}),
        "generation-type",
        "only a double is converted",
    ),
    (
        new(mapping={**MAPPING, "speed": Conversion(from_="wind")}),
        "generation-type",
        "speed is in km/h, and wind in m/s: give `times` or `plus`",
    ),
    (
        new(
            *(KEY, SPEED, COUNT, GUST, field("other", "string", default="")),
            mapping={**MAPPING, "other": "default"},
            key="other",
        ),
        "generation-type",
        "other is the key of new, and is not made of station",
    ),
    (
        new(mapping={**MAPPING, "speed": Conversion(from_="wind", times=3.6)}),
        "generation-lossless",
        "does not say how many `decimals` wind has at most",
    ),
    (
        new(
            KEY,
            SPEED,
            COUNT,
            mapping=WITHOUT_GUST,
            dropped={"gust": "So."},
        ),
        "generation-lossless",
        "drops gust",
    ),
    (new(succeeds="older"), "generation-order", "succeeds older, which has no contract"),
    (new(succeeds=None), "generation-order", "has `mapping` and succeeds no topic"),
    (new(product="sky"), "generation-order", "is of another product or role"),
]


@pytest.mark.parametrize(("broken", "rule", "told"), BROKEN, ids=[told for _, _, told in BROKEN])
def test_a_mapping_that_does_not_keep_what_it_promises_is_refused(
    broken: Contract, rule: str, told: str
) -> None:
    found = findings(OLD, broken)
    assert rule in rules_of(found)
    assert any(told in finding.message for finding in found)
    assert all(finding.instead == RULES[finding.rule].instead for finding in found)


def test_a_mapping_that_does_not_lead_back_is_refused_by_a_golden_record() -> None:
    (found,) = findings(OLD, new(), records={"calm": RECORD, "stormy": {**RECORD, "wind": 33.333}})
    assert found.rule == "generation-lossless"
    assert "wind of the example stormy of old is 33.333, and comes back as 33.33" in found.message


def test_generations_that_go_round_in_a_circle_or_part_are_refused() -> None:
    one = contract(record(KEY), topic="one", succeeds="two", mapping={"station": "same"})
    two = contract(record(KEY), topic="two", succeeds="one", mapping={"station": "same"})
    assert [f.message for f in findings(one, two)] == [
        "one succeeds itself in the end: one succeeds two succeeds one.",
        "two succeeds itself in the end: two succeeds one succeeds two.",
    ]
    rival = contract(record(KEY), topic="rival", succeeds="old", mapping={"station": "same"})
    assert any("new and rival both succeed old" in f.message for f in findings(OLD, new(), rival))


def test_a_new_field_has_its_default_and_a_dropped_one_needs_no_lossless_mapping() -> None:
    flags = field("flags", {"type": "array", "items": "string"}, default=[])
    mapping = {**WITHOUT_GUST, "snow": "default", "flags": "default"}
    younger = new(
        *(KEY, SPEED, COUNT, field("snow", default=0), flags),
        **{"mapping": mapping, "dropped": {"gust": "Nobody asks."}, "lossless": False},
    )
    assert findings(OLD, younger) == []
    made = succession(OLD, younger)
    assert made.up(RECORD) == {"station": "A", "speed": 44.424, "count": 3, "snow": 0.0, "flags": []}
    with pytest.raises(UnusableSetting, match="`lossless`"):
        made.refuse_loss()


def test_generated_records_hold_the_mapping_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = module_texts([OLD, new()], successions([OLD, new()]))
    assert "MAPPING" not in texts["old"]
    module = ModuleType("generated_new")
    monkeypatch.setitem(sys.modules, "generated_new", module)
    exec(compile(texts["new"], "new", "exec"), module.__dict__)
    made = read_succession(module.R.MAPPING)
    assert made.up(RECORD) == succession(OLD, new()).up(RECORD)
    assert made.down(made.up(RECORD)) == RECORD
    assert (made.old, made.lossless, made.schema["name"]) == ("old", True, "R")


@pytest.fixture
def final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the contract of topic-weather-final, its newest version alone, in use."""
    copy = tmp_path / "contracts"
    newest_alone("topic-weather-final", copy / "topic-weather-final")
    monkeypatch.setenv("CONTRACTS_DIR", str(copy))
    return copy


def test_new_generation_writes_a_contract_that_is_ready_to_be_changed(final: Path, cli: Cli) -> None:
    ran = cli("new-generation", "topic-weather-final", "--json")
    assert ran.json == {
        "topic": "topic-weather-final-2",
        "succeeds": "topic-weather-final",
        "folder": str(final / "topic-weather-final-2"),
    }
    old, younger = (load_contract(final / f"topic-weather-final{end}") for end in ("", "-2"))
    assert (younger.newest.number, younger.newest.text) == (1, old.newest.text)
    assert (younger.succeeds, younger.lossless, younger.consumers) == (old.topic, True, ())
    assert {*younger.mapping.values()} == {"same"}
    assert len(golden(younger)) == len(golden(old)) > 0
    assert (younger.rules, younger.quality_flags) == (old.rules, old.quality_flags)
    assert cli("check").code == 0
    assert cli("lint").code == 0
    # The comments above the rules stay where they were.
    assert "# critical: the record goes" in (younger.home / "contract.yaml").read_text(encoding="utf-8")


def test_new_generation_refuses_what_is_there_and_leaves_nothing_behind(final: Path, cli: Cli) -> None:
    (final / "taken").mkdir()
    before = sorted(final.rglob("*"))
    for arguments, told in (
        (["topic-weather-final", "--name", "taken"], "is there already"),
        (["topic-weather-final", "--name", "a b"], "is no name of a topic"),
        (["nowhere"], "nowhere has no contract"),
    ):
        ran = cli("new-generation", *arguments)
        assert ran.code == 2
        assert told in ran.err
        assert len(ran.err.strip().splitlines()) == 1
    assert sorted(final.rglob("*")) == before
    assert cli("new-generation", "topic-weather-final", "--name", "other").code == 0
    assert "other: write the one after that" in cli("new-generation", "topic-weather-final").err
    assert cli("new-generation", "other", "--json").json["topic"] == "other-2"


def test_a_product_knows_the_generations_of_its_final_topic_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    for topic in ("topic-weather", "topic-weather-final", "topic-weather-quarantine"):
        newest_alone(topic, tmp_path / topic)
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path))
    cli("new-generation", "topic-weather-final", "--name", "z")
    cli("new-generation", "z", "--name", "a")
    product = load_products()["weather"]
    assert [one.topic for one in product.published] == ["topic-weather-final", "z", "a"]
    assert product.topics[-2:] == ("z", "a")


def test_the_catalogue_tells_what_a_generation_changes_and_who_follows_whom() -> None:
    dropping = new(
        *(KEY, SPEED, COUNT),
        **{"mapping": WITHOUT_GUST, "dropped": {"gust": "Nobody asks for it."}, "lossless": False},
    )
    made = pages([facts(replace(OLD, retired=date(2026, 1, 2)), None), facts(dropping, None)])
    old, young = (made[PurePosixPath(f"topics/{topic}.html")] for topic in ("old", "new"))
    assert '<dt>Succeeded by</dt><dd><a href="new.html">new</a>' in old
    assert "<dt>Retired</dt><dd>2026-01-02</dd>" in old
    assert '<dt>Succeeds</dt><dd><a href="old.html">old</a>' in young
    assert "<li>speed is wind × 3.6</li>" in young
    assert "<li>gust is dropped: Nobody asks for it</li>" in young
    assert "does not lead back" in young
    assert list(lines([dropping])) == [
        "new succeeds old, and does not lead back: speed is wind × 3.6; gust is dropped: Nobody asks for it."
    ]


def test_retire_waits_for_the_last_declared_consumer_and_then_notes_the_day_alone(
    final: Path, cli: Cli
) -> None:
    file = final / "topic-weather-final" / "contract.yaml"
    assert "has no next generation" in cli("retire", "topic-weather-final").err
    cli("new-generation", "topic-weather-final")
    refused = cli("retire", "topic-weather-final")
    assert refused.code == 1
    for name in ("quality-report, owned by weather-quality", "trends, owned by weather-stream"):
        assert name in refused.err
    text = file.read_text(encoding="utf-8")
    start, end = text.index("consumers:"), text.index("service_level:")
    text = text[:start] + text[end:]
    file.write_text(text, encoding="utf-8")
    ran = cli("retire", "topic-weather-final", "--json")
    assert ran.json["successor"] == "topic-weather-final-2"
    assert file.read_text(encoding="utf-8") == f'{text.rstrip()}\nretired: "{today()}"\n'
    assert cli("retire", "topic-weather-final", "--json").json == ran.json
    assert cli("check").code == 0


def test_a_retired_topic_with_a_reader_or_without_a_successor_is_refused() -> None:
    reader = Consumer(name="page", owner="them", reads=("station",))
    gone = contract(record(KEY), topic="old", retired=date(2026, 1, 1), consumers=(reader,))
    assert [finding.message for finding in findings(gone)] == [
        "old is retired, and no contract succeeds it.",
        "old is retired, and page, owned by them still declares to read it.",
    ]


def test_examples_come_back_from_the_next_generation_of_the_platform_s_own_contract(
    final: Path, cli: Cli
) -> None:
    cli("new-generation", "topic-weather-final")
    old, younger = (load_contract(final / f"topic-weather-final{end}") for end in ("", "-2"))
    made = succession(old, younger)
    for one in examples(old):
        assert made.down(made.up(one)) == one
