"""What the engine holds of the images that the compose file names; nothing is pulled."""

from __future__ import annotations

from containers import engine
from containers.names import PLATFORM, STAND_IN, official, registry_with_data


def stack_images() -> tuple[str, ...]:
    """The images without which the stack does not start."""
    return official("broker"), registry_with_data(), PLATFORM


def missing_images() -> str:
    """What lacks for the stack to start without a network, in words; empty when nothing does."""
    if not engine.engine_answers():
        return "no container engine answers `docker info`: start one"
    if missing := [name for name in stack_images() if not engine.has_image(name)]:
        return f"the engine lacks {', '.join(missing)}: run `make image`, or `make docker-offline`"
    return ""


def described_images() -> list[str]:
    """The images by name, each with what it is where it is not what its name says."""
    told = {name: engine.label_of(name, STAND_IN) for name in stack_images()}
    return [f"{name} ({said})" if said else name for name, said in told.items()]
