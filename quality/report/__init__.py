"""The report: facts gathered once, then written as a page, as JSON and as JUnit's XML."""

from quality.report.facts import Facts, gather
from quality.report.write import write

__all__ = ["Facts", "gather", "write"]
