"""What a peer publishes otherwise than the stream is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.peers.outputs import Published, differences


def published(record: dict[str, Any], letters: dict[tuple[int, int], dict[str, Any]]) -> Published:
    return Published(appended=[1.0], records={(0, 97): record}, letters=letters)


OURS = published(
    {"temperature": 12.5, "flags": ["a"], "ingested_at": 1}, {(1, 5): {"reason": "X", "value": b"1"}}
)


@pytest.mark.parametrize(
    ("record", "letters", "told"),
    [
        (
            {"temperature": 12.5 + 1e-7, "flags": ["a"], "ingested_at": 2},
            {(1, 5): {"reason": "X", "value": None}},
            [],
        ),
        (
            {"temperature": 12.51, "flags": [], "ingested_at": 1},
            {(1, 5): {"reason": "X", "value": None}},
            [
                "(0, 97): temperature is 12.51, and 12.5 by the stream",
                "(0, 97): flags is [], and ['a'] by the stream",
            ],
        ),
        (
            {"temperature": None, "flags": ["a"], "ingested_at": 1},
            {(1, 5): {"reason": "X", "value": None}},
            ["(0, 97): temperature is None, and 12.5 by the stream"],
        ),
        ({"temperature": 12.5, "flags": ["a"], "ingested_at": 1}, {}, ["(1, 5) is there only once"]),
        (
            {"temperature": 12.5, "flags": ["a"], "ingested_at": 1},
            {(1, 5): {"reason": "Y", "value": None}},
            ["(1, 5): reason is 'Y', and 'X' by the stream"],
        ),
    ],
)
def test_other_values_and_other_dead_letters_are_told(
    record: dict[str, Any], letters: dict[tuple[int, int], dict[str, Any]], told: list[str]
) -> None:
    assert differences(OURS, published(record, letters), {"ingested_at"}) == told
