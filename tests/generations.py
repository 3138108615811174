"""Two generations of the final contract of weather, on topics of a test's own: a rename and another unit."""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contracts.consume import Message
from contracts.folder.lock import FILE, lock_of, render
from contracts.folder.model import Contract
from contracts.folder.product import product_named
from contracts.folder.read import load_contracts
from contracts.generate import module_texts
from contracts.generations.begin import successor_text
from contracts.generations.check import successions
from streaming import Job
from tests.forked import COMMAND_LINES
from tests.streams import FINAL, QUARANTINE, RAW, Place, make_place
from tests.unit.contracts.folders import newest_alone

RENAMED = ("country", "country_code")
CONVERTED = "absolute_humidity"
"""In g/m³, and from the second generation on in kg/m³."""
CHANGES = {
    f"  {RENAMED[0]}: same\n": f"  {RENAMED[1]}: {{from: {RENAMED[0]}}}\n",
    f"  {CONVERTED}: same\n": f"  {CONVERTED}: {{from: {CONVERTED}, times: 0.001, decimals: 4}}\n",
}
"""Lines of `contract.yaml` as `new-generation` writes them, and as a person changes them."""
LIMIT = 120.0
_PAUSE, _LOT = 0.2, 10
"""Seconds between two lots of raw records, and how many a lot has."""


@dataclass(frozen=True)
class TwoGenerations(Place):
    """Topics and contracts of one test; the folder has the second generation once `begin` was called."""

    second: str = ""
    folder: Path = Path()

    @property
    def environment(self) -> dict[str, str]:
        """As a place's, with the folder."""
        return {**super().environment, "CONTRACTS_DIR": str(self.folder)}

    def job(self, checkpoint: Path) -> Job:
        """As a place's, by the folder as it is now."""
        return replace(super().job(checkpoint), product=product_named("weather", self.folder))

    def begin(self) -> None:
        """Go through README's steps to a second generation, up to where it is registered."""
        self._contracts("new-generation", self.final, "--name", self.second)
        make_changes(self.folder / self.second)
        for verb in ("check", "lint", "lock", "apply"):
            self._contracts(verb)

    def _contracts(self, *arguments: str) -> None:
        done = COMMAND_LINES.run(["contracts", *arguments], self.environment)
        assert done.returncode == 0, done.stderr

    def change(self, topic: str, change: Callable[[str], str]) -> None:
        """Change what the `contract.yaml` of a topic says."""
        file = self.folder / topic / "contract.yaml"
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")

    def lock(self) -> None:
        """Lock the folder as it is."""
        contracts = load_contracts(self.folder).values()
        (self.folder / FILE).write_text(render(lock_of(contracts)), encoding="utf-8")

    def seen_as(self, final: str) -> Place:
        """The place whose final topic is that of one generation."""
        return replace(self, final=final)


def write_second(old: Contract, home: Path) -> None:
    """The contract after `old`, as `begin` leaves it."""
    home.mkdir(parents=True)
    (home / "v1.avsc").write_text(old.newest.text, encoding="utf-8")
    text = (old.home / "contract.yaml").read_text(encoding="utf-8")
    (home / "contract.yaml").write_text(successor_text(text, old), encoding="utf-8")
    make_changes(home)


def make_changes(home: Path) -> None:
    """Rename a field of a new generation, and give another one in another unit."""
    schema = json.loads((home / "v1.avsc").read_text(encoding="utf-8"))
    fields = {field["name"]: field for field in schema["fields"]}
    fields[RENAMED[0]]["name"] = RENAMED[1]
    fields[CONVERTED]["unit"] = "kg/m³"
    (home / "v1.avsc").write_text(json.dumps(schema), encoding="utf-8")
    text = (home / "contract.yaml").read_text(encoding="utf-8")
    for line, changed in CHANGES.items():
        assert line in text
        text = text.replace(line, changed)
    (home / "contract.yaml").write_text(text, encoding="utf-8")
    for file in (home / "examples").glob("v1/*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        told[RENAMED[1]] = told.pop(RENAMED[0])
        file.write_text(json.dumps(told), encoding="utf-8")


def two_generations(
    topic: Callable[..., str], bootstrap_servers: str, registry_url: str, folder: Path
) -> TwoGenerations:
    """Four topics with two partitions each, and the contracts of the first three in `folder`."""
    topics = [topic(partitions=2) for _ in range(3)]
    place = make_place(bootstrap_servers, registry_url, topics)
    second = topic(partitions=2, name=f"{place.final}-2")
    for contract, name in zip((RAW, FINAL, QUARANTINE), topics, strict=False):
        newest_alone(contract, folder / name)
    made = TwoGenerations(**vars(place), second=second, folder=folder)
    made.lock()
    return made


def steps_of_readme() -> list[list[list[str]]]:
    """The commands of README's section on generations: those of each block, each as its words."""
    readme = Path("README.md").read_text(encoding="utf-8")
    section = readme.split("### Change what readers rely on\n")[1].split("\n### ")[0]
    assert all(changed.strip() in section for changed in CHANGES.values()), "what `make_changes` does"
    blocks = [block.split("```")[0] for block in section.split("```console\n")[1:]]
    lines = [
        [line.partition("#")[0].strip().removeprefix("$ ") for line in block.splitlines()] for block in blocks
    ]
    return [
        [command.split()[1:] for line in block for command in line.split(" && ") if command]
        for block in lines
    ]


class Feed:
    """Sends raw records at a modest pace, in a thread of its own, until the block ends."""

    def __init__(self, place: Place, values: Sequence[bytes]) -> None:
        """Send `values` over and over."""
        self._place, self._values = place, itertools.cycle(values)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Feed:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with all sent."""
        self._ended.set()
        self._thread.join(LIMIT)

    def _send(self) -> None:
        while not self._ended.wait(_PAUSE):
            self._place.produce(itertools.islice(self._values, _LOT))


class Reader:
    """A typed consumer at work in a thread of its own; `seen` are the raw records of what it has done."""

    def __init__(self, messages: Generator[Message[Any], None, None]) -> None:
        """Begin to read."""
        self.seen: list[tuple[int, int]] = []
        self._messages, self._failures = messages, list[BaseException]()
        self._leaves = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        try:
            with closing(self._messages) as messages:
                for message in messages:
                    # That the next was asked for says that those before it are done.
                    if self._leaves.is_set():
                        return
                    self.seen.append(source_of(message))
        except BaseException as failure:
            self._failures.append(failure)

    def leave(self) -> None:
        """Leave the group, with the next message."""
        self._leaves.set()
        self._thread.join(LIMIT)
        assert not self._thread.is_alive(), f"no message came within {LIMIT:.0f} s"
        assert not self._failures


def source_of(message: Message[Any]) -> tuple[int, int]:
    """Partition and offset of the raw record that a message was made of."""
    headers = dict(message.headers)
    return int(headers["source-partition"] or 0), int(headers["source-offset"] or 0)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for what another thread or process brings about."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {LIMIT:.0f} s"
        time.sleep(0.1)


def typed(folder: Path) -> dict[str, Any]:
    """The record classes of a folder's contracts, by topic, as `generate` writes them."""
    contracts = load_contracts(folder)
    classes = {}
    for topic, (name, text) in zip(
        contracts, module_texts(contracts.values(), successions(contracts.values())).items(), strict=True
    ):
        file = folder / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"generated_{name}", file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        classes[topic] = next(one for one in vars(module).values() if getattr(one, "TOPIC", None) == topic)
    return classes
