"""Alerts go to a webhook and a command when an incident begins, and when it is over."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from contracts.avro.json_form import to_json
from contracts.errors import UnusableSetting
from contracts.records.topic_weather_quality import Incident, Validation
from quality.window.extent import place

_CONNECT_WITHIN, _ANSWER_WITHIN, _COMMAND_WITHIN = 3.0, 5.0, 30.0
_RETRIES = Retry(
    total=2,
    backoff_factor=0.5,
    backoff_max=5.0,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    respect_retry_after_header=False,
    redirect=0,
)


class _Settings(BaseSettings):
    """The variables of the environment; an address may hold a secret, so it is one."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, hide_input_in_errors=True, env_prefix="quality_alert_"
    )

    webhook: SecretStr | None = None
    token: SecretStr | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Who gets an alert: both, either or nobody. The webhook's address and token are shown nowhere."""

    webhook: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    command: tuple[str, ...] = ()

    def send(self, incident: Incident, found: Validation) -> tuple[str, ...]:
        """Send what `found` says of `incident`; returns who did not take it, and why."""
        body = message(incident, found)
        ways = ((self.webhook, self._post), (self.command, self._run))
        return tuple(problem for wanted, send in ways if wanted and (problem := send(body)))

    def _post(self, body: Mapping[str, Any]) -> str | None:
        headers = {"Idempotency-Key": f"{body['id']}-{body['event']}"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            with _unlogged(), requests.Session() as session:
                session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
                session.mount("https://", HTTPAdapter(max_retries=_RETRIES))
                answer = session.post(
                    str(self.webhook),
                    json=body,
                    headers=headers,
                    timeout=(_CONNECT_WITHIN, _ANSWER_WITHIN),
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            # Its text would hold the address.
            return f"the webhook cannot be reached ({type(error).__name__})"
        return None if answer.ok else f"the webhook answered {answer.status_code}"

    def _run(self, body: Mapping[str, Any]) -> str | None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("QUALITY_ALERT_")}
        try:
            done = subprocess.run(
                self.command,
                input=json.dumps(body) + "\n",
                text=True,
                capture_output=True,
                timeout=_COMMAND_WITHIN,
                check=False,
                env={**ours, "INCIDENT_EVENT": body["event"], "INCIDENT_ID": body["id"]},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"the command did not run ({type(error).__name__})"
        return f"the command ended with {done.returncode}" if done.returncode else None


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Silence the HTTP client for the block: its log holds addresses, and warnings of retries."""
    loggers = [logging.getLogger(name) for name in ("urllib3.connectionpool", "urllib3.util.retry")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def message(incident: Incident, found: Validation) -> dict[str, Any]:
    """What a webhook gets as its body, and a command as its input."""
    examples = [each for rule in found.rules if rule.id == incident.rule for each in rule.examples]
    if incident.kind == "unreadable":
        examples = list(found.unreadable_examples)
    return {
        "event": "recovered" if incident.closed_at else "opened",
        "id": incident.id,
        "kind": incident.kind,
        "rule": incident.rule,
        "topic": found.topic,
        "sentence": incident.sentence,
        "opened_at": to_json(incident.opened_at),
        "closed_at": to_json(incident.closed_at),
        "verdict": found.verdict.value.lower(),
        "rows": found.rows,
        "validation": found.id,
        "owner": found.owner,
        "examples": [place(each) for each in examples],
    }


def alerts() -> Alerts:
    """Who gets an alert by the environment; raises `UnusableSetting`, which never shows an address."""
    try:
        found = _Settings()
        command = tuple(shlex.split(found.command or ""))
    except (ValidationError, ValueError):
        raise UnusableSetting("QUALITY_ALERT_COMMAND is no command line: look at its quotes.") from None
    webhook = found.webhook.get_secret_value() if found.webhook else None
    if webhook is not None and not _is_url(webhook):
        raise UnusableSetting("QUALITY_ALERT_WEBHOOK must be an http or https address.")
    token = found.token.get_secret_value() if found.token else None
    return Alerts(webhook=webhook, token=token, command=command)


def _is_url(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:  # a bracket that nothing closes
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)
