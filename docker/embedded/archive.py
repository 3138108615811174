"""Spark's classes as Java holds them in memory, kept in a file: then no start reads them from jars anew."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contracts.cli_support import messages
from embedded.exclusive import exclusive
from embedded.ivy import pyspark_folder
from embedded.java import ARCHIVE, AT_EXIT, BASE_ARCHIVE, spark_java_home, wheel_java
from embedded.process import die_with_parent, spawning
from embedded.services import Services

_ROOT = Path(__file__).resolve().parents[2]
_PART_WITHIN = 120.0
_LOOK_EVERY = 0.1
_PARTS = (
    ("contracts", "apply", "--json"),
    ("producer", "replay", "run", "--json"),
    ("streaming", "run", "--available-now", "--quick-start", "--json"),
)
"""What is run once: the last of these leaves its classes behind."""


def write_archive() -> None:
    """Make the archive for the jars and the Java that are here, unless it is there.

    Everything works without one, only slower: where it cannot be made, that is said and there is none.
    """
    archive = spark_java_home() / ARCHIVE
    about = archive.with_suffix(".about")
    with exclusive(archive.with_suffix(".lock"), what="setup", limit=3 * _PART_WITHIN):
        now = _state()
        if about.exists() and about.read_text(encoding="utf-8") == now:
            return
        archive.unlink(missing_ok=True)
        began = time.monotonic()
        with messages.status("keeping Spark's classes for quick starts …"):
            why_not = _train(archive)
        # Kept in either case: what failed once is not tried at each start.
        about.write_text(now, encoding="utf-8")
        told = f"no quick starts of Spark: {why_not}" if why_not else "Spark's classes kept for quick starts"
        messages.print(f"{told} [dim]{time.monotonic() - began:.1f} s[/]")


def _train(archive: Path) -> str:
    """Run the parts, on services of their own; says why that left no archive, or nothing."""
    base = archive.with_name(BASE_ARCHIVE)
    base.unlink(missing_ok=True)
    dump = [str(wheel_java()), "-Xshare:dump", f"-XX:SharedArchiveFile={base}"]
    if subprocess.run(dump, capture_output=True, check=False).returncode:
        return "this Java keeps no archives"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Services(data_dir=folder / "data", log_dir=folder / "logs") as services:
            environment = {
                **os.environ,
                "KAFKA_BOOTSTRAP_SERVERS": services.bootstrap_servers,
                "SCHEMA_REGISTRY_URL": services.schema_registry_url,
                AT_EXIT: str(archive),
            }
            for part in _PARTS:
                more = ["--checkpoint", str(folder / "checkpoint")] if part[0] == "streaming" else []
                code = _run([*part, *more], environment, folder / "log")
                if code:
                    archive.unlink(missing_ok=True)
                    said = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
                    return f"{part[0]} ended with {code}: {' '.join(said[-1:])}"
    return "" if archive.exists() else "Java left no archive"


def _run(part: list[str], environment: dict[str, str], log: Path) -> int:
    """Run `python -m part…` until it and all its children have ended; gives its exit code."""

    def start() -> subprocess.Popen[bytes]:
        with log.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, "-m", *part],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=out,
                cwd=_ROOT,
                env=environment,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - calls nothing but prctl
            )

    process = spawning(start)
    deadline = time.monotonic() + _PART_WITHIN
    try:
        code = process.wait(_PART_WITHIN)
        # Java writes the archive when it ends, which is after its Python has.
        while _lives(process.pid) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
    except subprocess.TimeoutExpired:
        code = 1
    finally:
        if _lives(process.pid):
            os.killpg(process.pid, 9)
        process.wait(_PART_WITHIN)
    return code


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _state() -> str:
    """What the archive depends on: Java refuses one whose jars have changed."""
    jars = sorted((pyspark_folder() / "jars").glob("*.jar"))
    rows = [f"{jar} {(seen := jar.stat()).st_size} {seen.st_mtime_ns}" for jar in (*jars, wheel_java())]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest() + "\n"
