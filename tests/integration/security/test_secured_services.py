"""Every part against services that ask who is there, by one set of settings."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import AccessRefused
from tests.integration.security.conftest import PASSWORD, Secure

RunCli = Callable[..., "subprocess.CompletedProcess[str]"]
_LIMIT = 240.0
_CANNOT_RUN = 2
"""`contracts` and `quality` keep to 0, 1 and 2."""


def test_records_go_all_the_way_by_tls_scram_and_basic_auth_and_no_secret_is_left_behind(
    secure: Secure, run_cli: RunCli, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint"
    stream = ["streaming", "run", "--available-now", "--quick-start", "--json"]
    ways = [
        ["contracts", "apply"],
        ["producer", "replay", "run", "--polled", "1", "--json"],
        [*stream, "--checkpoint", str(checkpoint)],
        ["contracts", "read", "topic-weather-final", "--limit", "5"],
        ["quality", "validate", "--json"],
    ]
    told, batches = [], []
    for way in ways:
        done = run_cli(*way, env=secure.environment, cwd=tmp_path, timeout=_LIMIT)
        assert done.returncode == 0, (way, done.stderr)
        told.append(done.stdout + done.stderr)
        if "streaming" in way:
            batches = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(batch["rows"] for batch in batches) > 26_000

    written = "".join(file.read_text(errors="replace") for file in checkpoint.rglob("*") if file.is_file())
    assert PASSWORD not in "".join(told) + written
    assert json.dumps(PASSWORD)[1:-1] not in written


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["streaming", "run", "--available-now"], AccessRefused.exit_code),
        (["producer", "replay", "run"], AccessRefused.exit_code),
        (["contracts", "apply"], _CANNOT_RUN),
        (["quality", "validate"], _CANNOT_RUN),
    ],
)
@pytest.mark.parametrize("wrong", ["KAFKA_SASL_PASSWORD", "SCHEMA_REGISTRY_PASSWORD"])
def test_a_wrong_password_is_one_sentence_within_seconds(
    secure: Secure, run_cli: RunCli, tmp_path: Path, command: list[str], code: int, wrong: str
) -> None:
    environment = {**secure.environment, wrong: "hunter2-hunter2"}
    done = run_cli(*command, env=environment, cwd=tmp_path, timeout=60)
    assert done.returncode == code, done.stderr
    # Before it the stream has its log, a JSON object on each line.
    *log, sentence = done.stderr.strip().splitlines()
    assert sentence.startswith("error: ")
    assert all(json.loads(line) for line in log)
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_certificate_that_nobody_vouches_for_is_refused(
    secure: Secure, run_cli: RunCli, tmp_path: Path
) -> None:
    environment = {**secure.environment, "KAFKA_SSL_CA_LOCATION": ""}
    done = run_cli("producer", "replay", "run", env=environment, cwd=tmp_path, timeout=60)
    assert done.returncode == AccessRefused.exit_code, done.stderr
    assert "KAFKA_SSL_" in done.stderr
