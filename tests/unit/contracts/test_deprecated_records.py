"""A typed record warns a person who reads a deprecated field, and nobody else; type checkers say it too."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import shutil
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts.avro.decode import Decoder
from contracts.avro.wire import frame
from contracts.folder.model import Deprecation
from contracts.folder.read import HOME
from contracts.generate import module_text
from contracts.generate.part import part_of
from tests.unit.contracts.built import contract
from tests.unit.contracts.generated import (
    EVERY_KIND,
    encoded,
    enum_type,
    module,
    record,
)

GONE = Deprecation(reason="Nobody asks for it.", until=date(2027, 6, 30), successor="b")
LONG = dataclasses.replace(GONE, reason="So. " * 40 + 'A "quoted" word and a back\\slash. ')
WORDS = "is deprecated and stays until 2027-06-30: Nobody asks for it. Read b instead."
SKY = record({"name": "code", "type": "int", "default": 0}, {"name": "text", "type": "string"}, name="Sky")
SCHEMA = record(
    {"name": "a", "type": "int"},
    {"name": "b", "type": ["null", enum_type("X", "Y")], "default": None},
    {"name": "class", "type": ["null", "string"], "default": None, "doc": "A word.", "unit": "1"},
    {"name": "sky", "type": {"type": "array", "items": SKY}, "default": []},
)
DEPRECATED = {"a": GONE, "class": GONE, "sky.code": GONE}
VALUE = {"a": 1, "b": "Y", "class": "c", "sky": [{"code": 7, "text": "t"}]}


@pytest.fixture
def made() -> Any:
    return module(SCHEMA, deprecated=DEPRECATED)


def test_reading_a_deprecated_field_warns_at_the_reader_s_own_line(made: Any) -> None:
    read = made.R.from_dict(VALUE)
    for value, name in ((read, "a"), (read, "class_"), (read.sky[0], "code")):
        with pytest.warns(DeprecationWarning, match=WORDS) as told:
            getattr(value, name)
        assert [Path(one.filename).name for one in told] == [Path(__file__).name]
    with pytest.warns(DeprecationWarning):
        assert (read.a, read.class_, read.sky[0].code) == (1, "c", 7)


def test_whatever_is_done_with_a_whole_record_warns_nobody(made: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body = encoded(SCHEMA, VALUE)
        for record_type in (made.R, part_of(made.R, frozenset({"a", "class", "sky.code"}))):
            reads = None if record_type is made.R else ["a", "class", "sky.code"]
            decoder = Decoder(made.R.SCHEMA, {1: json.dumps(SCHEMA)}.get, reads=reads)
            read = record_type.from_dict(decoder.decode(frame(1, body)))
            assert read == record_type.from_dict(read.to_dict()) == copy.deepcopy(read)
            assert read == pickle.loads(pickle.dumps(read)) == dataclasses.replace(read, class_="c")
            assert hash(read) == hash(copy.copy(read))
            assert "a=1" in repr(read)
            assert dataclasses.asdict(read)["class_"] == "c"
            with pytest.raises(dataclasses.FrozenInstanceError):
                read.a = 2
        assert (made.R(a=1).b, made.R.from_dict(VALUE).sky[0].text) == (None, "t")


def test_a_module_without_a_deprecated_field_is_what_it_was(made: Any) -> None:
    assert module_text(contract(SCHEMA)) == module_text(contract(SCHEMA, deprecated={"lost": GONE}))
    assert "deprecates" not in module_text(contract(SCHEMA))
    plain = module(SCHEMA)
    member = type(plain.R.b)
    assert [type(getattr(plain.R, f.name)) for f in dataclasses.fields(plain.R)] == [member] * 4
    # Of a module with some, the fields that are not deprecated are read as ever.
    assert [type(getattr(made.R, name)) for name in ("b", "sky")] == [member] * 2


def test_the_docstring_of_a_deprecated_field_says_so() -> None:
    assert '"""A word (1). class is deprecated' in module_text(contract(SCHEMA, deprecated=DEPRECATED))


USE = """
from __future__ import annotations

from deprecating import R, Sky

made = R(a=1, class_=None)
R(a=1, sky=(Sky(code=1, text=""),))
made.b, made.sky
"""
READ = """
from __future__ import annotations

from deprecating import R


def read(r: R) -> tuple[str | None, int]:
    return (
        r.class_,
        r.sky[0].code,
    )
"""
WRONG = """
from __future__ import annotations

from deprecating import R

R(a=1, class_=1)
"""


def test_a_type_checker_names_each_place_that_reads_a_deprecated_field(tmp_path: Path) -> None:
    texts = {"use": USE, "read": READ, "wrong": WRONG}
    texts["deprecating"] = module_text(contract(SCHEMA, deprecated=DEPRECATED))
    for name in ("deprecated", "deprecates", "TYPE_CHECKING", "record", "owner", "_Old", "_deprecated"):
        schema = record({"name": name, "type": "int", "default": 1}, *EVERY_KIND, name="Root")
        more = [
            {"name": "old", "type": enum_type("X", name=name), "default": "X"},
            {"name": "older", "type": "long"},
        ]
        schema["fields"] += more
        gone = {name: LONG, "old": LONG, "of_at": LONG, "of_maps": LONG}
        texts[f"with_{name}"] = module_text(contract(schema, deprecated=gone))
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    # The one module of the house that they import, alone: the rest would take the checker half a minute.
    ours = tmp_path / "contracts" / "generate"
    ours.mkdir(parents=True)
    shutil.copy(HOME / "generate" / "deprecates.py", ours)
    strict = [
        "--strict",
        "--python-version=3.10",
        "--enable-error-code=deprecated",
        "--cache-dir=cache",
        "--namespace-packages",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *strict, "."],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=240,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("deprecating", "with_"))]
    places = {line.partition(" error: ")[0]: line for line in lines if " error: " in line}
    assert set(places) == {"read.py:9:", "read.py:10:", "wrong.py:6:"}, done.stdout
    assert all(WORDS in line for place, line in places.items() if place.startswith("read"))
    # In the module itself nothing but `to_dict` reads them.
    inside = [line for line in done.stdout.splitlines() if line.startswith(("deprecating", "with_"))]
    assert all("is deprecated" in line and "[deprecated]" in line for line in inside), done.stdout


def test_a_module_with_deprecated_fields_stands_as_the_linter_wants_it(tmp_path: Path) -> None:
    file = tmp_path / "deprecating.py"
    file.write_text(module_text(contract(SCHEMA, deprecated={**DEPRECATED, "b": LONG})), encoding="utf-8")
    settings = ["--no-cache", "--config", str(HOME.parent / "pyproject.toml"), str(file)]
    for verb in (["format", "--check"], ["check", "--ignore", "E501"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *verb, *settings], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
