"""The charts that the page shows, each with the words that say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from contracts.records.topic_weather_quality import Verdict
from quality.report.flags import WORDS, counts, together, total
from quality.report.page import charts
from quality.report.summary import MeasureLine, StationLine, Step, Summary, words
from quality.report.text import day, many, number, shown, word

_COLOURS = {
    "complete": "var(--pass-mark)",
    "fresh": "var(--pass-mark)",
    "partly": "var(--warn-mark)",
    "ageing": "var(--warn-mark)",
    "poor": "var(--fail-mark)",
    "stale": "var(--fail-mark)",
    "unknown": "var(--ink-soft)",
}
_SHAPES = {"complete": "circle", "fresh": "circle", "partly": "square", "ageing": "square"}
_WORST = "triangle-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart with its caption; `key` tells colours and shapes apart: class, words, how many."""

    svg: Markup
    caption: str
    note: str = ""
    key: tuple[tuple[str, str, int], ...] = ()


def history(summary: Summary) -> Drawing:
    """The verdict of each step."""
    steps = summary.steps
    parts = [f"{count} {word(verdict)}" for verdict in Verdict if (count := steps.count(verdict))]
    if gaps := steps.count(None):
        parts.append(f"{gaps} without a validation")
    note = ", ".join(parts)
    length = many(len(steps.shown), steps.grain)
    caption = f"The last {length}" if len(steps.shown) > 1 else "The first validation"
    return Drawing(
        svg=charts.strip(
            [word(step.verdict) if step.verdict else None for step in steps.shown], f"{caption}: {note}."
        ),
        caption=caption,
        note=note,
    )


def trends(summary: Summary) -> dict[str, Markup]:
    """How each rule that was ever broken in the steps shown went over them, by the rule's id."""
    grain, most = summary.steps.grain, len(summary.steps.shown)
    return {
        line.result.id: charts.sparkline(
            line.trend, f"Broken in {line.broken_steps} of the last {many(most, grain)}."
        )
        for line in summary.rules
        if line.broken_steps
    }


def maps(summary: Summary) -> list[Drawing]:
    """The stations whose position is known, by how complete and by how fresh they are."""
    placed = [line for line in summary.stations if _is_placed(line)]
    if not placed:
        return []
    keys = words(summary.limits)
    return [
        _map(placed, keys, "Completeness: share of the due observations", lambda line: line.complete),
        _map(placed, keys, "Freshness: newest record before the window's end", lambda line: line.fresh),
    ]


def _map(
    lines: Sequence[StationLine], keys: Mapping[str, str], caption: str, state: Callable[[StationLine], str]
) -> Drawing:
    markers = [
        charts.Marker(
            name=line.station.station,
            latitude=line.station.latitude or 0.0,
            longitude=line.station.longitude or 0.0,
            colour=_COLOURS[state(line)],
            shape=_SHAPES.get(state(line), _WORST),
        )
        for line in reversed(lines)
    ]
    counts = Counter(state(line) for line in lines)
    key = tuple((name, meaning, counts[name]) for name, meaning in keys.items() if counts[name])
    in_words = ", ".join(f"{many(count, 'station')} {meaning}" for _, meaning, count in key)
    return Drawing(svg=charts.earth(markers, f"Map. {caption}: {in_words}."), caption=caption, key=key)


def _is_placed(line: StationLine) -> bool:
    latitude, longitude = line.station.latitude, line.station.longitude
    return latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180


def flow(summary: Summary) -> list[Drawing]:
    """Volume, lag and latency over the history; what no validation knows is left out."""
    steps = summary.steps
    begins = [step.begin for step in steps.shown]
    each = "at each validation" if steps.grain == "validation" else f"each {steps.grain}"
    found = []
    for caption, note, unit, lines in _FLOW:
        drawn = [
            charts.Line(name=name, values=[value(step) for step in steps.shown], colour=colour, dashed=dashed)
            for name, value, colour, dashed in lines
        ]
        known = [value for line in drawn for value in line.values if value is not None]
        if known:
            highest = f"{number(round(max(known), 2))} {unit}".rstrip()
            text = f"{caption} {each}, {day(begins[0])} to {day(begins[-1])}: at most {highest}."
            svg = charts.series(begins, drawn, text, unit=unit)
            found.append(Drawing(svg=svg, caption=caption, note=f"{note} {each}".strip()))
    return found


def _latency(name: str, place: int) -> Callable[[Step], float | None]:
    def value(step: Step) -> float | None:
        found = step.latency(name)
        return found[place] if found else None

    return value


_PLAIN, _BAD = "var(--accent)", "var(--fail-mark)"
_Row = tuple[str, str, str, tuple[tuple[str, Callable[[Step], float | None], str, bool], ...]]
_FLOW: tuple[_Row, ...] = (
    ("Records judged", "", "", (("rows", lambda step: step.rows, _PLAIN, False),)),
    ("Records put aside", "", "", (("aside", lambda step: step.put_aside, _BAD, False),)),
    ("Lag: raw records still to come", "", "", (("lag", lambda step: step.lag, _PLAIN, False),)),
    *(
        (
            caption,
            "Half (solid) and 95 of 100 (dashed) took no longer,",
            "s",
            (("p50", _latency(name, 0), _PLAIN, False), ("p95", _latency(name, 1), _PLAIN, True)),
        )
        for name, caption in (
            ("published", "Latency, producer to topic"),
            ("received", "Latency, observation to producer"),
        )
    ),
)
"""Caption, note, unit, and the lines: name, value at a step, colour, dashed."""


def measures(summary: Summary) -> list[tuple[MeasureLine, Markup]]:
    """How the values of each measure are spread, against the baseline."""
    return [(line, _spread(line)) for line in summary.measures if line.now]


def _spread(line: MeasureLine) -> Markup:
    found = line.distribution
    against = f", PSI {found.psi:.2f} against the baseline" if found.psi is not None else ", no baseline yet"
    span = f"{number(found.low)} to {number(found.high)} {shown(found.unit)}"
    text = f"Spread of {shown(found.field)}: {span}, mean {number(found.mean)}{against}."
    return charts.spread(line.now, line.baseline, found.step, text)


def reasons(summary: Summary) -> Drawing | None:
    """What was put aside, by reason."""
    counts: Counter[str] = Counter()
    for group in summary.validation.quarantine:
        counts[group.reason] += group.records
    if not counts:
        return None
    most = dict(counts.most_common(8))
    in_words = ", ".join(f"{shown(reason, 28)} {number(count)}" for reason, count in most.items())
    return Drawing(
        svg=charts.reasons(most, f"Records put aside by reason: {in_words}."), caption="Put aside, by reason"
    )


_FLAGS = {
    "fail": ("var(--fail-mark)", 14),
    "suspect": ("var(--warn-mark)", 11),
    "missing": ("var(--line)", 3),
    "not_evaluated": ("var(--ink-soft)", 6),
    "good": ("var(--pass-mark)", 8),
}
"""Colour and thickness of each flag."""


def flags(summary: Summary) -> Drawing | None:
    """Shares of the records by the flag of each variable."""
    found = [one for one in summary.validation.variables if total(one)]
    if not found:
        return None
    bars = {
        one.name.replace("_", " "): [
            charts.Part(share=count / total(one), colour=_FLAGS[name][0], thickness=_FLAGS[name][1])
            for name, count in counts(one).items()
        ]
        for one in found
    }
    key = tuple(
        (name.replace("_", "-"), WORDS[name], count) for name, count in together(found).items() if count
    )
    in_words = ", ".join(f"{number(count)} {meaning}" for _, meaning, count in key)
    caption = "Shares of the records, by the flag of each variable"
    return Drawing(svg=charts.stacks(bars, f"{caption}. Values: {in_words}."), caption=caption, key=key)
