"""Random pairs of Avro schemas, values of them, and what a reader ought to see of a written value."""

from tests.avro_pairs.engines import Reading, read_in_fastavro, read_in_spark
from tests.avro_pairs.schemas import evolved, random_record, random_schema
from tests.avro_pairs.values import as_written, encode, from_fastavro, from_spark, random_value, seen

__all__ = [
    "Reading",
    "as_written",
    "encode",
    "evolved",
    "from_fastavro",
    "from_spark",
    "random_record",
    "random_schema",
    "random_value",
    "read_in_fastavro",
    "read_in_spark",
    "seen",
]
