"""Great Expectations' verdict on what was published, its history, and the report."""

from quality.results import Coordinates, RuleResult, Slice, Validation, Verdict, Window

__all__ = ["Coordinates", "RuleResult", "Slice", "Validation", "Verdict", "Window"]
