"""The report: facts gathered once, then written as a page, as JSON, as JUnit's XML and as OpenMetrics."""

from quality.report.facts import Facts, check_sources, gather
from quality.report.write import write

__all__ = ["Facts", "check_sources", "gather", "write"]
