"""Points in time as a person writes them, and as Spark and the history hold them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from contracts.errors import UnusableSetting
from contracts.process.times import milliseconds, parse_moment

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST, _LAST = datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)


def now() -> datetime:
    """This moment, UTC, to the millisecond: what a record of the history can hold."""
    found = datetime.now(timezone.utc)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def moment(since_1970: int | None) -> datetime | None:
    """The moment so many milliseconds after 1970, UTC, or the nearest that Python has; None of None."""
    return None if since_1970 is None else of_millis(since_1970)


def of_millis(since_1970: int) -> datetime:
    """The moment so many milliseconds after 1970, UTC; the nearest that Python has."""
    try:
        return _EPOCH + timedelta(milliseconds=since_1970)
    except OverflowError:
        return _FIRST if since_1970 < 0 else _LAST


def before(end: datetime, length: timedelta) -> datetime:
    """The moment `length` before `end`; 1970 at the earliest, since Kafka knows no earlier one."""
    return end - min(length, end - _EPOCH)


def parse_length(text: str) -> timedelta:
    """A length of time such as `30m`, `6h` or `7d`, longer than nothing."""
    try:
        found = timedelta(milliseconds=milliseconds("".join(text.split())))
    except ValueError:
        found = timedelta()
    if not found:
        raise UnusableSetting(f"{text!r} is no length of time: write it as 30m, 6h or 7d.")
    return found


def window_edges(
    since: str | None, until: str | None, length: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Begin and end of the window that a person asks for; `length` counts back from `until`, else `now`."""
    if since and length:
        raise UnusableSetting("--since and --window both say where the window begins: give one of them.")
    end = parse_moment(until) if until else None
    if length:
        end = end or now
        return before(end, parse_length(length)), end
    begin = parse_moment(since) if since else None
    if begin and end and begin >= end:
        raise UnusableSetting(
            f"the window ends ({until}) before it begins ({since}): swap --since and --until."
        )
    return begin, end
