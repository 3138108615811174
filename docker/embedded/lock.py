"""`docker/jars.lock`: every artifact that the embedded parts run on, with its size and SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from contracts.errors import UnusableSetting
from embedded.pins import DOCKER_FOLDER

LOCK_FILE = DOCKER_FOLDER / "jars.lock"
NEEDED = ("broker", "registry", "spark")
"""Uses of the jars without which nothing runs."""
USES = (*NEEDED, "tables")


@dataclass(frozen=True, order=True)
class Artifact:
    """One locked file.

    `coordinate` is Maven's `group:artifact:version`, with `:extension:classifier` when it is not a plain
    jar. `size` is in bytes.
    """

    use: str
    coordinate: str
    size: int
    sha256: str

    @property
    def parts(self) -> tuple[str, str, str, str, str]:
        """Group, artifact, version, extension and classifier."""
        group, name, version, *rest = self.coordinate.split(":")
        extension, classifier = rest if rest else ("jar", "")
        return group, name, version, extension, classifier

    @property
    def filename(self) -> str:
        """The name in the cache, unique across groups."""
        group, name, version, extension, classifier = self.parts
        return "+".join(filter(None, (group, name, version, classifier))) + f".{extension}"


def read_lock(path: Path = LOCK_FILE, uses: Collection[str] = USES) -> tuple[Artifact, ...]:
    """Read a lock; raises `UnusableSetting` for a missing file, or a line that is no artifact of `uses`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnusableSetting(f"{path} cannot be read ({error.strerror}): restore it.") from None
    return tuple(
        _parse(path, number, line, uses) for number, line in enumerate(lines, start=1) if line.strip()
    )


def write_lock(artifacts: Iterable[Artifact], path: Path = LOCK_FILE) -> None:
    """Write one JSON object a line, sorted, so that a change of one artifact is a change of one line."""
    text = "".join(json.dumps(asdict(artifact)) + "\n" for artifact in sorted(artifacts))
    path.write_text(text, encoding="utf-8")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _parse(path: Path, number: int, line: str, uses: Collection[str]) -> Artifact:
    try:
        artifact = Artifact(**json.loads(line))
        well_formed = (
            artifact.use in uses
            and artifact.coordinate.count(":") in (2, 4)
            and artifact.size > 0
            and len(bytes.fromhex(artifact.sha256)) == hashlib.sha256().digest_size
        )
    except (ValueError, TypeError, AttributeError):
        well_formed = False
    if not well_formed:
        raise UnusableSetting(f"{path}, line {number} is not a locked artifact: run `make lock-jars`.")
    return artifact
