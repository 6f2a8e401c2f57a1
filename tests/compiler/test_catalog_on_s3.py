"""Which datasets get another entry, and which: nodes, catalog and settings in; entries, what is left out, inputs."""

import pytest

from kedro_batch.compiler.catalog_on_s3 import put_on_s3
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.dataset_mover import Surroundings
from tests.compiler.compilations import compile_nodes, parse_node

FOLDER = S3Folder(bucket="b", prefix="p")
CSV = "pandas.CSVDataset"


def put(nodes, catalog, settings=None, *, taken=None, computed=(), **inputs):
    """Put the data of nodes on S3; a node is ``in other -> out``, and its name is what it writes."""
    parsed = [parse_node(one, f"node{number}") for number, one in enumerate(nodes)]
    compilation = compile_nodes(parsed, settings, catalog=catalog, **inputs)
    return put_on_s3(
        compilation, FOLDER, Surroundings(root="/project", taken=taken or {}, computed=frozenset(computed))
    )


def csv(path):
    return {"type": CSV, "filepath": path}


def pickled(name):
    return {"type": "pickle.PickleDataset", "filepath": f"s3://b/p/in_memory/{name}.pickle"}


TWO = ("raw -> x", "x -> end")
"""An input, what one job hands to the other, and a final output."""


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        # Everything is local: everything is moved.
        (
            {"raw": csv("d/raw.csv"), "x": csv("d/x.csv"), "end": csv("d/end.csv")},
            {"raw": csv("s3://b/p/d/raw.csv"), "x": csv("s3://b/p/d/x.csv"), "end": csv("s3://b/p/d/end.csv")},
        ),
        # What no entry stores is in memory; the input cannot be made.
        ({}, {"x": pickled("x"), "end": pickled("end")}),
        ({"x": {"type": "MemoryDataset", "copy_mode": "assign"}}, {"x": pickled("x"), "end": pickled("end")}),
        (
            {"x": {"type": "CachedDataset", "dataset": {"type": "MemoryDataset"}}},
            {"x": pickled("x"), "end": pickled("end")},
        ),
        # An entry that has the data, or is anywhere else, stays.
        (
            {"raw": {"type": "MemoryDataset", "data": 1}, "x": csv("s3://other/x"), "end": csv("gs://other/end")},
            {},
        ),
        ({"{any}": csv("s3://other/{any}.csv")}, {}),
        # fsspec's memory is lost as well; the type stays.
        (
            {"{any}": csv("s3://o/{any}"), "x": csv("memory://d/x.csv")},
            {"x": csv("s3://b/p/x.csv")},
        ),
        # A pattern that gives all its datasets their entries is moved as it is, whatever else it would match.
        ({"{any}": csv("d/{any}.csv")}, {"{any}": csv("s3://b/p/d/{any}.csv")}),
        ({"{default}": csv("d/{default}.csv"), "x": csv("s3://o/x")}, {"{default}": csv("s3://b/p/d/{default}.csv")}),
        (
            {"{any}": csv("d/{any}.csv"), "x": {"type": "MemoryDataset"}},
            {"{any}": csv("s3://b/p/d/{any}.csv"), "x": pickled("x")},
        ),
        # A pattern in memory stays; its datasets get entries of their own.
        (
            {"{any}": {"type": "MemoryDataset"}, "raw": csv("s3://o/raw")},
            {"x": pickled("x"), "end": pickled("end")},
        ),
    ],
)
def test_what_jobs_cannot_share_gets_an_entry(catalog, expected):
    assert put(TWO, catalog).entries == expected


def test_the_entries_are_sorted_and_told_apart():
    found = put(TWO, {"raw": csv("d/raw.csv"), "x": csv("d/x.csv")})
    assert [*found.entries] == ["end", "raw", "x"]
    assert (found.moved, found.pickled) == (("raw", "x"), ("end",))


# Nodes of one job

CHAIN = {"group_by": "chain"}


def test_what_nodes_of_one_job_hand_on_in_memory_stays_there_and_what_they_store_is_kept():
    catalog = {"raw": csv("s3://o/raw"), "end": csv("s3://o/end")}
    assert put(TWO, catalog, CHAIN).entries == {}
    assert put(TWO, catalog | {"x": csv("d/x.csv")}, CHAIN).entries == {"x": csv("s3://b/p/d/x.csv")}


# Shared and image paths, declarations


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        ({"shared_paths": ["d"]}, ()),
        ({"shared_paths": ["d/in"]}, ("end", "x")),
        ({"image_paths": ["d/in"]}, ("end", "x")),
        ({"image_paths": ["d"]}, ("end", "x")),
        ({"datasets": {"raw": "shared", "x": "shared"}}, ("end",)),
    ],
)
def test_what_is_shared_already_stays_and_so_do_inputs_in_the_image(settings, moved):
    catalog = {"raw": csv("d/in/raw.csv"), "x": csv("d/x.csv"), "end": csv("d/end.csv")}
    found = put(TWO, catalog, settings)
    assert found.moved == moved
    assert "raw" in moved or not found.inputs


def test_a_pattern_that_is_to_be_moved_in_part_gives_each_dataset_its_own_entry():
    catalog = {"{any}": csv("d/{any}.csv")}
    found = put(TWO, catalog, {"image_paths": ["d/raw.csv"]})
    assert found.entries == {"x": csv("s3://b/p/d/x.csv"), "end": csv("s3://b/p/d/end.csv")}


@pytest.mark.parametrize(("declared", "catalog"), [("memory", {}), ("local", {"x": csv("s3://o/x")})])
def test_what_the_settings_declare_is_left_out_since_no_entry_changes_it(declared, catalog):
    around = {"raw": csv("s3://o/raw"), "end": csv("s3://o/end")}
    found = put(TWO, around | catalog, {"datasets": {"x": declared}})
    assert found.entries == {}
    assert "datasets in aws_batch.yml declares 'x' as" in found.left_out["x"]
    assert "Take it out there" in found.left_out["x"]


# What is left out

AROUND = {"raw": csv("s3://o/raw"), "end": csv("s3://o/end")}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"type": "pandas.SQLTableDataset", "con": "sqlite:///d.db", "table_name": "t"}, "a sqlite file. A database"),
        (
            {"type": "pandas.SQLTableDataset", "con": "postgresql://localhost/d", "table_name": "t"},
            "server on localhost",
        ),
        ({"type": "pandas.SQLTableDataset", "con": "sqlite://", "table_name": "t"}, "in memory: use a database server"),
        ({"type": "ibis.TableDataset", "table_name": "t"}, "in memory: use a database server"),
        (
            {"type": "ibis.TableDataset", "table_name": "t", "connection": {"backend": "duckdb", "database": "d.db"}},
            "its database is d.db. A database cannot be moved",
        ),
        (csv("d/x.csv") | {"fs_args": {"key": "a", "secret": "b"}}, "may hold a credential"),
        (csv("d/x#1.csv"), "rename it"),
    ],
)
def test_what_a_path_cannot_move_is_left_out_with_the_reason(entry, says):
    found = put(TWO, AROUND | {"x": entry})
    assert found.entries == {}
    assert says in found.left_out["x"]


def test_what_another_file_of_the_environment_defines_is_left_out_if_it_needs_an_entry():
    taken = {"x": "conf/e/catalog.yml", "raw": "conf/e/catalog.yml", "{any}_t": "conf/e/catalog_t.yml"}
    nodes = ("raw -> x", "x a_t -> end")
    catalog = AROUND | {"x": {"type": "MemoryDataset"}, "{any}_t": csv("d/{any}.csv")}
    found = put(nodes, catalog, taken=taken)
    assert found.left_out == {
        "a_t": "the entry {any}_t is in conf/e/catalog_t.yml, which wins: change it there",
        "x": "its entry is in conf/e/catalog.yml, which wins: change it there",
    }


def test_what_a_resolver_computes_is_left_out():
    found = put(TWO, AROUND | {"x": csv("d/2026-11-29/x.csv")}, computed=["x"])
    assert "calls a resolver, whose value may change or be secret" in found.left_out["x"]
    of_pattern = put(TWO, AROUND | {"{any}": csv("d/2026-11-29/{any}.csv")}, computed=["{any}"])
    assert of_pattern.left_out["x"].startswith("its entry, {any}, calls a resolver")


@pytest.mark.parametrize(
    ("one", "other"),
    [("d/x.csv", "/d/x.csv"), ("d/x.csv", "../d/x.csv"), ("C:\\d\\x.csv", "d/x.csv"), ("/d/x.csv", "~/d/x.csv")],
)
def test_two_local_places_that_would_be_one_on_s3_are_not_both_moved(one, other):
    found = put(("-> a", "-> b"), {"a": csv(one), "b": csv(other)})
    assert found.moved == ("a",)
    assert found.left_out["b"].startswith(f"{other} would be in the same place on S3 as {one}: s3://b/p/d/x.csv.")


@pytest.mark.parametrize(
    ("one", "other"), [("d/x.csv", "./d/x.csv"), ("d/x.csv", "/project/d/x.csv"), ("/d/x", "file:///d/x")]
)
def test_two_names_of_one_local_place_have_one_place_on_s3(one, other):
    found = put(("-> a", "-> b"), {"a": csv(one), "b": csv(other)})
    assert not found.left_out
    assert found.entries["a"] == found.entries["b"]


# Transcoding


def test_all_names_of_a_transcoded_dataset_have_one_place():
    spark = {"type": "spark.SparkDataset", "filepath": "d/t", "file_format": "parquet"}
    parquet = {"type": "pandas.ParquetDataset", "filepath": "d/t"}
    found = put(("raw -> t@spark", "t@pandas -> end"), AROUND | {"t@spark": spark, "t@pandas": parquet})
    assert found.entries == {
        "t@spark": spark | {"filepath": "s3a://b/p/d/t"},
        "t@pandas": parquet | {"filepath": "s3://b/p/d/t"},
    }


@pytest.mark.parametrize("settings", [{}, CHAIN])
def test_transcoded_names_in_memory_share_one_pickle_even_in_one_job(settings):
    found = put(("raw -> t@a", "t@b -> end"), AROUND, settings)
    assert found.entries == {"t@a": pickled("t"), "t@b": pickled("t")}


def test_a_name_in_memory_gets_the_entry_of_the_name_that_is_stored():
    nodes = ("raw -> t@a", "t@b -> end")
    assert put(nodes, AROUND | {"t@a": csv("d/t.csv")}).entries == dict.fromkeys(
        ("t@a", "t@b"), csv("s3://b/p/d/t.csv")
    )
    assert put(nodes, AROUND | {"t@a": csv("s3://o/t.csv")}).entries == {"t@b": csv("s3://o/t.csv")}


# Inputs to upload


def inputs_of(found):
    return [(one.dataset, one.path, one.key, one.needed) for one in found.inputs]


def test_moved_inputs_are_to_be_uploaded_and_nothing_else():
    catalog = {"raw": csv("./d/raw.csv"), "x": csv("d/x.csv"), "end": csv("d/end.csv"), "unused": csv("d/u.csv")}
    assert inputs_of(put(TWO, catalog)) == [("raw", "./d/raw.csv", "d/raw.csv", True)]


def test_an_input_that_another_job_writes_under_another_name_is_not_uploaded():
    nodes = ("-> w", "w r -> end")
    catalog = {"w": csv("d/x.csv"), "r": csv("d/x.csv"), "end": csv("s3://o/end")}
    assert inputs_of(put(nodes, catalog)) == []


def test_a_checkpoint_is_uploaded_if_there_is_one_and_with_its_folder_if_it_is_in_there():
    parts = {"type": "partitions.IncrementalDataset", "path": "d/in", "dataset": CSV}
    outside = put(TWO, AROUND | {"raw": parts | {"checkpoint": {"filepath": "d/C"}}, "x": csv("s3://o/x")})
    assert inputs_of(outside) == [("raw", "d/C", "d/C", False), ("raw", "d/in", "d/in", True)]
    inside = put(TWO, AROUND | {"raw": parts | {"checkpoint": {"filepath": "d/in/C"}}, "x": csv("s3://o/x")})
    assert inputs_of(inside) == [("raw", "d/in", "d/in", True)]


def test_one_file_of_two_names_is_uploaded_once():
    catalog = {"a": csv("d/x.csv"), "b": csv("/project/d/x.csv")}
    assert len(put(("a b -> end",), AROUND | catalog).inputs) == 1


def test_classes_that_are_not_kedro_s_are_named():
    catalog = {"raw": {"type": "mine.Dataset", "filepath": "d/raw"}, "x": csv("d/x.csv"), "end": csv("s3://o/end")}
    assert put(TWO, catalog).own_classes == ("raw",)


def test_a_class_that_derives_from_memory_is_pickled():
    found = put(
        TWO,
        AROUND | {"x": {"type": "mine.Dataset"}},
        base_names=lambda kind: ["MemoryDataset"] if kind == "mine.Dataset" else [],
    )
    assert found.entries == {"x": pickled("x")}
