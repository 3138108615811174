"""The report: the history summed up once, then written as a page, JSON, JUnit's XML and OpenMetrics."""

from quality.report.summary import Summary, summarise
from quality.report.write import write

__all__ = ["Summary", "summarise", "write"]
