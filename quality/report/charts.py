"""Charts of the report: Altair to SVG, in the page's own colours, harmless whatever the data says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from quality.profile import BINS, Measure, StationDay
from quality.quarantine import Group
from quality.report.text import shown

_SHOWN_STATIONS = 7
_OTHERS = "others"
# The page's style sheet gives each variable its colour, for light and for dark.
_SERIES = [f"var(--series-{place})" for place in range(1, _SHOWN_STATIONS + 2)]
_INK, _FAINT, _ACCENT = "var(--ink-soft)", "var(--line)", "var(--accent)"

_ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "circle"})
_REFERENCES = frozenset({"href", "style", "src", "id", "clip-path", "class"})
_SVG = "http://www.w3.org/2000/svg"

ET.register_namespace("", _SVG)


def volume(days: Sequence[StationDay]) -> Markup:
    """Records of each day, by station."""
    stations = _stations(days)
    rows: Counter[tuple[str, str]] = Counter()
    for row in days:
        rows[row.day.isoformat(), stations[row.station]] += row.rows
    values = [{"day": day, "station": station, "rows": count} for (day, station), count in rows.items()]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_area(interpolate="step-after", opacity=0.9)
        .encode(x=_day(), y=_amount("rows", "records a day"), color=_colour(stations))
    )
    return _svg(chart.properties(width=780, height=150))


def temperature(days: Sequence[StationDay]) -> Markup:
    """Mean temperature of each day by station, °C, over the span from the lowest to the highest."""
    stations = _stations(days)
    values = [
        {
            "day": row.day.isoformat(),
            "station": stations[row.station],
            "mean": row.mean,
            "lowest": row.lowest,
            "highest": row.highest,
        }
        for row in days
        if row.mean is not None and stations[row.station] != _OTHERS
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(x=_day())
    axis = alt.Axis(title="°C", tickCount=5)
    band = base.mark_area(opacity=0.35, color=_FAINT).encode(
        y=alt.Y("min(lowest):Q", axis=axis, scale=alt.Scale(zero=False)), y2="max(highest):Q"
    )
    lines = base.mark_line(strokeWidth=1.2).encode(
        y=alt.Y("mean:Q", axis=axis, scale=alt.Scale(zero=False)), color=_colour(stations)
    )
    return _svg(alt.layer(band, lines).properties(width=780, height=190))


def distribution(measure: Measure) -> Markup:
    """How often the values of a measure occur."""
    width = (measure.high - measure.low) / BINS or 1.0
    values = [
        {"from": measure.low + place * width, "to": measure.low + (place + 1) * width, "rows": count}
        for place, count in enumerate(measure.bins)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar(color=_ACCENT, binSpacing=0.5)
        .encode(
            x=alt.X(
                "from:Q", bin="binned", axis=alt.Axis(title=measure.unit or None, tickCount=5, grid=False)
            ),
            x2="to:Q",
            y=alt.Y("rows:Q", axis=alt.Axis(title=None, tickCount=3, format="~s")),
        )
    )
    return _svg(chart.properties(width=250, height=90))


def reasons(groups: Iterable[Group]) -> Markup:
    """Records in quarantine, by reason."""
    counts: Counter[str] = Counter()
    for group in groups:
        counts[shown(group.reason)] += group.rows
    values = [{"reason": reason, "rows": count} for reason, count in counts.most_common()]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        y=alt.Y("reason:N", sort=None, axis=alt.Axis(title=None, labelLimit=220)),
        x=alt.X("rows:Q", axis=None),
    )
    labels = base.mark_text(align="left", dx=5, color=_INK).encode(text=alt.Text("rows:Q", format=","))
    bars = base.mark_bar(color="var(--fail)", height=14)
    return _svg(alt.layer(bars, labels).properties(width=420, height=alt.Step(26)))


def _stations(days: Iterable[StationDay]) -> dict[str, str]:
    """Name to show for each station; those with the fewest records share one."""
    rows: Counter[str] = Counter()
    for row in days:
        rows[row.station] += row.rows
    large = {station for station, _ in rows.most_common(_SHOWN_STATIONS)}
    return {station: shown(station) if station in large else _OTHERS for station in sorted(rows)}


def _day() -> alt.X:
    return alt.X(
        "day:T",
        axis=alt.Axis(title=None, format="%d %b %Y", labelOverlap=True, tickCount=8, grid=False),
        scale=alt.Scale(type="utc"),
    )


def _amount(field: str, title: str) -> alt.Y:
    return alt.Y(f"{field}:Q", stack="zero", axis=alt.Axis(title=title, tickCount=4, format="~s"))


def _colour(stations: Mapping[str, str]) -> alt.Color:
    names = sorted(set(stations.values()) - {_OTHERS}) + ([_OTHERS] if _OTHERS in stations.values() else [])
    return alt.Color(
        "station:N",
        scale=alt.Scale(domain=names, range=_SERIES[: len(names)]),
        legend=alt.Legend(title=None, orient="top", symbolType="square", labelLimit=160, columns=4),
    )


def _svg(chart: alt.Chart | alt.LayerChart) -> Markup:
    styled = chart.configure(
        background="transparent",
        aria=False,
        font="system-ui, sans-serif",
        padding={"left": 4, "right": 12, "top": 4, "bottom": 4},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=_INK,
            titleColor=_INK,
            titleFontWeight="normal",
            gridColor=_FAINT,
            domainColor=_FAINT,
            tickColor=_FAINT,
            labelFontSize=11,
            titleFontSize=11,
        ),
        legend=alt.LegendConfig(labelColor=_INK, labelFontSize=12),
    )
    return inline(vl_convert.vegalite_to_svg(styled.to_dict(validate=False)))


def inline(svg: str) -> Markup:
    """An SVG fit to stand in the page: only shapes and text are left of it, and no reference to anything."""
    root = ET.fromstring(svg)  # noqa: S314 - written by the renderer just now
    _clean(root)
    root.attrib = {"viewBox": root.get("viewBox", ""), "aria-hidden": "true", "focusable": "false"}
    # Escaped by the serialiser; the tree holds nothing but what _clean lets through.
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704


def _clean(element: ET.Element) -> None:
    element.attrib = {name: value for name, value in element.attrib.items() if _harmless(name, value)}
    for child in list(element):
        if not isinstance(child.tag, str) or child.tag.removeprefix(f"{{{_SVG}}}") not in _ELEMENTS:
            element.remove(child)
        else:
            _clean(child)


def _harmless(name: str, value: Any) -> bool:
    low = name.lower()
    return not low.startswith(("on", "{")) and low not in _REFERENCES and "url(" not in str(value).lower()
