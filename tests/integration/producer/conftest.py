"""What several of the producer's tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.fixture(scope="module")
def applied(services: Any) -> None:
    """Contracts registered and topics created, once for this module."""
    command = [sys.executable, "-m", "contracts", "apply"]
    environment = {**os.environ, **services.environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
