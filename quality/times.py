"""Points in time as a person writes them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from contracts.errors import UnusableSetting

_LENGTH = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def now() -> datetime:
    """This moment, UTC, to the millisecond: what a record of the history can hold."""
    found = datetime.now(timezone.utc)
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST, _LAST = datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc)


def of_millis(milliseconds: int) -> datetime:
    """The moment so many milliseconds after 1970, UTC; the nearest that there is, where Python has none."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return _FIRST if milliseconds < 0 else _LAST


def parse_moment(text: str) -> datetime:
    """An ISO 8601 time such as `2013-01-31` or `2013-01-31T06:00:00+01:00`; UTC unless it says."""
    try:
        # Before 3.11 fromisoformat knows no Z.
        found = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    except ValueError:
        raise UnusableSetting(
            f"{text!r} is no time: write it as 2013-01-31 or 2013-01-31T06:00:00Z."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def parse_length(text: str) -> timedelta:
    """A length of time such as `30m`, `6h` or `7d`."""
    match = _LENGTH.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise UnusableSetting(f"{text!r} is no length of time: write it as 30m, 6h or 7d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def window_edges(
    since: str | None, until: str | None, length: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Begin and end of the window that was asked for; `length` counts back from `until`, else from `now`."""
    if since and length:
        raise UnusableSetting("--since and --window both say where the window begins: give one of them.")
    end = parse_moment(until) if until else None
    if length:
        end = end or now
        return end - parse_length(length), end
    begin = parse_moment(since) if since else None
    if begin and end and begin >= end:
        raise UnusableSetting(
            f"the window ends ({until}) before it begins ({since}): swap --since and --until."
        )
    return begin, end
