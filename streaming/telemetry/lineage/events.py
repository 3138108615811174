"""OpenLineage events about one run of the stream: topics, their schemas, and what each field is made of.

A thread sends them, so that an endpoint that is slow or away costs the stream nothing.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from importlib.metadata import PackageNotFoundError, version

import pyspark
import structlog
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    dataset_version_dataset,
    documentation_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    ownership_dataset,
    processing_engine_run,
    schema_dataset,
    tags_run,
)
from openlineage.client.naming.dataset import Kafka as KafkaNaming
from openlineage.client.uuid import generate_new_uuid

from contracts.folder.model import Contract
from streaming.record.enrich import enrichment_of
from streaming.record.enrich.table import levels
from streaming.record.plan import Plan
from streaming.telemetry.shown import iso
from streaming.telemetry.status import Status

EVENT_EVERY = 60.0
"""Seconds between two events of a run that goes on."""

_log = structlog.get_logger("streaming.lineage")

_QUEUED_AT_MOST = 20
_LAST_EVENT_WITHIN = 5.0
_THREAD = "lineage"

_KAFKA_PORT = "9092"


def _producer() -> str:
    try:
        return f"urn:weather-platform:streaming:{version('weather-platform')}"
    except PackageNotFoundError:  # shipped as an archive
        return "urn:weather-platform:streaming"


PRODUCER = _producer()


def _from_elsewhere(record: logging.LogRecord) -> bool:
    """Whether the HTTP client logs for others: its failed attempts to send events are logged once, here."""
    return record.threadName != _THREAD


class Lineage:
    """Sends the events of one run, in order, by a thread of its own. When too many wait, the oldest are
    dropped."""

    def __init__(self, client: OpenLineageClient, namespace: str) -> None:
        """Send by `client`, about a job in `namespace`."""
        self._client, self._namespace = client, namespace
        self._run_id = str(generate_new_uuid())
        self._plan: Plan | None = None
        self._sent_at = 0.0
        self._answers = True
        self._queue: queue.Queue[RunEvent | None] = queue.Queue(_QUEUED_AT_MOST)
        self._thread = threading.Thread(target=self._send_all, name=_THREAD, daemon=True)
        logging.getLogger("urllib3.connectionpool").addFilter(_from_elsewhere)
        self._thread.start()

    def planned(self, plan: Plan, status: Status) -> None:
        """A plan starts: the first begins the run, a later one changes what it reads or writes."""
        state = RunState.RUNNING if self._plan else RunState.START
        self._plan = plan
        self._queue_event(state, status)

    def batch(self, status: Status) -> None:
        """A batch has ended: an event says so, but not more often than every `EVENT_EVERY` seconds."""
        if time.monotonic() - self._sent_at >= EVENT_EVERY:
            self._queue_event(RunState.RUNNING, status)

    def end(self, status: Status, error: str | None) -> None:
        """The run is over. Waits a few seconds, at most, for its last event to leave."""
        self._queue_event(RunState.FAIL if error else RunState.COMPLETE, status, error)
        self._put(None)
        self._thread.join(_LAST_EVENT_WITHIN)

    def _queue_event(self, state: RunState, status: Status, error: str | None = None) -> None:
        if not self._plan:  # a run that never began has no datasets
            return
        self._sent_at = time.monotonic()
        run = {"run_id": self._run_id, "namespace": self._namespace}
        self._put(event(state, self._plan, status, now=time.time(), error=error, **run))

    def _put(self, item: RunEvent | None) -> None:
        while True:
            with contextlib.suppress(queue.Full):
                self._queue.put_nowait(item)
                return
            with contextlib.suppress(queue.Empty):
                self._queue.get_nowait()

    def _send_all(self) -> None:
        while item := self._queue.get():
            answers = self._send(item)
            if answers and not self._answers:
                _log.info("the lineage endpoint takes events again")
            self._answers = answers

    def _send(self, item: RunEvent) -> bool:
        try:
            self._client.emit(item)
        except Exception as error:  # whatever it is, the stream goes on
            if self._answers:
                _log.warning("the lineage endpoint takes no events", error=type(error).__name__)
            return False
        return True


def event(
    state: RunState,
    plan: Plan,
    status: Status,
    *,
    run_id: str,
    namespace: str,
    now: float,
    error: str | None = None,
) -> RunEvent:
    """One event, with the counts since the run began."""
    final, quarantined = _counts(status)
    naming = _naming(status.job.kafka.bootstrap_servers, plan.raw.topic)
    processing = "BATCH" if status.job.available_now else "STREAMING"
    pattern = job_type_job.EmissionPattern("PERIODIC", "ACCUMULATIVE", int(EVENT_EVERY))
    job_type = job_type_job.JobTypeJobFacet(processing, "SPARK", "JOB", pattern)
    read = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(final + quarantined)

    def output(contract: Contract, records: int, **facets: DatasetFacet) -> OutputDataset:
        written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(records)
        return OutputDataset(
            naming.get_namespace(),
            contract.topic,
            facets={**_facets(contract), **facets},
            outputFacets={"outputStatistics": written},
        )

    columns: dict[str, DatasetFacet] = {"columnLineage": _columns(plan, naming)}
    return RunEvent(
        eventTime=iso(now) or "",
        eventType=state,
        producer=PRODUCER,
        run=Run(run_id, _run_facets(status, error)),
        job=Job(namespace, f"streaming.{plan.raw.topic}", {"jobType": job_type}),
        inputs=[
            InputDataset(
                naming.get_namespace(),
                naming.get_name(),
                facets=_facets(plan.raw),
                inputFacets={"inputStatistics": read},
            )
        ],
        outputs=[
            *(output(one, final, **(columns if one is plan.final else {})) for one in plan.published),
            output(plan.quarantine, quarantined),
        ],
    )


def sources_of(raw: Contract, final: Contract) -> dict[str, tuple[str, ...]]:
    """Field of the final contract to the raw fields that its value is made of; others have none."""
    enrichment = enrichment_of(final)
    rows = enrichment.from_record(raw.newest.schema, final.newest.schema)
    sources = {name: row.raw for name, row in rows.items()}
    for level in levels(enrichment.derived):
        for name, row in level.items():
            sources[name] = frozenset().union(*(sources[word] for word in row.names if word in sources))
    names = [field["name"] for field in final.newest.schema["fields"]]
    return {name: tuple(sorted(sources[name])) for name in names if sources.get(name)}


def _counts(status: Status) -> tuple[int, int]:
    """Records published and quarantined. Real-time mode counts only at the end of its long batches: there the
    topics' ends are compared."""
    if status.job.real_time:
        return status.gained(status.job.final), status.gained(status.job.quarantine)
    return status.totals.final, status.totals.quarantined


def _naming(bootstrap_servers: str, topic: str) -> KafkaNaming:
    host, _, port = bootstrap_servers.split(",", 1)[0].strip().rpartition(":")
    return KafkaNaming(host or port, port if host else _KAFKA_PORT, topic)


def _columns(plan: Plan, raw: KafkaNaming) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    namespace, name = raw.get_namespace(), raw.get_name()
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            field: column_lineage_dataset.Fields(
                [column_lineage_dataset.InputField(namespace, name, source) for source in sources]
            )
            for field, sources in sources_of(plan.raw, plan.final).items()
        }
    )


def _run_facets(status: Status, error: str | None) -> dict[str, RunFacet]:
    last = status.last
    tags = {"mode": status.job.mode, "checkpoint": str(status.job.checkpoint.absolute())}
    if last:
        tags |= {"batches": str(status.totals.batches), "last_batch": str(last.batch)}
    facets: dict[str, RunFacet] = {
        "nominalTime": nominal_time_run.NominalTimeRunFacet(
            iso(status.started_at) or "", iso(status.last_ended_at)
        ),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(pyspark.__version__, "spark"),
        "tags": tags_run.TagsRunFacet(
            [tags_run.TagsRunFacetFields(key, value, "STREAMING") for key, value in tags.items()]
        ),
    }
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(error, "PYTHON")
    return facets


def _facets(contract: Contract) -> dict[str, DatasetFacet]:
    fields = [
        schema_dataset.SchemaDatasetFacetFields(
            field["name"], _type(field["type"]), field.get("doc"), ordinal_position=place
        )
        for place, field in enumerate(contract.newest.schema["fields"], 1)
    ]
    return {
        "schema": schema_dataset.SchemaDatasetFacet(fields),
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(str(contract.newest.number)),
        "documentation": documentation_dataset.DocumentationDatasetFacet(contract.description),
        "ownership": ownership_dataset.OwnershipDatasetFacet([ownership_dataset.Owner(contract.owner)]),
    }


def _type(node: object) -> str:
    """An Avro type in a word or two, such as `double or null`."""
    if isinstance(node, list):
        return " or ".join(
            [_type(branch) for branch in node if branch != "null"] + ["null"] * ("null" in node)
        )
    if isinstance(node, dict):
        return str(node.get("logicalType") or node.get("name") or node["type"])
    return str(node)
