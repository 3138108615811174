"""Charts of counts: how a measure's values are spread, and what is in quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
from markupsafe import Markup

from quality.report.page.charts.svg import ACCENT, INK, svg
from quality.report.text import shown

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
