"""What the parameters of a check are: a row for each kind, with the values and the fields that it takes.

A row is asked twice: whether a value is of its kind, when `contract.yaml` is read, and whether it suits the
type of the field that the rule looks at.
"""

from __future__ import annotations

import math
import re
import reprlib
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.checks.patterns import LONGEST, unlike
from contracts.evolution.compatibility.readable import SPARK_NUMBERS, meaning
from contracts.evolution.compatibility.schema import Type
from contracts.process.times import LENGTH, milliseconds

Parameters = Mapping[str, Any]
Problem = tuple[str, str]
"""What a rule does wrong, as a verb and its object, and what to write instead."""

NUMBERS = frozenset({"int", "long", "float", "double", "decimal"})
TEXTS = frozenset({"string", "enum"})
TIMES = frozenset({"timestamp-millis", "timestamp-micros"})
ORDERED = NUMBERS | TIMES | {"date", "local-timestamp-millis", "local-timestamp-micros"}
LISTED = NUMBERS | TEXTS | {"boolean"}
GROUPED = ORDERED | LISTED | {"bytes", "fixed", "time-millis", "time-micros"}
"""Types of fields, by what Spark does with them: compare two, look one up in a list, find equal ones."""

_FIELD = {"type": "string", "minLength": 1}
_FEW = {"type": "array", "minItems": 1, "uniqueItems": True}
"""JSON Schema of a field's name, and of a list."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What one parameter of a check is."""

    takes: Callable[[Any], Problem | None]
    """What is wrong with a value, whatever the fields are."""
    schema: Mapping[str, Any]
    """The JSON Schema of the values that it takes, as far as one can say."""
    required: bool = True
    names_fields: bool = False
    helps: bool = False
    """Whether the fields that it names help to judge, and are not judged themselves."""
    fits: Callable[[Any, Parameters, Type], Problem | None] = field(default=lambda *_: None)
    """What is wrong with a value of the kind beside the other parameters, for records of that type."""


def shown(value: Any) -> str:
    """A value in a message, nearly as YAML has it; a long one is cut."""
    return {None: "null", True: "true", False: "false"}[value] if _is_word(value) else _SHORT.repr(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _of_types(types: frozenset[str] | None) -> str:
    return f" of the type {', '.join(sorted(types))}" if types else ""


def a_field(
    types: frozenset[str] | None = None, *, required: bool = True, like: str = "", helps: bool = False
) -> Parameter:
    """The name of a field: of one of the Avro types, and of the sort of the field in the parameter `like`."""

    def fits(name: str, parameters: Parameters, root: Type) -> Problem | None:
        return _unsuited(name, types, root) or (_unlike(name, parameters.get(like), root) if like else None)

    schema = {**_FIELD, "description": f"A field{_of_types(types)}."}
    return Parameter(takes=_name, schema=schema, required=required, names_fields=True, helps=helps, fits=fits)


def some_fields(types: frozenset[str]) -> Parameter:
    """The names of one field or more, each of one of the Avro types."""

    def fits(names: list[str], _: Parameters, root: Type) -> Problem | None:
        return next((problem for name in names if (problem := _unsuited(name, types, root))), None)

    schema = {**_FEW, "items": _FIELD, "description": f"Fields{_of_types(types)}."}
    return Parameter(takes=lambda names: _list(names, _name), schema=schema, names_fields=True, fits=fits)


def a_number(
    *, least: float = -math.inf, most: float = math.inf, above: float = -math.inf, whole: bool = False,
    required: bool = False,
) -> Parameter:  # fmt: skip
    """A finite number within bounds."""
    lowest = f"above {above}" if above > -math.inf else f"from {least} on" if least > -math.inf else ""
    wanted = f"{'a whole' if whole else 'a'} number {lowest}".strip() + (
        f" to {most}" if most < math.inf else ""
    )

    def takes(value: Any) -> Problem | None:
        if (problem := _number(value)) is not None:
            return problem
        if (whole and not isinstance(value, int)) or not (least <= value <= most and above < value):
            return f"has {shown(value)} where {wanted} belongs", f"write {wanted}"
        return None

    bounds = {"minimum": least, "maximum": most, "exclusiveMinimum": above}
    schema = {
        "type": "integer" if whole else "number",
        **{name: bound for name, bound in bounds.items() if math.isfinite(bound)},
        "description": f"{wanted[0].upper()}{wanted[1:]}.",
    }
    return Parameter(takes=takes, schema=schema, required=required)


def a_length(*, some: bool = False, required: bool = False) -> Parameter:
    """A length of time; `some` of it, if it may not be none."""

    def takes(value: Any) -> Problem | None:
        try:
            return ("has no time at all", "write 1s or more") if milliseconds(value) == 0 and some else None
        except ValueError as error:
            why, _, instead = str(error).partition(": ")
            return why, instead

    pattern = f"^{'(?!0+[a-z]$)' if some else ''}{LENGTH}$"
    schema = {"type": "string", "pattern": pattern, "description": "A length of time: 90s, 5m, 2h or 1d."}
    return Parameter(takes=takes, schema=schema, required=required)


def some_values(*, of: str = "field", verb: str = "allows", required: bool = True) -> Parameter:
    """A list of texts, of numbers or of truth values, as the type of the field in `of` has them.

    `verb` says in a message what the rule does with one of them.
    """

    def fits(values: list[Any], parameters: Parameters, root: Type) -> Problem | None:
        return _never_held(values, verb, str(parameters.get(of)), root)

    schema = {
        **_FEW,
        "items": {"type": ["string", "number", "boolean"]},
        "description": f"Values as the field in `{of}` has them.",
    }
    return Parameter(takes=lambda values: _list(values, _value), schema=schema, required=required, fits=fits)


def a_value(*, of: str) -> Parameter:
    """A finite number that each of the fields in the parameter `of` can hold."""

    def fits(value: Any, parameters: Parameters, root: Type) -> Problem | None:
        names = parameters.get(of)
        named = names if isinstance(names, list) else [names]
        problems = (_never_held([value], "looks for", str(name), root) for name in named)
        return next((problem for problem in problems if problem), None)

    schema = {"type": "number", "description": f"A number that each of `{of}` can hold."}
    return Parameter(takes=_number, schema=schema, fits=fits)


def two_bounds() -> Parameter:
    """A list of two finite numbers, of which the second is not the smaller one."""
    number, about = {"type": "number"}, "The smallest and the largest number: [min, max]."
    schema = {"type": "array", "items": number, "minItems": 2, "maxItems": 2, "description": about}
    return Parameter(takes=_bounds, schema=schema)


def a_pattern() -> Parameter:
    """A regular expression that Java and Python read alike."""
    about = "A regular expression that Java and Python read alike."
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "description": about}
    return Parameter(takes=lambda pattern: _text(pattern) or unlike(pattern), schema=schema)


def _name(value: Any) -> Problem | None:
    return _text(value) or (None if value else ("has a field without a name", "name a field"))


def _text(value: Any) -> Problem | None:
    if isinstance(value, str):
        return None
    written = f'"{shown(value)}", in quotes' if isinstance(value, (bool, int, float)) else "a text"
    return f"has {shown(value)} where a text belongs", f"write {written}"


def _number(value: Any) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        written = f"{value}, without quotes" if _reads_as_number(value) else "one such as 10 or 0.5"
        return f"has {shown(value)} where a number belongs", f"write {written}"
    if not (_is_whole(value, 64) if isinstance(value, int) else math.isfinite(value)):
        return (
            f"has {shown(value)}, which is no bound that a number reaches",
            "leave it out, or write a smaller one",
        )
    return None


def _reads_as_number(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", value) is not None


def _value(value: Any) -> Problem | None:
    if value is None:
        return "has null among its values", "leave it out: a null passes, unless not_null forbids it"
    if isinstance(value, (bool, str)):
        return None
    if isinstance(value, (int, float)):
        return _number(value)
    return f"has {shown(value)} among its values", "write texts, numbers or true and false"


def _bounds(value: Any) -> Problem | None:
    if not isinstance(value, list) or len(value) != 2:
        return f"has {shown(value)} where two numbers belong", "write [min, max]"
    if (problem := next((found for bound in value if (found := _number(bound))), None)) is not None:
        return problem
    low, high = value
    if low > high:
        return f"asks for at least {low} and at most {high}", "write the smaller number first"
    return None


def _list(values: Any, takes: Callable[[Any], Problem | None]) -> Problem | None:
    if not isinstance(values, list):
        return (
            f"has {shown(values)} where a list belongs",
            f"write [{values[:40] if isinstance(values, str) else '…'}]",
        )
    if not values:
        return "has an empty list", "name one at least, or take the rule out"
    if (problem := next((found for value in values if (found := takes(value))), None)) is not None:
        return problem
    # Beside each other 1 and true are equal.
    told = [(isinstance(value, bool), value) for value in values]
    twice = next((value for (_, value), row in zip(told, told, strict=True) if told.count(row) > 1), None)
    return None if twice is None else (f"has {shown(twice)} twice", "write it once")


def type_of(name: str, root: Type) -> tuple[str, Type] | None:
    """Avro's word for what a field of the record is beside null, and its type; None where it has none.

    The word is `union` where Spark makes a struct of the field.
    """
    found = root.field_named(name)
    if found is None:
        return None
    branches = [branch for branch in found.type.branches or [found.type] if branch.kind != "null"]
    words = {meaning(branch) for branch in branches}
    if words in SPARK_NUMBERS:
        return max(words, key=["int", "long", "float", "double"].index), branches[-1]
    return (words.pop(), branches[0]) if len(branches) == 1 else ("union", found.type)


def _unsuited(name: str, types: frozenset[str] | None, root: Type) -> Problem | None:
    found = type_of(name, root)
    if found is None or types is None or found[0] in types:
        return None
    return (
        f"looks at {name}, which is {_article(found[0])}",
        f"name a field of the type {', '.join(sorted(types))}, or judge it by another check",
    )


def _unlike(name: str, other: Any, root: Type) -> Problem | None:
    words = [found[0] for each in (name, other) if isinstance(each, str) and (found := type_of(each, root))]
    sorts = {"number" if w in NUMBERS else "time" if w in TIMES else w for w in words}
    if len(sorts) < 2:
        return None
    return f"compares {other} with {name}, and they are {' and '.join(words[::-1])}", "compare like with like"


def _never_held(values: list[Any], verb: str, name: str, root: Type) -> Problem | None:
    found = type_of(name, root)
    if found is None or found[0] not in LISTED:
        return None
    word, node = found
    wrong = next((value for value in values if not _IS[word](value, node)), None)
    if wrong is None:
        return None
    wanted = f"one of {', '.join(node.symbols)}" if word == "enum" else _WRITTEN[word]
    return (
        f"{verb} {shown(wrong)}, which {name} as {_article(word)} never is",
        f"write {wanted}",
    )


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' and word != 'union' else 'a'} {word}"


def _is_whole(value: Any, bits: int) -> bool:
    return type(value) is int and -(1 << bits - 1) <= value < 1 << bits - 1


def _is_float(value: Any, _: Type) -> bool:
    """Whether a number is one of those that four bytes hold; no other is ever equal to them."""
    try:
        return type(value) in (int, float) and struct.unpack("<f", struct.pack("<f", value))[0] == value
    except OverflowError:
        return False


_IS: dict[str, Callable[[Any, Type], bool]] = {
    "string": lambda value, _: isinstance(value, str),
    "enum": lambda value, node: value in node.symbols,
    "boolean": lambda value, _: isinstance(value, bool),
    "int": lambda value, _: _is_whole(value, 32),
    "long": lambda value, _: _is_whole(value, 64),
    "float": _is_float,
    "double": lambda value, _: type(value) in (int, float),
    "decimal": lambda value, _: type(value) in (int, float),
}
_WRITTEN = {
    "string": "a text, in quotes where YAML would read another thing",
    "boolean": "true or false",
    "int": "a whole number of 32 bits",
    "long": "a whole number of 64 bits",
    "float": "a number that a float holds exactly, such as 0.5, or give bounds with the check range",
    "double": "a number",
    "decimal": "a number",
}
"""Avro's word for a field's type to what its values are, and how they are written."""


def crossed(parameters: Parameters) -> Iterator[tuple[str, Problem]]:
    """Bounds that leave nothing between them, with the parameter that is to change."""
    low, high = parameters.get("min"), parameters.get("max")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        yield "min", (f"asks for at least {low} and at most {high}", "write the smaller number as min")
