"""Iceberg tables that follow the contracts: what they look like, kept up to date, asked and checked.

Needs the extra `tables`.
"""

from __future__ import annotations

from contracts.tables.ask import ask
from contracts.tables.read import scan
from contracts.tables.settings import Warehouse, warehouse

__all__ = ["Warehouse", "ask", "scan", "warehouse"]
