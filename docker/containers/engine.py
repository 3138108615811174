"""The container engine, by its command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.errors import ServiceFailed, UnsuitableRuntime

_ANSWER_SECONDS = 20.0
_GIST_LINES = 3


def engine_answers() -> bool:
    """Whether `docker info` reaches an engine."""
    if not shutil.which("docker"):
        return False
    try:
        return _call(["info"], timeout=_ANSWER_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def need_engine() -> None:
    """Raise `UnsuitableRuntime` where no engine answers."""
    if not engine_answers():
        raise UnsuitableRuntime(
            "no container engine answers `docker info`: start one, or use `make up`, which needs none."
        )


def has_image(name: str) -> bool:
    """Whether the engine holds an image of that name; nothing is pulled."""
    return _call(["image", "inspect", name]).returncode == 0


def size_of(name: str) -> int:
    """Size of an image with all its layers, in bytes."""
    return int(_told(["image", "inspect", "--format", "{{.Size}}", name]))


def label_of(name: str, label: str) -> str:
    """A label of an image, empty where it has none."""
    return _told(["image", "inspect", "--format", f'{{{{index .Config.Labels "{label}"}}}}', name])


def containers(label: str) -> list[dict[str, Any]]:
    """What `docker inspect` tells of each container that bears `label`, ended ones included."""
    ids = _told(["ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}"]).split()
    rows: list[dict[str, Any]] = json.loads(_told(["inspect", *ids])) if ids else []
    return rows


def build(
    name: str, context: Path, dockerfile: Path, *, args: dict[str, str], offline: bool, log: Path
) -> None:
    """Build an image, its output in `log`; raises `ServiceFailed` with what it ended on.

    An `offline` build has no network at all.
    """
    words = ["build", "--tag", name, "--file", str(dockerfile)]
    words += [word for key, value in args.items() for word in ("--build-arg", f"{key}={value}")]
    words += ["--network", "none"] if offline else []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            ["docker", *words, str(context)],
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=_environment(),
            check=False,
        )
    if done.returncode:
        said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line]
        raise ServiceFailed(f"{name} could not be built ({' / '.join(said[-_GIST_LINES:])}): see {log}.")


def import_folder(folder: Path, name: str, changes: Sequence[str], excluded: Sequence[str]) -> None:
    """Make an image of one layer out of a folder, less the `excluded` patterns."""
    tar = ["tar", "-C", str(folder), "--numeric-owner", *(f"--exclude={row}" for row in excluded), "-c", "."]
    words = [word for change in changes for word in ("--change", change)]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as packing:
        done = subprocess.run(
            ["docker", "import", *words, "-", name], stdin=packing.stdout, capture_output=True, check=False
        )
    if done.returncode or packing.returncode:
        raise ServiceFailed(f"{name} could not be imported ({_gist(done.stderr)}): mend that, run it again.")


def _told(words: list[str]) -> str:
    done = _call(words)
    if done.returncode:
        raise ServiceFailed(f"docker {words[0]} failed ({_gist(done.stderr)}): mend that, run it again.")
    return done.stdout.decode().strip()


def _call(words: list[str], timeout: float | None = 60.0) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["docker", *words], capture_output=True, timeout=timeout, check=False)


def _gist(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _environment() -> dict[str, str]:
    """The environment for a build: the engine's own builder where the newer one is not installed."""
    newer = _call(["buildx", "version"]).returncode == 0
    return {**os.environ, **({} if newer else {"DOCKER_BUILDKIT": "0"})}
