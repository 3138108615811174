"""The packaged stream on a cluster, by `spark-submit`: executors and driver are killed, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streaming.package import package
from tests.cluster import HOME, Cluster, cluster, environment
from tests.poison import accept_large_records, check_put_aside, send_poison
from tests.stream_process import kill_with_children
from tests.streams import Place, raw_values

__all__ = ["cluster"]

_WITHIN = 240.0
_RECORDS = 6000
_BATCH = 500


@contextmanager
def _submitted(
    cluster: Cluster, place: Place, packed: Path, checkpoint: Path, *more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Submit the packaged stream; kills driver and Python, at once, when the block ends."""
    command = [
        str(HOME / "bin" / "spark-submit"),
        *("--master", cluster.url, "--driver-memory", "512m", "--executor-memory", "512m"),
        *("--py-files", str(packed / "weather-stream.zip"), str(packed / "weather_stream.py")),
        *("run", "--json", "--checkpoint", str(checkpoint)),
        *("--topic", place.raw, "--final", place.final, "--quarantine", place.quarantine, *more),
    ]
    with (packed / "log").open("ab") as log:
        running = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=packed,
            env={**place.environment, **environment(), "PYSPARK_PYTHON": sys.executable},
            start_new_session=True,
        )
    try:
        yield running
    finally:
        kill_with_children(running)


def _wait_for(place: Place, records: int, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _WITHIN
    while (held := place.published()) < records:
        assert running.poll() is None, log.read_text(errors="replace")[-3000:]
        assert time.monotonic() < deadline, f"{held} of {records} published within {_WITHIN:.0f} s"


@pytest.mark.timeout(600)
def test_on_a_cluster_whose_executor_and_driver_are_killed_each_record_is_published_once(
    cluster: Cluster, place: Place, tmp_path: Path
) -> None:
    package(tmp_path)
    log, checkpoint = tmp_path / "log", tmp_path / "checkpoint"
    place.produce(raw_values(_RECORDS, place.raw_id))
    accept_large_records(place)
    poison = send_poison(place)

    with _submitted(cluster, place, tmp_path, checkpoint, "--largest-batch", str(_BATCH)) as running:
        _wait_for(place, 1, running, log)
        both = cluster.executors()
        assert len(both) == 2, "each worker has one executor"
        both[0].kill()
        _wait_for(place, place.published() + 3 * _BATCH, running, log)
    left = place.lost_and_doubled()[0]
    assert left, "the driver was killed too late: the test has proved nothing"

    with _submitted(cluster, place, tmp_path, checkpoint, "--available-now") as running:
        assert running.wait(_WITHIN) == 0, log.read_text(errors="replace")[-3000:]

    lost, doubled = place.lost_and_doubled()
    print(f"{len(left)} records were left when the driver was killed")
    assert (lost, doubled) == ([], [])
    check_put_aside(place, poison)
