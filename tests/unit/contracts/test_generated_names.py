"""No name of a contract, wherever it stands, meets one of Python's, of the generated module's, or another."""

from __future__ import annotations

import builtins
import dataclasses
import enum
import keyword
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import ContractsAtFault
from contracts.generate import module_name, module_text, module_texts
from contracts.generate.python import attribute
from tests.unit.contracts.built import contract
from tests.unit.contracts.generated import (
    EVERY_KIND,
    VALUES,
    defaults_agree,
    enum_type,
    goes_round,
    record,
    record_type,
)


def words(text: str) -> list[str]:
    return text.split()


AVRO = words("null boolean int long float double bytes string record enum array map fixed")
MACHINERY = words("_HAS_DEFAULT_FACTORY _dflt_a _dflt_name _type_a __post_init__ __slots__ BUILTINS")
PYTHON = {
    "builtins": dir(builtins),
    "keyword": [*keyword.kwlist, *keyword.softkwlist],
    "typing": typing.__all__,
    "enum": [*enum.__all__, *dir(enum.Enum), *dir(str), *words("_ignore_ _order_ _order mro")],
    "dataclasses": [*dataclasses.__all__, *dir(object), *MACHINERY],
    "the module itself": words(
        "Mapping dataclass field Any ClassVar datetime date time Decimal UUID Enum annotations "
        "SCHEMA TOPIC VERSION from_dict to_dict cls self value item key"
    ),
    "underscores": words("_ __ ___ ____ _a _a_ __a __a_ _a__ __a__ _E__a _E__a_ _E___a _R__a"),
    "the escape itself": words("avro avro_ avro__a avroavro__a avro_a_ avro_dflt_a __deleted Avro"),
    "aliases": words("_str _str_ _Mapping _dataclass _dict _newer_symbol _R _E R_ E_ t_E"),
}
FIRST_IN = {name: where for where, names in reversed(PYTHON.items()) for name in names}


def as_fields(name: str) -> dict[str, Any]:
    own: list[dict[str, Any]] = [
        {"name": name, "type": "string", "default": name},
        {"name": f"{name}_", "type": {"type": "map", "values": "int"}, "default": {}},
        {"name": f"{name}__", "type": enum_type(name, "last"), "default": name},
    ]
    return record(*own, *EVERY_KIND)


def as_symbols(name: str) -> dict[str, Any]:
    states = enum_type(name, f"{name}_", f"{name}__")
    own: list[dict[str, Any]] = [
        {"name": "e", "type": states, "default": f"{name}_"},
        {"name": "m", "type": ["null", "E"], "default": None},
    ]
    return record(*own, *EVERY_KIND)


def as_types(name: str) -> dict[str, Any]:
    inner = record({"name": "a", "type": "string", "default": ""}, name=name)
    more = record(
        {"name": "a", "type": f"t.{name}"},
        {"name": "m", "type": {"type": "map", "values": f"t.{name}"}},
        name=f"{name}_",
    )
    own: list[dict[str, Any]] = [
        {"name": "r", "type": inner, "default": {}},
        {"name": "list_of", "type": {"type": "array", "items": more}, "default": []},
        {"name": "e", "type": enum_type("A", "B", name=f"{name}__"), "default": "B"},
    ]
    return record(*own, *EVERY_KIND)


def as_root(name: str) -> dict[str, Any]:
    held = {"name": "e", "type": enum_type("A", name, name=f"{name}_"), "default": name}
    again = {"name": "again", "type": ["null", f"t.{name}"], "default": None}
    return record(held, again, *EVERY_KIND, name=name)


def as_all(name: str) -> dict[str, Any]:
    states = enum_type(f"{name}_", name, name=f"{name}_")
    inner = record({"name": name, "type": states, "default": name}, name=name)
    own: list[dict[str, Any]] = [
        {"name": f"{name}_", "type": f"t.{name}_", "default": f"{name}_"},
        {"name": "more", "type": {"type": "map", "values": f"t.{name}"}, "default": {"a": {}}},
    ]
    return record({"name": name, "type": inner, "default": {}}, *own, *EVERY_KIND)


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "fields": as_fields,
    "symbols": as_symbols,
    "types": as_types,
    "the record itself": as_root,
    "all at once": as_all,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("where", PYTHON)
def test_every_name_of_pythons_is_a_name_like_another_as_is_the_same_name_with_underscores_behind_it(
    where: str, place: str
) -> None:
    broken = {}
    for name in (name for name, first in FIRST_IN.items() if first == where):
        try:
            goes_round(PLACES[place](name))
        except Exception as error:  # noqa: PERF203
            broken[name] = repr(error)
    assert broken == {}


SHARPEST = words(
    "date time str type Enum field UUID _ mro title __deleted _order_ SCHEMA TOPIC value object classmethod "
    "annotations from dict Mapping list tuple item _E__a _R _E NotImplemented ClassVar Any dataclass"
)


def test_a_strict_type_checker_takes_a_module_whatever_names_are_in_it(tmp_path: Path) -> None:
    for place, schema in PLACES.items():
        for name in SHARPEST:
            file = tmp_path / f"{place.replace(' ', '_')}_{name}.py"
            file.write_text(module_text(contract(schema(name))), encoding="utf-8")
    check = [sys.executable, "-m", "mypy", "--strict", "--python-version=3.10", "--cache-dir=cache", "."]
    done = subprocess.run(check, capture_output=True, text=True, cwd=tmp_path, timeout=240, check=False)
    count = len(PLACES) * len(SHARPEST)
    assert done.stdout == f"Success: no issues found in {count} source files\n", done.stderr


def test_what_dataclasses_look_up_in_a_module_is_no_type_of_the_contract() -> None:
    for name in [*dir(builtins), "MISSING", "FrozenInstanceError"]:
        made = record_type(record({"name": "a", "type": "string"}, name=name))
        assert hash(made(a="rain")) == hash(made(a="rain"))
        assert {made(a="rain"), made(a="rain"), made(a="snow")} == {made(a="snow"), made(a="rain")}
        assert made(a="rain") != "rain"


def test_a_default_is_filled_in_whatever_the_fields_beside_it_are_called() -> None:
    tags = {"name": "tags", "type": {"type": "map", "values": "int"}, "default": {"a": 1}}
    for name in {*MACHINERY, *dir(dataclasses), "_dflt_tags", "_type_tags", "self"}:
        defaults_agree(record({"name": name, "type": "string", "default": name}, tags))


ADDED_BESIDE = [
    "from",
    "from_",
    "from__",
    "__deleted",
    "avro__deleted",
    "TOPIC",
    "TOPIC_",
    "date",
    "str",
    "R",
]


def test_a_field_keeps_its_name_whatever_fields_and_types_come_beside_it() -> None:
    alone = {
        name: [f.name for f in dataclasses.fields(record_type(record({"name": name, "type": "int"})))]
        for name in ADDED_BESIDE
    }
    together = record_type(record(*({"name": name, "type": "int"} for name in ADDED_BESIDE), *EVERY_KIND))
    assert [[f.name] for f in dataclasses.fields(together)][: len(alone)] == list(alone.values())


def test_code_that_meets_no_name_of_the_contract_imports_under_plain_names() -> None:
    text = module_text(contract(record(*EVERY_KIND)))
    assert not re.search(r"import \w+ as |from builtins", text)


def test_types_of_one_short_name_are_classes_of_their_own_and_the_first_keeps_the_name() -> None:
    parts = [
        {**record({"name": f"in_{len(space)}", "type": "string"}, name="Part"), "namespace": space}
        for space in ("rain", "snow.old", "snow_old")
    ]
    states = [{**enum_type(symbol, name="Part"), "namespace": symbol} for symbol in ("A", "snow")]
    types = [*parts, *states, {**record(name="snow_Part"), "namespace": ""}]
    schema = record(*({"name": f"f{number}", "type": of} for number, of in enumerate(types)))
    made = goes_round(schema)
    classes = [type(getattr(made, f"f{number}")).__name__ for number in range(len(types))]
    assert classes == ["Part", "snow_old_Part", "snow_old_Part_", "A_Part", "snow_Part", "snow_Part_"]
    assert (made.f0.in_4, made.f3.value) == (VALUES["string", "None"], "A")


@pytest.mark.parametrize(
    ("topic", "module"),
    [
        ("topic-weather.final", "topic_weather_final"),
        ("class", "class_"),
        ("class_", "class__"),
        ("1st", "avro1st"),
        ("__init__", "avro__init__"),
        ("--init--", "avro__init__"),
        ("Wetter-für-alle", "Wetter_f_r_alle"),
        ("match", "match"),
    ],
)
def test_a_topics_module_can_be_imported_by_its_name(topic: str, module: str) -> None:
    assert module_name(contract(record(), topic=topic)) == module
    compile(f"from records.{module} import R", "user", "exec")


@pytest.mark.parametrize("topic", ['a"b', "a\\", "a\n", "\ud800", '"""', "a" * 249])
def test_any_name_of_a_folder_is_a_topic_in_the_module(topic: str) -> None:
    made = ModuleType("generated_records")
    sys.modules[made.__name__] = made
    exec(compile(module_text(contract(record(), topic=topic)), "records", "exec"), made.__dict__)
    assert topic == made.R.TOPIC


def test_two_topics_of_one_module_are_refused_before_either_is_written() -> None:
    topics = [contract(record(), topic=topic) for topic in ("rain.daily", "rain-hourly", "rain-daily")]
    assert list(module_texts(topics[:2])) == ["rain_daily", "rain_hourly"]
    with pytest.raises(
        ContractsAtFault, match=r"rain\.daily and rain-daily would both have the module rain_daily"
    ):
        module_texts(topics)


NAME = st.one_of(
    st.sampled_from(sorted(FIRST_IN)),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True),
    st.from_regex(r"(avro)?_{0,3}(E|R|a|from|dflt_a|str)_{0,3}", fullmatch=True),
)
SCALARS = st.sampled_from(
    [
        ("string", "a"),
        ("int", 1),
        ("double", float("nan")),
        ("bytes", "\u00ff"),
        ("boolean", True),
        (["null", "int"], None),
        ({"type": "map", "values": "string"}, {"a": "b"}),
        ({"type": "array", "items": "int"}, [1, 2]),
        ("null", None),
    ]
)


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A record of fields, enums and records whose names are drawn from one pool, so that they often meet."""
    pool = draw(st.lists(NAME, min_size=3, max_size=8, unique=True))
    text = st.text(st.characters(exclude_categories=()), max_size=12)
    types = [name for name in pool if name not in AVRO]
    spaces = draw(st.lists(st.sampled_from(["t", "u", "t.u"]), min_size=len(types), max_size=len(types)))
    held: list[tuple[Any, Any]] = []
    for name, space in zip(types, spaces, strict=True):
        if draw(st.booleans()):
            symbols = draw(st.permutations(pool))
            made: Any = enum_type(*symbols, name=name)
            value: Any = draw(st.sampled_from(symbols))
        else:
            scalars = [(n, *draw(SCALARS)) for n in pool]
            made = record(*({"name": n, "type": of, "default": one} for n, of, one in scalars), name=name)
            value = {}
        held.append(({**made, "namespace": space, "doc": draw(text)}, value))
    fields = [
        {"name": name, "type": of, "default": value, "doc": draw(text), "unit": draw(text)}
        for name in draw(st.permutations(pool))
        for of, value in [(held or [draw(SCALARS)]).pop()]
    ]
    name = draw(st.sampled_from(types or ["R"]))
    return {**record(*fields, name=name), "namespace": "root", "doc": draw(text)}


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(schemas())
def test_any_names_and_any_texts_together_compile_and_go_round(schema: dict[str, Any]) -> None:
    goes_round(schema)
    defaults_agree(schema)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(NAME, unique=True, max_size=30))
def test_no_two_fields_become_one_attribute(names: list[str]) -> None:
    made = [attribute(name) for name in names]
    assert len(set(made)) == len(made)
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in made)
