"""The report in a real browser: harmful names from data are text; nothing runs, loads or complains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from quality.report import Facts
from quality.report.page import page
from tests.integration.quality.conftest import NARROW, WIDE, Open, Visit
from tests.unit.quality.samples import HOSTILE, facts_of, passed


def hostile_facts() -> Facts:
    """Facts in which every station, reason and rule of the quarantine is a hostile name."""
    single = [facts_of(passed(), station=name, reason=name) for name in HOSTILE]
    days = tuple(day for facts in single for day in facts.profile.days)
    groups = tuple(replace(group, rules=(group.reason,)) for facts in single for group in facts.quarantine)
    return replace(single[0], profile=replace(single[0].profile, days=days), quarantine=groups)


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("wide", WIDE, "light"), ("narrow", NARROW, "light"), ("dark", WIDE, "dark")],
)
def test_hostile_names_run_nothing_load_nothing_and_leave_the_console_empty(
    visit: Open, name: str, size: tuple[int, int], scheme: str
) -> None:
    seen = visit(page(hostile_facts()), size, scheme)
    assert (seen.scripts, seen.requests, seen.console) == ([], [], [])
    assert seen.page.title() == "PASS – quality of topic-weather-final"
    assert "<script>alert(1)</script>" in seen.page.inner_text("main")
    # A dialog or a request may come late: what is shown must have been drawn.
    assert seen.shot(f"hostile-{name}").stat().st_size
    assert (seen.scripts, seen.requests, seen.console) == ([], [], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_against_the_page(visit: Open, scheme: str) -> None:
    assert visit(page(hostile_facts()), scheme=scheme).violations() == []


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("<script>alert(1)</script>", lambda visit: len(visit.scripts) == 2),
        ("<img src=x onerror='document.title = 1'>", lambda visit: visit.scripts),
        ("<img src='http://elsewhere.example/x.png'>", lambda visit: visit.requests),
        ("<style>@import 'http://elsewhere.example/x.css'</style>", lambda visit: visit.requests),
        ("<script>console.error('oh')</script>", lambda visit: visit.console == ["error: oh"]),
    ],
    ids=["a script", "a handler", "an image", "a style", "a console error"],
)
def test_the_browser_would_have_told(visit: Open, harm: str, seen: Callable[[Visit], object]) -> None:
    opened = visit(f"<!doctype html><title>quiet</title>{harm}")
    assert seen(opened), opened
