from __future__ import annotations

import re

from contracts.folder.read import load_contracts
from quality.report import summarise
from quality.report.data_docs import data_docs
from tests.unit.quality import histories


def test_data_docs_tell_counts_and_load_run_or_link_nothing() -> None:
    contract = load_contracts()["topic-weather-final"]
    text = data_docs(summarise(histories.failing()), contract)
    assert "values must be greater than or equal to" in text
    assert re.search(r"13\D{0,80}unexpected values found", text)
    assert not re.search(r"<(script|style|link|img|iframe|form|object)\b", text)
    assert not re.search(r"""\s(src|on\w+)=|href="[^#]|https?://[^\s"<]*\.(js|css)""", text)
    assert "default-src 'none'" in text


def test_a_hostile_history_adds_nothing_to_data_docs() -> None:
    contract = load_contracts()["topic-weather-final"]
    text = data_docs(summarise(histories.hostile()), contract)
    assert "alert(1)" not in text
    assert "\u202e" not in text
