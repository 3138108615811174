"""Charts over the history: verdicts, a rule's trend, and what changes from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import altair as alt
from markupsafe import Markup

from quality.report.page.charts.svg import ACCENT, FAINT, INK, svg

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
