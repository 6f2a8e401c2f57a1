import pytest

from kedro_batch.compiler.checks.entries_to_paste import moved_entries
from kedro_batch.compiler.data.catalog import Catalog

CSV = {"type": "pandas.CSVDataset", "filepath": "data/x.csv"}


def paste(entry):
    return moved_entries(Catalog({"x": entry}), ["x"])


@pytest.mark.parametrize(
    "entry",
    [
        CSV | {"credentials": {"key": "a", "secret": "b"}},
        {"type": "CachedDataset", "dataset": CSV | {"credentials": {"client_kwargs": {"any": "b"}}}},
        {"type": "partitions.PartitionedDataset", "path": "data/x", "dataset": CSV | {"credentials": {"a": "b"}}},
        CSV | {"fs_args": {"key": "a", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
        CSV | {"load_args": {"storage_options": {"aws_secret_access_key": "a"}}},
        CSV | {"fs_args": {"any": ["AKIAIOSFODNN7EXAMPLE"]}},
        CSV | {"load_args": {"con": "postgresql://me:hunter2@host/db"}},
        CSV | {"password": 12345},
    ],
)
def test_an_entry_that_may_hold_a_credential_is_left_out(entry):
    assert paste(entry) == ""


@pytest.mark.parametrize(
    "more",
    [{"credentials": "dev_s3"}, {"key": "table"}, {"load_args": {"sep": ";", "pad_token": "x", "token": None}}],
)
def test_other_values_and_names_of_credentials_stay(more):
    assert paste(CSV | more).startswith("x:\n  type: pandas.CSVDataset\n  filepath: s3://my-bucket/data/x.csv\n  ")


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "spark.SparkDataset", "filepath": "data/x"},
        {"type": "kedro_datasets.spark.SparkDataset", "filepath": "file:///data/x"},
        {"type": "CachedDataset", "dataset": {"type": "spark.SparkDataset", "filepath": "data/x"}},
        {"type": "partitions.PartitionedDataset", "path": "data/x", "dataset": "spark.SparkDataset"},
    ],
)
def test_spark_gets_the_protocol_that_it_knows(entry):
    assert "path: s3a://my-bucket/data/x\n" in paste(entry)
