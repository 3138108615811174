"""Ids that nobody has registered, new ones all the time: each may be a version registered just now."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from contracts.avro.wire import HEADER_SIZE, frame
from tests.bench.steady import java_of, live
from tests.stream_process import stream_process
from tests.streams import Place, raw_values

_IDS = 1000
_A_SECOND = 10
_WITHIN = 240.0
_GROWTH_AT_MOST = 30 << 20
"""Bytes in use, from a third of the flood to its end. A plan that stays behind holds about 6 MB, and hundreds
are made."""


@pytest.mark.timeout(900)
def test_a_flood_of_ever_new_ids_neither_stops_the_stream_nor_loses_a_record_nor_leaks_memory(
    place: Place, tmp_path: Path
) -> None:
    good = raw_values(9, place.raw_id)
    heap = []
    producer = Producer({"bootstrap.servers": place.bootstrap_servers})
    with stream_process(place, tmp_path / "checkpoint", tmp_path / "log") as stream:
        place.produce(good)
        stream.wait_until_published(len(good), _WITHIN)
        java = java_of(psutil.Process(stream.process.pid))
        began = time.monotonic()
        for number in range(_IDS):
            for value in (*good, frame(1_000_000 + number, good[0][HEADER_SIZE:])):
                producer.produce(place.raw, value, key=f"S{number % 7}")
            assert producer.flush(30) == 0
            time.sleep(max(0.0, began + (number + 1) / _A_SECOND - time.monotonic()))
            if number in {_IDS // 3, _IDS - 1}:
                heap.append(live(java))
        behind = len(good) + 10 * _IDS - place.published()
        seconds = stream.wait_until_published(len(good) + 10 * _IDS, _WITHIN)
        assert stream.end(_WITHIN) == 0, stream.told[-2000:]
    print(f"{behind} records were left at the last, read after {seconds:.0f} s; bytes in use: {heap}")
    assert len(place.read(place.quarantine)) == _IDS
    assert place.lost_and_doubled() == ([], [])
    assert heap[1] - heap[0] < _GROWTH_AT_MOST
