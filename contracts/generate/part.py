"""A typed record of some fields of a contract: what `consume(reads=…)` makes of each record.

It is an instance of the whole record's class, in which the other fields are missing rather than null. Its
methods are written for the fields that are read, once for each choice of them.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from contracts.errors import UnusableSetting
from contracts.evolution.compatibility.paths import projected
from contracts.evolution.compatibility.schema import Type, parse, walk
from contracts.generate.python import Names, attribute
from contracts.generate.types import shape

R = TypeVar("R")


def part_of(record_type: type[R], reads: frozenset[str]) -> type[R]:
    """The class of records of `record_type` that have the fields of these dotted names, and no others.

    To ask for another field raises `AttributeError`, which says that it was not read. The same names always
    give the same class. Raises `UnusableSetting` for a name that leads to no field, and for a class that
    `python -m contracts generate` did not write.
    """
    whole: Any = record_type
    part: type[R] = _parts(whole, reads)[0]
    return part


@functools.cache
def _parts(record_type: Any, reads: frozenset[str]) -> list[type[Any]]:
    """The class of the record, and then of each record below it that has some of its fields only."""
    if not (hasattr(record_type, "__dataclass_fields__") and hasattr(record_type, "__slots__")):
        raise UnusableSetting(
            f"reads needs a class that `python -m contracts generate` wrote: {record_type.__name__} is none."
        )
    whole = parse(json.loads(record_type.SCHEMA))
    root, names = projected(whole, reads), _Bound(whole, record_type.__module__)
    changed = [node for node in walk(root) if node.kind == "record" and node not in walk(whole)]
    # What lies within a record before the record itself.
    for number, node in reversed([*enumerate(changed)]):

        def reduce(record: Any, number: int = number) -> Any:
            return _again, (record_type, reads, number, record.to_dict())

        names.bind(node, _part(node, names, reads, {"__reduce__": reduce}))
    return [names.bound[names.inside(node)] for node in changed]


def _again(record_type: Any, reads: frozenset[str], number: int, value: dict[str, Any]) -> Any:
    """What `pickle` and `copy` make a record of."""
    return _parts(record_type, reads)[number].from_dict(value)


class _Bound(Names):
    """The names in generated expressions, each bound to what it means. No attribute begins like them."""

    def __init__(self, whole: Type, module: str) -> None:
        super().__init__(whole)
        nodes = [node for node in walk(whole) if node.kind in ("record", "enum")]
        self.classes_of = {n.full_name: getattr(sys.modules[module], self.class_of(n)) for n in nodes}
        self.bound: dict[str, Any] = {"UUID": UUID, "__name__": module, "__new": object.__new__}
        self._own: dict[int, str] = {}
        for node in nodes:
            self.bind(node, self.classes_of[node.full_name])

    def bind(self, node: Type, to: type[Any]) -> None:
        self._own[id(node)] = f"__class_{len(self._own)}"
        self.bound[self._own[id(node)]] = to

    def inside(self, node: Type) -> str:
        return self._own[id(node)]

    def python(self, name: str) -> str:
        return name


def _part(node: Type, names: _Bound, reads: frozenset[str], more: dict[str, Any]) -> type[Any]:
    whole = names.classes_of[node.full_name]
    attributes = [attribute(f.name) for f in node.fields]
    known = whole.__dataclass_fields__

    def absent(_record: Any, name: str) -> NoReturn:
        if name in known:
            given = ", ".join(sorted(reads))
            raise AttributeError(f"{name} was not read: add it to `reads`, which names {given} alone.")
        raise AttributeError(f"{whole.__name__!r} object has no attribute {name!r}")

    space = {**names.bound, **{f"__set_{name}": getattr(whole, name).__set__ for name in attributes}}
    # Generated here: the names in it are those of the record's class, and texts come by repr.
    exec(compile("\n".join(_source(node, names, whole.__name__)), "<part>", "exec"), space)  # noqa: S102
    methods = {name: space[name] for name in _METHODS}
    return type(
        whole.__name__,
        (whole,),
        {
            **methods,
            **more,
            "from_dict": classmethod(space["from_dict"]),
            "__getattr__": absent,
            "__dataclass_fields__": {name: known[name] for name in attributes},
            "__doc__": whole.__doc__,
            "__module__": whole.__module__,
            "__qualname__": whole.__qualname__,
            "__slots__": (),
        },
    )


_METHODS = ("__init__", "__repr__", "__eq__", "__hash__", "to_dict")


def _source(node: Type, names: Names, name: str) -> Iterator[str]:
    """The methods of a record of `node`'s fields; they take its values out of the slots by their names."""
    fields = [(f.name, attribute(f.name), shape(f.type, names)) for f in node.fields]
    every = "".join(f"__self.{own}, " for _, own, _ in fields)
    yield f"def __init__(__self, *, {', '.join(own for _, own, _ in fields)}):"
    yield from (f"    __set_{own}(__self, {own})" for _, own, _ in fields)
    yield "def from_dict(cls, value):"
    yield "    __self = __new(cls)"
    for field, own, how in fields:
        taken = f"value[{field!r}]"
        yield f"    __set_{own}(__self, {how.load(taken) if how.load else taken})"
    yield "    return __self"
    yield "def to_dict(__self):"
    dumped = ((field, f"__self.{own}", how.dump) for field, own, how in fields)
    yield f"    return {{{', '.join(f'{f!r}: {dump(own) if dump else own}' for f, own, dump in dumped)}}}"
    yield "def __repr__(__self):"
    yield f"    return f'{name}({', '.join(f'{own}={{__self.{own}!r}}' for _, own, _ in fields)})'"
    yield "def __eq__(__self, other):"
    yield "    if other.__class__ is not __self.__class__: return NotImplemented"
    yield f"    return ({every}) == ({every.replace('__self', 'other')})"
    yield "def __hash__(__self):"
    yield f"    return hash(({every}))"
