"""Spark: its session, the one query in either speed, and what the query tells of itself."""
