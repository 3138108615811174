"""The source of a module of typed records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from contracts.errors import ContractsAtFault
from contracts.evolution.compatibility.schema import Field, Type, parse, walk
from contracts.folder.model import Contract
from contracts.generate.deprecated import Deprecated, deprecated_fields
from contracts.generate.python import (
    Names,
    attribute,
    docstring,
    escaped,
    for_resolution,
    module_of,
    packed,
    quoted,
)
from contracts.generate.types import default, shape
from contracts.generations.mapping import Succession

_LONGEST_LINE = 110


def module_name(contract: Contract) -> str:
    """Name of the module of a contract's records, such as `topic_weather_final`.

    A contract that shares the versions of another topic shares its module.
    """
    return module_of(contract.schemas_of or contract.topic)


def record_name(contract: Contract) -> str:
    """Name of the class of the topic's records; raises `UnusableSetting` for what is no schema."""
    root = parse(contract.newest.schema)
    return Names(root).class_of(root)


def module_texts(
    contracts: Iterable[Contract], made: Mapping[str, Succession] = MappingProxyType({})
) -> dict[str, str]:
    """Source of every contract's module by the module's name.

    `made` is how the records of a topic come from those of the generation before, where there is one.
    Raises `ContractsAtFault` as `module_text` does, and where two topics would have one module.
    """
    topics: dict[str, str] = {}
    texts: dict[str, str] = {}
    for contract in contracts:
        name = module_name(contract)
        if name in topics:
            raise ContractsAtFault(
                f"the topics {topics[name]} and {contract.topic} would both have the module {name}: "
                "generate them into folders of their own."
            )
        topics[name], texts[name] = contract.topic, module_text(contract, made.get(contract.topic))
    return texts


def module_text(contract: Contract, made: Succession | None = None) -> str:
    """Source of the module; the same contract always gives the same text.

    `made` is how its records come from those of the generation before. Raises `ContractsAtFault` for a union
    of several types besides null, or a default that is no value of its type.
    """
    root = parse(contract.newest.schema)
    names = Names(root)
    classes: list[str] = []
    enums = [node for node in walk(root) if node.kind == "enum"]
    gone = deprecated_fields(contract.deprecated, root, names)
    mapping = _mapping(made) if made else []
    contract = replace(contract, succeeds=made.old if made else None)
    for node in [*enums, *_ordered(root)]:
        is_enum, is_root = node.kind == "enum", node is root
        lines = _enum(node, names) if is_enum else _record(node, contract, is_root, names, gone)
        classes.append("\n".join(lines))
        if names.inside(node) != names.class_of(node):
            classes.append(f"{names.inside(node)} = {names.class_of(node)}")
    head = f"Typed records of `{contract.topic}`, version {contract.newest.number}: "
    head = f'"""{escaped(head)}written by `python -m contracts generate`."""'
    exported = "".join(
        f"    {quoted(name)},\n" for name in [*["MAPPING"] * bool(mapping), "SCHEMA", *names.classes]
    )
    schema = f'SCHEMA = r"""\n{packed(for_resolution(contract.newest.schema))}"""\n"""The reader schema."""'
    imports = "\n".join(["from __future__ import annotations", "", *names.imports()])
    top = "\n\n".join([head, imports, f"__all__ = [\n{exported}]", schema, *mapping])
    return "\n\n\n".join([top, *classes]) + "\n"


def _mapping(made: Succession) -> list[str]:
    held = {**made.as_json(), "schema": for_resolution(dict(made.schema))}
    about = (
        f'"""How records of `{escaped(made.old)}` become these: `consume(…, through=…)` takes the class."""'
    )
    return [f'MAPPING = r"""\n{packed(held)}"""\n{about}']


def _ordered(root: Type) -> list[Type]:
    """Records, those that another holds before it."""
    done: dict[int, Type] = {}

    def visit(node: Type, above: frozenset[int]) -> None:
        if id(node) in done or id(node) in above:
            return
        for below in node.below:
            visit(below, above | {id(node)})
        done[id(node)] = node

    visit(root, frozenset())
    return [node for node in done.values() if node.kind == "record"]


def _enum(node: Type, names: Names) -> Iterator[str]:
    yield f"class {names.class_of(node)}({names.python('str')}, {names.python('Enum')}):"
    yield docstring(_doc(node) or node.name)
    yield ""
    for symbol in node.symbols:
        yield f'    {names.member(node, symbol)} = "{symbol}"'
    if node.enum_default:
        yield ""
        yield f"    @{names.python('classmethod')}"
        yield f"    def _missing_(cls, _newer_symbol: {names.python('object')}) -> {names.inside(node)}:"
        yield f"        return cls.{names.member(node, node.enum_default)}"


def _record(
    node: Type, contract: Contract, root: bool, names: Names, gone: Mapping[int, Deprecated]
) -> Iterator[str]:
    own = {f.name: gone[id(f)] for f in node.fields if id(f) in gone}
    for f in node.fields:
        if f.name in own and own[f.name].kind:
            yield from own[f.name].typed(shape(f.type, names).hint, names)
    for deprecated in own.values():
        yield from deprecated.decorator(names)
    yield f"@{names.python('dataclass')}(frozen=True, slots=True, kw_only=True)"
    yield f"class {names.class_of(node)}:"
    yield docstring(_doc(node) or node.name)
    yield ""
    if root:
        class_var, text = names.python("ClassVar"), names.python("str")
        yield f"    TOPIC: {class_var}[{text}] = {quoted(contract.topic)}"
        yield f"    VERSION: {class_var}[{names.python('int')}] = {contract.newest.number}"
        yield f"    SCHEMA: {class_var}[{text}] = SCHEMA"
        if contract.succeeds:
            yield f"    MAPPING: {class_var}[{text}] = MAPPING"
        yield ""
    for f in node.fields:
        value = default(f, names)
        declared = f"{attribute(f.name)}: {shape(f.type, names).hint}" + (f" = {value}" if value else "")
        kind, words = (own[f.name].kind, own[f.name].words) if f.name in own else ("", "")
        if kind:
            yield "    if TYPE_CHECKING:"
            yield f"        {attribute(f.name)}: {kind} = {kind}()"
            yield "    else:"
            yield f"        {declared}"
        else:
            yield f"    {declared}"
        if doc := f"{_documentation(f)} {words}".strip():
            yield docstring(doc)
    yield from _from_dict(node, names)
    yield from _to_dict(node, names)


def _from_dict(node: Type, names: Names) -> Iterator[str]:
    dictionary = f"{names.python('Mapping')}[{names.python('str')}, {names.python('Any')}]"
    yield ""
    yield f"    @{names.python('classmethod')}"
    yield f"    def from_dict(cls, value: {dictionary}) -> {names.inside(node)}:"
    yield '        """Make a record of an Avro decoder\'s dictionary, which holds every field."""'
    yield "        return cls("
    for f in node.fields:
        yield _one_of_many(f"{attribute(f.name)}=", _through(shape(f.type, names).load, _item(f)))
    yield "        )"


def _to_dict(node: Type, names: Names) -> Iterator[str]:
    yield ""
    yield f"    def to_dict(self) -> {names.python('dict')}[{names.python('str')}, {names.python('Any')}]:"
    yield '        """The record as an Avro encoder takes it."""'
    yield "        return {"
    for f in node.fields:
        yield _one_of_many(f'"{f.name}": ', _through(shape(f.type, names).dump, f"self.{attribute(f.name)}"))
    yield "        }"


def _one_of_many(name: str, value: str) -> str:
    """A line of a call or a dictionary; a long one is broken as a formatter would."""
    line = f"            {name}{value},"
    if len(line) <= _LONGEST_LINE:
        return line
    return line.replace(" if ", "\n            if ", 1).replace(" else ", "\n            else ", 1)


def _item(f: Field) -> str:
    return f'value["{f.name}"]'


def _through(change: Callable[[str], str] | None, expression: str) -> str:
    return change(expression) if change else expression


def _doc(node: Type | Field) -> str:
    return str(node.attributes.get("doc") or "").strip()


def _documentation(f: Field) -> str:
    doc, unit = _doc(f), f.attributes.get("unit")
    return f"{doc.removesuffix('.')} ({unit})." if unit else doc
