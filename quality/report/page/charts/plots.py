"""Plots of the history and of counts: verdicts, trends, how values are spread, what is in quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

import altair as alt
from markupsafe import Markup

from quality.report.page.charts.svg import ACCENT, FAINT, INK, svg
from quality.report.text import shown

_VERDICTS = {
    # Colour and height say the same, so that nobody needs to see the colours apart.
    "pass": (0.45, "var(--pass-mark)"),
    "warn": (0.7, "var(--warn-mark)"),
    "fail": (1.0, "var(--fail-mark)"),
    None: (0.12, FAINT),
}
_HALF_A_BAR = 0.36


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart: its value at each step, None where there is none."""

    name: str
    values: Sequence[float | None]
    colour: str = ACCENT
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a bar: its share of the whole. Colour and thickness say the same, as in `strip`."""

    share: float
    colour: str
    thickness: int


def strip(verdicts: Sequence[str | None], text: str) -> Markup:
    """A bar for the verdict of each step; it stretches to any width."""
    values = [
        {
            "from": at - _HALF_A_BAR,
            "to": at + _HALF_A_BAR,
            "height": _VERDICTS[verdict][0],
            "colour": _VERDICTS[verdict][1],
        }
        for at, verdict in enumerate(verdicts)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_rect()
        .encode(
            x=alt.X("from:Q", axis=None, scale=alt.Scale(domain=[-0.5, len(verdicts) - 0.5], nice=False)),
            x2="to:Q",
            y=alt.Y("height:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
            y2=alt.datum(0),
            color=alt.Color("colour:N", scale=None),
        )
    )
    return svg(chart.properties(width=900, height=44), text, padding=0, stretch=True)


def sparkline(shares: Sequence[float | None], text: str) -> Markup:
    """The share of records that break a rule, step by step, without an axis: its shape is what it tells."""
    values = [{"at": at, "share": share} for at, share in enumerate(shares)]
    highest = max((share for share in shares if share), default=0.0)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("at:Q", axis=None, scale=alt.Scale(domain=[-0.5, len(shares) - 0.5], nice=False)),
        y=alt.Y("share:Q", axis=None, scale=alt.Scale(domain=[0, highest or 1.0], nice=False)),
    )
    layers = [
        base.mark_area(color="var(--spark-wash)", line=False, invalid="break-paths-show-domains"),
        base.mark_line(color="var(--spark)", strokeWidth=1.25, invalid="break-paths-show-domains"),
    ]
    if shares and shares[-1] is not None:
        last = [{"at": len(shares) - 1, "share": shares[-1]}]
        layers.append(
            alt.Chart(alt.InlineData(values=last))
            .mark_point(filled=True, size=26, opacity=1, color="var(--spark)")
            .encode(x="at:Q", y="share:Q")
        )
    return svg(alt.layer(*layers).properties(width=120, height=22), text, padding=3)


def series(
    begins: Sequence[datetime], lines: Sequence[Line], text: str, *, unit: str = "", form: str = "~s"
) -> Markup:
    """Lines over time, each with its value at each of `begins`."""
    values = [
        {"at": moment.strftime("%Y-%m-%dT%H:%M:%S"), "line": line.name, "value": value}
        for line in lines
        for moment, value in zip(begins, line.values, strict=True)
    ]
    highest = max((value for line in lines for value in line.values if value is not None), default=0.0)
    axis = alt.Axis(title=unit or None, tickCount=4, format=form)
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("at:T", axis=_times(begins), scale=alt.Scale(type="utc", nice=False)),
        y=alt.Y(
            "value:Q",
            axis=axis,
            scale=alt.Scale(domain=[0, max(highest, 1.0) if not unit else highest or 1.0], nice=True),
        ),
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=[line.name for line in lines], range=[line.colour for line in lines]),
            legend=None,
        ),
    )
    layers: list[Any] = [
        base.transform_filter(alt.datum.line == line.name).mark_line(
            strokeWidth=1.5, strokeDash=[3, 3] if line.dashed else [1, 0], invalid="break-paths-show-domains"
        )
        for line in lines
    ]
    if len(begins) < 20:
        layers.append(base.mark_point(filled=True, size=22, opacity=1, invalid="filter"))
    return svg(alt.layer(*layers).properties(width=300, height=110), text)


def _times(begins: Sequence[datetime]) -> alt.Axis:
    days = (begins[-1] - begins[0]).days if begins else 0
    form = "%d %b" if days >= 2 else "%H:%M"
    return alt.Axis(title=None, format=form, tickCount=4, labelOverlap=True, grid=False, labelColor=INK)


_MOST_BINS = 48


def spread(now: Mapping[int, int], before: Mapping[int, int], step: float, text: str) -> Markup:
    """The share of values in each bin, filled, and in the baseline's bins as a line over it.

    The keys are numbers of bins that are `step` wide; the smallest and largest cut what is shown.
    """
    first, last = min([*now, *before]), max([*now, *before])
    together = -(-(last - first + 1) // _MOST_BINS)
    filled, line = (
        alt.Chart(alt.InlineData(values=_shares(bins, first, last, together, step))).encode(
            x=_edge(), y=_share()
        )
        for bins in (now, before or now)
    )
    layers = (
        filled.mark_area(interpolate="step-after", color="var(--accent-wash)", line=False),
        line.mark_line(
            interpolate="step-after",
            color=INK if before else ACCENT,
            strokeWidth=1.25 if before else 1,
        ),
    )
    return svg(alt.layer(*layers).properties(width=240, height=76), text)


def reasons(counts: Mapping[str, int], text: str) -> Markup:
    """Records in quarantine, by reason, the most first."""
    values = [{"reason": shown(reason, 28), "rows": count} for reason, count in counts.items()]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("reason:N", sort=None, axis=alt.Axis(title=None, labelLimit=200, domain=False, ticks=False)),
        x=alt.X("rows:Q", axis=None),
    )
    labels = base.mark_text(align="left", dx=5, color=INK).encode(text=alt.Text("rows:Q", format=","))
    bars = base.mark_bar(color="var(--fail-mark)", height=12)
    return svg(alt.layer(bars, labels).properties(width=300, height=alt.Step(24)), text)


def stacks(bars: Mapping[str, Sequence[Part]], text: str) -> Markup:
    """A bar for each name, whose parts follow each other from the left."""
    values = []
    for name, parts in bars.items():
        ends = list(accumulate((part.share for part in parts), initial=0.0))
        values += [
            {
                "name": shown(name, 28),
                "from": begin,
                "to": end,
                "colour": part.colour,
                "thickness": part.thickness,
            }
            for part, (begin, end) in zip(parts, pairwise(ends), strict=True)
            if part.share
        ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y(
                "name:N",
                sort=None,
                axis=alt.Axis(title=None, labelLimit=200, minExtent=90, domain=False, ticks=False),
            ),
            x=alt.X("from:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
            x2="to:Q",
            color=alt.Color("colour:N", scale=None),
            size=alt.Size("thickness:Q", scale=None),
        )
    )
    return svg(chart.properties(width=300, height=alt.Step(20)), text)


def _shares(
    bins: Mapping[int, int], first: int, last: int, together: int, step: float
) -> Sequence[Mapping[str, float]]:
    """Edges and shares; the last edge, where the spread ends, has none."""
    total = sum(bins.values()) or 1
    counts: dict[int, int] = {}
    for at, rows in bins.items():
        counts[(at - first) // together] = counts.get((at - first) // together, 0) + rows
    groups = (last - first) // together + 1
    found = [
        {"edge": (first + place * together) * step, "share": counts.get(place, 0) / total}
        for place in range(groups)
    ]
    return [*found, {"edge": (first + groups * together) * step, "share": 0.0}]


def _edge() -> alt.X:
    return alt.X(
        "edge:Q",
        axis=alt.Axis(title=None, tickCount=5, grid=False, format="~s"),
        scale=alt.Scale(zero=False, nice=False),
    )


def _share() -> alt.Y:
    return alt.Y("share:Q", axis=alt.Axis(title=None, tickCount=2, format=".0%"))
