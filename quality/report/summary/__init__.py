"""The history summed up: the newest validation, and how it came to that."""

from quality.report.summary.summary import Summary, summarise

__all__ = ["Summary", "summarise"]
