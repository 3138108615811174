"""The report in a real browser: harmful names from data are text; nothing runs, loads or complains."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from quality.report import Facts
from quality.report.page import page
from tests.unit.quality.samples import HOSTILE, facts_of, passed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).resolve().parents[3] / "build" / "screenshots"
WIDE, NARROW = (1280, 5000), (500, 7000)
LIGHT, DARK = 1, 0
"""Blink's numbers for the preferred colour scheme."""
_WITHIN = 90

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed: apt-get install chromium")


@dataclass(frozen=True)
class Visit:
    """What a browser did with a page."""

    dom: str
    console: list[str]
    requests: list[str]
    screenshot: Path


Open = Callable[..., Visit]


@pytest.fixture
def browser(tmp_path: Path, real_part: Callable[[str], None]) -> Open:
    """Opens a page in a browser of its own, and tells what happened."""

    def visit(html: str, name: str, size: tuple[int, int] = WIDE, scheme: int = LIGHT) -> Visit:
        source = tmp_path / f"{name}.html"
        source.write_text(html, encoding="utf-8")
        SHOTS.mkdir(parents=True, exist_ok=True)
        shot = SHOTS / f"{name}.png"
        shot.unlink(missing_ok=True)
        log = tmp_path / "net.json"
        done = subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-default-apps",
                "--no-proxy-server",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--log-net-log={log}",
                "--enable-logging=stderr",
                f"--window-size={size[0]},{size[1]}",
                f"--blink-settings=preferredColorScheme={scheme}",
                f"--screenshot={shot}",
                "--dump-dom",
                source.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=True,
        )
        real_part(f"Chromium, {name}: {shot}")
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return Visit(dom=done.stdout, console=console, requests=requested(log), screenshot=shot)

    return visit


def requested(log: Path) -> list[str]:
    """Addresses that a page asked for; what the browser asks for itself has no origin."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if "initiator" in event.get("params", {})]
    return [params["url"] for params in asked if params["initiator"] != "not an origin"]


def hostile_facts() -> Facts:
    """Facts in which every station, reason and rule of the quarantine is a hostile name."""
    single = [facts_of(passed(), station=name, reason=name) for name in HOSTILE]
    days = tuple(day for facts in single for day in facts.profile.days)
    groups = tuple(replace(group, rules=(group.reason,)) for facts in single for group in facts.quarantine)
    return replace(single[0], profile=replace(single[0].profile, days=days), quarantine=groups)


def top_left(png: Path) -> tuple[tuple[int, int], int]:
    """Size of an image, and the red of its first pixel."""
    data, at, packed = png.read_bytes(), 8, b""
    size = struct.unpack(">II", data[16:24])
    while at < len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    return (size[0], size[1]), zlib.decompressobj().decompress(packed, 8)[1]


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("wide", WIDE, LIGHT), ("narrow", NARROW, LIGHT), ("dark", WIDE, DARK)],
)
def test_hostile_names_run_nothing_load_nothing_and_leave_the_console_empty(
    browser: Open, name: str, size: tuple[int, int], scheme: int
) -> None:
    visit = browser(page(hostile_facts()), name, size, scheme)
    assert visit.console == []
    assert visit.requests == []
    assert "<title>PASS – quality of topic-weather-final</title>" in visit.dom
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in visit.dom
    shown, red = top_left(visit.screenshot)
    assert shown == size
    assert (red < 64) == (scheme == DARK)


@pytest.mark.parametrize(
    ("harm", "seen"),
    [
        ("<script>document.title = 'ran'</script>", lambda visit: "<title>ran</title>" in visit.dom),
        ("<img src='http://elsewhere.example/x.png'>", lambda visit: visit.requests),
        ("<script>console.error('oh')</script>", lambda visit: visit.console),
    ],
    ids=["a script", "a request", "a console error"],
)
def test_the_browser_would_have_told(browser: Open, harm: str, seen: Callable[[Visit], object]) -> None:
    assert seen(browser(f"<!doctype html><title>quiet</title>{harm}", "harm"))
