"""Logs are lines of JSON on stderr, and no secret gets into them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from contracts.process.logs import log_to_stderr, masking


@pytest.fixture(autouse=True)
def own_configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_secrets_are_masked_wherever_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(masking(["hunter2", "hunter2-long", ""]))
    structlog.get_logger().info(
        "logged in with hunter2-long", batch=3, told={"why": ["hunter2"], "where": "at hunter2's"}
    )
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "logged in with ***"
    assert line["told"] == {"why": ["***"], "where": "at ***'s"}
    assert (line["batch"], line["level"]) == (3, "info")
    assert line["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(masking([]), logging.WARNING)
    structlog.get_logger().info("nothing")
    assert not capsys.readouterr().err


def test_loggers_of_the_standard_library_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(masking(["hunter2"]), loggers=["a.library"])
    logging.getLogger("a.library.part").warning("%s went by", "hunter2")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("*** went by", "warning")
