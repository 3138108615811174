"""The numbers of quality flags in QARTOD (IOOS, Manual for Real-Time Quality Control)."""

from __future__ import annotations

GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
