"""Charts of the report: Altair to SVG, in the page's own colours, harmless whatever the data says."""

from quality.report.page.charts.earth import Marker, earth
from quality.report.page.charts.plots import Line, reasons, series, sparkline, spread, strip
from quality.report.page.charts.svg import inline

__all__ = ["Line", "Marker", "earth", "inline", "reasons", "series", "sparkline", "spread", "strip"]
