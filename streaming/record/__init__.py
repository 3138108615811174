"""The way of a record: read, decoded, enriched, judged, encoded. `plan` puts the steps together."""
