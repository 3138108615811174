"""A folder of contracts of the test's own, and the command line on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.cli import app, exit_code
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.read import load_contracts
from contracts.process.command_line import run
from tests.unit.contracts.folders import newest_alone


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs `python -m contracts …` in this process."""

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["contracts", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run(app, exit_code)
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A locked folder with the contract of topic-weather, its newest version alone, in use."""
    copy = tmp_path / "contracts"
    newest_alone("topic-weather", copy / "topic-weather")
    (copy / FILE).write_text(render(lock_of(load_contracts(copy).values())), encoding="utf-8")
    monkeypatch.setenv("CONTRACTS_DIR", str(copy))
    return copy
