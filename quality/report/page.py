"""The page: one file, no script, nothing fetched, all that comes from data escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from contracts.model import Contract, Rule
from contracts.rules import definition
from quality.profile import StationDay
from quality.report import charts
from quality.report.facts import Facts
from quality.report.text import duration, number, share, shown
from quality.results import RuleResult, Validation

_REMEMBERED = 40
"""Validations that the trend shows."""
_LISTED_STATIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """A rule's line of the table. `past` tells of each earlier validation whether the rule was kept."""

    result: RuleResult
    rule: Rule | None
    definition: str
    state: str
    """`kept`, or `new` or `known` for a failure that the validation before had not, or had."""
    past: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLine:
    """A station's line. `complete` counts the hours from its first day to its last that have a record."""

    name: str
    rows: int
    first: datetime
    last: datetime
    hours: int
    complete: int


def page(facts: Facts) -> str:
    """The page as HTML text."""
    style = files("quality.report").joinpath("report.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("quality.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    stations = station_lines(facts.profile.days)
    template = environment.get_template("report.html.j2")
    return template.render(
        facts=facts,
        validation=facts.validation,
        contract=facts.contract,
        # The page's own, and so no data.
        style=Markup(style),  # noqa: S704
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        rules=rule_lines(facts.contract, facts.history),
        broken=[result for result in facts.validation.rules if result.broken],
        trend=facts.history[-_REMEMBERED:],
        stations=stations[:_LISTED_STATIONS],
        more_stations=len(stations) - len(stations[:_LISTED_STATIONS]),
        charts=_charts(facts),
        distributions=[(measure, charts.distribution(measure)) for measure in facts.profile.measures],
    )


def rule_lines(contract: Contract, history: Sequence[Validation]) -> list[RuleLine]:
    """A line for each rule of the newest validation: broken ones first, the severest of them on top."""
    rules = {rule.id: rule for rule in contract.rules}
    past = [{result.id: not result.broken for result in old.rules} for old in history[:-1][-_REMEMBERED:]]
    lines = [_rule_line(result, rules.get(result.id), past, contract) for result in history[-1].rules]
    weight = {"critical": 0, "warning": 1, "info": 2}
    return sorted(lines, key=lambda line: (not line.result.broken, weight[line.result.severity.value]))


def _rule_line(
    result: RuleResult, rule: Rule | None, past: Sequence[Mapping[str, bool]], contract: Contract
) -> RuleLine:
    known = bool(past) and past[-1].get(result.id) is False
    return RuleLine(
        result=result,
        rule=rule,
        definition=definition(rule, contract.newest.schema) if rule else "no longer in the contract",
        state="kept" if not result.broken else "known" if known else "new",
        past=tuple(kept[result.id] for kept in past if result.id in kept),
    )


def station_lines(days: Iterable[StationDay]) -> list[StationLine]:
    """A line for each station, the one with the most records first."""
    by_station: dict[str, list[StationDay]] = {}
    for row in days:
        by_station.setdefault(row.station, []).append(row)
    lines = [_station_line(station, rows) for station, rows in by_station.items()]
    return sorted(lines, key=lambda line: (-line.rows, line.name))


def _station_line(station: str, rows: Sequence[StationDay]) -> StationLine:
    first, last = min(row.day for row in rows), max(row.last for row in rows)
    begin = datetime(first.year, first.month, first.day, tzinfo=last.tzinfo)
    return StationLine(
        name=station,
        rows=sum(row.rows for row in rows),
        first=begin,
        last=last,
        hours=int((last - begin) / timedelta(hours=1)) + 1,
        complete=sum(row.hours for row in rows),
    )


def _charts(facts: Facts) -> dict[str, Markup]:
    found: dict[str, Markup] = {}
    if facts.profile.days:
        found["volume"] = charts.volume(facts.profile.days)
    if any(row.mean is not None for row in facts.profile.days):
        found["temperature"] = charts.temperature(facts.profile.days)
    if facts.quarantine:
        found["reasons"] = charts.reasons(facts.quarantine)
    return found


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "–"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


_FILTERS = {
    "number": number,
    "share": share,
    "shown": shown,
    "duration": duration,
    "time": _time,
    "day": _day,
}
