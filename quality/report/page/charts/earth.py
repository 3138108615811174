"""A map without tiles: stations over the outline of the land, with a graticule."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import altair as alt
from markupsafe import Markup

from quality.report.page.charts.svg import FAINT, INK, svg
from quality.report.text import shown

WIDTH, HEIGHT = 420, 280
"""Pixels."""

_SMALLEST = 1.2
"""Degrees of latitude that a map shows at least: closer, the outline has nothing to tell."""
_NAMED = 8
"""Stations that are named, where there are no more."""
_GRATICULE = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60)
_FINEST = 0.8
"""Pixels: what is smaller is not drawn."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A station on the map: degrees, WGS 84; colour and shape tell its state."""

    name: str
    latitude: float
    longitude: float
    colour: str
    shape: str


@dataclass(frozen=True, slots=True)
class View:
    """The part of the Earth that is shown: degrees of its edges, and pixels per degree."""

    west: float
    north: float
    across: float
    down: float

    def pixel(self, longitude: float, latitude: float) -> Point:
        """Where a place is on the map."""
        return (longitude - self.west) * self.across, (self.north - latitude) * self.down

    @property
    def east(self) -> float:
        """Longitude of the right edge."""
        return self.west + WIDTH / self.across

    @property
    def south(self) -> float:
        """Latitude of the lower edge."""
        return self.north - HEIGHT / self.down


def earth(markers: Sequence[Marker], text: str) -> Markup:
    """The stations on the land around them."""
    view = _view(markers)
    land = [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [r]}} for r in _land(view)]
    lines = _lines(view)
    layers: list[Any] = [
        alt.Chart(alt.InlineData(values=land or [_nothing()])).mark_geoshape(
            fill="var(--land)", stroke="var(--shore)", strokeWidth=0.6
        ),
        alt.Chart(alt.InlineData(values=[line for line, _ in lines])).mark_geoshape(
            filled=False, stroke=FAINT, strokeWidth=0.5
        ),
        _places([mark for _, mark in lines])
        .mark_text(align="left", dx=3, dy=-5, fontSize=9, color=INK)
        .encode(text="name:N"),
    ]
    points = [
        {"x": x, "y": y, "name": shown(marker.name, 24), "colour": marker.colour, "shape": marker.shape}
        for marker in markers
        for x, y in [view.pixel(marker.longitude, marker.latitude)]
    ]
    size = 70 if len(points) <= 40 else 26
    layers.append(
        _places(points)
        .mark_point(filled=True, size=size, opacity=0.9, stroke="var(--card)", strokeWidth=0.6)
        .encode(color=alt.Color("colour:N", scale=None), shape=alt.Shape("shape:N", scale=None))
    )
    if len(points) <= _NAMED:
        layers.append(
            _places(points)
            .mark_text(align="left", dx=8, dy=1, fontSize=11, color="var(--ink)")
            .encode(text="name:N")
        )
    chart = alt.layer(*layers).properties(
        width=WIDTH,
        height=HEIGHT,
        projection={
            "type": "identity",
            "scale": 1,
            "translate": [0, 0],
            "clipExtent": [[0, 0], [WIDTH, HEIGHT]],
        },
    )
    return svg(chart, text, padding=0)


def _nothing() -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [(0, 0), (0, 0)]}}


def _places(values: Sequence[dict[str, Any]]) -> alt.Chart:
    """Points at pixels `x` and `y` of the map."""
    chart: alt.Chart = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, WIDTH], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[HEIGHT, 0], nice=False)),
    )
    return chart


def _view(markers: Sequence[Marker]) -> View:
    """A view with all markers and some room around them; degrees are as wide as in its middle."""
    lowest, highest = (f(m.latitude for m in markers) for f in (min, max))
    leftmost, rightmost = (f(m.longitude for m in markers) for f in (min, max))
    middle = (lowest + highest) / 2
    squeeze = max(0.2, math.cos(math.radians(middle)))
    tall = max(_SMALLEST, 1.35 * (highest - lowest))
    wide = max(tall * WIDTH / HEIGHT / squeeze, 1.25 * (rightmost - leftmost))
    wide = min(wide, 360.0)
    across = WIDTH / wide
    down = across / squeeze
    if HEIGHT / down < highest - lowest:
        down = HEIGHT / (1.1 * (highest - lowest))
    north = middle + HEIGHT / down / 2
    return View(max(-180.0, min((leftmost + rightmost) / 2 - wide / 2, 180.0 - wide)), north, across, down)


def _land(view: View) -> Iterator[list[Point]]:
    """The outlines near the view, in pixels."""
    for ring in _rings():
        if not _near(ring, view):
            continue
        pixels = _thin([view.pixel(*place) for place in ring])
        if len(pixels) > 2:
            yield [*pixels, pixels[0]]


def _near(ring: Sequence[Point], view: View) -> bool:
    east, north = zip(*ring, strict=True)
    inside = min(east) < view.east, max(east) > view.west, min(north) < view.north, max(north) > view.south
    return all(inside)


def _thin(pixels: Sequence[Point]) -> list[Point]:
    kept = [pixels[0]]
    kept.extend(at for at in pixels[1:] if _further(kept, at))
    return [(round(x, 1), round(y, 1)) for x, y in kept]


def _further(kept: list[Point], at: Point) -> bool:
    return abs(at[0] - kept[-1][0]) + abs(at[1] - kept[-1][1]) >= _FINEST


def _lines(view: View) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Meridians and parallels, in pixels, each with its name at the edge."""
    span = HEIGHT / view.down
    step = next((step for step in _GRATICULE if span / step <= 4), _GRATICULE[-1])
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for degree in _between(max(view.south, -90), min(view.north, 90), step):
        y = view.pixel(0, degree)[1]
        found.append(_line([(0, y), (WIDTH, y)], (0, y), _degrees(degree, "N", "S")))
    for degree in _between(max(view.west, -180), min(view.east, 180), step):
        x = view.pixel(degree, 0)[0]
        found.append(_line([(x, 0), (x, HEIGHT)], (x, HEIGHT), _degrees(degree, "E", "W")))
    return found


def _line(ends: list[Point], at: Point, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    feature = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": ends}}
    return feature, {"x": at[0], "y": at[1], "name": name}


def _between(low: float, high: float, step: float) -> list[float]:
    first, last = math.floor(low / step) + 1, math.ceil(high / step)
    return [place * step for place in range(first, last)]


def _degrees(degree: float, positive: str, negative: str) -> str:
    side = "" if degree == 0 else f" {positive if degree > 0 else negative}"
    return f"{abs(degree):g}°{side}"


@cache
def _rings() -> tuple[tuple[Point, ...], ...]:
    text = files("quality.report.page.charts").joinpath("land.json").read_text(encoding="utf-8")
    return tuple(tuple(_places_of(ring)) for ring in json.loads(text)["rings"])


def _places_of(steps: list[int]) -> Iterator[Point]:
    x = y = 0
    for right, up in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + right, y + up
        yield x / 100, y / 100
