"""Which places on S3 the jobs of a plan read and write."""

from kedro_batch.compiler.data.s3_places import find_s3_places
from tests.compiler.compilations import compile_nodes, parse_node

NODES = [parse_node("raw -> d_middle", "first"), parse_node("d_middle -> d_end", "second")]


def places_of(nodes, catalog=None):
    compilation = compile_nodes(nodes, catalog=catalog)
    found = find_s3_places(compilation.dataset_uses, compilation.inputs.catalog, compilation.storages)
    return {one.dataset: one for one in found}


def test_each_dataset_has_a_bucket_a_key_and_the_jobs_that_use_it():
    places = places_of(NODES)
    assert [(name, one.bucket, one.key) for name, one in places.items()] == [
        ("d_end", "bucket", "end.json"),
        ("d_middle", "bucket", "middle.json"),
        ("raw", "bucket", "raw.json"),
    ]
    assert (places["raw"].readers, places["raw"].writers) == ({"first"}, frozenset())
    assert (places["d_middle"].readers, places["d_middle"].writers) == ({"second"}, {"first"})


def test_what_is_not_on_s3_is_left_out():
    catalog = {
        "raw": {"type": "json.JSONDataset", "filepath": "data/raw.json"},
        "d_middle": {"type": "json.JSONDataset", "filepath": "gs://bucket/middle.json"},
        "d_end": {"type": "pandas.SQLTableDataset", "table_name": "s3", "credentials": "db"},
    }
    assert places_of(NODES, catalog) == {}


def test_urls_of_every_spelling():
    catalog = {
        "raw": {"type": "spark.SparkDataset", "filepath": "s3a://bucket/raw"},
        "d_middle": {
            "type": "partitions.PartitionedDataset",
            "path": "s3://bucket/middle/",
            "dataset": "json.JSONDataset",
        },
        "d_end": {"type": "dask.ParquetDataset", "filepath": "simplecache::s3://bucket/end.parquet"},
    }
    places = places_of(NODES, catalog)
    assert {name: one.key for name, one in places.items()} == {
        "raw": "raw/any",
        "d_middle": "middle/any",
        "d_end": "end.parquet",
    }


def test_datasets_with_credentials_or_an_endpoint_are_told_apart():
    path = {"type": "json.JSONDataset", "filepath": "s3://bucket/x.json"}
    catalog = {
        "raw": {**path, "credentials": "other"},
        "d_middle": {**path, "fs_args": {"client_kwargs": {"endpoint_url": "http://minio"}}},
        "d_end": {**path, "fs_args": {"client_kwargs": {"region_name": "eu-west-1"}}, "versioned": True},
    }
    assert places_of(NODES, catalog)["d_end"].key == "x.json/any"
    assert {name: one.own_access for name, one in places_of(NODES, catalog).items()} == {
        "raw": True,
        "d_middle": True,
        "d_end": False,
    }


def test_names_of_a_transcoded_dataset_have_places_of_their_own():
    catalog = {
        "x@csv": {"type": "pandas.CSVDataset", "filepath": "s3://bucket/x.csv"},
        "x@spark": {"type": "spark.SparkDataset", "filepath": "s3://bucket/x.csv"},
    }
    places = places_of([parse_node(" -> x@csv", "first"), parse_node("x@spark -> y", "second")], catalog)
    assert (places["x@csv"].writers, places["x@csv"].readers) == ({"first"}, frozenset())
    assert (places["x@spark"].writers, places["x@spark"].readers) == (frozenset(), {"second"})
