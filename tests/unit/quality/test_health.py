from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from quality.health import ask, say


def test_a_watch_is_well_while_it_says_so_and_does_not_keep_failing(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "watch.json"
    assert ask(file) == (False, f"no watch has written {file}")
    say(file, lasts=60, failures=2, sentence="PASS")
    assert ask(file) == (True, "PASS")
    say(file, lasts=60, failures=3, sentence="no broker")
    assert ask(file) == (False, "no broker")
    say(file, lasts=-1, failures=0, sentence="PASS")
    assert ask(file) == (False, "the watch has been silent for too long; the last it said: PASS")
    file.write_text("{", encoding="utf-8")
    assert not ask(file)[0]


def test_a_container_can_ask_by_an_exit_code(tmp_path: Path) -> None:
    file = tmp_path / "watch.json"
    say(file, lasts=60, failures=0, sentence="PASS: 5 records")
    command = [sys.executable, "-m", "quality.health", str(file)]
    well = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (well.returncode, well.stdout) == (0, "PASS: 5 records\n")
    file.unlink()
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 1
