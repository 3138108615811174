"""A review says what a change of the contracts means, and ends as `check` does."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.folder.model import Consumer, Contract, Deprecation, Mode, Role
from contracts.review.compare import Review
from contracts.review.compare import review as compare
from contracts.review.forms import FORMATS
from tests.generations import make_changes
from tests.unit.contracts.built import contract as built
from tests.unit.contracts.checkouts import checkout, commit, edit, git, lock, named, next_version

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

TOPICS = "topic-weather", "topic-weather-final", "topic-weather-trends"
TODAY = date(2026, 11, 30)
SNOW = {"name": "snow_depth", "type": ["null", "double"], "doc": "Depth.", "unit": "cm", "default": None}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Contracts in a checkout of the test's own, in use."""
    made = checkout(tmp_path, *TOPICS)
    monkeypatch.setenv("CONTRACTS_DIR", str(made))
    return made


def add_snow(folder: Path) -> None:
    next_version(folder / "topic-weather", lambda rows: rows.append(SNOW))


def drop_humidity(folder: Path) -> None:
    next_version(folder / "topic-weather", lambda rows: rows.remove(named(rows, "humidity")))


def rule_is_stricter(folder: Path) -> None:
    edit(
        folder / "topic-weather-final" / "contract.yaml",
        "values: [OPENWEATHERMAP, OPEN_METEO, NYCFLIGHTS13]",
        "values: [OPENWEATHERMAP, OPEN_METEO]",
    )


def topic_of(told: Any, name: str) -> Any:
    return next(topic for topic in told["topics"] if topic["topic"] == name)


def test_where_nothing_changes_the_page_says_so(folder: Path, cli: Cli) -> None:
    ran = cli("review")
    assert ran.code == 0
    assert ran.out.startswith("# Contracts: nothing changes\n")
    assert "**Verdict: compatible**" in ran.out
    assert cli("review", "--json").json["topics"] == []


def test_a_new_generation_is_told_with_what_becomes_of_each_field(folder: Path, cli: Cli) -> None:
    assert cli("new-generation", "topic-weather-final").code == 0
    make_changes(folder / "topic-weather-final-2")
    topic = topic_of(cli("review", "--json").json, "topic-weather-final-2")
    assert [change["words"] for change in topic["changes"]][1:] == [
        "it is the next generation of topic-weather-final, and its mapping leads back",
        "country_code is country",
        "absolute_humidity is absolute_humidity × 0.001",
    ]
    contract = (folder / "topic-weather-final-2" / "contract.yaml").read_text(encoding="utf-8")
    told = cli("review", "--format", "github").out
    place = contract.splitlines().index("  country_code: {from: country}") + 1
    assert f"topic-weather-final-2/contract.yaml,line={place}" in told


def test_a_new_field_is_told_with_who_is_made_of_it_and_who_moves_first(folder: Path, cli: Cli) -> None:
    add_snow(folder)
    told = cli("review", "--json").json
    topic = topic_of(told, "topic-weather")
    assert (topic["state"], topic["compatible"], topic["unlocked"]) == ("v2 to v3", True, [3])
    assert [change["words"] for change in topic["changes"]] == ["snow_depth was added: double or null"]
    assert topic["consumers"] == []
    assert topic["derived_topics"] == ["topic-weather-final has no snow_depth: nothing passes it on"]
    assert "RawObservation in topic_weather.py is generated anew, of version 3" in topic["typed_records"][0]
    assert topic["first"] == "Either side: FULL_TRANSITIVE and each change let both go on."
    assert topic["owners"] == ["weather-ingest", "weather-stream"]

    next_version(folder / "topic-weather-final", lambda rows: rows.append(SNOW))
    told = cli("review", "--json").json
    below = topic_of(told, "topic-weather-final")
    assert topic_of(told, "topic-weather")["derived_topics"] == [
        "topic-weather-final copies snow_depth from now on"
    ]
    assert below["derived_topics"][0] == "topic-weather has snow_depth too: the stream copies it"
    assert below["derived_topics"][1] == "topic-weather-trends is derived from it, without snow_depth"


def test_a_breaking_change_names_the_rule_the_consumer_and_what_is_judged_by_it(
    folder: Path, cli: Cli
) -> None:
    drop_humidity(folder)
    ran = cli("review", "--json")
    topic = topic_of(ran.json, "topic-weather")
    assert ran.code == 1
    assert [(row["rule"], row["consumer"]) for row in ran.json["findings"]] == [
        ("consumer-field-removed", "streaming")
    ]
    assert topic["consumers"] == [
        {"name": "streaming", "owner": "weather-stream", "fields": ["humidity"], "breaks": True}
    ]
    assert any("copied humidity, and no longer can" in line for line in topic["derived_topics"])
    assert "qc_humidity of topic-weather-final tells of humidity" in topic["rules_and_flags"]
    assert any(
        line.startswith("humidity-possible of topic-weather-final") for line in topic["rules_and_flags"]
    )
    assert topic["first"] == "Nobody moves yet: mend what `check` finds."
    page = cli("review").out
    assert "**Not compatible** by `consumer-field-removed` at topic-weather/v3.avsc" in page
    assert "streaming, of weather-stream, reads humidity: **breaks**." in page


def test_a_consumer_that_the_same_change_takes_off_is_named_all_the_same(folder: Path, cli: Cli) -> None:
    drop_humidity(folder)
    edit(folder / "topic-weather" / "contract.yaml", "humidity, ", "")
    ran = cli("review", "--json")
    assert ran.code == 0
    topic = topic_of(ran.json, "topic-weather")
    assert topic["consumers"] == [
        {"name": "streaming", "owner": "weather-stream", "fields": ["humidity"], "breaks": False}
    ]
    assert "consumer streaming: reads no longer has humidity" in [row["words"] for row in topic["changes"]]


@pytest.mark.parametrize("change", [lambda _: None, add_snow, drop_humidity, rule_is_stricter])
def test_it_exits_as_check_does_and_finds_what_check_finds(
    change: Callable[[Path], object], folder: Path, cli: Cli
) -> None:
    change(folder)
    checked, reviewed = cli("check", "--json"), cli("review", "--json")
    assert reviewed.code == checked.code
    own = [
        {key: value for key, value in row.items() if key != "inherited"} for row in reviewed.json["findings"]
    ]
    assert own == checked.json["findings"]
    assert cli("review", "--format", "github").code == checked.code


def test_a_locked_version_may_not_change_even_together_with_its_lock(folder: Path, cli: Cli) -> None:
    file = folder / "topic-weather-trends" / "v1.avsc"
    schema = json.loads(file.read_text(encoding="utf-8"))
    schema["fields"][0]["doc"] = "Another."
    file.write_text(json.dumps(schema), encoding="utf-8")
    lock(folder)
    assert cli("check").code == 0
    ran = cli("review", "--json")
    assert ran.code == 1
    assert [(row["rule"], row["topic"]) for row in ran.json["findings"]] == [
        ("lock-changed", "topic-weather-trends")
    ]


def test_a_fault_that_was_there_before_is_told_from_a_new_one(folder: Path, cli: Cli) -> None:
    drop_humidity(folder)
    commit(folder.parent)
    next_version(folder / "topic-weather", lambda rows: rows.remove(named(rows, "pressure")))
    told = cli("review", "--base", "HEAD", "--json").json
    assert {row["message"].split()[5]: row["inherited"] for row in told["findings"]} == {
        "humidity,": False,
        "pressure,": False,
    }
    page = cli("review", "--base", "HEAD").out
    assert "v4" in page


def test_a_topic_that_is_new_or_gone_is_told(folder: Path, cli: Cli) -> None:
    shutil.rmtree(folder / "topic-weather-trends")
    shutil.copytree(folder / "topic-weather", folder / "topic-sky")
    ran = cli("review", "--json")
    states = {topic["topic"]: topic["state"] for topic in ran.json["topics"]}
    assert states == {"topic-sky": "new", "topic-weather-trends": "gone"}
    assert [(row["rule"], row["topic"]) for row in ran.json["findings"]] == [
        ("lock-changed", "topic-weather-trends")
    ]
    assert topic_of(ran.json, "topic-sky")["first"].startswith("The topic (`python -m contracts apply`)")
    assert "## topic-sky" in cli("review").out


@pytest.mark.parametrize(
    ("mode", "change", "order"),
    [
        ("BACKWARD", SNOW, "Consumers: BACKWARD lets them read what old producers write."),
        ("FORWARD", SNOW, "Producers: FORWARD lets old readers read what they write."),
        ("FULL", SNOW, "Either side: FULL and each change let both go on."),
        ("NONE", SNOW, "Either side: NONE and each change let both go on."),
        (
            "NONE",
            {"name": "a", "type": "int"},
            "Producers: each change lets old readers read what they write.",
        ),
        (
            "FORWARD",
            {"name": "a", "type": "int"},
            "Producers: FORWARD lets old readers read what they write.",
        ),
    ],
)
def test_who_moves_first_follows_from_the_mode_and_the_change(mode: str, change: Any, order: str) -> None:
    old = {"type": "record", "name": "R", "fields": [{"name": "b", "type": "int", "default": 0}]}
    new = {**old, "fields": [*old["fields"], change]}
    assert reviewed(built(old, mode=Mode(mode)), built(old, new, mode=Mode(mode))).topics[0].first == order


def reviewed(before: Contract, now: Contract) -> Review:
    return compare("then", {before.topic: before}, {now.topic: now}, ({}, {}), TODAY)


def test_a_change_that_no_order_makes_safe_is_told() -> None:
    old = {"type": "record", "name": "R", "fields": [{"name": "b", "type": "int", "unit": "m"}]}
    new = {**old, "fields": [{"name": "b", "type": "int", "unit": "km"}]}
    told = reviewed(built(old, mode=Mode.NONE), built(old, new, mode=Mode.NONE))
    assert told.topics[0].first.startswith("No order is safe for everyone")


_OTHER: dict[str, Any] = {
    "mode": Mode.NONE,
    "role": Role.FINAL,
    "readers": ("spark",),
    "consumers": (Consumer(name="c", owner="o", reads=("b",)),),
    "service_level": {"freshness": "1h"},
    "topic_settings": {"retention.ms": "1"},
    "portrayed": {"b": 1.0},
    "quality_flags": {"q": ("b",)},
    "exceptions": {"unit": "so"},
    "deprecated": {"b": Deprecation(reason="So.", until=TODAY)},
    **dict.fromkeys(("identity", "incidental", "about_station"), ("b",)),
}
SETTINGS = [
    field.name for field in fields(Contract) if field.name not in {"topic", "versions", "adopted", "rules"}
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_that_differs_is_told(setting: str) -> None:
    before = built({"type": "record", "name": "R", "fields": [{"name": "b", "type": "int"}]}, readers=())
    now = replace(before, **{setting: _OTHER.get(setting, "another")})
    [topic] = reviewed(before, now).topics
    assert {note.kind for note in topic.notes} == {setting}
    [back] = reviewed(now, before).topics
    assert {note.kind for note in back.notes} == {setting}


def test_a_rule_is_told_by_what_of_it_differs(folder: Path, cli: Cli) -> None:
    about = folder / "topic-weather-final" / "contract.yaml"
    rule_is_stricter(folder)
    edit(about, "why: Most readers come for the temperature.", "why: They come for the temperature.")
    edit(
        about, "rules:\n", "rules:\n  - {id: named, check: not_null, field: name, severity: info, why: So.}\n"
    )
    edit(about, "id: feels-like-near-temperature", "id: feels-like-nearby")
    topic = topic_of(cli("review", "--json").json, "topic-weather-final")
    assert {change["words"] for change in topic["changes"]} == {
        "rule source-known: values no longer has NYCFLIGHTS13",
        "rule temperature-present: why was Most readers come for the temperature. and is They come for the "
        "temperature.",
        "rule named was added: info, a record is right when name is there",
        "rule feels-like-near-temperature was removed: warning, a record is right when feels_like and "
        "temperature differ by at most 40 °C",
        "rule feels-like-nearby was added: warning, a record is right when feels_like and temperature "
        "differ by at most 40 °C",
    }
    assert topic["report"] == ["the report of the product weather judges by the rules as they are now"]
    assert {each["name"] for each in topic["consumers"]} == {"quality-report", "trends"}
    assert topic["state"] == "rules and settings"


def test_a_field_that_is_to_go_is_told_to_who_reads_it(folder: Path, cli: Cli) -> None:
    edit(
        folder / "topic-weather" / "contract.yaml",
        "rules: []",
        'deprecated: {humidity: {reason: So., until: "2999-01-01", successor: dew_point}}\nrules: []',
    )
    topic = topic_of(cli("review", "--json").json, "topic-weather")
    assert [change["words"] for change in topic["changes"]] == [
        "deprecated humidity was added: reason So., until 2999-01-01, successor dew_point"
    ]
    assert topic["consumers"] == [
        {"name": "streaming", "owner": "weather-stream", "fields": ["humidity"], "breaks": False}
    ]


EVIL = "<script>alert(1)</script> | `x` *it* _i_ [a](http://b) @team #1 `\n\n# Title"


def test_nothing_that_a_contract_says_is_markup() -> None:
    old = {"type": "record", "name": "R", "fields": [{"name": "b", "type": "int", "unit": "m"}]}
    new = {**old, "fields": [{"name": "b", "type": "int", "unit": EVIL}]}
    before = built(old, owner=EVIL)
    now = built(old, new, owner=EVIL, consumers=(Consumer(name=EVIL, owner=EVIL, reads=("b",)),))
    told = compare(EVIL, {"t": before}, {"t": now}, ({}, {}), TODAY)
    page = FORMATS["markdown"](told, Path())
    assert "<script" not in page
    assert not re.search(r"(?<!\\)\*it|(?<!\\)\[a|(?<!\w)@team|\n# Title|(?<!\\)_i", page)
    cells = next(line for line in page.splitlines() if line.startswith("| t |"))
    assert len(re.findall(r"(?<!\\)\|", cells)) == 5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--base", "nowhere"], "there is no revision 'nowhere' in the checkout"),
        (["--base", ""], "there is no revision '' in the checkout"),
        (["--base", "--output=x"], "there is no revision '--output=x' in the checkout"),
        (["--base", "HEAD^{tree}"], "there is no revision 'HEAD^{tree}'"),
        (["--base", "HEAD~1"], "there is no revision 'HEAD~1'"),
    ],
)
def test_a_revision_that_is_not_there_is_one_sentence(
    arguments: list[str], sentence: str, folder: Path, cli: Cli
) -> None:
    refused(cli, sentence, *arguments)


def refused(cli: Cli, sentence: str, *arguments: str) -> None:
    ran = cli("review", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def no_checkout(folder: Path) -> None:
    shutil.rmtree(folder.parent / ".git")


def no_commit(folder: Path) -> None:
    no_checkout(folder)
    git(folder.parent, "init", "--quiet")


def no_main(folder: Path) -> None:
    git(folder.parent, "branch", "--move", "trunk")


def another_history(folder: Path) -> None:
    git(folder.parent, "checkout", "--quiet", "--orphan", "other")
    (folder.parent / "another").touch()
    commit(folder.parent)


def ignored(folder: Path) -> None:
    git(folder.parent, "rm", "-r", "--cached", "--quiet", "contracts")
    (folder.parent / ".gitignore").write_text("contracts/\n", encoding="utf-8")
    commit(folder.parent)


def unreadable(folder: Path) -> None:
    about = folder / "topic-weather" / "contract.yaml"
    whole = about.read_text(encoding="utf-8")
    about.write_text("owner: me\n", encoding="utf-8")
    commit(folder.parent)
    about.write_text(whole, encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (no_checkout, "is in no git checkout, so there is no revision to compare it with"),
        (no_commit, "has no commit yet: commit the contracts first"),
        (no_main, "has no branch origin/main or origin/master or main or master to compare with"),
        (another_history, "HEAD and main share no commit"),
        (ignored, "git ignores"),
        (unreadable, "topic-weather/contract.yaml: description: Field required."),
        (lambda folder: (folder.parent / ".git" / "HEAD").unlink(), "is in no git checkout"),
        (
            lambda folder: (folder.parent / ".git" / "config").write_text("[core\n"),
            "git cannot use the checkout",
        ),
        (shutil.rmtree, "there is no contracts folder at"),
    ],
)
def test_a_checkout_that_has_no_base_is_one_sentence(
    damage: Callable[[Path], object], sentence: str, folder: Path, cli: Cli
) -> None:
    damage(folder)
    refused(cli, sentence)


def test_without_git_one_sentence_says_that_it_is_needed(
    folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    refused(cli, "git is needed to compare contracts with a revision")


def test_the_base_is_where_the_branch_left_main_whatever_main_has_got_since(folder: Path, cli: Cli) -> None:
    top = folder.parent
    git(top, "checkout", "--quiet", "-b", "change")
    git(top, "checkout", "--quiet", "main")
    rule_is_stricter(folder)
    commit(top)
    git(top, "checkout", "--quiet", "change")
    add_snow(folder)
    assert [topic["topic"] for topic in cli("review", "--json").json["topics"]] == ["topic-weather"]
    against_main = cli("review", "--base", "main", "--json").json["topics"]
    assert [topic["topic"] for topic in against_main] == ["topic-weather", "topic-weather-final"]


def test_a_hook_of_another_checkout_does_not_mislead_it(
    folder: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert cli("review").code == 0


def test_a_folder_that_the_base_lacks_is_new_altogether(
    folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, folder.parent / "more")
    monkeypatch.setenv("CONTRACTS_DIR", str(folder.parent / "more"))
    told = cli("review", "--json").json
    assert {topic["state"] for topic in told["topics"]} == {"new"}
    assert len(told["topics"]) == len(TOPICS)


def test_a_folder_named_from_its_own_place_or_by_a_link_is_the_same(
    folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_snow(folder)
    whole = cli("review", "--format", "github").out
    assert "file=contracts/topic-weather/v3.avsc" in whole
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("CONTRACTS_DIR", "contracts")
    assert cli("review", "--format", "github").out == whole
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path / "link"))
    assert cli("review", "--format", "github").out == whole


def test_what_is_compared_is_the_folder_as_it_stands_committed_or_not(folder: Path, cli: Cli) -> None:
    base = git(folder.parent, "rev-parse", "HEAD")
    add_snow(folder)
    uncommitted = cli("review", "--base", base).out
    assert "## topic-weather" in uncommitted
    commit(folder.parent)
    assert cli("review", "--base", base).out == uncommitted
