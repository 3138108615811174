"""A validation, to be varied by the tests."""

from __future__ import annotations

import pytest

from contracts.records.topic_weather_quality import Validation
from tests.unit.quality.samples import passed


@pytest.fixture
def validation() -> Validation:
    return passed()
