"""Charts of the report: Altair to SVG, in the page's own colours, harmless whatever the data says."""

from quality.report.page.charts.earth import Marker, earth
from quality.report.page.charts.plots import Line, Part, reasons, series, sparkline, spread, stacks, strip
from quality.report.page.charts.svg import inline

__all__ = [
    "Line",
    "Marker",
    "Part",
    "earth",
    "inline",
    "reasons",
    "series",
    "sparkline",
    "spread",
    "stacks",
    "strip",
]
