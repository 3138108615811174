"""What an operator sees of a running stream: metrics, status, logs and lineage.

`status` folds what is told into one value, `metrics` and the command line show it, `serve` gives it out;
`ends` asks the broker how far the topics go, `report` is whom the stream tells, `lineage` tells others.
"""
