"""A union that the raw subject holds: several types on one topic, one of them ours."""

from __future__ import annotations

import json

from contracts.evolution.compatibility.readable import recursion
from contracts.evolution.compatibility.schema import Type, parse
from contracts.folder.model import Contract


def other_branches(text: str, raw: Contract) -> dict[int, str]:
    """Number and name of each branch of a writer's union that is not the `raw` record; empty for a record."""
    ours = parse(raw.newest.schema)
    branches = parse(json.loads(text)).branches
    return {number: b.full_name for number, b in enumerate(branches) if not _is(b, ours)}


def flaw(text: str, raw: Contract) -> str | None:
    """Why the stream cannot read by a schema that Avro could, as a clause; None where it can."""
    writer, ours = parse(json.loads(text)), parse(raw.newest.schema)
    if writer.branches and not any(_is(branch, ours) for branch in writer.branches):
        return f"it is a union that holds no {ours.full_name}"
    return next(
        (f"{spot.message}, and a few bytes may nest it too deeply" for spot in recursion(writer)), None
    )


def _is(branch: Type, ours: Type) -> bool:
    """Whether a branch is the record that is read: by its name in full, by an alias, or by its own name."""
    return branch.kind == "record" and (
        branch.full_name in {ours.full_name, *ours.aliases} or branch.name == ours.name
    )
