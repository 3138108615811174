"""What an operator sees of a running stream.

`report` takes the stream's events and folds them into one `status`. `metrics`, `shown` and `lineage` show it
to Prometheus, to people and to OpenLineage; `serve` answers HTTP, and `ask` asks it. `topics` watches the
broker.
"""
