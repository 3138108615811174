"""Makes, for one writer schema and one reader schema, the function that turns a record's bytes into a value.

All that Avro's schema resolution can decide beforehand is decided once, here, and written down as plain
Python: which field comes next, where it goes, which defaults to fill in. A general decoder walks both schemas
again for every record.

Values are fastavro's: moments as `datetime` (UTC where the logical type is), decimals as `Decimal`, enums as
their symbols, a record as a dictionary in the reader's order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Context, Decimal
from typing import Any, NoReturn, TypeAlias
from uuid import UUID

from contracts.evolution.compatibility.resolution import PROMOTIONS, same_name, written_fields
from contracts.evolution.compatibility.schema import NAMED, Type

Read: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
"""Takes the bytes and the position of a value; gives the value and the position after it, which lies past the
end of the bytes when they are cut short."""

_DEEPEST_BLOCK = 8
"""How deep blocks of Python are nested; deeper values get functions of their own."""
_MOST_EMPTY_ITEMS = 100
"""How many items without bytes an array may have: a few bytes could claim more than fits into memory."""


class Unreadable(ValueError):
    """The bytes are no value of the writer schema, or none that the reader schema takes."""


_LENGTH = ("n = b[p]", "p += 1", "if n & 129: n, p = length(b, p, n)", "q = p + (n >> 1)")
_LONG = ("n = b[p]", "p += 1", "if n > 127: n, p = longer(b, p, n)", "{v} = (n >> 1) ^ -(n & 1)")

_READ: dict[str, tuple[str, ...]] = {
    "null": ("{v} = None",),
    "boolean": ("{v} = BOOLEANS[b[p]]", "p += 1"),
    "int": _LONG,
    "long": _LONG,
    "float": ("({v},) = float_at(b, p)", "p += 4"),
    "double": ("({v},) = double_at(b, p)", "p += 8"),
    "string": (*_LENGTH, "{v} = b[p:q].decode()", "p = q"),
    "bytes": (*_LENGTH, "{v} = b[p:q]", "p = q"),
    "fixed": ("{v} = b[p : p + {size}]", "p += {size}"),
    "index": ("n = b[p]", "p += 1", "if n & 129: n, p = length(b, p, n)"),
}
"""Kind to the lines that read it into `{v}`; `b` are the bytes, `p` the position, `n` and `q` scratch."""

_SKIP: dict[str, tuple[str, ...]] = {
    "null": (),
    "boolean": ("p += 1",),
    "int": ("while b[p] > 127: p += 1", "p += 1"),
    "long": ("while b[p] > 127: p += 1", "p += 1"),
    "enum": ("while b[p] > 127: p += 1", "p += 1"),
    "float": ("p += 4",),
    "double": ("p += 8",),
    "string": (*_LENGTH, "p = q"),
    "bytes": (*_LENGTH, "p = q"),
    "fixed": ("p += {size}",),
}

LOGICAL: dict[tuple[str, str], str] = {
    ("long", "timestamp-millis"): "EPOCH + timedelta(0, 0, {0} * 1000)",
    ("long", "timestamp-micros"): "EPOCH + timedelta(0, 0, {0})",
    ("long", "local-timestamp-millis"): "LOCAL_EPOCH + timedelta(0, 0, {0} * 1000)",
    ("long", "local-timestamp-micros"): "LOCAL_EPOCH + timedelta(0, 0, {0})",
    ("int", "date"): "EPOCH_DAY + timedelta({0})",
    ("int", "time-millis"): "time_of({0} * 1000)",
    ("long", "time-micros"): "time_of({0})",
    ("bytes", "decimal"): "decimal_of({0}, {scale})",
    ("fixed", "decimal"): "decimal_of({0}, {scale})",
    ("string", "uuid"): "UUID({0})",
}
"""Kind and logical type to the expression of its value; on another kind a logical type means nothing."""


def compile_reader(writer: Type, reader: Type) -> Read:
    """Make the function that reads what `writer` wrote as `reader`.

    It raises `Unreadable`, or another exception that bytes of the wrong kind lead to. What the schemas do not
    allow for all values (a union's branch, an enum's symbol) is refused only when such a value comes.
    """
    source, constants = _Source().of(writer, reader)
    namespace = {**_TOOLS, **constants}
    exec(compile(source, "<reader>", "exec"), namespace)  # noqa: S102 - generated here; texts of schemas come by repr
    read: Read = namespace["read_0"]
    return read


class _Source:
    """The text of one reader: a function for each pair of records, and for what is nested deeply."""

    def __init__(self) -> None:
        self._functions: dict[tuple[int, int], str] = {}
        self._waiting: list[tuple[str, Type, Type | None]] = []
        self._constants: dict[str, Any] = {}
        self._variables = 0

    def of(self, writer: Type, reader: Type) -> tuple[str, dict[str, Any]]:
        self._function(writer, reader)
        lines: list[str] = []
        while self._waiting:
            name, written, wanted = self._waiting.pop()
            both = written.kind == "record" and (wanted is None or wanted.kind == "record")
            body = self._record if both else self._value
            lines += [f"def {name}(b, p):", *_within(body(written, wanted, "v", 0)), "    return v, p"]
        return "\n".join(lines), self._constants

    def _function(self, writer: Type, reader: Type | None) -> str:
        pair = (id(writer), id(reader))
        if pair not in self._functions:
            self._functions[pair] = f"read_{len(self._functions)}"
            self._waiting.append((self._functions[pair], writer, reader))
        return self._functions[pair]

    def _variable(self) -> str:
        self._variables += 1
        return f"v{self._variables}"

    def _value(self, writer: Type, reader: Type | None, v: str, depth: int) -> Iterator[str]:
        """Lines that read one value into the variable `v`, or pass it over where there is no reader."""
        if writer.kind == "union":
            yield from self._written_union(writer, reader, v, depth)
        elif reader is not None and reader.kind == "union":
            branch = _branch(reader, writer)
            yield from self._value(writer, branch, v, depth) if branch else _refusal(writer, reader)
        elif reader is not None and not _takes(reader, writer):
            yield from _refusal(writer, reader)
        elif writer.kind == "record" or depth > _DEEPEST_BLOCK:
            yield f"{v}, p = {self._function(writer, reader)}(b, p)"
        elif writer.kind in ("array", "map"):
            yield from self._blocks(writer, reader, v, depth)
        elif reader is None:
            yield from _filled(_SKIP[writer.kind], size=writer.size)
        elif writer.kind == "enum":
            yield from self._enum(writer, reader, v)
        else:
            # Text that is promoted to bytes, or back, lies on the wire alike.
            kind = reader.kind if reader.kind in ("bytes", "string") else writer.kind
            yield from _filled(_READ[kind], v=v, size=writer.size)
            if (made := _converted(reader, v, writer.kind)) != v:
                yield f"{v} = {made}"

    def _written_union(self, writer: Type, reader: Type | None, v: str, depth: int) -> Iterator[str]:
        yield from _filled(_READ["index"])
        # The last branch is what most unions hold: looked at first, it costs one comparison.
        for number in reversed(range(len(writer.branches))):
            yield f"{'if' if number == len(writer.branches) - 1 else 'elif'} n == {number * 2}:"
            yield from _within(self._value(writer.branches[number], reader, v, depth + 1))
        yield "else: refuse('the index of a union is out of its branches')"

    def _record(self, writer: Type, reader: Type | None, v: str, depth: int) -> Iterator[str]:
        sources = {} if reader is None else {f.name: written_fields(f, writer) for f in reader.fields}
        takers = {found[0].name: name for name, found in sources.items() if found}
        read: dict[str, str] = {}
        for written in writer.fields:
            taker = reader.field_named(takers[written.name]) if reader and written.name in takers else None
            variable = self._variable()
            yield from self._value(written.type, taker.type if taker else None, variable, depth)
            if taker:
                read[taker.name] = variable
        if reader is None:
            yield f"{v} = None"
            return
        items = []
        for field in reader.fields:
            if field.name in read:
                items.append(f"{field.name!r}: {read[field.name]}")
            elif field.has_default:
                items.append(f"{field.name!r}: {_default(field.type, field.default)}")
            else:
                yield f"refuse({f'the writer has no {field.name}, which has no default'!r})"
        yield f"{v} = {{{', '.join(items)}}}"

    def _enum(self, writer: Type, reader: Type, v: str) -> Iterator[str]:
        symbols = [s if s in reader.symbols else reader.enum_default for s in writer.symbols]
        name = f"SYMBOLS_{len(self._constants)}"
        self._constants[name] = tuple(symbols)
        yield from _filled(_READ["index"])
        yield f"{v} = {name}[n >> 1]"
        if None in symbols:
            yield f"if {v} is None: refuse('a symbol that the reader does not know')"

    def _blocks(self, writer: Type, reader: Type | None, v: str, depth: int) -> Iterator[str]:
        """An array or a map: blocks of items, each with its count, until a count of zero."""
        if writer.items is None:
            raise Unreadable(f"{writer.kind} without a type of its items")
        item, wanted = self._variable(), reader.items if reader else None
        key = self._variable() if writer.kind == "map" else None
        count, total = self._variable(), self._variable()
        least = 1 if key else _least_bytes(writer.items, frozenset())
        body = [
            *(_filled(_READ["string"] if reader else _SKIP["string"], v=key or "") if key else ()),
            *self._value(writer.items, wanted, item, depth + 2),
        ]
        if reader:
            body.append(f"{v}[{key}] = {item}" if key else f"{v}.append({item})")
        yield f"{v} = {'{}' if key else '[]'}"
        yield f"{total} = 0"
        yield "while True:"
        yield from _within(
            [
                f"{count}, p = block(b, p, {least}, {total})",
                f"if not {count}: break",
                f"{total} += {count}",
                f"for _ in range({count}):",
                *_within(body),
            ]
        )


def _within(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines] or ["    pass"]


def _filled(lines: Iterable[str], **names: Any) -> list[str]:
    return [line.format(**names) for line in lines]


def _refusal(writer: Type, reader: Type) -> list[str]:
    return [f"refuse({f'{writer.full_name} is written, which {reader.full_name} cannot read'!r})"]


def _takes(reader: Type, writer: Type) -> bool:
    """Whether a reader's type is made to read a writer's, both no unions."""
    if reader.kind != writer.kind:
        return writer.kind in PROMOTIONS.get(reader.kind, ())
    if reader.kind in NAMED and not same_name(reader, writer):
        return False
    return reader.size == writer.size


def _branch(reader: Type, writer: Type) -> Type | None:
    """The branch of a reader's union for a written type: the same type before one that it is promoted to,
    and of those the one of its full name before one that has it for an alias.
    """
    fitting = [branch for branch in reader.branches if _takes(branch, writer)]
    ranked = sorted(
        fitting,
        key=lambda b: (
            b.kind != writer.kind,
            b.full_name != writer.full_name,
            writer.full_name not in b.aliases,
        ),
    )
    return ranked[0] if ranked else None


def _least_bytes(node: Type, above: frozenset[int]) -> int:
    """Whether a value takes a byte at least (1), or may take none (0)."""
    if node.kind in ("null", "fixed"):
        return min(node.size, 1)
    if node.kind == "record" and id(node) not in above:
        return max((_least_bytes(f.type, above | {id(node)}) for f in node.fields), default=0)
    return int(node.kind != "record")


def _converted(reader: Type, value: str, written: str) -> str:
    """The expression that makes the reader's value of what was read into the variable `value`."""
    if reader.kind in ("float", "double") and written in ("int", "long"):
        return f"float({value})"
    form = LOGICAL.get((reader.kind, str(reader.attributes.get("logicalType"))))
    return form.format(value, scale=reader.attributes.get("scale", 0)) if form else value


def _default(node: Type, value: Any) -> str:
    """A default of a schema as Python source, made anew for each record since lists can be changed."""
    if value is None:
        return "None"
    if node.kind == "union":
        return _default(node.branches[0], value)
    if node.kind == "record":
        below = {f.name: _default(f.type, value.get(f.name, f.default)) for f in node.fields}
        return f"{{{', '.join(f'{name!r}: {text}' for name, text in below.items())}}}"
    if node.kind == "array" and node.items:
        items = node.items
        return f"[{', '.join(_default(items, item) for item in value)}]"
    if node.kind == "map" and node.items:
        items = node.items
        return f"{{{', '.join(f'{key!r}: {_default(items, item)}' for key, item in value.items())}}}"
    if node.kind in ("bytes", "fixed"):
        value = value.encode("iso-8859-1")
    return _converted(node, f"float('{value}')" if node.kind in ("float", "double") else repr(value), "")


def _refuse(why: str) -> NoReturn:
    raise Unreadable(why)


def _longer(b: bytes, p: int, first: int) -> tuple[int, int]:
    """The rest of a variable-length integer, still in zigzag order, and the position after it."""
    n, shift, more = first & 127, 7, first
    while more > 127:
        if shift > 63:
            raise Unreadable("an integer of more than ten bytes")
        more = b[p]
        p += 1
        n |= (more & 127) << shift
        shift += 7
    return n, p


def _length(b: bytes, p: int, first: int) -> tuple[int, int]:
    """A length or an index that is longer than a byte, or below zero and so refused."""
    n, p = _longer(b, p, first) if first > 127 else (first, p)
    if n & 1:
        raise Unreadable("a length or an index below zero")
    return n, p


def _block(b: bytes, p: int, least: int, total: int) -> tuple[int, int]:
    """How many items the next block has, and the position of the first; none end the array or map.

    An item takes `least` bytes, 0 or 1, or more; `total` items came before.
    """
    n, p = _longer(b, p + 1, b[p])
    count = (n >> 1) ^ -(n & 1)
    if count < 0:
        count = -count
        while b[p] > 127:
            p += 1
        p += 1
    if count > (len(b) - p if least else _MOST_EMPTY_ITEMS - total):
        raise Unreadable(f"{count} items are claimed, more than the bytes can hold")
    return count, p


def _time_of(micros: int) -> time:
    if not 0 <= micros < 86_400_000_000:
        raise Unreadable("a time of day beyond the day")
    return (datetime.min + timedelta(0, 0, micros)).time()


def _decimal_of(unscaled: bytes, scale: int) -> Decimal:
    # Wide enough for every digit: a context of less would round.
    context = Context(prec=3 * len(unscaled) + 1)
    return Decimal(int.from_bytes(unscaled, "big", signed=True)).scaleb(-scale, context)


_TOOLS: dict[str, Any] = {
    "BOOLEANS": (False, True),
    "EPOCH": datetime(1970, 1, 1, tzinfo=timezone.utc),
    "EPOCH_DAY": date(1970, 1, 1),
    "LOCAL_EPOCH": datetime(1970, 1, 1),  # a local time has no zone
    "UUID": UUID,
    "block": _block,
    "decimal_of": _decimal_of,
    "double_at": struct.Struct("<d").unpack_from,
    "float_at": struct.Struct("<f").unpack_from,
    "length": _length,
    "longer": _longer,
    "refuse": _refuse,
    "time_of": _time_of,
    "timedelta": timedelta,
}
"""The names that the generated functions use."""
