"""What a run of the stream takes where nothing else is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.folder.product import product_named
from streaming.job import checkpoint_of

FORMER = Path("build/checkpoint")


@pytest.mark.parametrize(
    ("noted", "goes_on"),
    [({"topic-weather": "id", "topic-weather-final": "id"}, {"weather"}), (None, {"air", "weather"})],
)
def test_only_the_product_of_a_checkpoint_from_before_there_were_several_goes_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: dict[str, str] | None, goes_on: set[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    products = {name: product_named(name) for name in ("air", "weather")}
    assert {name: checkpoint_of(one) for name, one in products.items()} == {
        name: FORMER / name for name in products
    }
    FORMER.mkdir(parents=True)
    (FORMER / "metadata").touch()
    if noted:
        (FORMER / "topics.json").write_text(json.dumps(noted), encoding="utf-8")
    assert {name for name, one in products.items() if checkpoint_of(one) == FORMER} == goes_on
