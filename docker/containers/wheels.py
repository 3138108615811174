"""The image's Python packages, fetched on this side by pip for the image's Python, hash by hash."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

from packaging.markers import Marker

from containers.closure import blocks, closure, name_of
from contracts.errors import DownloadFailed
from embedded.cache import cache_folder
from embedded.exclusive import exclusive

_BILL = "cyclonedx-bom"
_NEWEST_GLIBC = 36
"""Debian bookworm's is 2.36: a wheel for a newer one would not load."""
_LOCK_SECONDS = 1800.0


def for_python(lock: str, version: str) -> str:
    """The entries of `lock` that hold on Linux for the Python `version`, without their markers.

    pip judges markers by the Python that runs it, which may be another than the image's.
    """
    environment: dict[str, str | AbstractSet[str]] = {
        "platform_machine": platform.machine(),
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    kept = []
    for block in blocks(lock):
        first, _, rest = block.partition("\n")
        pinned, _, marker = first.removesuffix("\\").partition(" ; ")
        if not marker.strip() or Marker(marker.strip()).evaluate(environment):
            kept.append(f"{pinned.strip()} \\\n{rest}")
    return "\n".join(kept) + "\n"


def needed(lock: str, tools: str, version: str) -> str:
    """What a build of the image installs: the platform's `lock`, and of the lock `tools` the bill's maker."""
    entries = {
        name_of(block): block
        for part in (closure(tools, [_BILL]), lock)
        for block in blocks(for_python(part, version))
    }
    return "\n".join(entries[name] for name in sorted(entries)) + "\n"


def fetch_wheels(lock: str, tools: str, version: str) -> Path:
    """Bring them into the download cache; gives the folder. Raises `DownloadFailed`."""
    requirements = needed(lock, tools, version)
    mark = hashlib.sha256(requirements.encode()).hexdigest()[:12]
    folder = cache_folder() / f"wheels-{version}-{platform.machine()}-{mark}"
    if (folder / "complete").exists():
        return folder
    with exclusive(cache_folder() / "wheels.lock", what="download of wheels", limit=_LOCK_SECONDS):
        if not (folder / "complete").exists():
            folder.mkdir(parents=True, exist_ok=True)
            listed = folder / "requirements.txt"
            listed.write_text(requirements, encoding="utf-8")
            _download(folder, [*_target(version), "--require-hashes", "-r", str(listed)])
            # pyspark comes as a source archive: what builds it, as pip would fetch it by itself.
            _download(folder, ["setuptools", "wheel"])
            (folder / "complete").touch()
    return folder


def _download(folder: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    if subprocess.run([*command, "-d", str(folder), *words], check=False).returncode:
        raise DownloadFailed("the image's Python packages did not arrive; pip says why above: run it again.")


def _target(version: str) -> list[str]:
    machine = platform.machine()
    abi = f"cp{version.replace('.', '')}"
    platforms = [f"manylinux_2_{minor}" for minor in range(_NEWEST_GLIBC, 4, -1)]
    platforms += ["manylinux2014", "manylinux2010", "manylinux1", "linux"]
    words = ["--python-version", version, "--implementation", "cp"]
    words += [word for one in (abi, "abi3", "none") for word in ("--abi", one)]
    return words + [word for one in platforms for word in ("--platform", f"{one}_{machine}")]
