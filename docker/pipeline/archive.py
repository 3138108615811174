"""Java's classes as it holds them in memory, kept in files: then no start reads them from jars anew.

They take a minute to make, and save each start of Spark, broker and registry some seconds: so they are made
behind the pipeline's first run, or before what starts Spark many times.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from contracts.errors import PlatformError
from contracts.process.command_line import messages
from contracts.process.files import write_whole
from embedded import Services, cache
from embedded.exclusive import exclusive
from embedded.ivy import pyspark_folder
from embedded.java import AT_EXIT, BASE_ARCHIVE, archive_of, wheel_java
from embedded.lock import read_lock
from embedded.services import NAMES
from pipeline.parts import Part, stopping

_PART_WITHIN = 300.0
_PLAIN = "/-_.!~*'();:@&=+$,"
"""Signs that Java leaves as they are in the address of a jar. It archives no class of one that has others."""
_CHOSEN = ("--product", "weather")
_PARTS = (
    ("contracts", "apply", "--json"),
    ("producer", "replay", "run", "--json", *_CHOSEN),
    ("streaming", "run", "--available-now", "--quick-start", "--json", *_CHOSEN),
)
"""What is run once: the last of these leaves its classes behind."""


def write_archive(root: Path) -> None:
    """Make the archives for the jars and the Java of the checkout at `root`, unless they are there.

    Everything works without them, only slower: where they cannot be made, that is said and there are none.
    """
    if _is_settled():
        return
    archive = archive_of("spark")
    with exclusive(archive.with_suffix(".lock"), what="archive of Java's classes", limit=3 * _PART_WITHIN):
        if _is_settled():
            return
        for old in archive.parent.glob("*.jsa"):
            old.unlink()
        began = time.monotonic()
        with messages.status("keeping Java's classes for quick starts …"):
            why_not = _train(root, archive)
        # Kept in either case: what failed once is not tried at each start.
        write_whole(_about(), _state())
        told = f"no quick starts: {why_not}" if why_not else "Java's classes kept for quick starts"
        messages.print(f"{told} [dim]{time.monotonic() - began:.1f} s[/]")


def write_archive_behind(root: Path) -> None:
    """Begin `write_archive` in a process that outlives this one, on processor time that nobody else wants."""
    if _is_settled():
        return
    log = root / "build" / "logs" / "archive.log"
    with log.open("wb") as output:
        subprocess.Popen(
            ["nice", "-n", "19", sys.executable, "docker", "archive"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=root,
            start_new_session=True,
        )
    messages.print(f"[dim]Java's classes are being kept for quicker starts, in the background: {log}[/]")


def _train(root: Path, archive: Path) -> str:
    """Run the parts, on services of their own; says why that left no archive, or nothing."""
    jars = str(pyspark_folder())
    if quote(jars, safe=_PLAIN) != jars:
        return f"Java keeps classes only from plain paths, without blanks and such, and this is {jars}"
    base = archive.with_name(BASE_ARCHIVE)
    dump = [str(wheel_java()), "-Xshare:dump", f"-XX:SharedArchiveFile={base}"]
    if subprocess.run(dump, capture_output=True, check=False).returncode:
        return "this Java keeps no archives"
    parts: list[Part] = []
    # A folder of always the same name: what a killed run leaves behind is gone after the next one.
    folder = archive.with_suffix(".made")
    shutil.rmtree(folder, ignore_errors=True)
    made = folder / "made"
    made.mkdir(parents=True)
    services = Services(data_dir=folder / "data", log_dir=folder / "logs", classes_to=made)
    try:
        with services, stopping(parts):
            environment = {
                "KAFKA_BOOTSTRAP_SERVERS": services.bootstrap_servers,
                "SCHEMA_REGISTRY_URL": services.schema_registry_url,
                AT_EXIT: str(made / archive.name),
            }
            for part, *arguments in _PARTS:
                more = ["--checkpoint", str(folder / "checkpoint")] if part == "streaming" else []
                parts.append(Part(part, [part, *arguments, *more], environment, root, folder / "logs"))
                try:
                    parts[-1].finish(_PART_WITHIN)
                    # Java writes the archive when it ends, which is after its Python has.
                    parts[-1].wait_for_children(_PART_WITHIN)
                except PlatformError as error:
                    return f"{part}: {error}"
        # The services have left theirs when they have ended.
        if not (made / archive.name).exists():
            return "Java left no archive"
        for one in made.iterdir():
            one.replace(archive.with_name(one.name))
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _about() -> Path:
    return archive_of("spark").with_suffix(".about")


def _is_settled() -> bool:
    """Whether there are archives for what is installed, or can be none, as for a Java of somebody else's."""
    if os.environ.get("JAVA_HOME"):
        return True
    return _about().exists() and _about().read_text(encoding="utf-8") == _state()


def _state() -> str:
    """What the archives depend on: Java refuses one whose jars have changed."""
    services = [cache.path_of(artifact) for artifact in read_lock() if artifact.use in NAMES]
    jars = [*sorted((pyspark_folder() / "jars").glob("*.jar")), *(jar for jar in services if jar.exists())]
    rows = [f"{jar} {(seen := jar.stat()).st_size} {seen.st_mtime_ns}" for jar in (*jars, wheel_java())]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest() + "\n"
