"""A status for programs and for people: as plain data, as one line, and as a page of lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from rich.text import Text

from streaming.telemetry.status import Status

Facts = Mapping[str, Any]
"""What `facts` gives; it goes through JSON unharmed."""

_NAMES_WIDE = 17
_LATENCY_OF = {"real-time": "of the newest records"}
_STATE_STYLES = {"running": "green", "starting": "yellow", "stopping": "yellow"}


def facts(status: Status, now: float) -> dict[str, Any]:
    """Everything that is known, as plain data: what `/status` serves. Times are ISO 8601, UTC."""
    job, plan, totals = status.job, status.plan, status.totals
    return {
        "running": True,
        "state": status.state.value,
        "mode": job.mode,
        "pid": status.pid,
        "started_at": iso(status.started_at),
        "seconds": round(now - status.started_at, 1),
        "checkpoint": str(job.checkpoint.absolute()),
        "topics": {"raw": job.topic, "final": job.final, "quarantine": job.quarantine},
        "records_per_second": round(status.speed(now), 1),
        "lag": sum(status.lag.values()) if status.lag else None,
        "lag_by_partition": _texts(status.lag),
        "read_offsets": _texts(status.read),
        "end_offsets": {topic: _texts(ends) for topic, ends in status.ends.items()},
        "moved_at": iso(status.moved_at),
        "broker_up": status.broker_up,
        "latency_max_seconds": status.latency and round(status.latency.max, 3),
        "latency_mean_seconds": status.latency and round(status.latency.mean, 3),
        "gained": {"final": status.gained(job.final), "quarantined": status.gained(job.quarantine)},
        "batches": totals.batches,
        "final": totals.final,
        "quarantined": totals.quarantined,
        "flagged": totals.flagged,
        "reasons": dict(totals.reasons),
        "rules": dict(totals.rules),
        "writers": dict(totals.writers),
        "last_batch": status.last and {**status.last.as_json(), "ended_at": iso(status.last_ended_at)},
        "plans": status.plans,
        "versions": plan
        and {
            "raw": {"reader": plan.reader, "writers": _texts(plan.writers)},
            "final": {"version": plan.final.version, "schema_id": plan.final.schema_id},
            "quarantine": {"version": plan.quarantine.version, "schema_id": plan.quarantine.schema_id},
        },
    }


def line(found: Facts) -> Text:
    """The whole on one line of a terminal, cut where that is too narrow."""
    state, batch = str(found["state"]), found["last_batch"]
    # A real-time batch is counted when it ends; until then the topics tell what they gained.
    counts = found["gained"] if found["mode"] == "real-time" else found
    parts = [
        f"{found['records_per_second']:,.0f}/s",
        f"lag {_number(found['lag'])}",
        f"{counts['final']:,} published",
        f"{counts['quarantined']:,} in quarantine",
    ]
    if batch:
        parts.append(f"batch {batch['batch']} of {batch['rows']:,} in {batch['seconds']:.1f} s")
    if found["broker_up"] is False:
        parts.insert(0, "the broker does not answer")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("● ", style=_STATE_STYLES.get(state, ""))
    text.append(f"{state} {span(found['seconds'])}", style="bold")
    for part in parts:
        text.append("  ")
        text.append(part)
    return text


def page(found: Facts) -> Text:
    """The whole for a person who asked, a line for each thing."""
    lines = [Text.assemble((f"{name:<{_NAMES_WIDE}}", "bold"), told) for name, told in _rows(found) if told]
    return Text("\n").join(lines)


def _rows(found: Facts) -> list[tuple[str, str]]:
    topics, versions, batch = found["topics"], found["versions"], found["last_batch"]
    by_partition = ", ".join(f"{p}: {_number(lag)}" for p, lag in found["lag_by_partition"].items())
    rows = [
        ("state", f"{found['state']}, {found['mode']}, since {found['started_at']} (pid {found['pid']})"),
        ("topics", f"{topics['raw']} → {topics['final']}, {topics['quarantine']}"),
        ("checkpoint", found["checkpoint"]),
        ("broker", {True: "answers", False: "does not answer", None: ""}[found["broker_up"]]),
        ("speed", f"{found['records_per_second']:,.0f} records a second"),
        (
            "lag",
            f"{_number(found['lag'])} records" + (f" (by partition {by_partition})" if by_partition else ""),
        ),
        (
            "records",
            f"{found['final']:,} published ({found['flagged']:,} with a flag), "
            f"{found['quarantined']:,} in quarantine",
        ),
        ("reasons", _counts(found["reasons"])),
        ("rules broken", _counts(found["rules"])),
        ("writers", _counts({f"schema {number}": count for number, count in found["writers"].items()})),
    ]
    if found["latency_max_seconds"] is not None:
        mean, longest = found["latency_mean_seconds"], found["latency_max_seconds"]
        of = _LATENCY_OF.get(found["mode"], "in the last batch")
        rows.append(("latency", f"{mean:,.3f} s on average, {longest:,.3f} s at most, {of}"))
    if batch:
        took = f"{batch['batch']}: {batch['rows']:,} records in {batch['seconds']:.1f} s"
        rows.append(("last batch", f"{took}, ended {batch['ended_at']}"))
    if found["mode"] == "real-time":
        gained = found["gained"]
        rows.append(("topics gained", f"{gained['final']:,} final, {gained['quarantined']:,} quarantined"))
        rows.append(
            ("note", "records, reasons and rules are counted when a batch ends; the rest moves at once")
        )
    if versions:
        read = ", ".join(f"{v or '?'} (schema {n})" for n, v in versions["raw"]["writers"].items())
        outputs = ", ".join(
            f"{role} {versions[role]['version']} (schema {versions[role]['schema_id']})"
            for role in ("final", "quarantine")
        )
        rows += [("reads versions", read), ("writes versions", outputs)]
    return rows


def iso(seconds: float | None) -> str | None:
    """Unix time as ISO 8601, UTC; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def span(seconds: float) -> str:
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
