"""A local server that speaks OpenWeatherMap's current-weather API and plays real observations again.

Each request for a station is given its next hourly observation; after the last one, that one again and
again. Every body carries the header `Replay-Source`, by which the client knows that it is a replay. It also
serves as an HTTP proxy, for clients whose address is built in.
"""

from __future__ import annotations

import itertools
import json
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from contracts.errors import PortTaken
from producer.api import REPLAY_HEADER
from producer.api.openweathermap import CURRENT_WEATHER
from producer.parse import Units
from producer.replay.faults import Fault
from producer.replay.observations import SOURCE, STATIONS, Observation, Station

_UNITS: Mapping[str, Units] = {"standard": "STANDARD", "metric": "METRIC", "imperial": "IMPERIAL"}
_NEAR = 0.5
"""Degrees within which coordinates mean a station."""
_ZIP_CODES = {"07114": "EWR", "11430": "JFK", "11371": "LGA"}

_BLOCKED = (
    "Your account is temporary blocked due to exceeding of requests limitation of your subscription type. "
    "Please choose the proper subscription https://openweathermap.org/price"
)
_GARBAGE = b'{"coord":{"lon":-73.78,"lat":\xff\x00<html>'

Answer = tuple[int, bytes]
"""Status, and body."""


class ReplayServer(ThreadingHTTPServer):
    """Serves `observations` on the loopback interface, with faults where they are asked for."""

    daemon_threads = True

    def __init__(
        self, observations: Iterable[Observation], *, key: str, port: int = 0, faults: Sequence[Fault] = ()
    ) -> None:
        """Bind at once, to any free port where it is 0; `key` is the only API key that is accepted."""
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise PortTaken(
                f"port {port} cannot be listened on ({error}): choose another with --port."
            ) from None
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.stopping = threading.Event()
        self._key = key
        self._faults = faults
        self._answers = itertools.count(1)
        self._lock = threading.Lock()
        self._left: dict[str, list[Observation]] = {}
        for one in sorted(observations, key=lambda one: one.time, reverse=True):
            self._left.setdefault(one.station.code, []).append(one)

    def answer(self, path: str) -> Answer:
        """Answer a request for `path`, which includes the query, as the API does."""
        target = urlsplit(path)
        # Clients write the names of parameters in either case.
        asked = {name.lower(): values[-1] for name, values in parse_qs(target.query).items()}
        if target.path != CURRENT_WEATHER:
            return _error(HTTPStatus.NOT_FOUND, "404", "Internal error")
        if asked.get("appid") != self._key:
            # The API itself gives a number here, and text elsewhere.
            why = "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info."
            return _error(HTTPStatus.UNAUTHORIZED, 401, why)
        if not {"id", "q", "zip"} & asked.keys() and not {"lat", "lon"} <= asked.keys():
            return _error(HTTPStatus.BAD_REQUEST, "400", "Nothing to geocode")
        station = _station(asked)
        if station is None or station.code not in self._left:
            return _error(HTTPStatus.NOT_FOUND, "404", "city not found")
        units = _UNITS.get(asked.get("units", ""), "STANDARD")
        return HTTPStatus.OK, self._next(station).body(units)

    def faults_now(self) -> list[Fault]:
        """Faults that the next answer has."""
        with self._lock:
            number = next(self._answers)
        return [one for one in self._faults if one.strikes(number)]

    def _next(self, station: Station) -> Observation:
        with self._lock:
            left = self._left[station.code]
            return left.pop() if len(left) > 1 else left[0]


@contextmanager
def serve(server: ReplayServer) -> Iterator[ReplayServer]:
    """Serve in a thread of its own while the context lasts."""
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="replay-server", daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    server: ReplayServer
    protocol_version = "HTTP/1.1"
    # One packet for each answer: otherwise the client's delayed acknowledgement costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        faults = {one.kind: one.value for one in self.server.faults_now()}
        if "latency" in faults:
            self.server.stopping.wait(faults["latency"])
        if "cut" in faults:
            self._cut()
        elif "garbage" in faults:
            self._send(HTTPStatus.OK, _GARBAGE)
        elif "500" in faults:
            self._send(*_error(HTTPStatus.INTERNAL_SERVER_ERROR, 500, "Internal Server Error"))
        elif "429" in faults:
            self._send(*_error(HTTPStatus.TOO_MANY_REQUESTS, 429, _BLOCKED), retry_after=round(faults["429"]))
        else:
            self._send(*self.server.answer(self.path))

    def _send(self, status: int, body: bytes, retry_after: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header(REPLAY_HEADER, SOURCE)
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """Promise a body, send its beginning, and hang up."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", "500")
        self.end_headers()
        self.wfile.write(b'{"coord":')
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the URL holds a key."""


def _station(asked: Mapping[str, str]) -> Station | None:
    if "id" in asked:
        return next((one for one in STATIONS.values() if str(one.id) == asked["id"]), None)
    if "zip" in asked:
        return STATIONS.get(_ZIP_CODES.get(asked["zip"].split(",")[0], ""))
    if "q" in asked:
        name = asked["q"].split(",")[0].strip().casefold()
        return next((s for s in STATIONS.values() if name in {s.code.casefold(), s.name.casefold()}), None)
    try:
        here = (float(asked["lat"]), float(asked["lon"]))
    except ValueError:
        return None
    nearest = min(STATIONS.values(), key=lambda one: math.dist(here, (one.latitude, one.longitude)))
    return nearest if math.dist(here, (nearest.latitude, nearest.longitude)) <= _NEAR else None


def _error(status: int, cod: int | str, message: str) -> Answer:
    return status, json.dumps({"cod": cod, "message": message}).encode()
