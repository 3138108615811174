"""`python -m quality` against a real broker, a real registry, real Spark and real Great Expectations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.quality.places import NOW, Place


def test_a_window_is_judged_and_every_finding_has_coordinates(place: Place, run_cli: Any) -> None:
    good = place.record(qc=1, qc_humidity=9)
    spared = place.record(flags=["humidity-possible"], qc=4, qc_humidity=4, observed_at=NOW.replace(hour=13))
    place.send(good, spared, good + b"\0", b"\0", good[:5])
    done = run_cli("quality", "validate", "--topic", place.topic, "--no-publish", "--json", env=place.env)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["verdict"], told["rows"], told["unreadable"]) == ("fail", 2, 3)
    assert told["unreadable_examples"] == [f"{place.topic}-0-{offset}" for offset in (2, 3, 4)]
    broken = {rule["id"]: rule["examples"] for rule in told["rules"] if rule["judged"] and not rule["kept"]}
    assert broken == {"humidity-possible": [f"{place.topic}-0-1"]}
    named = {one["name"]: (one["good"], one["fail"], one["missing"]) for one in told["variables"]}
    assert named == {"overall": (1, 1, 0), "humidity": (0, 1, 1)}
    assert "Traceback" not in done.stderr


def test_an_empty_window_fails_and_says_so(place: Place, run_cli: Any) -> None:
    place.send(place.record())
    arguments = ["--topic", place.topic, "--until", "2001-01-01", "--no-publish", "--json"]
    done = run_cli("quality", "validate", *arguments, env=place.env)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["verdict"], told["rows"]) == ("fail", 0)
    assert "has no record in this window, which never passes" in " ".join(done.stderr.split())


def test_the_verdict_is_published_and_the_report_comes_from_the_history(
    history_place: Place, run_cli: Any, tmp_path: Path
) -> None:
    place = history_place
    place.send(place.record(name="<script>alert(1)</script>"))
    first = tmp_path / "first"
    arguments = ["--topic", place.topic, "--report", str(first), "--json"]
    done = run_cli("quality", "validate", *arguments, env=place.env)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["verdict"], told["report"]) == ("pass", str(first / "report.html"))

    second = tmp_path / "second"
    again = run_cli("quality", "report", "--topic", place.topic, "--output", str(second), env=place.env)
    assert again.returncode == 0, again.stderr
    written = [{file.name: file.read_bytes() for file in each.iterdir()} for each in (first, second)]
    assert set(written[0]) == {"report.html", "report.json", "junit.xml", "metrics.txt"}
    assert json.loads(written[0]["report.json"])["validation"]["id"] == told["id"]
    assert written[0] == written[1]


def test_each_product_that_is_named_is_answered_until_one_cannot_be_judged(
    history_place: Place, run_cli: Any, tmp_path: Path
) -> None:
    history_place.send(history_place.record())
    done = run_cli(
        "quality",
        *("validate-each", "--reports", str(tmp_path / "reports")),
        env=history_place.env,
        stdin="weather\nweather\nsnow\nweather\n",
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["topic"], one["verdict"], one["rows"]) for one in told] == [
        (history_place.topic, "pass", 1)
    ] * 2
    assert len({one["id"] for one in told}) == 2
    assert Path(told[0]["report"]) == tmp_path / "reports/weather/report.html"
    assert (tmp_path / "reports/weather/report.html").is_file()
    assert (done.returncode, "there is no product snow" in " ".join(done.stderr.split())) == (2, True)


def test_what_cannot_run_is_a_sentence_and_exit_code_2(place: Place, run_cli: Any) -> None:
    for arguments, says in (
        (["--topic", "topic-of-nobody"], "there is no contract of 'topic-of-nobody'"),
        (["--topic", "topic-weather"], "has no rules, so there is nothing to validate"),
        (["--since", "soon"], "'soon' is no time"),
    ):
        done = run_cli("quality", "validate", *arguments, env=place.env)
        assert done.returncode == 2
        assert says in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr


def test_a_rule_for_a_field_that_is_gone_is_named_and_nothing_is_judged(place: Place, run_cli: Any) -> None:
    file = place.folder / place.topic / "contract.yaml"
    gone = "  - {id: ozone-there, check: not_null, field: ozone, severity: info, why: It was there once.}\n"
    file.write_text(file.read_text(encoding="utf-8") + gone, encoding="utf-8")
    done = run_cli("quality", "validate", "--topic", place.topic, "--no-publish", env=place.env)
    assert done.returncode == 2
    assert "rule ozone-there of" in " ".join(done.stderr.split())
    newest = place.contract.newest.number
    assert f"looks at ozone, which version {newest} does not have" in " ".join(done.stderr.split())


def test_a_topic_that_is_not_there_is_not_created(place: Place, registry: Any, run_cli: Any) -> None:
    (place.folder / place.topic).rename(place.folder / "topic-not-there")
    registry.register("topic-not-there-value", place.contract.newest.text)
    done = run_cli("quality", "validate", "--topic", "topic-not-there", "--no-publish", env=place.env)
    assert done.returncode == 2
    assert "there is no topic topic-not-there at the broker" in " ".join(done.stderr.split())


def test_an_unreachable_broker_is_named(place: Place, run_cli: Any) -> None:
    env = {**place.env, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    done = run_cli("quality", "validate", "--topic", place.topic, "--no-publish", env=env)
    assert done.returncode == 2
    assert "no Kafka broker answers at 127.0.0.1:1" in " ".join(done.stderr.split())
