"""Writes the folder of a new contract, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import UnusableSetting
from contracts.folder.read import contracts_folder, load_contract
from contracts.folder.yaml_schema import FILE, schema_text
from contracts.kafka.log import TOPIC_NAME
from contracts.process.files import writing


def new_home(topic: str, instead: str) -> Path:
    """The folder of a contract that is yet to be written.

    Raises `UnusableSetting` for what is no name of a topic, and where it is there: `instead` says what to do.
    """
    home = contracts_folder() / topic
    if not TOPIC_NAME.fullmatch(topic) or not topic.strip("."):
        raise UnusableSetting(f"{topic!r} is no name of a topic: write letters, digits, hyphens and dots.")
    if home.exists() or home.is_symlink():
        raise UnusableSetting(f"{home} is there already: {instead}.")
    return home


@contextmanager
def making(home: Path) -> Iterator[Path]:
    """Give a folder to write a contract into; it becomes `home` when the block ends well.

    It is loaded before. The folder of contracts gets the schema of `contract.yaml`, where it has none.
    Raises `UnusableSetting`.
    """
    folder = home.parent
    with writing(home):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as drafts:
            draft = Path(drafts) / home.name
            draft.mkdir()
            yield draft
            load_contract(draft)
            if not (folder / FILE).exists():
                (folder / FILE).write_text(schema_text(), encoding="utf-8")
            draft.rename(home)
