"""The rows of the trends fit their contract, and a job of them is refused where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import UnusableSetting
from contracts.folder.product import product_named
from contracts.kafka.cluster import Kafka
from contracts.registry.registry import SchemaRegistry
from streaming.job import Job
from streaming.trends import rows
from streaming.trends.run import TrendsJob, stream_of

SERVICES = {
    "kafka": Kafka("127.0.0.1:1"),
    "registry": SchemaRegistry(url="http://127.0.0.1:1"),
    "checkpoint": Path("elsewhere"),
}


def job() -> Job:
    return stream_of(product_named("weather"), **SERVICES)


def test_each_field_of_the_contract_has_a_row() -> None:
    trends = product_named("weather").trends
    assert trends is not None
    fields = [field["name"] for field in trends.newest.schema["fields"]]
    about = ["source", "station", "observed_at", "source_partition", "source_offset"]
    made = {*rows.around(), *rows.pressure(), *rows.flags(), "qc"}
    assert set(fields) - set(about) - made == set()
    assert fields[: len(about)] == about


def test_a_trend_follows_fields_that_the_final_contract_lets_it_read() -> None:
    final = product_named("weather").final
    (reads,) = (consumer.reads for consumer in final.consumers if consumer.name == "trends")
    assert set(rows.VALUES) <= set(reads)


def test_the_trends_are_a_stream_from_the_final_topic_to_the_trends_topic() -> None:
    assert (job().topic, job().final) == ("topic-weather-final", "topic-weather-trends")


def test_a_product_without_trends_says_what_to_do() -> None:
    with pytest.raises(UnusableSetting, match="air has no trends topic: give a contract `role: trends`"):
        stream_of(product_named("air"), **SERVICES)


def test_a_watermark_that_is_no_length_of_time_is_refused() -> None:
    with pytest.raises(UnusableSetting, match="--watermark: '26 hours' is no length of time"):
        TrendsJob(stream=job(), watermark="26 hours")
