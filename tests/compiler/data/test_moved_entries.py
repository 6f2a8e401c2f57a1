import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.data.moved_entries import NotMovable, entry_text, move_entry, pickle_key
from kedro_batch.compiler.data.s3_folder import S3Folder

FOLDER = S3Folder(bucket="b", prefix="p")
CSV = "pandas.CSVDataset"


def moved(entry):
    return move_entry(entry, FOLDER, "/home/me/project").entry


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("data/x.csv", "data/x.csv"),
        ("./data//a/../x.csv", "data/x.csv"),
        ("data/x/", "data/x"),
        (".cache/x.csv", ".cache/x.csv"),
        ("../shared/x.csv", "shared/x.csv"),
        ("../../x.csv", "x.csv"),
        ("/mnt/data/x.csv", "mnt/data/x.csv"),
        ("/home/me/project/data/x.csv", "data/x.csv"),
        ("/home/me/project2/x.csv", "home/me/project2/x.csv"),
        ("file:///mnt/x.csv", "mnt/x.csv"),
        ("file://machine/mnt/x.csv", "mnt/x.csv"),
        ("local:///mnt/x.csv", "mnt/x.csv"),
        ("memory://x.csv/y", "y"),
        ("~/data/x.csv", "data/x.csv"),
        ("C:\\data\\x.csv", "data/x.csv"),
        ("data\\01_raw\\x.csv", "data/01_raw/x.csv"),
        ("data/größe und gewicht.csv", "data/größe und gewicht.csv"),
        ("data/parts/*.csv", "data/parts/*.csv"),
        ("data/{name}.csv", "data/{name}.csv"),
    ],
)
def test_a_local_path_becomes_a_key_below_the_prefix(path, key):
    assert moved({"type": CSV, "filepath": path}) == {"type": CSV, "filepath": f"s3://b/p/{key}"}


PARTS = "partitions.PartitionedDataset"
INCREMENTAL = "partitions.IncrementalDataset"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        # Type and options stay.
        (
            {"type": CSV, "filepath": "d/x", "versioned": True, "load_args": {"sep": ";"}, "metadata": {"a": [1, {}]}},
            {
                "type": CSV,
                "filepath": "s3://b/p/d/x",
                "versioned": True,
                "load_args": {"sep": ";"},
                "metadata": {"a": [1, {}]},
            },
        ),
        (
            {"type": CSV, "filepath": "d/x", "credentials": "dev"},
            {"type": CSV, "filepath": "s3://b/p/d/x", "credentials": "dev"},
        ),
        # Spark opens s3a alone.
        (
            {"type": "spark.SparkDataset", "filepath": "d/x"},
            {"type": "spark.SparkDataset", "filepath": "s3a://b/p/d/x"},
        ),
        # The place may be that of a dataset inside.
        (
            {"type": "CachedDataset", "dataset": {"type": CSV, "filepath": "d/x"}},
            {"type": "CachedDataset", "dataset": {"type": CSV, "filepath": "s3://b/p/d/x"}},
        ),
        (
            {"type": PARTS, "path": "d/x", "dataset": CSV, "filename_suffix": ".csv"},
            {"type": PARTS, "path": "s3://b/p/d/x", "dataset": CSV, "filename_suffix": ".csv"},
        ),
        (
            {"type": PARTS, "path": "d/x", "dataset": {"type": CSV, "fs_args": {"auto_mkdir": True}}},
            {"type": PARTS, "path": "s3://b/p/d/x", "dataset": {"type": CSV}},
        ),
        # A checkpoint is moved too; one without a path is beside the data.
        (
            {"type": INCREMENTAL, "path": "d/x", "dataset": CSV, "checkpoint": {"filepath": "d/x/C"}},
            {
                "type": INCREMENTAL,
                "path": "s3://b/p/d/x",
                "dataset": CSV,
                "checkpoint": {"filepath": "s3://b/p/d/x/C"},
            },
        ),
        (
            {"type": INCREMENTAL, "path": "d/x", "dataset": CSV, "checkpoint": {"force_checkpoint": "d/y"}},
            {
                "type": INCREMENTAL,
                "path": "s3://b/p/d/x",
                "dataset": CSV,
                "checkpoint": {"force_checkpoint": "d/y"},
            },
        ),
        # s3fs does not know what makes folders on a disk; how files are opened stays.
        (
            {"type": CSV, "filepath": "d/x", "fs_args": {"auto_mkdir": True, "open_args_save": {"mode": "wb"}}},
            {"type": CSV, "filepath": "s3://b/p/d/x", "fs_args": {"open_args_save": {"mode": "wb"}}},
        ),
        ({"type": CSV, "filepath": "d/x", "fs_args": {}}, {"type": CSV, "filepath": "s3://b/p/d/x", "fs_args": {}}),
        # Numbers stay keys.
        (
            {"type": CSV, "filepath": "d/x", "load_args": {"dtype": {0: "str"}}},
            {"type": CSV, "filepath": "s3://b/p/d/x", "load_args": {"dtype": {0: "str"}}},
        ),
    ],
)
def test_type_and_options_stay_and_all_local_places_change(entry, expected):
    assert moved(entry) == expected
    assert yaml.safe_load(entry_text("x", moved(entry))) == {"x": expected}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"type": "pandas.SQLTableDataset", "con": "sqlite:///d.db", "table_name": "t"}, "a database cannot be moved"),
        (
            {"type": "pandas.SQLQueryDataset", "con": "duckdb:///d.db", "filepath": "query.sql"},
            "a database cannot be moved",
        ),
        ({"type": "ibis.TableDataset", "connection": {"backend": "duckdb", "database": "d.db"}}, "a database"),
        ({"type": CSV, "filepath": "d/a#b.csv"}, "has #, which may end a path in a URL"),
        ({"type": CSV, "filepath": "d/a?.csv"}, "has ?"),
        ({"type": CSV, "filepath": "."}, "no file and no folder of its own"),
        ({"type": CSV, "filepath": "../.."}, "no file and no folder of its own"),
        ({"type": CSV, "filepath": "s3://c/x"}, "no path on a local disk"),
        ({"type": CSV}, "no path on a local disk"),
        ({"type": CSV, "filepath": "d/x", "credentials": {"key": "a"}}, "may hold a credential"),
        ({"type": CSV, "filepath": "d/x", "load_args": {"password": "a"}}, "may hold a credential"),
        ({"type": CSV, "filepath": "d/x", "load_args": {"dtype": str}}, "has a type, which cannot be written"),
        ({"type": CSV, "filepath": "d/x", "load_args": {"nan": float("nan")}}, "has nan, which"),
        ({"type": CSV, "filepath": "d/x", "load_args": {"sep": "${x}"}}, "has '${x}', which"),
        ({"type": CSV, "filepath": "d/x", "load_args": {"sep": "???"}}, "has '???', which"),
    ],
)
def test_what_cannot_be_moved_says_why(entry, says):
    with pytest.raises(NotMovable, match=re.escape(says)):
        moved(entry)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("x", "x.pickle"),
        ("ns.x_1-a", "ns.x_1-a.pickle"),
        ("größe", "größe.pickle"),
        ("a b:c", "a_b_c-7bede3ae.pickle"),
        ("x#split", "x_split-9bdcc36c.pickle"),
        ("../x", ".._x-d6b96a97.pickle"),
    ],
)
def test_a_dataset_in_memory_gets_a_key_from_its_name(name, key):
    assert pickle_key(name) == key


@given(st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_two_names_never_get_one_key(names):
    assert len({*map(pickle_key, names)}) == 2


def test_an_entry_is_written_without_quotes_where_none_are_needed():
    text = entry_text("{name}#raw", moved({"type": CSV, "filepath": "d/{name}.csv", "load_args": {"sep": "no"}}))
    assert text == (
        '"{name}#raw":\n  type: pandas.CSVDataset\n  filepath: s3://b/p/d/{name}.csv\n  load_args:\n    sep: "no"\n'
    )


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)


@given(st.text(min_size=1), st.dictionaries(st.text(), _VALUES, min_size=1, max_size=3))
def test_an_entry_is_read_back_as_it_was(name, entry):
    assert yaml.safe_load(entry_text(name, entry)) == {name: entry}
