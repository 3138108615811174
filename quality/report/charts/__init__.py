"""Charts of the report: Altair to SVG, in the page's own colours, harmless whatever the data says."""

from quality.report.charts.earth import Marker, earth
from quality.report.charts.series import Line, series, sparkline, strip
from quality.report.charts.spread import reasons, spread
from quality.report.charts.svg import inline

__all__ = ["Line", "Marker", "earth", "inline", "reasons", "series", "sparkline", "spread", "strip"]
