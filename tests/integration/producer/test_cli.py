"""The command line: what it prints, what it exits with, and what it never shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from producer.replay import ReplayServer, load_observations, serve, split_for_polling

CANARY = "c0ffee0canary0c0ffee"
RunCli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def state(tmp_path: Path) -> tuple[str, str]:
    """The option that keeps a test's state apart."""
    return ("--state", str(tmp_path / "state"))


@pytest.fixture
def api() -> Iterator[dict[str, str]]:
    """The environment of a keyed API that replays five hours of each station."""
    _, last = split_for_polling(load_observations(), 5)
    with serve(ReplayServer(last, key=CANARY)) as server:
        yield {"OPENWEATHERMAP_API_KEY": CANARY, "OPENWEATHERMAP_URL": server.url}


def test_polling_counts_what_was_delivered_and_says_that_it_is_a_replay(
    run_cli: RunCli, applied: None, api: dict[str, str], state: tuple[str, str]
) -> None:
    done = run_cli(
        *("producer", "poll", "EWR", "JFK", "Atlantis", "--count", "2", "--interval", "0"),
        *("--calls-per-minute", "0", "--json", *state),
        env=api,
    )
    summary = json.loads(done.stdout)
    assert (done.returncode, summary["source"], summary["replay"]) == (0, "NYCFLIGHTS13", True)
    assert (summary["sent"], summary["delivered"], summary["failed"]) == (4, 4, 0)
    assert (summary["calls"], summary["calls_failed"], summary["quarantined"]) == (6, 2, 2)
    assert "Atlantis" in done.stderr
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", ["-33.86,151.2 EWR", "EWR -33.86,151.2", "-- -33.86,151.2 EWR"])
def test_a_place_in_the_south_is_asked_for(
    run_cli: RunCli, applied: None, api: dict[str, str], state: tuple[str, str], arguments: str
) -> None:
    done = run_cli(*("producer", "poll", "--once", "--json", *state), *arguments.split(), env=api)
    summary = json.loads(done.stdout)
    # The replay has no station there, and says so.
    assert (summary["calls"], summary["sent"], summary["calls_failed"]) == (2, 1, 1)
    assert "404 for -33.86,151.2" in done.stderr


def test_coordinates_that_are_spelled_in_another_way_cost_no_call(
    run_cli: RunCli, applied: None, state: tuple[str, str]
) -> None:
    # Nothing listens at this address: a call would end with 3.
    api = {"OPENWEATHERMAP_API_KEY": CANARY, "OPENWEATHERMAP_URL": "http://127.0.0.1:1"}
    places = {"WEATHER_PLACES": "EWR;51°30'N 0°7'W"}
    for arguments, environment in ((["EWR", "51°30'N 0°7'W"], api), ([], {**api, **places})):
        done = run_cli("producer", "poll", "--once", "--json", *state, *arguments, env=environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is no place: write 51.5,-0.1167." in done.stderr


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"OPENWEATHERMAP_API_KEY": "other" + CANARY}, 4, "refuses the key"),
        ({"OPENWEATHERMAP_URL": "http://127.0.0.1:1"}, 3, "nothing usable answers"),
        ({"OPENWEATHERMAP_API_KEY": ""}, 2, "OPENWEATHERMAP_API_KEY is not set"),
        ({"OPENWEATHERMAP_API_KEY": CANARY + " x"}, 2, "is no key"),
        ({"OPENWEATHERMAP_URL": "ftp://x"}, 2, "must be an http or https address"),
        ({"OPENWEATHERMAP_URL": f"http://me:{CANARY}@127.0.0.1"}, 2, "no credentials"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, 3, "no Kafka broker answers"),
        ({"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}, 3, "no schema registry answers"),
    ],
)
def test_each_failure_is_one_sentence_with_a_code_of_its_own_and_no_key(
    run_cli: RunCli,
    applied: None,
    api: dict[str, str],
    state: tuple[str, str],
    change: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    done = run_cli("producer", "poll", "EWR", "--once", "--json", *state, env={**api, **change})
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stderr


def test_an_unchanged_observation_is_sent_once_over_a_restart(
    run_cli: RunCli, applied: None, api: dict[str, str], state: tuple[str, str]
) -> None:
    command = (
        "producer",
        "poll",
        "EWR",
        "JFK",
        "--interval",
        "0",
        "--calls-per-minute",
        "0",
        "--json",
        *state,
    )
    # The server has five hours of each station, and repeats the last.
    first, again = (json.loads(run_cli(*command, "--count", n, env=api).stdout) for n in ("7", "3"))
    assert (first["sent"], first["delivered"], first["unchanged"]) == (10, 10, 4)
    assert (again["sent"], again["unchanged"], again["recovered"]) == (0, 6, 0)


def test_places_come_from_the_environment_as_well(
    run_cli: RunCli, applied: None, api: dict[str, str], state: tuple[str, str]
) -> None:
    environment = {**api, "WEATHER_PLACES": "EWR;40.64,-73.78;Atlantis"}
    done = run_cli("producer", "poll", "--once", "--calls-per-minute", "0", "--json", *state, env=environment)
    summary = json.loads(done.stdout)
    assert (summary["calls"], summary["sent"], summary["calls_failed"]) == (3, 2, 1)


def test_config_show_masks_the_key_and_says_where_each_setting_is_from(
    run_cli: RunCli, api: dict[str, str]
) -> None:
    done = run_cli("producer", "config", "show", "--json", env=api)
    shown = json.loads(done.stdout)
    assert shown["OPENWEATHERMAP_API_KEY"] == {"value": "********", "from": "environment"}
    assert shown["OPENWEATHERMAP_URL"]["value"] == api["OPENWEATHERMAP_URL"]
    assert shown["OPEN_METEO_URL"]["from"] == "default"
    table = run_cli("producer", "config", "show", env=api)
    assert (done.returncode, table.returncode) == (0, 0)
    assert CANARY not in done.stdout + table.stdout + table.stderr


def test_config_show_does_not_show_an_address_with_credentials(run_cli: RunCli, api: dict[str, str]) -> None:
    environment = {**api, "SCHEMA_REGISTRY_URL": "http://me:s3cret@127.0.0.1:1"}
    done = run_cli("producer", "config", "show", env=environment)
    assert done.returncode == 0
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "code", "failed"),
    [
        ({}, 0, {}),
        ({"OPENWEATHERMAP_API_KEY": "0ther"}, 4, {"key": "refuses the key: check OPENWEATHERMAP_API_KEY"}),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            3,
            {"broker": "start it with `make up`", "topics": "needs the broker"},
        ),
        (
            {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"},
            3,
            {"registry": "start it with `make up`", "contracts": "needs the registry"},
        ),
    ],
)
def test_doctor_says_what_does_not_work_and_what_to_do(
    run_cli: RunCli,
    applied: None,
    api: dict[str, str],
    change: dict[str, str],
    code: int,
    failed: dict[str, str],
) -> None:
    done = run_cli("producer", "doctor", "EWR", "--json", env={**api, **change})
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (code, code == 0)
    assert [row["check"] for row in report["checks"]] == [
        *("key", "quota", "broker", "registry", "topics", "contracts")
    ]
    found = {row["check"]: row["text"] for row in report["checks"] if not row["ok"]}
    assert found.keys() == failed.keys()
    assert all(sentence in found[check] for check, sentence in failed.items())
    assert CANARY not in done.stdout + done.stderr


def test_backfill_sends_what_export_wrote(
    run_cli: RunCli, applied: None, tmp_path: Path, state: tuple[str, str]
) -> None:
    file = tmp_path / "a folder" / "bodies.jsonl.gz"
    exported = run_cli("producer", "replay", "export", str(file), "--without-last", "8600", "--json")
    count = json.loads(exported.stdout)["bodies"]
    assert count == 26_115 - 3 * 8600
    done = run_cli(
        *("producer", "backfill", str(file), "--units", "metric", "--source", "NYCFLIGHTS13", "--replay"),
        *("--json", *state),
    )
    summary = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (summary["read"], summary["delivered"], summary["refused"]) == (count, count, 0)
    assert summary["replay"] is True


def test_parse_gives_a_record_or_an_error_for_each_body(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text('{"main":{"temp":1},"dt":1700000000,"id":7}', encoding="utf-8")
    (tmp_path / "bad.json").write_text('{"cod":"404","message":"city not found"}', encoding="utf-8")
    names = [str(tmp_path / name) for name in ("good.json", "bad.json", "absent.json")]
    done = run_cli("producer", "parse", *names, "--json")
    good, bad, absent = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert [row["file"] for row in (good, bad, absent)] == names
    assert good["record"]["observed_at"] == "2023-11-14T22:13:20.000Z"
    assert (bad["error"], bad["reason"]) == ("API_ERROR", "the API answered 404: city not found")
    assert absent["error"] == "UNREADABLE"


def test_parse_shows_what_backfill_does(
    run_cli: RunCli, applied: None, tmp_path: Path, state: tuple[str, str]
) -> None:
    good = '{"main":{"temp":1},"dt":%d,"id":0,"coord":{"lat":-90,"lng":33}}'
    lines = [
        "\ufeff" + good % 1_700_000_000,
        good % 1_700_003_600,
        good % 0,
        '{"main":{"temp":1,"temp":2},"dt":1700000000,"id":7}',
        '{"main":{"temp":1},"dt":1700000000,"coord":{"lat":5}}',
        good % 1_700_000_000_000,
    ]
    file = tmp_path / "bodies.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    shown = run_cli("producer", "parse", str(file))
    done = run_cli("producer", "backfill", str(file), "--units", "metric", "--json", *state)
    records, faults = shown.stdout.splitlines()[:2], shown.stdout.splitlines()[2:]
    assert records == [
        f"{file}:{line}: geo:-90.0000,0.0000 at 2023-11-14T{hour}:13:20.000Z"
        for line, hour in ((1, 22), (2, 23))
    ]
    assert faults == [
        f"{file}:3: NO_TIME: /dt is absent, null or 0: nothing says when the weather was observed.",
        f"{file}:4: REPEATED_KEY: /main/temp stands there twice: nothing says which one counts.",
        f"{file}:5: NO_STATION: /id, /coord and /name name no station: the body is from nowhere.",
        f"{file}:6: OUT_OF_RANGE: /dt is no time between the years 1 and 9999, in seconds.",
    ]
    assert (shown.returncode, done.returncode) == (1, 1)
    assert [line for line in done.stderr.splitlines() if line in faults] == faults
    summary = json.loads(done.stdout)
    assert (summary["read"], summary["delivered"], summary["refused"]) == (6, 2, 4)
