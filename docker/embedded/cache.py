"""The download cache: locked artifacts, verified once, shared by every checkout of this user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from contracts.errors import DownloadFailed, NoDiskSpace, UnusableSetting
from contracts.process.command_line import messages
from embedded.exclusive import exclusive
from embedded.ivy import Wanted, failure, start_ivy
from embedded.lock import Artifact, sha256_of

_STALL_SECONDS = 120.0
_LOCK_SECONDS = 1800.0
_POLL_SECONDS = 0.1


def cache_folder() -> Path:
    """`WEATHER_PLATFORM_CACHE`, else `weather-platform` in the user's cache folder."""
    given = os.environ.get("WEATHER_PLATFORM_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(given).expanduser().resolve() if given else Path(base) / "weather-platform"


def path_of(artifact: Artifact) -> Path:
    """Where the cache keeps an artifact."""
    return cache_folder() / "jars" / artifact.filename


def fetch(artifacts: Sequence[Artifact]) -> None:
    """Bring every artifact into the cache that is not there yet; without a word when all are.

    One Ivy runs for each use, side by side. Raises `DownloadFailed` when one does not arrive or is not what
    the lock says, `NoDiskSpace` when the disk cannot hold them.
    """
    if not missing(artifacts):
        return
    _make_folder()
    with exclusive(cache_folder() / "lock", what="download", limit=_LOCK_SECONDS):
        wanted = missing(artifacts)
        _check_space(wanted)
        if wanted:
            _fetch_missing(artifacts)


def missing(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """The artifacts that the cache lacks, judged by size and stamp: nothing is hashed again."""
    return [artifact for artifact in artifacts if not _is_verified(artifact)]


def unpacked(archive: Artifact) -> Path:
    """The folder that a `.tar.gz` of the cache unpacks to; unpacked on first use."""
    folder = cache_folder() / f"{archive.filename}-{archive.sha256[:12]}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="unpacking-") as name:
        content = Path(name) / "content"
        shutil.unpack_archive(path_of(archive), content, "gztar")
        try:
            content.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first, with the same content
                raise
    return folder


@retry(
    retry=retry_if_exception_type(DownloadFailed),
    stop=stop_after_attempt(3),
    wait=wait_exponential(max=4),
    reraise=True,
)
def _fetch_missing(artifacts: Sequence[Artifact]) -> None:
    groups: dict[str, list[Artifact]] = {}
    for artifact in missing(artifacts):
        groups.setdefault(artifact.use, []).append(artifact)
    outputs = _run_side_by_side(groups)
    wrong = [a for group in groups.values() for a in group if not _accept(a)]
    if not wrong:
        shutil.rmtree(cache_folder() / "incoming", ignore_errors=True)
        return
    arrived = [artifact for artifact in wrong if _incoming(artifact).is_file()]
    for artifact in arrived:
        _incoming(artifact).unlink()
    if arrived:
        raise DownloadFailed(
            f"{arrived[0].coordinate} arrived corrupt, with another SHA-256 than docker/jars.lock says, and"
            " was not kept: run it again, and check the proxy or MAVEN_REPOSITORY_URL if it stays so."
        )
    raise failure("\n".join(outputs))


def _run_side_by_side(groups: dict[str, list[Artifact]]) -> list[str]:
    """Run one Ivy a group under a progress bar; gives what each printed."""
    columns = (TextColumn("{task.description:<9}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    running: dict[str, subprocess.Popen[str]] = {}
    try:
        with Progress(*columns, console=messages) as progress:
            bars = {}
            for use, group in groups.items():
                running[use] = start_ivy([Wanted(a.coordinate) for a in group], _incoming_folder(use))
                bars[use] = progress.add_task(use, total=sum(artifact.size for artifact in group))
            last_bytes, last_change = -1, time.monotonic()
            while any(process.poll() is None for process in running.values()):
                done = {use: _bytes_in(_incoming_folder(use)) for use in running}
                for use, count in done.items():
                    progress.update(bars[use], completed=count)
                if sum(done.values()) != last_bytes:
                    last_bytes, last_change = sum(done.values()), time.monotonic()
                if time.monotonic() - last_change > _STALL_SECONDS:
                    raise DownloadFailed(
                        f"no byte arrived for {_STALL_SECONDS:.0f} s: check the network, run it again."
                    )
                time.sleep(_POLL_SECONDS)
            for use, process in running.items():
                if process.returncode == 0:
                    progress.update(bars[use], completed=progress.tasks[bars[use]].total)
        return [process.communicate()[0] for process in running.values()]
    finally:
        for process in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def _bytes_in(folder: Path) -> int:
    return sum(_size(path) for path in folder.glob("*+*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a `.part` was renamed meanwhile
        return 0


def _incoming_folder(use: str) -> Path:
    return cache_folder() / "incoming" / use


def _incoming(artifact: Artifact) -> Path:
    return _incoming_folder(artifact.use) / artifact.filename


def _stamp(artifact: Artifact) -> int:
    """The modification time that marks a file as verified against this very SHA-256."""
    return int(artifact.sha256[:7], 16)


def _is_verified(artifact: Artifact) -> bool:
    try:
        found = path_of(artifact).stat()
    except FileNotFoundError:
        return False
    return found.st_size == artifact.size and int(found.st_mtime) == _stamp(artifact)


def _accept(artifact: Artifact) -> bool:
    """Move a file that arrived, or lies in the cache unstamped, to its place if it is the locked one."""
    for path in (_incoming(artifact), path_of(artifact)):
        if path.is_file() and path.stat().st_size == artifact.size and sha256_of(path) == artifact.sha256:
            os.utime(path, (_stamp(artifact), _stamp(artifact)))
            path.replace(path_of(artifact))
            return True
    return False


def _make_folder() -> None:
    try:
        (cache_folder() / "jars").mkdir(parents=True, exist_ok=True)
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise UnusableSetting(
            f"the folder {cache_folder()} cannot be made ({error.strerror}): set WEATHER_PLATFORM_CACHE."
        ) from None


def _check_space(wanted: Sequence[Artifact]) -> None:
    # The registry's archive is unpacked beside itself.
    needed = sum(artifact.size * (2 if artifact.use == "registry" else 1) for artifact in wanted)
    free = shutil.disk_usage(cache_folder()).free
    if free < needed:
        raise NoDiskSpace(
            f"{cache_folder()} needs {needed >> 20} MiB and its disk has {free >> 20}: free some, or set"
            " WEATHER_PLATFORM_CACHE to a folder on another disk."
        )
