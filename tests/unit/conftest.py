"""Unit tests need neither Java nor a broker: one that starts either belongs into `tests/integration`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NOT_HERE = "a unit test needs neither Java nor a broker: put this one into tests/integration."
_JAVA = frozenset({"java", "spark-submit"})
_unit = {"running": False}


def _refuse_java(event: str, arguments: tuple[Any, ...]) -> None:
    if _unit["running"] and event == "subprocess.Popen":
        executable, command = arguments[0], arguments[1]
        names = {Path(str(name)).name for name in (executable, *command[:1])}
        if names & _JAVA:
            raise AssertionError(_NOT_HERE)


# A hook of this kind stays for the rest of the process, so it looks whether a unit test runs.
sys.addaudithook(_refuse_java)


@pytest.fixture(autouse=True)
def _without_java() -> Iterator[None]:
    _unit["running"] = True
    yield
    _unit["running"] = False


@pytest.fixture(scope="session")
def spark() -> None:
    """No Spark here."""
    pytest.fail(_NOT_HERE)


@pytest.fixture(scope="session")
def services() -> None:
    """No broker here."""
    pytest.fail(_NOT_HERE)
