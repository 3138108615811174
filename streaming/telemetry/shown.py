"""A status for programs and for people: as plain data, as one line, and as a page of lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from rich.text import Text

from streaming.engine.progress import Kept, Progress
from streaming.job import Job
from streaming.telemetry.status import Status

Facts = Mapping[str, Any]
"""What `facts` returns; JSON gives it back unchanged."""

_NAMES_WIDE = 17
_STATE_STYLES = {"running": "green", "starting": "yellow", "stopping": "yellow"}


def facts(status: Status, now: float) -> dict[str, Any]:
    """The whole status as plain data, as `/status` serves it. Times are ISO 8601, UTC."""
    job, plan, totals, last = status.job, status.plan, status.totals, status.last
    read, *written = job.roles
    counts: dict[str, dict[str, Any]] = {
        "stream": {
            "gained": {"final": status.gained(job.final), "quarantined": status.gained(job.quarantine)},
            "final": totals.final,
            "quarantined": totals.quarantined,
            "flagged": totals.flagged,
            "reasons": dict(totals.reasons),
            "rules": dict(totals.rules),
            "writers": dict(totals.writers),
        },
        "trends": {"read": totals.read, "trends": totals.final, "late": totals.late},
    }
    return {
        "running": True,
        "kind": job.kind,
        "state": status.state.value,
        "mode": job.mode,
        "pid": status.pid,
        "started_at": iso(status.started_at),
        "seconds": round(now - status.started_at, 1),
        "checkpoint": str(job.checkpoint.absolute()),
        "topics": dict(job.roles),
        "records_per_second": round(status.speed(now), 1),
        "lag": sum(status.lag.values()) if status.lag else None,
        "lag_by_partition": _texts(status.lag),
        "read_offsets": _texts(status.read),
        "end_offsets": {topic: _texts(ends) for topic, ends in status.ends.items()},
        "moved_at": iso(status.moved_at),
        "broker_up": status.broker_up,
        "latency_max_seconds": status.latency and round(status.latency.max, 3),
        "latency_mean_seconds": status.latency and round(status.latency.mean, 3),
        "batches": totals.batches,
        **counts[job.kind],
        "kept": status.kept and {**asdict(status.kept), "watermark": iso(status.kept.watermark)},
        "last_batch": last and {**batch_facts(job, last), "ended_at": iso(status.last_ended_at)},
        "plans": status.plans,
        "versions": plan
        and {
            read: {"reader": plan.reader, "writers": _texts(plan.writers)},
            **{role: asdict(one) for role, one in zip(written, plan.outputs, strict=True)},
        },
    }


def batch_facts(job: Job, batch: Progress) -> dict[str, Any]:
    """What one batch of `job` did as plain data, for one line of JSON."""
    if job.kind == "stream":
        return asdict(batch)
    kept = batch.kept or Kept(rows=0, disk_bytes=0, memory_bytes=0)
    return {
        "batch": batch.batch,
        "rows": batch.rows,
        "trends": batch.final,
        "late": kept.late,
        "watermark": iso(kept.watermark),
        "state_rows": kept.rows,
        "state_disk_bytes": kept.disk_bytes,
        "state_memory_bytes": kept.memory_bytes,
        "end_offsets": batch.end_offsets,
        "seconds": batch.seconds,
    }


def line(status: Facts) -> Text:
    """The status on one line of a terminal, cut where the terminal is too narrow."""
    state, batch = str(status["state"]), status["last_batch"]
    parts = [f"{status['records_per_second']:,.0f}/s", f"lag {_number(status['lag'])}"]
    if status["kind"] == "trends":
        parts += [f"{status['trends']:,} trends", f"{status['late']:,} late"]
    else:
        # A real-time batch is counted when it ends; until then the growth of the topics stands in.
        counts = status["gained"] if status["mode"] == "real-time" else status
        parts += [f"{counts['final']:,} published", f"{counts['quarantined']:,} in quarantine"]
    if batch:
        parts.append(f"batch {batch['batch']} of {batch['rows']:,} in {batch['seconds']:.1f} s")
    if status["broker_up"] is False:
        parts.insert(0, "the broker does not answer")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("● ", style=_STATE_STYLES.get(state, ""))
    text.append(f"{state} {duration(status['seconds'])}", style="bold")
    for part in parts:
        text.append("  ")
        text.append(part)
    return text


def page(status: Facts) -> Text:
    """The status for a person, a line for each fact."""
    lines = [Text.assemble((f"{name:<{_NAMES_WIDE}}", "bold"), text) for name, text in _rows(status) if text]
    return Text("\n").join(lines)


def _rows(status: Facts) -> list[tuple[str, str]]:
    (source, *outputs), versions, batch = status["topics"].values(), status["versions"], status["last_batch"]
    by_partition = ", ".join(f"{p}: {_number(lag)}" for p, lag in status["lag_by_partition"].items())
    rows = [
        ("state", f"{status['state']}, {status['mode']}, since {status['started_at']} (pid {status['pid']})"),
        ("topics", f"{source} → {', '.join(outputs)}"),
        ("checkpoint", status["checkpoint"]),
        ("broker", {True: "answers", False: "does not answer", None: ""}[status["broker_up"]]),
        ("speed", f"{status['records_per_second']:,.0f} records a second"),
        (
            "lag",
            f"{_number(status['lag'])} records" + (f" (by partition {by_partition})" if by_partition else ""),
        ),
        *_records(status),
    ]
    if kept := status["kept"]:
        disk, memory = (f"{kept[f'{kind}_bytes'] / 2**20:,.0f} MiB" for kind in ("disk", "memory"))
        rows.append(("remembers", f"{kept['rows']:,} rows: {disk} on disk, {memory} in memory"))
    if status["latency_max_seconds"] is not None:
        mean, longest = status["latency_mean_seconds"], status["latency_max_seconds"]
        of = "of the newest records" if status["mode"] == "real-time" else "in the last batch"
        rows.append(("latency", f"{mean:,.3f} s on average, {longest:,.3f} s at most, {of}"))
    if batch:
        took = f"{batch['batch']}: {batch['rows']:,} records in {batch['seconds']:.1f} s"
        rows.append(("last batch", f"{took}, ended {batch['ended_at']}"))
    if status["mode"] == "real-time":
        gained = status["gained"]
        rows.append(("topics gained", f"{gained['final']:,} final, {gained['quarantined']:,} quarantined"))
        rows.append(
            ("note", "records, reasons and rules are counted when a batch ends; the rest moves at once")
        )
    if versions:
        reader, *writers = versions.items()
        read = ", ".join(f"{v or '?'} (schema {n})" for n, v in reader[1]["writers"].items())
        written = ", ".join(f"{role} {one['version']} (schema {one['schema_id']})" for role, one in writers)
        rows += [("reads versions", read), ("writes versions", written)]
    return rows


def _records(status: Facts) -> list[tuple[str, str]]:
    if status["kind"] == "trends":
        watermark = (status["kept"] or {}).get("watermark")
        return [
            ("records", f"{status['read']:,} read, {status['trends']:,} trends, {status['late']:,} late"),
            ("watermark", watermark or ""),
        ]
    return [
        (
            "records",
            f"{status['final']:,} published ({status['flagged']:,} with a flag), "
            f"{status['quarantined']:,} in quarantine",
        ),
        ("reasons", _counts(status["reasons"])),
        ("rules broken", _counts(status["rules"])),
        ("writers", _counts({f"schema {number}": count for number, count in status["writers"].items()})),
    ]


def iso(seconds: float | None) -> str | None:
    """Unix time as ISO 8601, UTC; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def duration(seconds: float) -> str:
    """A length of time in its two largest units."""
    days, rest = divmod(int(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()) if count)


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _texts(by_number: Mapping[int, Any]) -> dict[str, Any]:
    return {str(number): value for number, value in sorted(by_number.items())}
