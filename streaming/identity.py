"""Which topics a checkpoint was begun on: Kafka gives each an id, and one that is made again another.

Offsets alone do not tell: a topic that was made again may have grown past those of the checkpoint.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from contracts.errors import CheckpointMismatch
from contracts.files import write_whole
from contracts.log import open_log, watermarks
from streaming.checkpoint import cannot_write, remember
from streaming.job import NOTED_TOPICS, Job

_log = logging.getLogger("streaming")


def check_identity(job: Job) -> None:
    """Raise `CheckpointMismatch` when a topic is another than the one that the checkpoint was begun on.

    Notes the topics of a checkpoint that holds no batch yet, or that was begun before they were noted.
    """
    held = topic_ids(job)
    memory = remember(job.checkpoint, job.topic)
    noted = _read(job.checkpoint / NOTED_TOPICS) if memory else {}
    compare(noted, held, job)
    if memory and memory.records and emptied(watermarks(job.kafka, job.final)):
        _log.warning(
            "%s holds nothing any more, and by the checkpoint %s was written to: its records were deleted, "
            "or their retention is over. The stream goes on; another --checkpoint publishes everything anew.",
            job.final,
            job.checkpoint,
        )
    if noted != held:
        _write(job.checkpoint / NOTED_TOPICS, {**noted, **held})


def check_still_same(job: Job) -> None:
    """Raise `CheckpointMismatch` when a topic was made again since `check_identity` has noted it."""
    compare(_read(job.checkpoint / NOTED_TOPICS), topic_ids(job), job)


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


def topic_ids(job: Job) -> dict[str, str]:
    """Name to id of the job's three topics; raises as `contracts.log.Log.watermarks`."""
    with open_log(job.kafka) as log:
        return log.topic_ids(job.topic, job.final, job.quarantine)


def _read(file: Path) -> dict[str, str]:
    try:
        return {str(topic): str(topic_id) for topic, topic_id in json.loads(file.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise CheckpointMismatch(
            f"{file} cannot be read ({error}): restore it, or delete it to go on with the topics as they are."
        ) from None


def _write(file: Path, ids: Mapping[str, str]) -> None:
    try:
        write_whole(file, json.dumps(ids, sort_keys=True) + "\n")
    except OSError as error:
        raise cannot_write(file.parent, error) from None
