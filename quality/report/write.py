"""Writes a report's files: each whole, or not at all, and none when one cannot be rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from contracts.errors import UnusableSetting
from contracts.process.files import write_whole
from quality.report.document import document
from quality.report.junit import junit
from quality.report.openmetrics import openmetrics
from quality.report.page.page import page
from quality.report.summary import Summary

_FILES: Mapping[str, Callable[[Summary], str]] = {
    "report.html": page,
    "report.json": document,
    "junit.xml": junit,
    "metrics.txt": openmetrics,
}


def write(summary: Summary, folder: Path) -> Path:
    """Write the page, `report.json`, `junit.xml` and `metrics.txt` into `folder`; returns the page's path."""
    put(folder, {name: render(summary) for name, render in _FILES.items()})
    return folder / "report.html"


def put(folder: Path, texts: Mapping[str, str]) -> None:
    """Write each text under its name into `folder`; raises `UnusableSetting`."""
    try:
        for name, text in texts.items():
            write_whole(folder / name, text)
    except (NotADirectoryError, FileExistsError, PermissionError) as error:
        raise UnusableSetting(
            f"the report cannot be written to {folder}: {error.strerror}; give another folder."
        ) from None
