"""From an Altair chart to an SVG that may stand in the page: only shapes and text, with words beside it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

INK, FAINT, ACCENT = "var(--ink-soft)", "var(--line)", "var(--accent)"
"""The page's style sheet gives each variable its colour, for light and for dark."""

_ELEMENTS = frozenset({"svg", "g", "path", "rect", "line", "text", "circle"})
# `class` and the roles say how the chart was made, to nobody.
_REFERENCES = frozenset({"href", "style", "src", "id", "clip-path", "class", "role", "aria-roledescription"})
_DEFAULTS = {
    "opacity": "1",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "font-weight": "normal",
    "transform": "translate(0,0)",
}
_SVG = "http://www.w3.org/2000/svg"
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")

ET.register_namespace("", _SVG)


def svg(chart: alt.Chart | alt.LayerChart, text: str, *, padding: int = 4, stretch: bool = False) -> Markup:
    """Draw `chart`; `text` tells the same in words. `stretch` fits it to any width; only without text."""
    styled = chart.configure(
        background="transparent",
        aria=False,
        font="system-ui, sans-serif",
        padding=padding,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=INK,
            titleColor=INK,
            titleFontWeight="normal",
            gridColor=FAINT,
            domainColor=FAINT,
            tickColor=FAINT,
            labelFontSize=11,
            titleFontSize=11,
        ),
    )
    return inline(vl_convert.vegalite_to_svg(styled.to_dict(validate=False)), text, stretch=stretch)


def inline(drawing: str, text: str, *, stretch: bool = False) -> Markup:
    """An SVG fit to stand in the page: only shapes and text are left of it, and no reference to anything."""
    root = ET.fromstring(drawing)  # noqa: S314 - written by the renderer just now
    _clean(root)
    _gather(root)
    root.attrib = {"viewBox": root.get("viewBox", ""), "role": "img", "aria-label": text}
    if stretch:
        root.set("preserveAspectRatio", "none")
    # Escaped by the serialiser; the tree holds nothing but what _clean lets through.
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704


def _clean(element: ET.Element) -> None:
    element.attrib = {
        name: _LONG_NUMBER.sub(_short, value) if name != "fill" else value
        for name, value in element.attrib.items()
        if _harmless(name, value) and _DEFAULTS.get(name) != value
    }
    for child in list(element):
        if not isinstance(child.tag, str) or _name(child) not in _ELEMENTS:
            element.remove(child)
        else:
            _clean(child)


def _gather(element: ET.Element) -> None:
    """Drop what draws nothing, and draw in one path what follows on each other and looks the same."""
    before: ET.Element | None = None
    for child in list(element):
        _gather(child)
        if _name(child) in {"g", "path"} and not len(child) and not child.get("d"):
            element.remove(child)
            continue
        if before is not None and _name(child) == "path" and _look(child) == _look(before):
            before.set("d", f"{before.get('d')}{child.get('d')}")
            element.remove(child)
            continue
        before = child if _name(child) == "path" else None


def _look(path: ET.Element) -> dict[str, str]:
    return {name: value for name, value in path.attrib.items() if name != "d"}


def _name(element: ET.Element) -> str:
    return str(element.tag).removeprefix(f"{{{_SVG}}}")


def _short(number: re.Match[str]) -> str:
    return f"{float(number.group()):.1f}".removesuffix(".0")


def _harmless(name: str, value: Any) -> bool:
    low = name.lower()
    return not low.startswith(("on", "{")) and low not in _REFERENCES and "url(" not in str(value).lower()
