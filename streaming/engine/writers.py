"""Has Spark's `to_avro` write a row straight into Avro's binary form.

Spark makes a generic record of the row, and Avro writes that record value by value, looking up for each which
branch of its union it is: a quarter of all that a record took. `RowWriter.java` writes the row itself.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from pyspark.sql import SparkSession

from contracts.avro.java import change_class

_SOURCE = files(__package__) / "RowWriter.java"
_PACKAGE = "org.apache.spark.sql.avro"
_EXPRESSION = f"{_PACKAGE}.CatalystDataToAvro"
_NEIGHBOUR = f"{_PACKAGE}.AvroOptions"
_FIELDS = (
    f"private transient {_PACKAGE}.RowWriter rowWriter;",
    "private transient boolean looked;",
)
_EVAL = f"""{{
    if (!looked) {{
        looked = true;
        rowWriter = {_PACKAGE}.RowWriter.of(child().dataType(), avroType());
    }}
    if (rowWriter != null) {{
        byte[] bytes = rowWriter.bytes((org.apache.spark.sql.catalyst.InternalRow) $1);
        if (bytes != null) return bytes;
    }}
    return bySpark($1);
}}"""
"""Java of `nullSafeEval`; Spark's own is `bySpark`, which also raises what is wrong with a value."""


def write_rows_at_once(spark: SparkSession) -> None:
    """Give the Java process of a `spark` session this writer, before it first writes Avro.

    Where that cannot be done, as in the executors of a cluster, Spark's own gives the same bytes.
    """
    jvm: Any = spark._jvm

    def instead(classes: Any, expression: Any) -> None:
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(loader)
        compiler.cook(_SOURCE.read_text(encoding="utf-8"))
        writer = compiler.getBytecodes()[f"{_PACKAGE}.RowWriter"]
        made = classes.makeClass(jvm.java.io.ByteArrayInputStream(writer))
        made.toClass(loader.loadClass(_NEIGHBOUR))
        for field in _FIELDS:
            expression.addField(jvm.javassist.CtField.make(field, expression))
        evaluate = expression.getDeclaredMethod("nullSafeEval")
        expression.addMethod(jvm.javassist.CtNewMethod.copy(evaluate, "bySpark", expression, None))
        evaluate.setBody(_EVAL)

    change_class(spark, _EXPRESSION, _NEIGHBOUR, instead)
