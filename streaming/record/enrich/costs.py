"""What each row costs a record: nanoseconds of processor time, on two cores and a warm Java.

Written by `python -m tests.bench.streaming.enrichments --write`; it is the order that counts.
"""

from __future__ import annotations

from collections.abc import Mapping

NANOSECONDS: Mapping[str, Mapping[str, int]] = {}
"""Product, and field, to the median."""
