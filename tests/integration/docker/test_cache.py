from __future__ import annotations

import functools
import hashlib
import io
import shutil
import tarfile
import threading
from collections import namedtuple
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tenacity import wait_none

from contracts.errors import DownloadFailed, NoDiskSpace
from embedded import cache
from embedded.lock import Artifact

CONTENT = b"a jar's bytes" * 1000


class _Handler(SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Keep the test's output clean."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on the loopback address, and an empty cache; `asked.txt` names what was fetched."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _Handler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("MAVEN_REPOSITORY_URL", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("WEATHER_PLATFORM_CACHE", str(tmp_path / "the cache"))
    monkeypatch.setattr(cache._fetch_missing.retry, "wait", wait_none())
    yield folder
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def _publish(repository: Path, coordinate: str, content: bytes, served: bytes | None = None) -> Artifact:
    artifact = Artifact("broker", coordinate, len(content), hashlib.sha256(content).hexdigest())
    group, name, version, extension, classifier = artifact.parts
    folder = repository / group.replace(".", "/") / name / version
    folder.mkdir(parents=True)
    file = "-".join(filter(None, (name, version, classifier))) + f".{extension}"
    (folder / file).write_bytes(content if served is None else served)
    return artifact


def test_a_jar_is_fetched_once_and_then_taken_from_the_cache(repository: Path) -> None:
    jar = _publish(repository, "org.example:thing:1.0", CONTENT)
    cache.fetch([jar])
    assert cache.path_of(jar).read_bytes() == CONTENT
    _Handler.asked.clear()
    cache.fetch([jar])
    assert _Handler.asked == []


def test_a_corrupt_jar_is_refused_and_nothing_of_it_is_kept(repository: Path) -> None:
    jar = _publish(repository, "org.example:thing:1.0", CONTENT, served=CONTENT[:-1] + b"!")
    good = _publish(repository, "org.example:good:1.0", CONTENT)
    with pytest.raises(DownloadFailed, match=r"org\.example:thing:1\.0 arrived corrupt"):
        cache.fetch([good, jar])
    assert cache.missing([good, jar]) == [jar]
    assert not list(cache.cache_folder().rglob("*thing*.jar"))


def test_a_jar_that_is_not_there_is_a_failed_download(repository: Path) -> None:
    absent = Artifact("broker", "org.example:absent:1.0", 1, "ab" * 32)
    with pytest.raises(DownloadFailed, match="absent"):
        cache.fetch([absent])


def test_a_cached_jar_that_was_changed_is_fetched_again(repository: Path) -> None:
    jar = _publish(repository, "org.example:thing:1.0", CONTENT)
    cache.fetch([jar])
    cache.path_of(jar).write_bytes(CONTENT[::-1])
    cache.fetch([jar])
    assert cache.path_of(jar).read_bytes() == CONTENT


def test_a_disk_that_cannot_hold_the_downloads_is_told_before_any(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = _publish(repository, "org.example:thing:1.0", CONTENT)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 100, 0))
    with pytest.raises(NoDiskSpace, match="WEATHER_PLATFORM_CACHE"):
        cache.fetch([jar])
    assert _Handler.asked == []


def test_an_archive_is_unpacked_whole(repository: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        row = tarfile.TarInfo("lib/app.txt")
        row.size = len(CONTENT)
        tar.addfile(row, io.BytesIO(CONTENT))
    archive = _publish(repository, "org.example:app:1.0:tar.gz:all", packed.getvalue())
    cache.fetch([archive])
    folder = cache.unpacked(archive)
    assert (folder / "lib" / "app.txt").read_bytes() == CONTENT
    assert cache.unpacked(archive) == folder
