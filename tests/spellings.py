"""Avro records, and other spellings of them that mean the same."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

_PLAIN: list[tuple[Any, list[Any]]] = [
    ("int", [0, 7]),
    ("double", [0.5, 2.0]),
    ("string", ["", "é"]),
    ("boolean", [True]),
    ({"type": "long", "logicalType": "timestamp-millis"}, [0]),
    ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, ["\u00ff"]),
    (["null", "double"], [None]),
    ({"type": "array", "items": "string"}, [[]]),
    ({"type": "map", "values": "long"}, [{}]),
]


@st.composite
def _schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A record with its namespace in an attribute, and nothing said that goes without saying."""
    space = draw(st.sampled_from(["weather.test", "w"]))
    fields: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 5))):
        kind, defaults = draw(st.sampled_from(_PLAIN))
        field: dict[str, Any] = {"name": f"f{number}", "type": kind}
        if draw(st.booleans()):
            field["default"] = draw(st.sampled_from(defaults))
        more = {"doc": "What it is.", "unit": "m", "aliases": [f"old{number}"]}
        fields.append(field | {key: more[key] for key in draw(st.sets(st.sampled_from(sorted(more))))})
    inner = {"type": "enum", "name": "Kind", "namespace": space, "symbols": ["A", "B"], "default": "A"}
    fields += [{"name": "kind", "type": inner}, {"name": "other", "type": ["null", f"{space}.Kind"]}]
    return {"type": "record", "name": "Reading", "namespace": space, "fields": fields}


SCHEMAS = _schemas()


def spelled_anew(data: st.DataObject, schema: dict[str, Any]) -> dict[str, Any]:
    """The same in other words: what goes without saying, names long or short, keys in any order."""

    def maybe() -> bool:
        return bool(data.draw(st.booleans()))

    def node(kind: Any, space: str) -> Any:
        if isinstance(kind, str):
            if "." in kind and kind.rpartition(".")[0] == space and maybe():
                return kind.rpartition(".")[2]
            return {"type": kind} if "." not in kind and maybe() else kind
        if isinstance(kind, list):
            return [node(branch, space) for branch in kind]
        made = dict(kind)
        if "name" in made:
            own = made.pop("namespace", space)
            if maybe():
                made["name"] = f"{own}.{made['name']}"
            elif own != space or maybe():
                made["namespace"] = own
            space = own
            made |= {"aliases": []} if maybe() else {}
            made |= {"doc": None} if maybe() else {}
        if "fields" in made:
            made["fields"] = [field(f, space) for f in made["fields"]]
        return _shuffled(data, made)

    def field(told: dict[str, Any], space: str) -> dict[str, Any]:
        made = {**told, "type": node(told["type"], space)}
        if maybe():
            made["order"] = "ascending"
        if maybe():
            made.setdefault("doc", None)
        if maybe():
            made["aliases"] = made.get("aliases", []) * 2
        if isinstance(made.get("default"), float) and made["default"].is_integer() and maybe():
            made["default"] = int(made["default"])
        return _shuffled(data, made)

    made: dict[str, Any] = node(copy.deepcopy(schema), "")
    return made


def _shuffled(data: st.DataObject, made: dict[str, Any]) -> dict[str, Any]:
    return {key: made[key] for key in data.draw(st.permutations(sorted(made)))}
