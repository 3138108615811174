"""A validation and a report's facts, to be varied by the tests."""

from __future__ import annotations

import pytest

from quality.report import Facts
from quality.results import Validation
from tests.unit.quality.samples import facts_of, passed


@pytest.fixture
def validation() -> Validation:
    return passed()


@pytest.fixture
def facts(validation: Validation) -> Facts:
    return facts_of(validation, station="JFK", reason="RULE_BROKEN")
