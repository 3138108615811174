"""Whether topics are those that a checkpoint was begun on: Kafka gives another id to one that is made again.

Offsets alone do not tell: a topic that was made again may have grown past those of the checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.errors import CheckpointMismatch
from streaming.job import Job


def compare(noted: Mapping[str, str], held: Mapping[str, str], job: Job) -> None:
    """Raise for the first topic that is `held` under another id than the one `noted`."""
    for topic, topic_id in held.items():
        if noted.get(topic, topic_id) != topic_id:
            raise CheckpointMismatch(
                f"{topic} was deleted and made again since the checkpoint {job.checkpoint} was begun: "
                "another --checkpoint starts from the beginning of what is there."
            )


def emptied(held: Mapping[int, tuple[int, int]]) -> bool:
    """Whether a topic with these oldest and next offsets, by partition, had records and has none."""
    return all(oldest == end for oldest, end in held.values()) and any(end for _, end in held.values())
