"""Avro's bytes: how they are framed, read and shown."""
