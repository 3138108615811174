"""The project's own images: the platform in every role, and the registry with a folder for its data."""

from __future__ import annotations

import shutil
from pathlib import Path

from containers import engine
from containers.names import PLATFORM, registry_with_data
from containers.staging import link_tree
from embedded.pins import DOCKER_FOLDER, read_pins

LOCKS = ("requirements.lock", "requirements-tables.lock", "requirements-dev.lock")
"""Of Python's packages: the first two are the image's, the last has what makes its bill."""
_ROOMS = ("contracts", "producer", "streaming", "quality", "docker")


def build_project(root: Path, fetched: Path | None = None) -> dict[str, int]:
    """Build both images of the checkout at `root`; gives their sizes in bytes by name.

    With `fetched`, a folder of wheels and jars, the builds have no network. Raises `ServiceFailed`.
    """
    engine.need_engine()
    pins, logs = read_pins(), root / "build" / "logs"
    context = root / "build" / "docker" / "context"
    shutil.rmtree(context, ignore_errors=True)
    for name in _ROOMS:
        link_tree(root / name, context / name)
    for lock in LOCKS:
        shutil.copy2(root / lock, context / lock)
    if fetched:
        link_tree(fetched, context / "fetched")
    registry = registry_with_data()
    rows = (
        (PLATFORM, context, "Dockerfile", "PYTHON_VERSION", "image-platform.log"),
        (registry, context / "docker/roles", "registry.Dockerfile", "APICURIO_VERSION", "image-registry.log"),
    )
    try:
        for name, folder, file, pin, log in rows:
            engine.build(
                name,
                folder,
                DOCKER_FOLDER / file,
                args={pin: pins[pin]},
                offline=fetched is not None,
                log=logs / log,
            )
    finally:
        shutil.rmtree(context, ignore_errors=True)
    return {name: engine.size_of(name) for name, *_ in rows}
