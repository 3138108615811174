"""Avro contracts of the weather topics, and the tools that keep every producer and consumer safe."""
