"""A real browser, one for all tests, which tells what a page did."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Dialog,
    Page,
    sync_playwright,
)

from tests.integration.quality.places import history_place, place, registry
from tests.integration.quality.webhook import webhook

__all__ = ["history_place", "place", "registry", "webhook"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SHOTS = Path(__file__).resolve().parents[3] / "build" / "screenshots"
WIDE, NARROW = (1280, 800), (360, 740)
_WITHIN_MS = 60_000
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--no-first-run")


@dataclass(frozen=True)
class Visit:
    """An open page, and what happened while it loaded: each list is empty for a page that only shows."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def shot(self, name: str) -> Path:
        """A picture of the whole page, to be looked at."""
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def violations(self) -> list[str]:
        """What axe-core finds against the page, best practices included."""
        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium(real_part: Callable[[str], None]) -> Iterator[Browser]:
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(_FLAGS), timeout=_WITHIN_MS, headless=True
        )
        real_part(f"Chromium {browser.version}, headless; screenshots in {SHOTS}")
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page in a window of its own, and tells what happened."""
    windows: list[BrowserContext] = []

    def open_page(html: str, size: tuple[int, int] = WIDE, scheme: str = "light") -> Visit:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        windows.append(context)
        context.set_default_timeout(_WITHIN_MS)
        source = tmp_path / f"{len(windows)}.html"
        source.write_text(html, encoding="utf-8")
        seen = Visit(context.new_page())
        debugger = _listen(seen, source.as_uri())
        seen.page.goto(source.as_uri(), wait_until="load")
        # What the debugger has to tell of the load comes before its answer to another question.
        debugger.send("Debugger.setSkipAllPauses", {"skip": True})
        return seen

    yield open_page
    for context in windows:
        context.close()


def _listen(seen: Visit, itself: str) -> CDPSession:
    page = seen.page
    page.on("console", lambda message: seen.console.append(_told(message)))
    page.on("pageerror", lambda error: seen.console.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url) if request.url != itself else None)
    page.on("dialog", lambda dialog: _dismiss(seen, dialog))
    # Chromium's debugger tells of every script that it parses; those of Playwright itself have no address.
    debugger = page.context.new_cdp_session(page)
    debugger.on("Debugger.scriptParsed", lambda event: seen.scripts.extend({event["url"]} - {""}))
    debugger.send("Debugger.enable")
    return debugger


def _dismiss(seen: Visit, dialog: Dialog) -> None:
    seen.scripts.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _told(message: ConsoleMessage) -> str:
    return f"{message.type}: {message.text}"
