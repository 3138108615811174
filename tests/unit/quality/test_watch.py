from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from quality.watch import _started

_TOLD = "import os; print(os.nice(0), open('/proc/self/autogroup').read().split()[-1])"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this system does not weigh sessions")
def test_what_judges_stands_back_as_a_process_and_as_a_session() -> None:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        with _started(["-c", _TOLD], 15, out, errors) as child:
            assert child.wait(30) == 0
        out.seek(0)
        assert out.read().split() == ["15", "15"]
