"""Flink SQL and Spark with JSON beside the stream: the same records, fields, rules and dead letters.

    python -m tests.bench.peers.compare [--records 1000000] [--rounds 3] [--peer flink --peer ours]

Run by `make bench`, on services of its own, everything on the same two cores, each run from a cold Java, in
turn. Times are the broker's, of its append to the published topic, so that nobody reports on himself. What
each peer published is held against what the stream did. `work.py` says what all do, `flink_sql.py` what Flink
cannot. The stream's Java finds its classes in an archive where there is one (`make archive`), as for a user.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from contracts.folder.model import JsonSchema
from contracts.process.command_line import messages, run
from streaming.job import Job
from tests.bench.figures import merge
from tests.bench.peers import flink
from tests.bench.peers.measure import watch
from tests.bench.peers.outputs import Decode, Published, avro, differences, read, text
from tests.bench.peers.topics import Topics
from tests.bench.raw_records import Flaws, as_json, fill, framed
from tests.bench.services import Ground, ground
from tests.bench.sizes import ratios, scaled, spread
from tests.bench.steady import command

_PARTITIONS = 4
_COMPARED = 50_000
"""Records at most, and every dead letter."""
_WIDTH = 110
_OURS = "ours"
Runs = dict[str, list[dict[str, float]]]
"""Peer to the figures of its runs."""

FLAWS: Flaws = {
    100: {"station": " "},
    200: {"temperature": 99.0},
    300: {"wind_gust": 200.0},
    400: {"humidity": 102.0},
    500: {"latitude": 95.0},
    600: {"feels_like": 500.0, "visibility": -1.0},
    700: {"source": "UNKNOWN"},
    800: {"temperature": None},
    900: {"pressure": 800.0, "wind_direction": 400.0},
}
"""What the rules have to find: a dead letter, values that are taken out or replaced, and flags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who does the work."""

    what: str
    raw: str = "raw"
    """The topic that it reads."""
    command: Callable[[Job, Topics], Sequence[str]]
    reading: Callable[[JsonSchema], Decode] = avro
    unlike: frozenset[str] = frozenset()
    """Fields that follow from its own raw topic."""


def _json(what: str, function: str) -> Peer:
    return Peer(
        what=what,
        raw="raw-json",
        command=lambda _, topics: topics.command("json_way", function),
        reading=text,
        unlike=frozenset({"ingested_at"}),
    )


PEERS: Mapping[str, Peer] = {
    _OURS: Peer(what="the stream", command=lambda job, _: command(job, "--available-now")),
    "flink": Peer(what="Flink SQL, Avro", command=lambda _, topics: topics.command("flink")),
    "json": _json("Spark, JSON", "run"),
    "json_unfused": _json("Spark, JSON, unfused", "run_unfused"),
}


MEASURES: Mapping[str, tuple[str, int]] = {
    "records_a_second_over_all": ("records/s", 0),
    "records_a_second_later_half": ("later half", 0),
    "seconds_to_first_record": ("start, s", 1),
    "processor_microseconds_a_record": ("µs each", 1),
    "resident_mib": ("MiB", 0),
}
"""Name of a figure to its heading and its digits. Processor and memory are of all processes of a peer."""


def bench(
    records: Annotated[int, typer.Option(min=1000)] = scaled(1_000_000, 20_000),
    rounds: Annotated[int, typer.Option(min=1)] = scaled(3),
    peer: Annotated[list[str], typer.Option(help="Those to run; all where none is named.")] = [],  # noqa: B006
    lock_jars: Annotated[bool, typer.Option("--lock-jars", help="Only make jars.lock anew.")] = False,
) -> None:
    """Run each peer in turn, round by round, and compare what they publish."""
    if lock_jars:
        flink.relock()
        return
    flink.jars()
    peers = {name: one for name, one in PEERS.items() if not peer or name in peer}
    runs: Runs = {name: [] for name in peers}
    wrong: dict[str, list[str]] = {name: [] for name in peers}
    published: dict[str, Published] = {}
    with ground() as here:
        writer = _fill(here, records, {one.raw for one in peers.values()})
        for number in range(rounds):
            # Nobody is always first.
            shift = number % len(peers)
            for name in [*peers][shift:] + [*peers][:shift]:
                messages.print(f"round {number + 1}: {peers[name].what}")
                figures, published[name] = _run(here, peers[name], writer, max(1, records // _COMPARED))
                runs[name].append(figures)
            for name, theirs in published.items():
                wrong[name] += differences(published.get(_OURS, theirs), theirs, peers[name].unlike)
    merge(
        "peers.compare",
        {
            "records": records,
            "rounds": rounds,
            "compared": {name: len(one.records) + len(one.letters) for name, one in published.items()},
            "differences": {name: len(found) for name, found in wrong.items()},
            **_told(runs),
        },
    )
    Console(width=_WIDTH).print(_table(peers, runs, wrong))
    for name, found in wrong.items():
        for one in found[:5]:
            messages.print(f"{name} differs: {one}")


def _fill(here: Ground, records: int, topics: set[str]) -> int:
    """Put the same records on every raw topic; gives the id of their schema."""
    (writer,) = here.raw_topic("raw", _PARTITIONS)
    newest = round(time.time() * 1000)
    makers: Mapping[str, Callable[[], Any]] = {
        "raw": lambda: framed(records, [writer], newest, FLAWS),
        "raw-json": lambda: as_json(records, 1, newest, FLAWS),
    }
    for topic in sorted(topics):
        messages.print(f"filling {topic}")
        if topic != "raw":
            here.raw_topic(topic, _PARTITIONS)
        fill(here.kafka, topic, _PARTITIONS, makers[topic]())
    return writer


def _run(here: Ground, peer: Peer, writer: int, every: int) -> tuple[dict[str, float], Published]:
    with here.job(peer.raw, _PARTITIONS, {"message.timestamp.type": "LogAppendTime"}) as job:
        topics = Topics(
            bootstrap=here.kafka.bootstrap_servers,
            registry=here.registry.url,
            raw=job.topic,
            final=job.final,
            quarantine=job.quarantine,
            folder=str(job.checkpoint),
            writer=writer,
        )
        watched = watch(peer.command(job, topics), here.environment, Path(here.folder, f"{job.final}.log"))
        published = read(here.kafka, job.product.final, job.product.quarantine, peer.reading, every)
    first, last = published.appended[0], published.appended[-1]
    processor = watched.processor(last) - watched.processor(first)
    found = (
        published.rate,
        published.later_rate,
        first - watched.began,
        processor / len(published.appended) * 1e6,
        watched.most_resident / 2**20,
    )
    return dict(zip(MEASURES, found, strict=True)), published


def _told(runs: Runs) -> dict[str, Any]:
    """Each measure, and the stream's in ratio to each peer's."""
    told: dict[str, Any] = {}
    for measure, (_, digits) in MEASURES.items():
        values = {name: [one[measure] for one in found] for name, found in runs.items()}
        ours = values.get(_OURS, [])
        told[measure] = {name: spread(found, digits) for name, found in values.items()}
        told[f"ratio_{measure}"] = {
            f"to_{name}": ratios(ours, found) for name, found in values.items() if ours and name != _OURS
        }
    return told


def _table(peers: Mapping[str, Peer], runs: Runs, wrong: Mapping[str, Sequence[str]]) -> Table:
    """The figures as a person reads them: each median, and below it the least and the most."""
    table = Table("", *(heading for heading, _ in MEASURES.values()), "equal")
    for column in table.columns:
        column.no_wrap = True
    for name, found in runs.items():
        cells = []
        for measure, (_, digits) in MEASURES.items():
            figure = spread([one[measure] for one in found], digits)
            least, median, most = (f"{figure[one]:,.{digits}f}" for one in ("least", "median", "most"))
            cells.append(f"{median}\n{least}…{most}")
        table.add_row(peers[name].what, *cells, f"{len(wrong[name])} differences" if wrong[name] else "yes")
    return table


if __name__ == "__main__":
    run(lambda: typer.run(bench))
