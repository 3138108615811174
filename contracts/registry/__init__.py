"""The schema registry: its client, and what it holds of a contract."""
