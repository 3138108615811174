"""Topics of a test's own, under the real contracts."""

from tests.streams import place

__all__ = ["place"]
