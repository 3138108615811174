"""Make `docker/jars.lock` anew from the pins."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

from embedded.ivy import Wanted, failure, start_ivy
from embedded.lock import USES, Artifact, sha256_of
from embedded.pins import ROOTS, coordinate_of, read_pins

_LIMIT_SECONDS = 900


def relock() -> tuple[Artifact, ...]:
    """Resolve every root of the pins with its runtime dependencies, download, and hash.

    What pyspark brings along is left out of `spark`. Raises `DownloadFailed`.
    """
    pins = read_pins()
    found: list[Artifact] = []
    for use in USES:
        found += resolve(use, [Wanted(coordinate_of(r, pins), r.transitive) for r in ROOTS if r.use == use])
    present = _names_in_pyspark()
    return tuple(
        artifact for artifact in found if artifact.use != "spark" or artifact.parts[1] not in present
    )


def resolve(use: str, roots: Sequence[Wanted]) -> list[Artifact]:
    """Download `roots`, and what they need at run time, and hash them; raises `DownloadFailed`."""
    with tempfile.TemporaryDirectory() as folder:
        process = start_ivy(roots, Path(folder))
        try:
            output, _ = process.communicate(timeout=_LIMIT_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            raise
        if process.returncode:
            raise failure(output)
        files = sorted(p for p in Path(folder).iterdir() if p.name.endswith((".jar", ".tar.gz")))
        return [Artifact(use, coordinate_in(p.name), p.stat().st_size, sha256_of(p)) for p in files]


def coordinate_in(filename: str) -> str:
    """The coordinate that a file name of the cache stands for."""
    extension = "tar.gz" if filename.endswith(".tar.gz") else "jar"
    group, name, version, *classifier = filename.removesuffix(f".{extension}").split("+")
    plain = f"{group}:{name}:{version}"
    return plain if extension == "jar" and not classifier else ":".join((plain, extension, *classifier))


def name_in(jar: str) -> str:
    """The artifact's name in `name-version.jar`."""
    return re.split(r"-\d+\.", jar.removesuffix(".jar"), maxsplit=1)[0]


def _names_in_pyspark() -> set[str]:
    # From the wheel's record, since setup puts the connectors among the wheel's own jars.
    files = distribution("pyspark").files or ()
    return {name_in(file.name) for file in files if file.name.endswith(".jar")}
