"""OpenLineage events about one run of the stream: topics, their schemas, and what each field is made of."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

import pyspark
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
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

from contracts.folder.model import Contract
from streaming.record.enrich import enrichment_of
from streaming.record.plan import Plan
from streaming.telemetry.shown import iso
from streaming.telemetry.status import Status

TELL_EVERY = 60.0
"""Seconds between two events of a run that goes on."""

_KAFKA_PORT = "9092"


def _producer() -> str:
    try:
        return f"urn:weather-platform:streaming:{version('weather-platform')}"
    except PackageNotFoundError:  # shipped as an archive
        return "urn:weather-platform:streaming"


PRODUCER = _producer()


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
    """One event; the counts in it are those since the run began, so that the newest event holds them all."""
    final, quarantined = _counts(status)
    raw = _naming(status.job.kafka.bootstrap_servers, plan.raw.topic)
    derived = column_lineage_dataset.ColumnLineageDatasetFacet(fields=_columns(plan, raw))
    return RunEvent(
        eventTime=iso(now) or "",
        eventType=state,
        producer=PRODUCER,
        run=Run(run_id, _run_facets(status, error)),
        job=Job(
            namespace,
            f"streaming.{plan.raw.topic}",
            {
                "jobType": job_type_job.JobTypeJobFacet(
                    "BATCH" if status.job.available_now else "STREAMING",
                    "SPARK",
                    "JOB",
                    job_type_job.EmissionPattern("PERIODIC", "ACCUMULATIVE", int(TELL_EVERY)),
                )
            },
        ),
        inputs=[
            InputDataset(
                raw.get_namespace(),
                raw.get_name(),
                facets=_facets(plan.raw),
                inputFacets=_read(final + quarantined),
            )
        ],
        outputs=[
            OutputDataset(
                raw.get_namespace(),
                plan.final.topic,
                facets={**_facets(plan.final), "columnLineage": derived},
                outputFacets=_written(final),
            ),
            OutputDataset(
                raw.get_namespace(),
                plan.quarantine.topic,
                facets=_facets(plan.quarantine),
                outputFacets=_written(quarantined),
            ),
        ],
    )


def sources_of(raw: Contract, final: Contract) -> dict[str, tuple[str, ...]]:
    """Field of the final contract to the raw fields that its value is made of; others have none."""
    enrichment = enrichment_of(final)
    rows = enrichment.from_record(raw.newest.schema, final.newest.schema)
    sources = {name: set(re.findall(r"\brecord\.(\w+)", sql)) for name, sql in rows.items()}
    for name, sql in enrichment.derived.items():
        sources[name] = set().union(*(sources[word] for word in re.findall(r"\w+", sql) if word in rows))
    names = [field["name"] for field in final.newest.schema["fields"]]
    return {name: tuple(sorted(sources[name])) for name in names if sources.get(name)}


def _counts(status: Status) -> tuple[int, int]:
    """Records published and put aside; in real-time mode, which counts at the end of long batches, by the
    topics' ends."""
    if status.job.real_time:
        return status.gained(status.job.final), status.gained(status.job.quarantine)
    return status.totals.final, status.totals.quarantined


def _naming(bootstrap_servers: str, topic: str) -> KafkaNaming:
    host, _, port = bootstrap_servers.split(",", 1)[0].strip().rpartition(":")
    return KafkaNaming(host or port, port if host else _KAFKA_PORT, topic)


def _columns(plan: Plan, raw: KafkaNaming) -> dict[str, column_lineage_dataset.Fields]:
    return {
        name: column_lineage_dataset.Fields(
            [
                column_lineage_dataset.InputField(raw.get_namespace(), raw.get_name(), field)
                for field in fields
            ]
        )
        for name, fields in sources_of(plan.raw, plan.final).items()
    }


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


def _read(records: int) -> dict[str, InputDatasetFacet]:
    return {"inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(records)}


def _written(records: int) -> dict[str, OutputDatasetFacet]:
    return {"outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(records)}


def _type(node: object) -> str:
    """An Avro type in a word or two, such as `double or null`."""
    if isinstance(node, list):
        return " or ".join(
            [_type(branch) for branch in node if branch != "null"] + ["null"] * ("null" in node)
        )
    if isinstance(node, dict):
        return str(node.get("logicalType") or node.get("name") or node["type"])
    return str(node)
