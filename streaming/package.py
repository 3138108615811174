"""Packs the stream for `spark-submit`: one zip of Python and contracts, and the script that starts it.

The executors need no Python, since the whole query is Spark's own expressions. Only the driver's Python needs
our dependencies; every node needs the connectors' jars.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import contracts
import streaming
from contracts.folder.read import contracts_folder, load_contracts

ARCHIVE, SCRIPT = "weather-stream.zip", "weather_stream.py"
CONNECTORS = ("spark-sql-kafka-0-10", "spark-avro")
"""What `--packages` must bring, beside Spark itself."""

_SCALA = "2.13"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every member, so that the same code gives the same bytes."""
_KEPT = frozenset({".py", ".j2", ".css", ".typed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The files that were written."""

    archive: Path
    script: Path


def package(folder: Path) -> Package:
    """Write both files into `folder`, with the contracts that are in use now."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = Package(archive=folder / ARCHIVE, script=folder / SCRIPT)
    with zipfile.ZipFile(packed.archive, "w") as archive:
        for name, file in sorted(_members()):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, file.read_bytes())
    packed.script.write_bytes((Path(streaming.__file__).parent / "__main__.py").read_bytes())
    return packed


def coordinates(spark_version: str) -> str:
    """The connectors as `spark-submit --packages` takes them."""
    return ",".join(f"org.apache.spark:{name}_{_SCALA}:{spark_version}" for name in CONNECTORS)


def _members() -> Iterator[tuple[str, Path]]:
    """Name in the archive, and file: the two packages' own code, and every contract in use."""
    for module in (contracts, streaming):
        home = Path(str(module.__file__)).parent
        for file in home.rglob("*"):
            if file.suffix in _KEPT:
                yield file.relative_to(home.parent).as_posix(), file
    root = contracts_folder()
    for topic in load_contracts(root):
        for file in (root / topic).rglob("*"):
            if file.is_file() and file.suffix in {".yaml", ".avsc"}:
                yield f"contracts/{file.relative_to(root).as_posix()}", file
