"""The report with 90 days of hourly windows: how long it takes to make and to open, and what it weighs.

Opened in a headless Chromium, from the begin of the navigation to the end of the load event, each time in a
new window; for comparison the same with an empty page, in turns.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from quality.report import summarise
from quality.report.page.page import page
from tests.bench.figures import merge
from tests.unit.quality.histories import ninety_days

ROUNDS = 9
_LOADED = """() => {
  const [at] = performance.getEntriesByType('navigation');
  return at.loadEventEnd - at.startTime;
}"""


def opened(browser: Browser, file: Path) -> float:
    """Milliseconds from navigation to the end of the load event."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    window = context.new_page()
    window.goto(file.as_uri(), wait_until="load")
    window.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    found = float(window.evaluate(_LOADED))
    context.close()
    return found


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium is installed: apt-get install chromium")
    history = ninety_days()
    summary = summarise(history)
    page(summary)
    begins = time.process_time()
    text = page(summarise(history))
    made = time.process_time() - begins
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report, empty = Path(folder) / "report.html", Path(folder) / "empty.html"
        report.write_text(text, encoding="utf-8")
        empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        opened(browser, empty)
        times = [(opened(browser, report), opened(browser, empty)) for _ in range(ROUNDS)]
        browser.close()
    merge(
        "quality.page",
        {
            "validations": len(history),
            "bytes": len(text.encode()),
            "made_in_cpu_seconds": round(made, 2),
            "opened_in_ms": {
                name: {"median": round(median(column), 1), "least": min(column), "most": max(column)}
                for name, column in zip(("report", "empty page"), zip(*times, strict=True), strict=True)
            },
        },
    )


if __name__ == "__main__":
    main()
