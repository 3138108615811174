package org.apache.spark.sql.avro;

import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Writes a value of Spark's in Avro's binary form, straight from the row that holds it.
 *
 * One for each part of a schema; the one of the whole schema has the bytes. What it is not made for it leaves to
 * Spark: a schema (`of` gives null), and a value that breaks its schema (`bytes` gives null).
 * Janino compiles it: no generics, no lambdas.
 */
public final class RowWriter {
    private static final int BOOLEAN = 0, INT = 1, LONG = 2, MILLIS = 3, DOUBLE = 4, FLOAT = 5, TEXT = 6, BYTES = 7,
        SYMBOL = 8, LIST = 9, RECORD = 10;
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private final int kind;
    /** Number of the union's branch that is null, and of the other one; -1 where there is no union. */
    private int nullBranch = -1, branch = -1;
    /** By field of a record in the order of the schema; of a list, its item. */
    private RowWriter[] parts;
    /** By field of a record, its place in the row. */
    private int[] places;
    private Map symbols;

    private byte[] buffer = new byte[1024];
    private int size;
    private boolean breaks;

    private RowWriter(int kind) {
        this.kind = kind;
    }

    /** The writer of values of a `type` by a `schema`; null where Spark has to write them. */
    public static RowWriter of(DataType type, Schema schema) {
        if (schema.getType() == Schema.Type.UNION) {
            List branches = schema.getTypes();
            if (branches.size() != 2) return null;
            int absent = ((Schema) branches.get(0)).getType() == Schema.Type.NULL ? 0 : 1;
            Schema other = (Schema) branches.get(1 - absent);
            if (((Schema) branches.get(absent)).getType() != Schema.Type.NULL) return null;
            if (other.getType() == Schema.Type.NULL || other.getType() == Schema.Type.UNION) return null;
            RowWriter writer = of(type, other);
            if (writer != null) {
                writer.nullBranch = absent;
                writer.branch = 1 - absent;
            }
            return writer;
        }
        switch (schema.getType()) {
            case RECORD: return type instanceof StructType ? ofRecord((StructType) type, schema) : null;
            case ARRAY: return type instanceof ArrayType ? ofList((ArrayType) type, schema) : null;
            case ENUM: return type instanceof StringType ? ofEnum(schema) : null;
            case STRING: return type instanceof StringType ? new RowWriter(TEXT) : null;
            case BYTES: return type == DataTypes.BinaryType ? new RowWriter(BYTES) : null;
            case BOOLEAN: return type == DataTypes.BooleanType ? new RowWriter(BOOLEAN) : null;
            case INT: return type == DataTypes.IntegerType ? new RowWriter(INT) : null;
            case FLOAT: return type == DataTypes.FloatType ? new RowWriter(FLOAT) : null;
            case DOUBLE: return type == DataTypes.DoubleType ? new RowWriter(DOUBLE) : null;
            case LONG: return type == DataTypes.LongType ? new RowWriter(LONG) : ofTime(type, schema.getLogicalType());
            default: return null;
        }
    }

    private static RowWriter ofTime(DataType type, LogicalType logical) {
        if (type != DataTypes.TimestampType) return null;
        if (logical instanceof LogicalTypes.TimestampMicros) return new RowWriter(LONG);
        return logical instanceof LogicalTypes.TimestampMillis ? new RowWriter(MILLIS) : null;
    }

    private static RowWriter ofEnum(Schema schema) {
        RowWriter writer = new RowWriter(SYMBOL);
        writer.symbols = new HashMap();
        for (Object symbol : schema.getEnumSymbols()) {
            writer.symbols.put(UTF8String.fromString((String) symbol), writer.symbols.size());
        }
        return writer;
    }

    private static RowWriter ofList(ArrayType type, Schema schema) {
        RowWriter item = of(type.elementType(), schema.getElementType());
        if (item == null) return null;
        RowWriter writer = new RowWriter(LIST);
        writer.parts = new RowWriter[] {item};
        return writer;
    }

    private static RowWriter ofRecord(StructType type, Schema schema) {
        List fields = schema.getFields();
        StructField[] columns = type.fields();
        if (fields.size() != columns.length) return null;
        RowWriter writer = new RowWriter(RECORD);
        writer.parts = new RowWriter[columns.length];
        writer.places = new int[columns.length];
        Map byName = new HashMap();
        for (int i = 0; i < columns.length; i++) byName.put(columns[i].name(), i);
        for (int i = 0; i < columns.length; i++) {
            Schema.Field field = (Schema.Field) fields.get(i);
            Integer place = (Integer) byName.get(field.name());
            if (place == null) return null;
            writer.places[i] = place.intValue();
            writer.parts[i] = of(columns[writer.places[i]].dataType(), field.schema());
            if (writer.parts[i] == null) return null;
        }
        return writer;
    }

    /** The bytes of a record; null where it breaks its schema. */
    public byte[] bytes(InternalRow record) {
        size = 0;
        breaks = false;
        if (branch >= 0) number(branch);
        fields(this, record);
        return breaks ? null : Arrays.copyOf(buffer, size);
    }

    private void fields(RowWriter to, InternalRow record) {
        for (int i = 0; i < parts.length; i++) parts[i].write(to, record, places[i]);
    }

    private void write(RowWriter to, SpecializedGetters row, int place) {
        if (row.isNullAt(place)) {
            if (nullBranch < 0) to.breaks = true;
            else to.number(nullBranch);
            return;
        }
        if (branch >= 0) to.number(branch);
        switch (kind) {
            case BOOLEAN: to.room(1); to.buffer[to.size++] = (byte) (row.getBoolean(place) ? 1 : 0); break;
            case INT: to.number(row.getInt(place)); break;
            case LONG: to.number(row.getLong(place)); break;
            case MILLIS: to.number(Math.floorDiv(row.getLong(place), 1000L)); break;
            case DOUBLE: to.fixed(Double.doubleToRawLongBits(row.getDouble(place)), 8); break;
            case FLOAT: to.fixed(Float.floatToRawIntBits(row.getFloat(place)), 4); break;
            case TEXT: to.text(row.getUTF8String(place)); break;
            case BYTES: to.blob(row.getBinary(place)); break;
            case SYMBOL: to.symbol((Integer) symbols.get(row.getUTF8String(place))); break;
            case LIST: parts[0].items(to, row.getArray(place)); break;
            default: fields(to, row.getStruct(place, parts.length));
        }
    }

    private void items(RowWriter to, ArrayData items) {
        int count = items.numElements();
        if (count > 0) to.number(count);
        for (int i = 0; i < count; i++) write(to, items, i);
        to.number(0L);
    }

    private void symbol(Integer index) {
        if (index == null) breaks = true;
        else number(index.intValue());
    }

    private void text(UTF8String text) {
        int length = text.numBytes();
        number(length);
        room(length);
        text.writeToMemory(buffer, Platform.BYTE_ARRAY_OFFSET + size);
        size += length;
    }

    private void blob(byte[] blob) {
        number(blob.length);
        room(blob.length);
        System.arraycopy(blob, 0, buffer, size, blob.length);
        size += blob.length;
    }

    /** Avro's fixed length is little-endian: the lower `length` bytes of `bits`. */
    private void fixed(long bits, int length) {
        room(8);
        Platform.putLong(buffer, Platform.BYTE_ARRAY_OFFSET + size, LITTLE ? bits : Long.reverseBytes(bits));
        size += length;
    }

    /** Avro's variable length: seven bits a byte, the sign in the lowest. */
    private void number(long number) {
        long left = number << 1 ^ number >> 63;
        room(10);
        while ((left & ~0x7FL) != 0) {
            buffer[size++] = (byte) (left & 0x7F | 0x80);
            left >>>= 7;
        }
        buffer[size++] = (byte) left;
    }

    private void room(int more) {
        if (size + more > buffer.length) buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, size + more));
    }
}
