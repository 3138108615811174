"""Spark SQL in the words of Flink SQL, as far as the enrichment and the rules use it.

What differs, and is equal on any record without NaN:
- `rint` is the sum with a number so large that a double has no digits behind the point, as IEEE 754 rounds.
- `isnan` is false: Java's comparisons, which Flink makes, already have NaN in no range.
- A lookup in a map is a CASE: Flink would make the map anew for each record.
- Times in milliseconds and the first of an array are columns of their own, named `observed_at_ms` and
  `conditions_0`, so that each is computed once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

_TOKEN = re.compile(
    r"'(?:[^'\\]|\\.)*'|`[^`]*`|\d[\d.]*(?:[eE][+-]?\d+)?[DL]?|<=>|!=|[<>]=|[A-Za-z_]\w*|\s+|.", re.DOTALL
)
_MAGIC = "6755399441055744E0"
"""1.5 · 2^52."""
_NO_TEXTS = "ARRAY_REMOVE(ARRAY[CAST('' AS STRING)], '')"
"""An array cannot be written without an element."""
_BETWEEN = "\0"
"""Stands between the arguments of a map, which no SQL holds."""

_SAME = frozenset({
    "abs", "asin", "atan", "atan2", "cast", "coalesce", "concat", "concat_ws", "cos", "date_add", "degrees",
    "exp", "floor", "greatest", "least", "ln", "radians", "sin", "split", "sqrt", "tan", "trim",
    "unix_seconds",
})  # fmt: skip
"""Functions that Flink has by the same name."""


def _beside(name: str, suffix: str) -> str:
    """The column that stands beside a quoted one."""
    return f"{name[:-1]}_{suffix}`"


def _floor_modulo(number: str, by: str) -> str:
    if "E" in by:
        return f"(({number}) - {by} * FLOOR(({number}) / {by}))"
    return f"MOD(MOD({number}, {by}) + {by}, {by})"


def _look_up(table: str, key: str) -> str:
    given = table.split(_BETWEEN)
    rows = " ".join(f"WHEN {code} THEN {value}" for code, value in zip(given[::2], given[1::2], strict=True))
    return f"CASE {key} {rows} END"


_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "array": lambda *values: f"ARRAY[{', '.join(values)}]" if values else _NO_TEXTS,
    "array_join": lambda values, between: f"ARRAY_JOIN({values}, {between})",
    "arrays_overlap": lambda a, b: f"CARDINALITY(ARRAY_INTERSECT({a}, {b})) > 0",
    "element_at": lambda values, place: f"{values}[{place}]",
    "get": _beside,
    "isnan": lambda _: "FALSE",
    "map": lambda *pairs: _BETWEEN.join(pairs),
    # It is asked of a day that is counted from a time, the only column.
    "month": lambda day: f"MONTH({re.findall('`[^`]+`', day)[0]})",
    "pmod": _floor_modulo,
    "pow": lambda base, exponent: f"POWER({base}, {exponent})",
    "rint": lambda number: f"(({number}) + {_MAGIC} - {_MAGIC})",
    "size": lambda values: f"CARDINALITY({values})",
    "try_element_at": _look_up,
    "unix_millis": lambda time: _beside(time, "ms"),
}
_WORDS = {"<=>": "IS NOT DISTINCT FROM", "!=": "<>", "true": "TRUE", "false": "FALSE"}


def in_flink(sql: str) -> str:
    """Spark SQL as Flink SQL; raises `ValueError` for a function that is in no table here."""
    return _translate(_TOKEN.findall(sql))


def _translate(tokens: Sequence[str]) -> str:
    out: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.isidentifier() and at < len(tokens) and tokens[at] == "(":
            end = _closing(tokens, at)
            given = [_translate(one).strip() for one in _split(tokens[at + 1 : end])]
            at = end + 1
            if token == "nanvl":
                # Not a number is null there, and so kept: at most so much, or no number.
                _, _, _, limit = tokens[at : at + 4]
                out.append(f"NOT ({given[0]} > {_word(limit)})")
                at += 4
            elif token in _FUNCTIONS:
                out.append(_FUNCTIONS[token](*given))
            elif token.lower() in _SAME:
                out.append(f"{token.upper()}({', '.join(given)})")
            elif token.isupper():  # AND (…), IN (…)
                out.append(f"{token}({', '.join(given)})")
            else:
                raise ValueError(f"{token} has no word in Flink SQL: add it to the table of functions.")
        elif token == "RLIKE":
            while out[-1].isspace():
                out.pop()
            out.append(f"REGEXP({out.pop()}, {_word(tokens[at + 1])})")
            at += 2
        else:
            out.append(_word(token))
    return "".join(out)


def _word(token: str) -> str:
    if token.startswith("'"):
        text = re.sub(r"\\(.)", r"\1", token[1:-1])
        return "'" + text.replace("'", "''") + "'"
    if token[0].isdigit():
        number = token.rstrip("DL").upper()
        return f"{number}E0" if token.endswith("D") and "E" not in number else number
    if token in _WORDS:
        return _WORDS[token]
    return f"`{token}`" if token.isidentifier() and not token.isupper() else token


def _closing(tokens: Sequence[str], opening: int) -> int:
    depth = 0
    for at in range(opening, len(tokens)):
        depth += (tokens[at] == "(") - (tokens[at] == ")")
        if not depth:
            return at
    raise ValueError("a parenthesis is not closed")


def _split(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    """The arguments of a call."""
    depth, begin = 0, 0
    for at, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if token == "," and not depth:
            yield tokens[begin:at]
            begin = at + 1
    if tokens:
        yield tokens[begin:]


_DEAR = re.compile(r"\b(SIN|COS|TAN|ASIN|ATAN2?|EXP|LN|POWER|SQRT)\(")
_SHARED = "shared"


def share(rows: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What the rows have in common, as rows of their own, and the rows that use these.

    Spark computes once what expressions of one step have in common, outside of any CASE; Flink does not, and
    who writes SQL for it does so by hand. Only what calls a function that is dear counts.
    """
    left, shared = dict(rows), dict[str, str]()
    while True:
        counts = Counter(group for sql in left.values() for group in _groups(sql) if _DEAR.search(group))
        repeated = [group for group, count in counts.items() if count > 1]
        if not repeated:
            return shared, left
        longest = max(repeated, key=len)
        name = f"{_SHARED}_{len(shared)}"
        left = {one: sql.replace(longest, f"`{name}`") for one, sql in left.items()}
        shared[name] = longest


def _groups(sql: str) -> Iterator[str]:
    """Each call, and each part in parentheses, that is not within a CASE."""
    tokens = _TOKEN.findall(sql)
    cases = 0
    for at, token in enumerate(tokens):
        cases += (token == "CASE") - (token == "END")
        if token == "(" and not cases:
            end = _closing(tokens, at)
            named = at and tokens[at - 1].isidentifier() and tokens[at - 1].isupper()
            begin = at - 1 if named and tokens[at - 1] not in {"AND", "OR", "NOT", "IN", "WHEN"} else at
            yield "".join(tokens[begin : end + 1])
