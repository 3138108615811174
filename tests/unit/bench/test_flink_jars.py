from __future__ import annotations

from embedded.lock import read_lock
from tests.bench.peers.flink import LOCK, ROOTS, USE


def test_the_lock_holds_every_jar_that_flink_is_asked_to_bring() -> None:
    locked = {artifact.coordinate for artifact in read_lock(LOCK, [USE])}
    assert {root.coordinate for root in ROOTS} <= locked
