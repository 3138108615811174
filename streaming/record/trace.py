"""The trace context of a raw record (W3C), which goes on with what is published of it.

The stream takes no part in a trace: it hands on what came. As the recommendation asks, names are taken in any
case and written in lower case, several `tracestate` headers are one list, and without one valid `traceparent`
nothing counts.
"""

from __future__ import annotations

from contracts.checks.rules import literal

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
LONGEST_STATE = 512
"""Characters of a `tracestate`: what W3C asks everyone to carry. A longer one is left out whole."""
_LONGEST_LATER_PART = 200

_IDS = "(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
_VALID = rf"^(00-{_IDS}|(?!00|ff)[0-9a-f]{{2}}-{_IDS}(-[!-~]{{0,{_LONGEST_LATER_PART}}})?)\z"
"""Version 00, or a later one, which may go on behind what version 00 has; ff is none."""
_PRINTABLE = rf"^[ -~\t]{{1,{LONGEST_STATE}}}\z"


def _text(holds: str) -> str:
    """Spark SQL for what the headers hold for which `holds`, with commas between."""
    found = f"filter(source_headers, header -> {holds})"
    return f"array_join(transform({found}, header -> coalesce(CAST(header.value AS STRING), '')), ',')"


def _header(name: str, text: str) -> str:
    return f"named_struct('key', '{name}', 'value', CAST({text} AS BINARY))"


_PARENT = _text(f"lower(header.key) = '{TRACEPARENT}'")
_STATE = _text(f"lower(header.key) = '{TRACESTATE}' AND length(header.value) > 0")
# In functions of the texts, since each mention would look for them again.
_WITH_STATE = f"""transform(array({_STATE}), state -> CASE WHEN state RLIKE {literal(_PRINTABLE)}
    THEN array({_header(TRACEPARENT, "parent")}, {_header(TRACESTATE, "state")})
    ELSE array({_header(TRACEPARENT, "parent")}) END)[0]"""
TRACE = f"""transform(array({_PARENT}), parent -> CASE WHEN parent RLIKE {literal(_VALID)}
    THEN {_WITH_STATE} ELSE array() END)[0]"""
"""Spark SQL for the trace headers that are handed on, of a record that has `source_headers`."""
