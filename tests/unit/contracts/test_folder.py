"""A folder that cannot be understood is told in one sentence that names the file, and exits with 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli


def text(name: str, content: str) -> Callable[[Path], object]:
    return lambda home: (home / name).write_text(content, encoding="utf-8")


def link(name: str, target: str) -> Callable[[Path], object]:
    def make(home: Path) -> None:
        (home / name).unlink(missing_ok=True)
        (home / name).symlink_to(target)

    return make


def copy(name: str) -> Callable[[Path], object]:
    return lambda home: (home / name).write_bytes((home / "v1.avsc").read_bytes())


def rule(**parameters: str) -> str:
    """A contract.yaml with one rule about two times."""
    told = {"id": "in-time", "check": "near", "severity": "warning", "why": "So.", **parameters}
    lines = "".join(f"\n    {key}: {value}" for key, value in told.items())
    return f"description: d\nowner: me\nrules:\n  -{lines[4:]}\n"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (text("v1.avsc", "{"), "v1.avsc is not valid JSON"),
        (text("v1.avsc", '["int"]'), "v1.avsc must hold one Avro record"),
        (
            text("v1.avsc", '{"type": "record", "name": "R"}'),
            "v1.avsc: not an Avro schema: at /: a record needs",
        ),
        (lambda home: (home / "v1.avsc").write_bytes(b"\xff"), "v1.avsc is not UTF-8"),
        (text("contract.yaml", "owner: [a"), "contract.yaml is not valid YAML"),
        (text("contract.yaml", "owner: me"), "contract.yaml: description: Field required"),
        (text("contract.yaml", "a: &a [*a]"), "contract.yaml"),
        (text("contract.yaml", rule(field="observed_at")), "rule in-time: near needs other"),
        (
            text("contract.yaml", rule(field="observed_at", other="received_at", before="a week")),
            "rule in-time: 'a week' is no length of time: write it as 90s, 5m, 2h or 1d.",
        ),
        (lambda home: (home / "contract.yaml").unlink(), "has versions but no contract.yaml"),
        (lambda home: (home / "v1.avsc").unlink(), "has no v1.avsc"),
        (copy("v3.avsc"), "has no v2.avsc: versions are numbered from 1 without a gap"),
        (copy("v01.avsc"), "has two files for version 1, v01.avsc and v1.avsc"),
        (copy("newest.avsc"), "newest.avsc is no version: name it v1.avsc"),
        (link("v1.avsc", "v1.avsc"), "v1.avsc cannot be read: Too many levels of symbolic links"),
        (link("contract.yaml", "contract.yaml"), "contract.yaml cannot be read: Too many levels"),
        (link("../topic-loop", "topic-loop"), "topic-loop is a symbolic link that leads nowhere"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "lint", "lock"])
def test_a_folder_that_cannot_be_understood_is_told(
    verb: str, damage: Callable[[Path], object], sentence: str, folder: Path, cli: Cli
) -> None:
    locked = (folder / "contracts.lock").read_bytes()
    damage(folder / "topic-weather")
    ran = cli(verb)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert (folder / "contracts.lock").read_bytes() == locked
