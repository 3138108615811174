"""The plan of the weather, learned from the contracts alone."""

from tests.plans import plan

__all__ = ["plan"]
