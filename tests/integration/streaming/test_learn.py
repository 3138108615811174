from __future__ import annotations

import json
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.folder.read import load_contracts
from contracts.registry.registered import Registered
from contracts.registry.registry import Registry, connect
from streaming.running import learn
from tests.streams import RAW, Place

_FIELDS = [{"name": "n", "type": "int"}]


def test_where_there_are_very_many_subjects_the_ids_that_were_met_are_asked_for(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = connect(place.registry_url)
    subject = f"{place.raw}-elsewhere-value"
    schema = {"type": "record", "name": place.raw.replace("-", "_"), "fields": _FIELDS}
    elsewhere = registry.register(subject, json.dumps(schema))
    plan = learn.learn(place.job(tmp_path), registry, threading.Event())
    assert learn.foreign_ids(registry, plan)[elsewhere] == subject
    monkeypatch.setattr(learn, "_SUBJECTS_AT_MOST", 0)
    assert learn.foreign_ids(registry, plan) == {}
    assert learn.foreign_ids(registry, plan, [1_000_000, elsewhere, place.raw_id]) == {elsewhere: subject}
    other = registry.register(subject, load_contracts()[RAW].newest.text)
    assert other == place.raw_id
    # An id that is ours, or was until it was deleted, is nobody else's.
    forgetful = replace(plan, writers={})
    assert learn.foreign_ids(registry, forgetful, [place.raw_id]) == {}
    registry.close()


def test_what_a_plan_knows_of_the_raw_schemas_is_of_one_look_at_the_registry(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, ask = list[str](), Registry.versions

    def versions(self: Registry, subject: str, *, deleted: bool = False) -> tuple[Registered, ...]:
        if deleted:
            looks.append(subject)
        return ask(self, subject, deleted=deleted)

    monkeypatch.setattr(Registry, "versions", versions)
    with closing(connect(place.registry_url)) as registry:
        plan = learn.learn(place.job(tmp_path), registry, threading.Event())
        assert looks == [plan.raw.subject]
        learn.learn(place.job(tmp_path), registry, threading.Event(), plan)
        assert looks == [plan.raw.subject] * 2
