"""Readers of Avro bytes, made once for each pair of writer and reader schema."""

from contracts.avro.reader.compile import Read, compile_reader
from contracts.avro.reader.python import Unreadable

__all__ = ["Read", "Unreadable", "compile_reader"]
