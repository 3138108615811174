"""Writes a report's files: each whole, or not at all, and none when one cannot be rendered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from contracts.errors import UnusableSetting
from quality.record import to_record
from quality.report.facts import Facts
from quality.report.junit import junit
from quality.report.openmetrics import openmetrics
from quality.report.page import page
from quality.texts import jsonable


def write(facts: Facts, folder: Path) -> Path:
    """Write the page, `report.json`, `junit.xml` and `metrics.txt` into `folder`; returns the page's path."""
    rendered = {name: render(facts) for name, render in _FILES.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in rendered.items():
            partial = folder / f".{name}.partial"
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder / name)
    except (NotADirectoryError, FileExistsError, PermissionError) as error:
        raise UnusableSetting(
            f"the report cannot be written to {folder}: {error.strerror}; give another folder."
        ) from None
    return folder / "report.html"


def as_json(facts: Facts) -> str:
    """The report's facts as JSON text, for programs."""
    told: Mapping[str, Any] = {
        "made_at": facts.made_at,
        "validation": to_record(facts.validation),
        "history": [
            {"id": old.id, "validated_at": old.validated_at, "verdict": old.verdict, "rows": old.rows}
            for old in facts.history
        ],
        "topics": facts.topics,
        "quarantine": facts.quarantine,
        "profile": facts.profile,
    }
    return json.dumps(jsonable(told), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


_FILES: Mapping[str, Callable[[Facts], str]] = {
    "report.html": page,
    "report.json": as_json,
    "junit.xml": junit,
    "metrics.txt": openmetrics,
}
