from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from contracts.folder import load_contracts
from contracts.model import Severity
from contracts.rules import definition
from quality.report import Facts, write
from quality.report.charts import inline
from quality.report.page import page, rule_lines
from quality.report.text import duration, number, share, shown
from quality.results import Validation
from tests.unit.quality.samples import HOSTILE, broken, facts_of


class Tags(HTMLParser):
    """Notes every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:12]))
def test_a_hostile_station_or_reason_is_text_and_nothing_else(validation: Validation, name: str) -> None:
    harmless = Tags(page(facts_of(validation, station="JFK", reason="RULE_BROKEN")))
    hostile_page = page(facts_of(validation, station=name, reason=name))
    hostile = Tags(hostile_page)
    assert {tag for tag, _ in hostile.seen} == {tag for tag, _ in harmless.seen}
    attributes = {attribute for _, attrs in hostile.seen for attribute in attrs}
    assert attributes == {attribute for _, attrs in harmless.seen for attribute in attrs}
    assert not any(attribute.startswith("on") for attribute in attributes)
    assert "49" not in re.findall(r"<bdi>(.*?)</bdi>", hostile_page)
    assert len(hostile_page) < 200_000
    assert "\u202e" not in hostile_page


def test_the_page_fetches_nothing_and_runs_nothing(facts: Facts) -> None:
    text = page(facts)
    tags = Tags(text)
    assert not {"script", "iframe", "object", "embed", "img", "image", "foreignObject"} & {
        t for t, _ in tags.seen
    }
    links = [
        v for _, attrs in tags.seen for name, v in attrs.items() if name in {"src", "href", "xlink:href"}
    ]
    assert links == ["data:,"]
    policy = next(a["content"] for t, a in tags.seen if t == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_drawing_loses_all_but_shapes_and_text() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" onload="x()"><script>x()</script>'
        '<a href="http://elsewhere"><text>in a link</text></a><foreignObject/><style>*{}</style>'
        '<path d="M0 0" fill="url(http://elsewhere)" style="x" onclick="x()"/><text>a &lt; b</text></svg>'
    )
    assert inline(svg) == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" aria-hidden="true" focusable="false">'
        '<path d="M0 0" /><text>a &lt; b</text></svg>'
    )


def test_the_verdict_is_the_first_thing_that_the_page_says(facts: Facts, validation: Validation) -> None:
    assert "Pass: every rule is kept." in page(facts)
    failed = replace(
        validation, rules=(broken("humidity-possible", Severity.CRITICAL), *validation.rules[1:])
    )
    said = " ".join(page(replace(facts, validation=failed, history=(failed,))).split())
    assert f"Fail: 1 of {len(failed.rules)} rules is broken." in said
    empty = replace(validation, rows=0)
    assert "Fail: there was nothing to judge." in page(replace(facts, validation=empty, history=(empty,)))


def test_a_failure_is_new_unless_the_validation_before_had_it(validation: Validation) -> None:
    contract = load_contracts()["topic-weather-final"]
    failed = replace(
        validation, rules=(broken(validation.rules[0].id, Severity.WARNING), *validation.rules[1:])
    )
    assert rule_lines(contract, [validation, failed])[0].state == "new"
    assert rule_lines(contract, [validation, failed, failed])[0].state == "known"
    assert rule_lines(contract, [failed])[0].state == "new"
    assert {line.state for line in rule_lines(contract, [failed, validation])} == {"kept"}


def test_junit_counts_only_what_fails_the_verdict(
    facts: Facts, validation: Validation, tmp_path: Path
) -> None:
    rules = (
        broken("humidity-possible", Severity.CRITICAL),
        broken("temperature-present", Severity.WARNING),
        *validation.rules[2:],
    )
    failed = replace(validation, rules=rules)
    write(replace(facts, validation=failed, history=(failed,)), tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == (str(len(rules) + 1), "1")
    failure = suite.find("testcase[@name='humidity-possible']/failure")
    assert failure is not None
    assert failure.text == "topic-weather-final-0-4"
    assert "humidity is between 0 and 100 %" in str(failure.get("message"))


def test_the_json_beside_the_page_tells_the_same(facts: Facts, tmp_path: Path) -> None:
    write(facts, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert told["validation"]["verdict"] == "PASS"
    assert told["validation"]["rows"] == 10
    assert told["quarantine"][0]["reason"] == "RULE_BROKEN"
    assert told["profile"]["days"][0]["day"] == "2026-03-01"


def test_every_rule_of_the_contracts_reads_as_a_sentence() -> None:
    contract = load_contracts()["topic-weather-final"]
    told = {rule.id: definition(rule, contract.newest.schema) for rule in contract.rules}
    assert told["temperature-possible"] == "temperature is between -95 and 60 °C"
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
    assert [duration(0.4), duration(65), duration(90_061)] == [
        "less than a second",
        "1\xa0min 5\xa0s",
        "1\xa0d 1\xa0h",
    ]
    assert shown("a\u200bb\n") == "a\ufffdb\ufffd"
