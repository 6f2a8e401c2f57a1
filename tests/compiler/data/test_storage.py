import pytest

from kedro_batch.compiler.data.catalog import Catalog
from kedro_batch.compiler.data.storage import Storages
from kedro_batch.compiler.data.stores import Store

S3 = "s3://bucket/x.parquet"


def stored(entry, declared=None, shared_paths=()):
    catalog = Catalog({} if entry is None else {"x": entry})
    return Storages(catalog, declared or {}, shared_paths).of("x")


@pytest.mark.parametrize(
    ("store", "entry"),
    [
        ("memory", None),
        ("memory", {"type": "MemoryDataset"}),
        ("memory", {"type": "kedro.io.MemoryDataset", "copy_mode": "assign"}),
        ("memory", {"type": "kedro.io.memory_dataset.MemoryDataset"}),
        ("memory", {"type": "MemoryDataSet"}),
        ("memory", {"type": "SharedMemoryDataset"}),
        ("memory", {"type": "pandas.CSVDataset", "filepath": "memory://x.csv"}),
        ("local", {"type": "pandas.CSVDataset", "filepath": "memory:/x.csv"}),  # a file for Kedro
        ("local", {"type": "pandas.CSVDataset", "filepath": "data/x.csv"}),
        ("local", {"type": "pandas.CSVDataset", "filepath": "/data/x.csv"}),
        ("local", {"type": "pandas.CSVDataset", "filepath": "file:///data/x.csv"}),
        ("local", {"type": "pandas.CSVDataset", "filepath": "C:\\data\\x.csv"}),
        ("local", {"type": "pandas.CSVDataset", "filepath": "simplecache::s3://b/x.csv"}),  # the same
        ("shared", {"type": "dask.CSVDataset", "filepath": "simplecache::s3://b/x.csv"}),
        ("shared", {"type": "pandas.ParquetDataset", "filepath": S3, "credentials": "nowhere"}),
        ("shared", {"type": "pandas.ParquetDataset", "filepath": "S3://bucket/x"}),
        ("shared", {"type": "pandas.ParquetDataset", "filepath": "gs://bucket/x"}),
        ("shared", {"type": "pandas.ParquetDataset", "filepath": "abfss://c@account.dfs.core.windows.net/x"}),
        ("shared", {"type": "my_package.MyDataset", "filepath": "hdfs://host/x"}),
        ("shared", {"type": "spark.SparkDataset", "filepath": "dbfs:/mnt/x"}),
        ("local", {"type": "spark.SparkDataset", "filepath": "/dbfs/mnt/x"}),
        ("unknown", {"type": "pandas.CSVDataset", "filepath": "zip://a.csv::s3://b/x.zip"}),
        ("unknown", {"type": "my_package.MyDataset"}),
        ("unknown", {}),
        ("shared", {"type": "pandas.SQLTableDataset", "table_name": "t", "credentials": "db"}),
        ("shared", {"type": "pandas.SQLQueryDataset", "filepath": "queries/x.sql", "credentials": "db"}),
        ("local", {"type": "pandas.SQLTableDataset", "credentials": {"con": "sqlite:///data/x.db"}}),
        ("memory", {"type": "pandas.SQLTableDataset", "credentials": {"con": "sqlite://"}}),
        ("memory", {"type": "pandas.SQLTableDataset", "con": "sqlite:///:memory:"}),
        ("memory", {"type": "pandas.SQLTableDataset", "con": "sqlite:///file:x?mode=memory&uri=true"}),
        ("local", {"type": "pandas.SQLTableDataset", "con": "duckdb:////data/x.duckdb"}),
        ("shared", {"type": "pandas.SQLTableDataset", "con": "duckdb:///md:db"}),
        ("shared", {"type": "pandas.SQLTableDataset", "con": "postgresql+psycopg2://me:secret@host/db"}),
        ("local", {"type": "pandas.SQLTableDataset", "con": "postgresql://me:secret@localhost:5432/db"}),
        ("shared", {"type": "spark.SparkJDBCDataset", "table": "t", "url": "jdbc:postgresql://host/db"}),
        ("local", {"type": "spark.SparkJDBCDataset", "table": "t", "url": "jdbc:sqlite:/data/x.db"}),
        ("memory", {"type": "spark.SparkJDBCDataset", "table": "t", "url": "jdbc:h2:mem:test"}),
        ("local", {"type": "spark.SparkJDBCDataset", "table": "t", "url": "jdbc:h2:~/test"}),
        ("shared", {"type": "spark.SparkJDBCDataset", "table": "t", "url": "jdbc:h2:tcp://host/~/test"}),
        ("shared", {"type": "spark.SparkHiveDataset", "database": "d", "table": "t"}),
        ("shared", {"type": "pandas.GBQTableDataset", "dataset": "d", "table_name": "t"}),
        ("shared", {"type": "snowflake.SnowparkTableDataset", "table_name": "t"}),
        ("shared", {"type": "databricks.ManagedTableDataset", "table": "t"}),
        ("shared", {"type": "redis.PickleDataset", "key": "k"}),
        ("shared", {"type": "pandas.DeltaTableDataset", "catalog_type": "UNITY", "table": "t"}),
        ("shared", {"type": "api.APIDataset", "url": "https://example.com"}),
        ("memory", {"type": "ibis.TableDataset", "table_name": "t"}),
        ("unknown", {"type": "ibis.TableDataset", "table_name": "t", "credentials": "db"}),
        ("memory", {"type": "ibis.TableDataset", "connection": {"backend": "duckdb", "database": ":memory:"}}),
        ("local", {"type": "ibis.TableDataset", "connection": {"backend": "duckdb", "database": "x.ddb"}}),
        ("shared", {"type": "ibis.TableDataset", "connection": {"backend": "duckdb", "database": "md:x"}}),
        ("local", {"type": "ibis.TableDataset", "connection": {"backend": "sqlite", "database": "x.db"}}),
        ("memory", {"type": "ibis.TableDataset", "connection": {"backend": "polars"}}),
        ("shared", {"type": "ibis.TableDataset", "connection": {"backend": "bigquery"}}),
        ("shared", {"type": "ibis.FileDataset", "filepath": S3, "connection": {"backend": "duckdb"}}),
        ("local", {"type": "ibis.FileDataset", "filepath": "x", "connection": {"backend": "bigquery"}}),
        ("local", {"type": "ibis.TableDataset", "connection": {"backend": "postgres", "host": "localhost"}}),
        ("shared", {"type": "ibis.FileDataset", "filepath": S3, "file_format": "parquet"}),
        ("shared", {"type": "CachedDataset", "dataset": {"type": "pandas.ParquetDataset", "filepath": S3}}),
        ("memory", {"type": "CachedDataset", "dataset": {"type": "MemoryDataset"}}),
        ("local", {"type": "CachedDataset", "dataset": {"type": "x.Y", "dataset": {"type": "Z", "filepath": "y"}}}),
        ("local", {"type": "partitions.PartitionedDataset", "path": "data", "dataset": "pandas.CSVDataset"}),
        ("shared", {"type": "partitions.PartitionedDataset", "path": "s3://b/p", "dataset": {"type": "MemoryDataset"}}),
        ("unknown", {"type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset", "dataset": {"filepath": "x"}}),
        ("shared", {"type": "huggingface.CSVDataset", "path": "s3://b/x"}),
    ],
)
def test_a_catalog_entry_shows_where_a_dataset_is_stored(store, entry):
    assert stored(entry).store == store


def test_no_reason_shows_an_address_or_a_password():
    for entry in (
        {"type": "pandas.SQLTableDataset", "con": "postgresql://me:secret@host/db"},
        {"type": "text.TextDataset", "filepath": "data/x.csv?X-Signature=secret"},
        {"type": "text.TextDataset", "filepath": "sftp://me:secret@host/x"},
        {"type": "ibis.TableDataset", "connection": {"backend": "postgres", "password": "secret"}},
    ):
        assert "secret" not in stored(entry).reason


@pytest.mark.parametrize(
    ("filepath", "shared_path", "store"),
    [
        ("/mnt/efs/x.csv", "/mnt/efs", "shared"),
        ("/mnt/efs/x.csv", "/mnt/efs/", "shared"),
        ("file:///mnt/efs/x.csv", "/mnt/efs", "shared"),
        ("/mnt/efs2/x.csv", "/mnt/efs", "local"),
        ("/mnt/efs/../x.csv", "/mnt/efs", "local"),
        ("data/x.csv", "data", "shared"),
        ("./data/../data/x.csv", "data", "shared"),
        ("data/x.csv", "/data", "local"),
        ("data/x.csv", ".", "shared"),
        ("../data/x.csv", ".", "local"),
    ],
)
def test_shared_paths_are_seen_by_all_containers(filepath, shared_path, store):
    assert stored({"type": "T", "filepath": filepath}, shared_paths=[shared_path]).store == store


def test_a_database_file_on_a_shared_path_is_shared():
    entry = {"type": "pandas.SQLTableDataset", "con": "sqlite:////mnt/efs/x.db"}
    assert stored(entry, shared_paths=["/mnt/efs"]).store == Store.SHARED


def test_a_declaration_in_the_settings_wins_and_the_exact_name_before_patterns():
    assert stored({"type": "MemoryDataset"}, {"x": "shared"}).store == Store.SHARED
    assert stored(None, {"*": "shared"}).store == Store.SHARED
    assert stored(None, {"*": "shared", "?": "memory", "x": "local"}).store == Store.LOCAL
    assert stored(None, {"y*": "shared"}).store == Store.MEMORY
    assert Storages(Catalog({}), {"t": "shared"}, ()).of("t@pandas").store == Store.SHARED


def test_versioned_datasets_are_recognised():
    assert stored({"type": "T", "filepath": "x", "versioned": True}).versioned
    assert not stored({"type": "T", "filepath": "x"}).versioned
