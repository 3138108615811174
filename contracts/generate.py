"""Writes typed records: one Python module for each contract, from its newest version."""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts.compatibility.schema import NO_DEFAULT, Field, Type, parse, walk
from contracts.errors import ContractsAtFault
from contracts.model import Contract, JsonSchema

_WIDTH = 100
_TAKEN_IN_RECORD = frozenset({"from_dict", "to_dict"})
_TAKEN_IN_ENUM = frozenset({"mro", "name", "value"})
_NO_RESOLUTION = frozenset({"doc", "unit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Python:
    """How a type looks in Python. `load` and `dump` turn an expression of the Avro value into one of the
    record's and back; None where they are the same value.
    """

    hint: str
    load: Callable[[str], str] | None = None
    dump: Callable[[str], str] | None = None


_PLAIN = {
    "null": "None",
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
_MODULES = {"datetime": ("date", "datetime", "time"), "decimal": ("Decimal",), "uuid": ("UUID",)}


def module_name(contract: Contract) -> str:
    """Name of the module of a contract's records, such as `topic_weather_final`."""
    return "".join(c if c.isalnum() else "_" for c in contract.topic)


def module_text(contract: Contract) -> str:
    """Source of the module; the same contract always gives the same text.

    Raises `ContractsAtFault` for a union of several types besides null, or two types of one short name.
    """
    root = parse(contract.newest.schema)
    named = [node for node in walk(root) if node.kind in ("record", "enum")]
    if len({node.name for node in named}) < len(named):
        raise ContractsAtFault(f"{contract.newest.path}: two types differ only in their namespace.")
    enums = [_enum(node) for node in named if node.kind == "enum"]
    records = [_record(node, contract if node is root else None) for node in _ordered(root)]
    head = f'"""Typed records of `{contract.topic}`, version {contract.newest.number}: '
    head += 'written by `python -m contracts generate`."""'
    names = ["SCHEMA", *sorted(node.name for node in named)]
    exported = "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]"
    schema = f'SCHEMA = r"""\n{_packed(_for_resolution(contract.newest.schema))}"""\n"""The reader schema."""'
    top = "\n\n".join([head, _imports(root, bool(enums)), exported, schema])
    return "\n\n\n".join([top, *enums, *records]) + "\n"


def _ordered(root: Type) -> list[Type]:
    """Records, those that another holds before it."""
    done: dict[int, Type] = {}

    def visit(node: Type, above: frozenset[int]) -> None:
        if id(node) in done or id(node) in above:
            return
        for below in [f.type for f in node.fields] + node.branches + ([node.items] if node.items else []):
            visit(below, above | {id(node)})
        done[id(node)] = node

    visit(root, frozenset())
    return [node for node in done.values() if node.kind == "record"]


def _imports(root: Type, enums: bool) -> str:
    hints = {_python(node).hint for node in walk(root) if node.kind not in ("record", "enum", "union")}
    lines = ["from __future__ import annotations", "", "from collections.abc import Mapping"]
    fields = [f for node in walk(root) for f in node.fields]
    lines.append(
        "from dataclasses import dataclass" + (", field" * any(_default(f) == _NEW_DICT for f in fields))
    )
    wanted = {module: [name for name in names if name in hints] for module, names in _MODULES.items()}
    wanted["enum"] = ["Enum"] if enums else []
    lines += [
        f"from {module} import {', '.join(wanted[module])}" for module in sorted(wanted) if wanted[module]
    ]
    return "\n".join([*lines, "from typing import Any, ClassVar"])


def _enum(node: Type) -> str:
    lines = [f"class {node.name}(str, Enum):", _docstring(str(node.attributes.get("doc") or node.name)), ""]
    lines += [f'    {_safe(symbol, _TAKEN_IN_ENUM)} = "{symbol}"' for symbol in node.symbols]
    if node.enum_default:
        lines += [
            "",
            "    @classmethod",
            f"    def _missing_(cls, _newer_symbol: object) -> {node.name}:",
            f"        return cls.{_safe(node.enum_default, _TAKEN_IN_ENUM)}",
        ]
    return "\n".join(lines)


def _record(node: Type, contract: Contract | None) -> str:
    lines = [
        "@dataclass(frozen=True, slots=True, kw_only=True)",
        f"class {node.name}:",
        _docstring(str(node.attributes.get("doc") or node.name)),
        "",
    ]
    if contract:
        lines += [
            f'    TOPIC: ClassVar[str] = "{contract.topic}"',
            f"    VERSION: ClassVar[int] = {contract.newest.number}",
            "    SCHEMA: ClassVar[str] = SCHEMA",
            "",
        ]
    for f in node.fields:
        default = _default(f)
        lines.append(f"    {_safe(f.name)}: {_python(f.type).hint}" + (f" = {default}" if default else ""))
        if doc := _documentation(f):
            lines.append(_docstring(doc))
    lines += [*_from_dict(node), *_to_dict(node)]
    return "\n".join(lines)


def _from_dict(node: Type) -> Iterator[str]:
    yield from (
        "",
        "    @classmethod",
        f"    def from_dict(cls, value: Mapping[str, Any]) -> {node.name}:",
        '        """Make a record of an Avro decoder\'s dictionary, which holds every field."""',
        "        return cls(",
    )
    for f in node.fields:
        yield f"            {_safe(f.name)}={_through(_python(f.type).load, _item(f))},"
    yield "        )"


def _to_dict(node: Type) -> Iterator[str]:
    yield from (
        "",
        "    def to_dict(self) -> dict[str, Any]:",
        '        """The record as an Avro encoder takes it."""',
        "        return {",
    )
    for f in node.fields:
        yield f'            "{f.name}": {_through(_python(f.type).dump, "self." + _safe(f.name))},'
    yield "        }"


def _item(f: Field) -> str:
    return f'value["{f.name}"]'


def _through(change: Callable[[str], str] | None, expression: str) -> str:
    return change(expression) if change else expression


def _python(node: Type) -> _Python:
    match node.kind:
        case "record":
            return _Python(
                hint=node.name, load=lambda x: f"{node.name}.from_dict({x})", dump=lambda x: f"{x}.to_dict()"
            )
        case "enum":
            return _Python(hint=node.name, load=lambda x: f"{node.name}({x})", dump=lambda x: f"{x}.value")
        case "array":
            return _array(_python(_items(node)))
        case "map":
            return _map(_python(_items(node)))
        case "union":
            return _union(node)
    logical = _LOGICAL.get(str(node.attributes.get("logicalType")))
    return _Python(hint=logical or _PLAIN[node.kind])


def _items(node: Type) -> Type:
    if node.items is None:
        raise ContractsAtFault(f"{node.path}: {node.kind} names no type of its items.")
    return node.items


def _array(item: _Python) -> _Python:
    return _Python(
        hint=f"tuple[{item.hint}, ...]",
        load=lambda x: f"tuple({item.load('item')} for item in {x})" if item.load else f"tuple({x})",
        dump=lambda x: f"[{item.dump('item')} for item in {x}]" if item.dump else f"list({x})",
    )


def _map(item: _Python) -> _Python:
    def change(inner: Callable[[str], str] | None) -> Callable[[str], str]:
        if inner is None:
            return lambda x: f"dict({x})"
        return lambda x: f"{{key: {inner('item')} for key, item in {x}.items()}}"

    return _Python(hint=f"Mapping[str, {item.hint}]", load=change(item.load), dump=change(item.dump))


def _union(node: Type) -> _Python:
    others = [branch for branch in node.branches if branch.kind != "null"]
    if len(others) != 1:
        raise ContractsAtFault(f"{node.path}: typed records take one type besides null in a union.")
    inner = _python(others[0])
    if len(node.branches) == 1:
        return inner

    def change(through: Callable[[str], str] | None) -> Callable[[str], str] | None:
        return (lambda x: f"None if {x} is None else {through(x)}") if through else None

    return _Python(hint=f"{inner.hint} | None", load=change(inner.load), dump=change(inner.dump))


_NEW_DICT = "field(default_factory=dict)"


def _default(f: Field) -> str | None:
    """The field's default in Python; None where the record must be given a value."""
    node = f.type.branches[0] if f.type.kind == "union" else f.type
    kind = node.kind
    if f.default is NO_DEFAULT or node.attributes.get("logicalType"):
        return None
    if f.default is None or kind in ("boolean", "int", "long"):
        return repr(f.default)
    if kind in ("float", "double"):
        return repr(float(f.default))
    if kind == "string":
        return json.dumps(f.default)
    if kind == "enum":
        return f"{node.name}.{_safe(f.default, _TAKEN_IN_ENUM)}"
    return {"array": "()", "map": _NEW_DICT}.get(kind) if not f.default else None


def _documentation(f: Field) -> str:
    doc, unit = str(f.attributes.get("doc") or "").strip(), f.attributes.get("unit")
    return f"{doc.removesuffix('.')} ({unit})." if unit else doc


def _docstring(text: str) -> str:
    safe = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return textwrap.fill(f'"""{safe}"""', _WIDTH, initial_indent="    ", subsequent_indent="    ")


def _safe(name: str, taken: frozenset[str] = _TAKEN_IN_RECORD) -> str:
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def _for_resolution(node: Any) -> Any:
    """A schema without what does not matter for reading: docs and units."""
    if isinstance(node, list):
        return [_for_resolution(branch) for branch in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in _NO_RESOLUTION}
    below: JsonSchema = {
        key: _for_resolution(kept[key]) for key in ("type", "items", "values") if key in kept
    }
    if "fields" in kept:
        below["fields"] = [_for_resolution(row) for row in kept["fields"]]
    return {**kept, **below}


def _packed(schema: JsonSchema) -> str:
    """JSON broken between its tokens, never inside one."""
    lines = [""]
    for token in json.JSONEncoder(separators=(",", ":")).iterencode(schema):
        if len(lines[-1]) + len(token) > _WIDTH:
            lines.append("")
        lines[-1] += token
    return "\n".join(lines)
