"""The trace context of a raw record goes on with it, as W3C's recommendation has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from streaming.record.plan import Plan
from tests.poison import RawValue

Publish = Callable[..., list[Any]]
Headers = Sequence[tuple[str, bytes | None]]

TRACE, SPAN = b"4bf92f3577b34da6a3ce929d0e0e4736", b"00f067aa0ba902b7"
PARENT = b"00-" + TRACE + b"-" + SPAN + b"-01"
STATE = b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
_CASES: list[tuple[Headers, list[tuple[str, bytes]]]] = [
    ([("traceparent", PARENT)], [("traceparent", PARENT)]),
    ([("TraceParent", PARENT), ("TRACESTATE", STATE)], [("traceparent", PARENT), ("tracestate", STATE)]),
    # Several states are one list, in their order; empty ones count for nothing.
    (
        [
            ("tracestate", b"a=1"),
            ("traceparent", PARENT),
            ("tracestate", b""),
            ("Tracestate", b"b=2"),
            ("tracestate", None),
        ],
        [("traceparent", PARENT), ("tracestate", b"a=1,b=2")],
    ),
    (
        [("traceparent", PARENT), ("tracestate", b"a" * 510 + b"=1")],
        [("traceparent", PARENT), ("tracestate", b"a" * 510 + b"=1")],
    ),
    # A state that is too long or no text stays behind.
    ([("traceparent", PARENT), ("tracestate", b"a" * 511 + b"=1")], [("traceparent", PARENT)]),
    ([("traceparent", PARENT), ("tracestate", b"a=\xff")], [("traceparent", PARENT)]),
    ([("traceparent", PARENT), ("tracestate", b"a=1\nb=2")], [("traceparent", PARENT)]),
    # Without one valid parent nothing goes on.
    ([("tracestate", STATE)], []),
    ([("traceparent", PARENT), ("traceparent", PARENT)], []),
    ([("traceparent", PARENT), ("Traceparent", None)], []),
    ([("traceparent", None), ("tracestate", STATE)], []),
    ([("traceparent", PARENT + b"\n")], []),
    ([("traceparent", PARENT + b"-more")], []),
    ([("traceparent", PARENT.upper())], []),
    ([("traceparent", PARENT[:-1])], []),
    ([("traceparent", b"00-" + b"0" * 32 + b"-" + SPAN + b"-01")], []),
    ([("traceparent", b"00-" + TRACE + b"-" + b"0" * 16 + b"-01")], []),
    ([("traceparent", b"ff" + PARENT[2:])], []),
    ([("traceparent", b"\xff" * 55)], []),
    # A later version may go on behind, and not for ever.
    ([("traceparent", b"cc" + PARENT[2:] + b"-later")], [("traceparent", b"cc" + PARENT[2:] + b"-later")]),
    ([("traceparent", b"cc" + PARENT[2:])], [("traceparent", b"cc" + PARENT[2:])]),
    ([("traceparent", b"cc" + PARENT[2:] + b"-" + b"x" * 201)], []),
    ([("traceparent", b"cc" + PARENT[2:] + b"later")], []),
    ([("baggage", b"a=1"), ("n", None)], []),
]


@pytest.mark.parametrize("fields", [{}, {"station": " "}], ids=["final", "quarantine"])
def test_a_valid_trace_goes_on_with_the_published_record_and_with_the_dead_letter(
    publish: Publish, plan: Plan, raw_value: RawValue, fields: dict[str, Any]
) -> None:
    found = publish([raw_value(**fields)] * len(_CASES), headers=[headers for headers, _ in _CASES])
    source = {"source-partition", "source-offset"}
    passed = [[(n, v) for n, v in one.headers.items() if n not in source] for one in found]
    assert passed == [expected for _, expected in _CASES]
    assert {one.topic for one in found} == {plan.quarantine.topic if fields else plan.final.topic}
    if fields:
        kept = [[(h["key"], h["value"]) for h in one.record["headers"]] for one in found]
        assert kept == [list(headers) for headers, _ in _CASES]
