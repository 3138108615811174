"""How the types of a schema look in Python: their hints, their values' ways in and out, their defaults."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.avro.reader import LOGICAL
from contracts.errors import ContractsAtFault
from contracts.evolution.compatibility.readable import fits
from contracts.evolution.compatibility.schema import Field, Type, walk
from contracts.generate.python import Names, attribute, quoted

_Change = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A type in Python. `load` and `dump` turn an expression of the Avro value into one of the record's and
    back; None where they are the same value.
    """

    hint: str
    load: _Change | None = None
    dump: _Change | None = None


_PLAIN = {
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "bytes": "bytes",
    "fixed": "bytes",
    "string": "str",
}
_LOGICAL = {
    "timestamp-millis": "datetime",
    "timestamp-micros": "datetime",
    "local-timestamp-millis": "datetime",
    "local-timestamp-micros": "datetime",
    "date": "date",
    "time-millis": "time",
    "time-micros": "time",
    "decimal": "Decimal",
    "uuid": "UUID",
}
_FIXED_UUID = ("fixed", "uuid")
"""Of a fixed that is a UUID, decoders and encoders know the bytes only."""


def shape(node: Type, names: Names) -> Shape:
    """The type in Python; raises `ContractsAtFault` for a union of several types besides null."""
    return _SHAPES.get(node.kind, _plain)(node, names)


def _record(node: Type, names: Names) -> Shape:
    name = names.inside(node)
    return Shape(hint=name, load=lambda x: f"{name}.from_dict({x})", dump=lambda x: f"{x}.to_dict()")


def _enum(node: Type, names: Names) -> Shape:
    name = names.inside(node)
    return Shape(hint=name, load=lambda x: f"{name}({x})", dump=lambda x: f"{x}.value")


def _plain(node: Type, names: Names) -> Shape:
    logical = _logical(node)
    hint = names.python(_LOGICAL[logical[1]] if logical else _PLAIN[node.kind])
    if logical == _FIXED_UUID:
        return Shape(hint=hint, load=lambda x: f"{hint}(bytes={x})", dump=lambda x: f"{x}.bytes")
    return Shape(hint=hint)


def _logical(node: Type) -> tuple[str, str] | None:
    """Kind and logical type, where the one carries the other."""
    pair = (node.kind, str(node.attributes.get("logicalType")))
    return pair if pair in LOGICAL or pair == _FIXED_UUID else None


def _items(node: Type) -> Type:
    if node.items is None:
        raise ContractsAtFault(f"{node.path}: {node.kind} names no type of its items.")
    return node.items


def _array(node: Type, names: Names) -> Shape:
    item = shape(_items(node), names)
    tuple_, list_ = names.python("tuple"), names.python("list")

    return Shape(
        hint=f"{tuple_}[{item.hint}, ...]",
        load=lambda x: f"{tuple_}({item.load('item')} for item in {x})" if item.load else f"{tuple_}({x})",
        dump=lambda x: f"[{item.dump('item')} for item in {x}]" if item.dump else f"{list_}({x})",
    )


def _map(node: Type, names: Names) -> Shape:
    item = shape(_items(node), names)

    def change(inner: _Change | None) -> _Change:
        if inner is None:
            return lambda x: f"{names.python('dict')}({x})"
        return lambda x: f"{{key: {inner('item')} for key, item in {x}.items()}}"

    hint = f"{names.python('Mapping')}[{names.python('str')}, {item.hint}]"
    return Shape(hint=hint, load=change(item.load), dump=change(item.dump))


def _union(node: Type, names: Names) -> Shape:
    others = [branch for branch in node.branches if branch.kind != "null"]
    if len(others) > 1 or not node.branches:
        raise ContractsAtFault(f"{node.path}: typed records take one type besides null in a union.")
    if not others:
        return Shape(hint="None")
    inner = shape(others[0], names)
    if len(node.branches) == 1:
        return inner

    def change(through: _Change | None) -> _Change | None:
        return (lambda x: f"None if {x} is None else {through(x)}") if through else None

    return Shape(hint=f"{inner.hint} | None", load=change(inner.load), dump=change(inner.dump))


_SHAPES: dict[str, Callable[[Type, Names], Shape]] = {
    "null": lambda _node, _names: Shape(hint="None"),
    "record": _record,
    "enum": _enum,
    "array": _array,
    "map": _map,
    "union": _union,
}


def default(f: Field, names: Names) -> str | None:
    """The field's default as its class holds it; None where a record must be given a value.

    That is so without a default in the schema, and with one of a logical type. Raises `ContractsAtFault` for
    a default that is no value of its type.
    """
    if not f.has_default:
        return None
    try:
        made = _literal(f.type, f.default, names)
    except (ValueError, TypeError, OverflowError):
        raise ContractsAtFault(f"{f.path}: the default of {f.name} is no value of its type.") from None
    except RecursionError:
        raise ContractsAtFault(f"{f.path}: the default of {f.name} holds itself without end.") from None
    anew = {"map", "record"} & {node.kind for node in walk(_chosen(f.type, f.default))}
    if made is None or not anew or made == "()":
        return made
    # A lambda looks its names up in the module, and when all of its classes are there.
    factory = names.python("dict") if made == "{}" else f"lambda: {made}"
    return f"{names.python('field')}(default_factory={factory})"


def _chosen(node: Type, value: Any) -> Type:
    """The branch of a union that a default is a value of; any other type is itself."""
    if node.kind != "union":
        return node
    return next((branch for branch in node.branches if fits(value, branch)), node.branches[0])


def _literal(node: Type, value: Any, names: Names) -> str | None:
    """A schema's default as an expression; None where a logical type is in it."""
    node = _chosen(node, value)
    if write := _LITERALS.get(node.kind):
        return write(node, value, names)
    if not fits(value, node):
        raise ValueError
    return None if _logical(node) else _scalar(node, value, names)


def _scalar(node: Type, value: Any, names: Names) -> str:
    if node.kind == "enum":
        return f"{names.inside(node)}.{names.member(node, value)}"
    if node.kind in ("bytes", "fixed"):
        return repr(value.encode("iso-8859-1"))
    return quoted(value) if node.kind == "string" else repr(value)


def _number(_node: Type, value: Any, names: Names) -> str:
    number = float(value)
    # JSON has no NaN and no infinity: some write them as text.
    if isinstance(value, bool) or (isinstance(value, str) and math.isfinite(number)):
        raise TypeError
    return repr(number) if math.isfinite(number) else f'{names.python("float")}("{number}")'


def _items_made(node: Type, value: Any, names: Names) -> str | None:
    if not isinstance(value, list):
        raise TypeError
    made = [_literal(_items(node), item, names) for item in value]
    return None if None in made else f"({', '.join(map(str, made))}{',' * (len(made) == 1)})"


def _entries_made(node: Type, value: Any, names: Names) -> str | None:
    if not isinstance(value, dict):
        raise TypeError
    made = {quoted(key): _literal(_items(node), item, names) for key, item in value.items()}
    return None if None in made.values() else f"{{{', '.join(f'{k}: {v}' for k, v in made.items())}}}"


def _record_made(node: Type, value: Any, names: Names) -> str | None:
    if not isinstance(value, dict) or value.keys() - node.index.keys():
        raise ValueError
    given = []
    for f in node.fields:
        if f.name not in value and not f.has_default:
            raise ValueError
        made = _literal(f.type, value.get(f.name, f.default), names)
        if made is None:
            return None
        given.append(f"{attribute(f.name)}={made}")
    return f"{names.inside(node)}({', '.join(given)})"


_LITERALS: dict[str, Callable[[Type, Any, Names], str | None]] = {
    "array": _items_made,
    "map": _entries_made,
    "record": _record_made,
    "float": _number,
    "double": _number,
}
