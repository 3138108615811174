"""The first screen in words: what the verdict means for a user of the data, and a few figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.records.topic_weather_quality import Severity, Verdict
from quality.report.summary import SEVERITIES, Summary, judged_at
from quality.report.text import duration, many, number, percent, share, word

_MEANING = {
    Verdict.PASS: "Good to use",
    Verdict.WARN: "Usable, with care",
    Verdict.FAIL: "Do not rely on it",
}
_ADJECTIVES = frozenset({Severity.CRITICAL, Severity.VALUE, Severity.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What stands on top: `meaning` in large letters, `why` below it."""

    meaning: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that says how things are, with what it means."""

    name: str
    value: str
    note: str


def headline(summary: Summary) -> Headline:
    """The verdict in words."""
    if summary.is_empty:
        return Headline(meaning="Nothing to judge", why="No record lies in this window, which never passes.")
    return Headline(meaning=_MEANING[summary.verdict], why=_why(summary))


def _why(summary: Summary) -> str:
    parts = []
    if unreadable := summary.validation.unreadable:
        parts.append(f"{many(unreadable, 'record')} cannot be read")
    counts = Counter(line.result.severity for line in summary.broken)
    rules = len(summary.rules)
    if not summary.broken:
        parts.append(f"{'every' if unreadable else 'Every'} one of {many(rules, 'rule')} is kept")
    else:
        kinds = ", ".join(
            many(counts[each], word(each), word(each) if each in _ADJECTIVES else "")
            for each in SEVERITIES
            if counts[each]
        )
        are = "is" if len(summary.broken) == 1 else "are"
        parts.append(f"{len(summary.broken)} of {many(rules, 'rule')} {are} broken: {kinds}")
    unjudged = sum(not line.result.judged for line in summary.rules)
    if unjudged:
        parts.append(f"{number(unjudged)} could not be judged yet")
    return "; ".join(parts) + "."


def figures(summary: Summary) -> tuple[Figure, ...]:
    """The figures that the newest validation has."""
    return tuple(_figures(summary))


def _figures(summary: Summary) -> Iterator[Figure]:
    found = summary.validation
    yield Figure(
        name="Records judged",
        value=number(found.rows),
        note=f"of {many(found.stations_seen, 'station')}" if found.stations_seen else "",
    )
    if found.last_arrival_at:
        age = max(0.0, (judged_at(found) - found.last_arrival_at).total_seconds())
        yield Figure(name="Newest record", value=duration(age), note="old when it was judged")
    if summary.present_share is not None:
        yield Figure(name="Complete", value=percent(summary.present_share), note="of the observations due")
    if found.topics:
        whole = found.quarantined + found.rows
        yield Figure(
            name="Put aside",
            value=number(found.quarantined),
            note=f"{share(found.quarantined, whole)} of the records that came" if whole else "",
        )
    if found.lag is not None:
        yield Figure(name="Still to come", value=number(found.lag), note="raw records under way")
    for latency in found.latencies:
        if latency.step == "published":
            yield Figure(name="Latency", value=duration(latency.p95), note="or less, for 95 of 100 records")
