from __future__ import annotations

from great_expectations.datasource.fluent.spark_datasource import SparkDatasource
from great_expectations.validator.metric_configuration import MetricConfiguration
from pyspark.sql import SparkSession

from quality.judge.engine import CountingEngine
from tests.integration.quality.frames import frame, judged

VALUES = ("column_values.between.unexpected_values", "column_values.keep_rule.unexpected_values")


def test_no_value_that_breaks_a_rule_is_looked_for(spark: SparkSession) -> None:
    asked = [MetricConfiguration(name, metric_domain_kwargs={}) for name in VALUES]
    # Without a batch there is nothing to look in, which would be an error.
    assert CountingEngine(spark=spark).resolve_metrics(asked) == {one.id: [] for one in asked}


def test_judging_leaves_the_classes_of_great_expectations_as_they_are(spark: SparkSession) -> None:
    assert judged(frame(spark, [{}])).rules
    assert "execution_engine_override" not in vars(SparkDatasource)
    assert "facts" not in vars(CountingEngine)
