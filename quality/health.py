"""Whether a watch is well: it says so in a file, and `python -m quality.health [FILE]...` answers 0 or 1.

Without a file it is asked of the watches of all products.

It needs nothing but the standard library, so that a container can ask it every few seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from contracts.process.files import write_whole

_FOLDER = Path("build/quality")

_FAILURES = 3
"""After so many failures in a row a watch is not well."""


def file_of(product: str) -> Path:
    """Where the watch of a product says it, unless another file is named."""
    return _FOLDER / product / "watch.json"


def say(file: Path, *, lasts: float, failures: int, sentence: str) -> None:
    """Write that the watch is at work, which holds for `lasts` seconds."""
    write_whole(
        file, json.dumps({"until": time.time() + lasts, "failures": failures, "sentence": sentence}) + "\n"
    )


def ask(file: Path) -> tuple[bool, str]:
    """Whether the watch that writes `file` is well, and why."""
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        until, failures, sentence = (
            float(written["until"]),
            int(written["failures"]),
            str(written["sentence"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False, f"no watch has written {file}"
    if time.time() > until:
        return False, f"the watch has been silent for too long; the last it said: {sentence}"
    return failures < _FAILURES, sentence


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]] or sorted(_FOLDER.glob("*/watch.json"))
    answers = [ask(file) for file in files or [file_of("PRODUCT")]]
    print(*(why for _, why in answers), sep="\n")
    sys.exit(not all(well for well, _ in answers))
