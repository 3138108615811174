"""Topics of a test's own, under the real contracts; and a projection without topics."""

from tests.plans import plan, projected, publish, raw_value
from tests.streams import place

__all__ = ["place", "plan", "projected", "publish", "raw_value"]
