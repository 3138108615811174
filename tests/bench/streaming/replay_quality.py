"""What the rules of weather say of real observations, and how many injected errors they find.

    python -m tests.bench.streaming.replay_quality [--json]

Run by `make bench`. The observations of the replay go through the real projection in one go, beside copies
into which one error each was put. One of the file's values is known to be wrong; every other flag is counted
as a false alarm, although the file's own columns contradict each other now and then.
"""

from __future__ import annotations

import contextlib
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
import typer
from pyspark.sql import functions as F  # noqa: N812 - its usual name
from rich.table import Table

from contracts.avro.wire import HEADER_SIZE, frame
from contracts.folder.product import product_named
from contracts.process.command_line import AsJson, messages, print_json, run
from producer import Context, parse
from producer.replay import SOURCE, load_observations
from streaming.engine.spark import session
from streaming.record.plan import Plan, project
from streaming.record.source import named
from tests.bench.figures import merge
from tests.bench.sizes import scaled

Record = dict[str, Any]

_SEED = 305
_RAW_ID, _FINAL_ID, _QUARANTINE_ID = 1, 2, 3
_KAFKA = "topic string, partition int, offset long, key binary, value binary"
_HEADERS = "array<struct<key: string, value: binary>>"
_KNOWN = "wind-speed-possible"
"""Broken by the file's value that is known to be wrong: 1,048 miles an hour, at Newark on 2013-02-12."""
_METRES_PER_SECOND_IN_MPH = 0.44704
_GOOD, _SUSPECT, _FAIL, _MISSING = 1, 3, 4, 9


@dataclass(frozen=True, slots=True)
class Injected:
    """An error that is put into a raw field, and the flag that has to tell of it."""

    field: str
    flag: str
    error: Callable[[float, int], float]
    """From the value, and a sign by chance, to what is put there."""


def _either_way(field: str, flag: str, unit: str, *amounts: float) -> Iterator[tuple[str, Injected]]:
    for amount in amounts:
        yield f"{field} ±{amount:g} {unit}", Injected(field, flag, _shift(amount))


def _shift(amount: float) -> Callable[[float, int], float]:
    return lambda value, sign: value + sign * amount


ERRORS: Mapping[str, Injected] = {
    **dict(_either_way("temperature", "qc_temperature", "°C", 5, 8, 10, 30)),
    "temperature in °F": Injected("temperature", "qc_temperature", lambda value, _: value * 1.8 + 32),
    **dict(_either_way("pressure", "qc_pressure", "hPa", 3, 5, 40)),
    "humidity 0": Injected("humidity", "qc_humidity", lambda *_: 0.0),
    "humidity +20 %": Injected("humidity", "qc_humidity", lambda value, _: value + 20),
    "dew_point +5 °C": Injected("dew_point", "qc_humidity", lambda value, _: value + 5),
    "wind_speed in mph": Injected(
        "wind_speed", "qc_wind", lambda value, _: value / _METRES_PER_SECOND_IN_MPH
    ),
    "wind_speed x10": Injected("wind_speed", "qc_wind", lambda value, _: value * 10),
}


def bench(as_json: AsJson = False) -> None:
    """Put the observations, and copies with errors, through the projection; count what the flags say."""
    context = Context(product="weather", source=SOURCE, replay=True, units="METRIC", received_at=0)
    raw = [
        # As if it came at once: how old a replay is says nothing.
        {**parse(one.body("METRIC"), context), "received_at": one.time * 1000}
        for one in load_observations()
    ]
    wrong = with_errors(raw)
    published = projected([*raw, *(record for _, _, record in wrong)])
    own = published[: len(raw)]
    figures = {
        "observations": len(own),
        "quarantined": sum(one is None for one in own),
        **judged([one for one in own if one is not None]),
        "injected": detected(
            [(name, own[i], one) for (name, i, _), one in zip(wrong, published[len(raw) :], strict=True)]
        ),
    }
    if as_json:
        print_json(figures)
    else:
        for table in tables(figures):
            messages.print(table)
    # It prints what it keeps: on stdout there is one form of the figures only.
    with contextlib.redirect_stdout(io.StringIO()):
        merge("streaming.replay_quality", figures)


def with_errors(raw: Sequence[Record]) -> list[tuple[str, int, Record]]:
    """For each error some rows by chance that have its field: its name, the row, and the row with it."""
    chance = random.Random(_SEED)
    made = []
    for name, injected in ERRORS.items():
        # A calm of another unit, or ten times a calm, is a calm.
        there = [i for i, one in enumerate(raw) if one[injected.field]]
        for i in chance.sample(there, scaled(400, 20)):
            value = round(injected.error(raw[i][injected.field], chance.choice((-1, 1))), 2)
            made.append((name, i, {**raw[i], injected.field: value}))
    return made


def projected(records: Sequence[Record]) -> list[Record | None]:
    """What is published of each raw record; None where it goes to quarantine."""
    product = product_named("weather")
    writer, reader = (
        fastavro.parse_schema(contract.newest.schema) for contract in (product.raw, product.final)
    )
    plan = Plan(
        raw=product.raw,
        final=product.final,
        quarantine=product.quarantine,
        writers={_RAW_ID: product.raw.newest.text},
        final_id=_FINAL_ID,
        quarantine_id=_QUARANTINE_ID,
    )
    rows = []
    for i, record in enumerate(records):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, writer, record)
        rows.append(("replay", 0, i, b"", frame(_RAW_ID, body.getvalue())))
    spark = session(quick_start=True)
    kafka = spark.createDataFrame(rows, _KAFKA).select(
        "*", F.current_timestamp().alias("timestamp"), F.lit(None).cast(_HEADERS).alias("headers")
    )
    found: list[Record | None] = [None] * len(rows)
    for row in project(named(kafka), plan).select("topic", "value", "source_offset").collect():
        if row.topic == plan.final.topic:
            body = io.BytesIO(bytes(row.value)[HEADER_SIZE:])
            found[row.source_offset] = fastavro.schemaless_reader(body, reader, None)  # type: ignore[assignment]
    spark.stop()
    return found


def judged(records: Sequence[Record]) -> Record:
    """False alarms by rule, the known error apart; shares of each flag; the two dew points."""
    known = {one["source_offset"]: one for one in records if _KNOWN in one["flags"]}
    alarms = Counter(rule for one in records if one["source_offset"] not in known for rule in one["flags"])
    flags = [name for name in records[0] if name == "qc" or name.startswith("qc_")]
    apart = sorted(
        abs(one["dew_point_observed"] - one["dew_point"])
        for one in records
        if one["dew_point_observed"] is not None and one["dew_point"] is not None
    )
    return {
        "known_error": [
            {
                "station": one["station"],
                "observed_at": one["observed_at"].isoformat(),
                "flags": one["flags"],
                "qc_wind": one["qc_wind"],
                "temperature": one["temperature"],
            }
            for one in known.values()
        ],
        "false_alarms": dict(alarms.most_common()),
        "records_with_a_false_alarm": sum(
            bool(one["flags"]) for one in records if one["source_offset"] not in known
        ),
        "share_by_flag": {
            name: {
                str(number): round(count / len(records), 5)
                for number, count in sorted(Counter(one[name] for one in records).items())
            }
            for name in flags
        },
        "dew_points_apart": {
            "compared": len(apart),
            "within_0.35": round(sum(one <= 0.35 for one in apart) / len(apart), 5),
            "within_1": round(sum(one <= 1 for one in apart) / len(apart), 5),
            "most": round(apart[-1], 2),
        },
    }


def detected(pairs: Sequence[tuple[str, Record | None, Record | None]]) -> Record:
    """Of each error: how many rows have it, the share whose flag tells of it and did not before, by which."""
    told: Record = {}
    for name, injected in ERRORS.items():
        rows = [(before, after) for error, before, after in pairs if error == name]
        new = [
            (before, after)
            for before, after in rows
            if before and after and before[injected.flag] not in (_SUSPECT, _FAIL)
            if after[injected.flag] in (_SUSPECT, _FAIL)
        ]
        rules = Counter(rule for before, after in new for rule in set(after["flags"]) - set(before["flags"]))
        told[name] = {
            "rows": len(rows),
            "flag": injected.flag,
            "flagged_before": sum(bool(one and one[injected.flag] in (_SUSPECT, _FAIL)) for one, _ in rows),
            "found": round(len(new) / len(rows), 4),
            "as_wrong": round(sum(after[injected.flag] == _FAIL for _, after in new) / len(rows), 4),
            "by": dict(rules.most_common()),
        }
    return told


def tables(figures: Record) -> Iterator[Table]:
    """The figures for people."""
    count = figures["observations"]
    alarms = Table("rule", "records", "share", title=f"False alarms in {count:,} observations")
    for rule, records in figures["false_alarms"].items():
        alarms.add_row(rule, f"{records:,}", f"{records / count:.3%}")
    alarms.add_row("any", f"{figures['records_with_a_false_alarm']:,}", "")
    yield alarms
    numbers = (_GOOD, _SUSPECT, _FAIL, _MISSING)
    flags = Table("flag", *map(str, numbers), title="Share of each number")
    for flag, shares in figures["share_by_flag"].items():
        flags.add_row(flag, *(f"{shares.get(str(number), 0):.3%}" for number in numbers))
    yield flags
    dew = figures["dew_points_apart"]
    points = Table(
        "compared", "within 0.35 °C", "within 1 °C", "most", title="Dew point, observed and computed"
    )
    points.add_row(
        f"{dew['compared']:,}", f"{dew['within_0.35']:.2%}", f"{dew['within_1']:.2%}", f"{dew['most']} °C"
    )
    yield points
    errors = Table("error", "rows", "found", "as wrong", "by", title="Injected errors")
    for name, one in figures["injected"].items():
        by = ", ".join(f"{rule} {times}" for rule, times in one["by"].items())
        errors.add_row(name, str(one["rows"]), f"{one['found']:.1%}", f"{one['as_wrong']:.1%}", by)
    yield errors


if __name__ == "__main__":
    run(lambda: typer.run(bench))
