"""Charts of the report: Altair to SVG, in the page's own colours, harmless whatever the data says."""

from quality.report.page.charts.earth import Marker, earth
from quality.report.page.charts.series import Line, series, sparkline, strip
from quality.report.page.charts.spread import reasons, spread
from quality.report.page.charts.svg import inline

__all__ = ["Line", "Marker", "earth", "inline", "reasons", "series", "sparkline", "spread", "strip"]
