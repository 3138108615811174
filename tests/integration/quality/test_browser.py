"""The report in a real browser: it shows well, and names from data are text; nothing runs, nothing loads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import pytest

from quality.report import summarise
from quality.report.page.page import page
from tests.integration.quality.conftest import NARROW, WIDE, Open, Visit
from tests.unit.quality.histories import STATES, hostile

MODES = {"wide": (WIDE, "light"), "narrow": (NARROW, "light"), "dark": (WIDE, "dark")}


@cache
def html(state: str) -> str:
    return page(summarise(hostile() if state == "hostile" else STATES[state]()))


@pytest.mark.parametrize("mode", MODES)
def test_hostile_names_run_nothing_load_nothing_and_leave_the_console_empty(visit: Open, mode: str) -> None:
    size, scheme = MODES[mode]
    seen = visit(html("hostile"), size, scheme)
    assert (seen.scripts, seen.requests, seen.console) == ([], [], [])
    assert seen.page.title() == "FAIL – quality of topic-weather-final"
    assert "<script>alert(1)</script>" in seen.page.inner_text("main")
    # A dialog or a request may come late: what is shown must have been drawn.
    assert seen.shot(f"hostile-{mode}").stat().st_size
    assert (seen.scripts, seen.requests, seen.console) == ([], [], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_quietly_and_fits_a_telephone(visit: Open, state: str) -> None:
    seen = visit(html(state), NARROW)
    assert (seen.scripts, seen.requests, seen.console) == ([], [], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    seen.shot(f"{state}-narrow")
    seen.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    seen.shot(f"{state}-wide")


def test_the_first_screen_says_it_all(visit: Open) -> None:
    seen = visit(html("fail"))
    for words in ("FAIL", "Do not rely on it", "rules are broken", "humidity possible", "Put aside"):
        box = seen.page.get_by_text(words).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= WIDE[1], words


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["fail", "hostile"])
def test_axe_finds_nothing_against_the_page(visit: Open, state: str, scheme: str) -> None:
    assert visit(html(state), scheme=scheme).violations() == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit: Open) -> None:
    seen = visit(html("fail"))
    wanted = seen.page.evaluate("document.querySelectorAll('a, summary, [tabindex=\"0\"]').length")
    hidden = seen.page.evaluate("document.querySelectorAll('details:not([open]) [tabindex=\"0\"]').length")
    reached = []
    for _ in range(wanted - hidden):
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate(_FOCUSED))
    assert len({each["place"] for each in reached}) == wanted - hidden
    assert all(each["outline"] >= 2 and each["visible"] for each in reached), reached
    assert reached[0]["text"] == "Skip to the rules"
    seen.page.locator(".skip").focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"


_FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return {
    text: at.textContent.trim().slice(0, 40),
    place: [...document.querySelectorAll('*')].indexOf(at),
    outline: style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth),
    visible: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def test_a_screen_reader_finds_its_way(visit: Open) -> None:
    seen = visit(html("fail"))
    for role, count in (("banner", 1), ("navigation", 1), ("main", 1), ("contentinfo", 1)):
        assert seen.page.get_by_role(role).count() == count, role  # type: ignore[arg-type]
    headings = seen.page.eval_on_selector_all("h1, h2, h3", "all => all.map(each => +each.tagName[1])")
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert seen.page.locator("td:not(tr:has(th[scope=row]) td)").count() == 0
    assert seen.page.locator("table:not(:has(caption))").count() == 0
    charts = seen.page.eval_on_selector_all("svg", "all => all.map(each => each.getAttribute('aria-label'))")
    assert len(charts) > 10
    assert all(charts)


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
