"""Alerts reach a real HTTP server and a real command, once, and hold no secret where they should not."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from contracts.records.topic_weather_quality import Severity, Validation
from quality.watch.alerts import Alerts, alerts
from quality.watch.incidents import follow
from quality.watch.round import send_alerts
from tests.integration.quality.webhook import SECRET, Webhook
from tests.unit.quality.samples import broken, passed


def failed() -> Validation:
    found = passed()
    rules = tuple(
        broken(rule.id, Severity.CRITICAL) if rule.id == "humidity-possible" else rule for rule in found.rules
    )
    found = replace(found, rules=rules)
    return replace(found, incidents=follow(found, ()))


def recovered(before: Validation) -> Validation:
    return replace(passed(), id="later", incidents=follow(passed(), before.incidents))


def test_a_webhook_is_told_once_of_the_beginning_and_once_of_the_end(webhook: Webhook) -> None:
    whom, published = Alerts(webhook=webhook.url, token="t0k3n"), list[Validation]()
    first = send_alerts(failed(), whom, published.append).validation
    again = send_alerts(
        replace(first, incidents=follow(failed(), first.incidents)), whom, published.append
    ).validation
    send_alerts(recovered(again), whom, published.append)
    assert [body["event"] for body in webhook.bodies] == ["opened", "recovered"]
    assert webhook.bodies[0]["rule"] == "humidity-possible"
    assert webhook.bodies[0]["examples"] == ["topic-weather-final-0-4"]
    assert len({body["id"] for body in webhook.bodies}) == 1
    assert [header["Authorization"] for header in webhook.headers] == ["Bearer t0k3n"] * 2
    # What was told is published as the same validation, and only then.
    assert [(one.id, one.incidents[0].told) for one in published] == [("a-validation", True), ("later", True)]


def test_an_alert_that_is_not_taken_is_told_again_in_the_next_round(webhook: Webhook) -> None:
    whom, published = Alerts(webhook=webhook.url), list[Validation]()
    webhook.answers = [500, 503, 500]
    untold = send_alerts(failed(), whom, published.append)
    assert untold.problems == ("the webhook cannot be reached (RetryError)",)
    assert (len(webhook.bodies), published) == (3, [])
    assert send_alerts(untold.validation, whom, published.append).problems == ()
    assert len({header["Idempotency-Key"] for header in webhook.headers}) == 1
    webhook.answers = [404]
    refused = send_alerts(failed(), whom, published.append)
    assert refused.problems == ("the webhook answered 404",)


def test_a_command_gets_the_incident_and_none_of_the_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, out = tmp_path / "tell me.py", tmp_path / "out.json"
    script.write_text(
        "import json, os, sys\n"
        "told = {'body': json.load(sys.stdin), 'env': dict(os.environ)}\n"
        f"open({str(out)!r}, 'w').write(json.dumps(told))\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("QUALITY_ALERT_WEBHOOK", f"http://127.0.0.1:9/{SECRET}")
    monkeypatch.setenv("QUALITY_ALERT_COMMAND", f"{sys.executable} '{script}'")
    whom = replace(alerts(), webhook=None)
    assert send_alerts(failed(), whom, lambda _: None).problems == ()
    told = json.loads(out.read_text(encoding="utf-8"))
    assert (told["body"]["event"], told["env"]["INCIDENT_ID"]) == ("opened", told["body"]["id"])
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ((sys.executable, "-c", "import sys; sys.exit(3)"), "the command ended with 3"),
        (("/no/such/command",), "the command did not run (FileNotFoundError)"),
    ],
)
def test_a_command_that_fails_is_a_sentence(command: tuple[str, ...], says: str) -> None:
    assert send_alerts(failed(), Alerts(command=command), lambda _: None).problems == (says,)


def test_an_address_shows_nowhere(
    webhook: Webhook, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    whom = Alerts(webhook=f"http://127.0.0.1:9/{SECRET}", token=SECRET)
    problems = send_alerts(failed(), whom, lambda _: None).problems
    assert problems == ("the webhook cannot be reached (ConnectionError)",)
    assert send_alerts(failed(), replace(whom, webhook=webhook.url), lambda _: None).problems == ()
    monkeypatch.setenv("QUALITY_ALERT_WEBHOOK", f"ftp://elsewhere/{SECRET}")
    with pytest.raises(UnusableSetting, match="must be an http or https address") as refused:
        alerts()
    assert SECRET not in f"{whom!r} {refused.value} {caplog.text}"


def test_without_anyone_to_tell_an_incident_counts_as_told() -> None:
    assert send_alerts(failed(), Alerts(), lambda _: None).validation.incidents[0].told
