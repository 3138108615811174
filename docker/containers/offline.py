"""All images without an image registry: a Debian base, stand-ins from locked jars, and the project on top.

A stand-in bears the official name, so that the compose file is the same, and a label that says what it is.
It proves wiring and behaviour, not the official image, and is never to be published.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from containers import engine
from containers.base import make_base
from containers.bill import USES
from containers.names import STAND_IN, official
from containers.project import LOCKS, build_project
from containers.staging import link_files, link_tree
from containers.wheels import fetch_wheels
from contracts.errors import DownloadFailed
from embedded import cache
from embedded.java import wheel_java
from embedded.lock import Artifact, read_lock
from embedded.pins import DOCKER_FOLDER, read_pins

Fill = Callable[[Path], None]


@dataclass(frozen=True)
class StandIn:
    """One stand-in: the part it stands for, and what its build context is filled with."""

    part: str
    fill: Fill

    @property
    def sources(self) -> Path:
        """Its Dockerfile, and what goes with it."""
        return DOCKER_FOLDER / "stand-ins" / self.part


def _locked(use: str) -> list[Artifact]:
    artifacts = [artifact for artifact in read_lock() if artifact.use == use]
    cache.fetch(artifacts)
    return artifacts


def _java(context: Path) -> None:
    link_tree(wheel_java().parent.parent, context / "java")


def _broker(context: Path) -> None:
    _java(context)
    link_files((cache.path_of(artifact) for artifact in _locked("broker")), context / "jars")


def _registry(context: Path) -> None:
    _java(context)
    link_tree(cache.unpacked(_locked("registry")[0]), context / "app")


def _prometheus(context: Path) -> None:
    """Debian's package, unpacked and not installed: its programs need no other package."""
    done = subprocess.run(
        ["apt-get", "download", "-q", "prometheus"], cwd=context, capture_output=True, check=False
    )
    packages = list(context.glob("prometheus_*.deb"))
    if done.returncode or not packages:
        raise DownloadFailed(
            "Debian's package of Prometheus did not arrive: run `apt-get update`, then this again."
        )
    subprocess.run(["dpkg-deb", "-x", packages[0].name, "package"], cwd=context, check=True)
    packages[0].unlink()


STAND_INS = (StandIn("broker", _broker), StandIn("registry", _registry), StandIn("prometheus", _prometheus))


def build_offline(root: Path, tell: Callable[[str], None]) -> dict[str, int]:
    """Build whatever the engine does not hold yet, and the project's images anew; sizes in bytes by name.

    `tell` takes notes for people. An official image that is there is left alone. Raises `PlatformError`.
    """
    engine.need_engine()
    pins, scratch = read_pins(), root / "build" / "docker"
    lock, tables, tools = ((root / name).read_text(encoding="utf-8") for name in LOCKS)
    with ThreadPoolExecutor(1, "wheels") as pool:
        # They come over the network while the base image is made.
        wheels = pool.submit(fetch_wheels, lock + tables, tools, pins["PYTHON_VERSION"])
        base, sizes = official("base"), {}
        if not engine.has_image(base):
            tell(f"making {base} by debootstrap")
            make_base(base, pins["DEBIAN_SUITE"], pins["PYTHON_VERSION"], scratch / "rootfs")
        for row in STAND_INS:
            name = official(row.part)
            if not engine.has_image(name):
                tell(f"building {name} from what is locked")
                _build(row, name, base, scratch / row.part, root / "build" / "logs")
            sizes[name] = engine.size_of(name)
        sizes |= _build_project(root, wheels.result(), scratch / "fetched", tell)
    for name in (base, *(official(row.part) for row in STAND_INS)):
        if said := engine.label_of(name, STAND_IN):
            tell(f"{name}: {said}")
    tell(f"{official('grafana')} is in no package registry: the profile `monitoring` needs an image registry")
    return sizes


def _build_project(root: Path, wheels: Path, fetched: Path, tell: Callable[[str], None]) -> dict[str, int]:
    tell("building the project's images, without a network")
    shutil.rmtree(fetched, ignore_errors=True)
    link_tree(wheels, fetched / "wheels")
    jars = [cache.path_of(artifact) for use in USES for artifact in _locked(use)]
    link_files(jars, fetched / "cache" / "jars")
    try:
        return build_project(root, fetched)
    finally:
        shutil.rmtree(fetched, ignore_errors=True)


def _build(row: StandIn, name: str, base: str, context: Path, logs: Path) -> None:
    shutil.rmtree(context, ignore_errors=True)
    link_tree(row.sources, context)
    try:
        row.fill(context)
        log = logs / f"image-{row.part}.log"
        engine.build(name, context, context / "Dockerfile", args={"BASE": base}, offline=True, log=log)
    finally:
        shutil.rmtree(context, ignore_errors=True)
