from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from contracts.checks.rules import definition
from contracts.folder.read import load_contracts
from contracts.records.topic_weather_quality import RuleResult, Severity, Validation, Verdict
from quality.report import summarise, write
from quality.report.document import document, schema_text
from quality.report.page.charts import inline
from quality.report.page.drawn import maps
from quality.report.page.page import page
from quality.report.summary import MOST, steps
from quality.report.text import duration, number, share, shown
from tests.unit.quality import histories
from tests.unit.quality.histories import STATES, breaking, full
from tests.unit.quality.samples import NOON
from tests.unit.quality.test_history import through_avro

HOUR = timedelta(hours=1)


class Tags(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def failing() -> Sequence[Validation]:
    return histories.failing()


def test_hostile_texts_are_text_and_nothing_else(failing: Sequence[Validation]) -> None:
    text = page(summarise(histories.hostile()))
    harmless, hostile = Tags(page(summarise(failing))), Tags(text)
    assert {tag for tag, _ in hostile.seen} <= {tag for tag, _ in harmless.seen}
    attributes = {attribute for _, attrs in hostile.seen for attribute in attrs}
    assert attributes <= {attribute for _, attrs in harmless.seen for attribute in attrs}
    assert not any(attribute.startswith("on") for attribute in attributes)
    assert "{{ 7 * 7 }}" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\ud800-\udfff]", text)
    assert len(text) < 300_000


def test_the_page_fetches_nothing_and_runs_nothing(failing: Sequence[Validation]) -> None:
    tags = Tags(page(summarise(failing)))
    seen = {tag for tag, _ in tags.seen}
    assert not {"script", "iframe", "object", "embed", "img", "image", "foreignObject", "use"} & seen
    links = [v for _, attrs in tags.seen for name, v in attrs.items() if name in {"src", "href", "action"}]
    assert {link for link in links if link and not link.startswith("#")} == {"data:,"}
    assert not any("style" in attrs for _, attrs in tags.seen)
    policy = next(a["content"] for t, a in tags.seen if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_links_lead_somewhere_and_names_are_given_once(failing: Sequence[Validation]) -> None:
    tags = Tags(page(summarise(failing)))
    ids = [attrs["id"] for _, attrs in tags.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {v[1:] for _, attrs in tags.seen if (v := attrs.get("href")) and v.startswith("#")}
    assert targets <= set(ids)


def test_a_drawing_loses_all_but_shapes_and_text() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="x()"><script>x()</script>'
        '<a href="http://elsewhere"><text>in a link</text></a><foreignObject/><style>*{}</style>'
        '<path d="M0 0" fill="url(http://elsewhere)" style="x" onclick="x()"/><text>a &lt; b</text></svg>'
    )
    assert inline(svg, 'a "b"') == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" role="img" aria-label="a &quot;b&quot;">'
        '<path d="M0 0" /><text>a &lt; b</text></svg>'
    )


def test_shapes_that_look_the_same_are_drawn_at_once_and_no_longer_than_they_must_be() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><g><path d="M0.123456,1" fill="a"/>'
        '<path d="M2.0001,3" fill="a"/><path d="M4,5" fill="b"/></g><g><path fill="c"/></g></svg>'
    )
    assert inline(svg, "x").endswith(
        '<g><path d="M0.1,1M2,3" fill="a" /><path d="M4,5" fill="b" /></g></svg>'
    )


@pytest.mark.parametrize(
    ("state", "title", "says"),
    [
        ("pass", "PASS", ["Good to use", "Every one of {rules} rules is kept."]),
        ("warn", "WARN", ["Usable, with care", "2 of {rules} rules are broken: 1 value, 1 warning."]),
        ("fail", "FAIL", ["Do not rely on it", "3 of {rules} rules are broken: 1 critical, 2 warnings"]),
        ("empty", "FAIL", ["Nothing to judge", "which never passes"]),
        ("older", "PASS", ["Good to use", "written before version 2 of the history's contract"]),
        ("first", "PASS", ["The first validation: 1 pass", "too few earlier windows for a baseline"]),
    ],
)
def test_the_verdict_is_said_in_words(state: str, title: str, says: Sequence[str]) -> None:
    history = STATES[state]()
    text = " ".join(page(summarise(history)).split()).replace("&#39;", "'")
    assert f"<title>{title} – quality of topic-weather-final</title>" in text
    assert all(words.format(rules=len(history[-1].rules)) in text for words in says)


def test_failing_samples_come_with_the_commands_that_show_and_replay_them(
    failing: Sequence[Validation],
) -> None:
    text = page(summarise(failing)).replace("&#39;", "'")
    judged = failing[-1].id
    assert f"python -m contracts ask --window {judged} 'FROM topic_weather_final LIMIT 20'" in text
    assert "python -m contracts read topic-weather-final --at 0:1000 --at 1:1037" in text
    assert "python -m contracts read topic-weather --at 0:1004 --at 1:1041" in text
    assert "python -m streaming reprocess --source 2:815 --dry-run" in text
    assert "python -m streaming reprocess --rule wind-speed-possible --dry-run" in text


def test_a_failure_is_new_until_the_next_validation_has_it_too() -> None:
    rule = "humidity-possible"
    good, bad = full(), breaking(full(), rule, Severity.WARNING)

    def line(*history: Validation) -> tuple[str, int, bool]:
        at = [replace(one, validated_at=NOON + timedelta(hours=h)) for h, one in enumerate(history)]
        found = next(each for each in summarise(at).rules if each.result.id == rule)
        if found.in_a_row:
            assert found.since == at[-found.in_a_row].validated_at
        return found.state, found.in_a_row, found.recovered

    assert line(good, bad) == ("new", 1, False)
    assert line(bad) == ("new", 1, False)
    assert line(bad, good, bad, bad) == ("known", 2, False)
    assert line(bad, good) == ("kept", 0, True)
    assert line(bad, good, good) == ("kept", 0, False)


def test_broken_rules_come_first_the_severest_on_top(failing: Sequence[Validation]) -> None:
    lines = summarise(failing).rules
    assert [(line.result.id, line.state) for line in lines[:3]] == [
        ("humidity-possible", "new"),
        ("dew-point-possible", "known"),
        ("temperature-steady", "known"),
    ]
    assert next(line.state for line in lines if line.result.id == "complete") == "unjudged"


def test_the_history_is_shown_in_steps_that_fit_with_its_gaps() -> None:
    found = steps(histories.ninety_days())
    assert (found.grain, len(found.shown)) == ("day", MOST)
    # Days begin at midnight, validations at noon: of the gap of two days, one day has none at all.
    assert found.count(None) == 1
    assert found.count(Verdict.FAIL) > 0
    hourly = [replace(full(), validated_at=NOON + timedelta(minutes=10 * n)) for n in range(200)]
    assert steps(hourly).grain == "hour"
    assert steps(hourly[:MOST]).grain == "validation"
    assert [step.begin for step in steps(hourly[:2]).shown] == [NOON, NOON + timedelta(minutes=10)]


def test_three_months_of_windows_weigh_little() -> None:
    assert len(page(summarise(histories.ninety_days())).encode()) < 1_000_000


def test_the_same_history_gives_the_same_report(failing: Sequence[Validation], tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write(summarise(failing), tmp_path / folder)
    first, second = (
        {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}
        for folder in ("first", "second")
    )
    assert set(first) == {"report.html", "report.json", "junit.xml", "metrics.txt"}
    assert first == second


def test_junit_counts_only_what_fails_the_verdict(failing: Sequence[Validation], tmp_path: Path) -> None:
    write(summarise(failing), tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert [suite.get(key) for key in ("tests", "failures", "skipped", "errors")] == [
        str(len(failing[-1].rules) + 1),
        "1",
        "1",
        "0",
    ]
    failure = suite.find("testcase[@name='humidity-possible']/failure")
    assert failure is not None
    assert "topic-weather-final-0-1000" in str(failure.text)
    assert "13 of 26\u202f114 records break it" in str(failure.get("message"))
    skipped = suite.find("testcase[@name='complete']/skipped")
    assert skipped is not None
    assert skipped.get("message") == "no whole hour lies in the window"


def test_a_broken_rule_on_a_value_is_no_failure_and_stands_above_warnings(tmp_path: Path) -> None:
    summary = summarise(histories.warning())
    assert [line.result.severity for line in summary.broken] == [Severity.VALUE, Severity.WARNING]
    write(summary, tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert suite.get("failures") == "0"
    assert str(suite.findtext("testcase[@name='humidity-possible']/system-out")).startswith("value: 3 of")


def test_junit_holds_hostile_texts(tmp_path: Path) -> None:
    write(summarise(histories.hostile()), tmp_path)
    assert ET.parse(tmp_path / "junit.xml").getroot()[0].get("failures") == "11"


@pytest.mark.parametrize("state", [*STATES, "hostile"])
def test_the_json_beside_the_page_is_what_its_schema_says(state: str) -> None:
    history = histories.hostile() if state == "hostile" else STATES[state]()
    told = json.loads(document(summarise(history)))
    schema = json.loads(Path("quality/report/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(told, schema)
    assert told["verdict"] == history[-1].verdict.value.lower()
    assert told["history"]["validations"] == len(history)


def test_the_schema_of_the_json_is_the_one_that_its_contract_and_its_rows_give() -> None:
    file = Path("quality/report/report.schema.json")
    how = f"run `python -m quality report --schema > {file}`"
    assert file.read_text(encoding="utf-8") == schema_text(), how


def test_a_position_that_is_no_number_is_left_off_the_map_and_is_text_in_the_json() -> None:
    nowhere = histories.station("LOST", (float("nan"), float("inf")), NOON)
    summary = summarise([full(stations=[nowhere])])
    assert maps(summary) == []
    (told,) = json.loads(document(summary))["stations"]
    assert (told["latitude"], told["longitude"]) == ("nan", "inf")
    assert page(summary)


def test_every_rule_of_the_contracts_reads_as_a_sentence() -> None:
    contract = load_contracts()["topic-weather-final"]
    told = {rule.id: definition(rule, contract.newest.schema) for rule in contract.rules}
    assert told["wind-direction-on-compass"] == "wind_direction is between 0 and 360 °"
    assert told["some-rows"] == "the number of records in its window is at least 1"
    assert all(told.values())


def test_a_share_never_hides_a_little_nor_rounds_up_to_all() -> None:
    assert [share(0, 5), share(1, 1_000_000), share(999_999, 1_000_000), share(5, 5), share(0, 0)] == [
        "0 %",
        "< 0.01 %",
        "> 99.99 %",
        "100 %",
        "0 %",
    ]


def test_numbers_and_lengths_are_short() -> None:
    assert [number(26_115), number(1.5), number(None), number(-95.0)] == ["26\u202f115", "1.5", "–", "-95"]
    assert [duration(each) for each in (0.0, 0.4, 3.21, 65, 90_061)] == [
        "0\xa0s",
        "400\xa0ms",
        "3.2\xa0s",
        "1\xa0min 5\xa0s",
        "1\xa0d 1\xa0h",
    ]
    assert shown("a\u200bb\n") == "a\ufffdb\ufffd"


def test_a_validation_that_went_through_avro_gives_the_same_report(failing: Sequence[Validation]) -> None:
    again = [through_avro(one) for one in failing]
    assert document(summarise(again)) == document(summarise(failing))


def test_stations_are_coloured_by_the_contracts_own_limits_and_by_fixed_ones_only_without() -> None:
    day = full()

    def states(**limits: float) -> tuple[list[str], list[str], str]:
        rules = [
            RuleResult(
                id=check,
                check=check,
                severity=Severity.WARNING,
                kept=True,
                evaluated=1,
                failed=0,
                limit=limit,
            )
            for check, limit in limits.items()
        ]
        stations = [
            replace(day.stations[0], expected=100, present=present, last_arrival_at=NOON - age * HOUR)
            for present, age in ((95, 3), (92, 5), (79, 25))
        ]
        found = summarise([replace(day, until=NOON, stations=tuple(stations), rules=tuple(rules))])
        key = " ".join(words for drawing in maps(found) for _, words, _ in drawing.key)
        return [line.complete for line in found.stations], [line.fresh for line in found.stations], key

    complete, fresh, key = states()
    assert (complete, fresh) == (["complete", "partly", "poor"], ["fresh", "ageing", "stale"])
    assert "95 % or more" in key
    assert "3\xa0h to 1\xa0d before" in key
    complete, fresh, key = states(completeness=0.9, freshness=4 * 3600)
    assert (complete, fresh) == (["complete", "complete", "poor"], ["fresh", "ageing", "stale"])
    assert "less than 80 %" in key
    assert "in the last 4\xa0h" in key
    complete, fresh, _ = states(completeness=0.97, freshness=2 * 3600)
    assert (complete, fresh) == (["partly", "poor", "poor"], ["ageing", "stale", "stale"])
