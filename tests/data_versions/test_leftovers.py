"""What a repeated attempt removes before its first node, and what it leaves."""

import json
from pathlib import PurePosixPath
from typing import Any

import click
import fsspec
import pytest
from kedro.io import AbstractVersionedDataset
from kedro.io.core import DatasetError
from kedro.pipeline import Pipeline, node

from tests.data_versions.jobs import (
    DOUBLE,
    NEW,
    OLD,
    OWN,
    begin,
    catalog_of,
    entry,
    pass_on,
    run_job,
    save,
    saved,
    variables,
)


@pytest.fixture
def entries(tmp_path):
    """Three datasets in files; ``y`` and ``z`` were saved by an earlier attempt, other runs and hand."""
    save(tmp_path, "x", OLD, 1)
    save(tmp_path, "x", OWN, 2)
    for name in "yz":
        save(tmp_path, name, OLD, "older")
        save(tmp_path, name, OWN, "left")
        save(tmp_path, name, NEW, "newer")
    (tmp_path / "y.json" / OWN / "torn").write_text("{")
    (tmp_path / f"{OWN}.txt").write_text("not ours")
    return {name: entry(tmp_path, name) for name in "xyz"}


def files(folder):
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_one_fixed_version_alone_breaks_a_job_that_is_repeated(entries):
    with pytest.raises(DatasetError, match="must not exist if versioning is enabled"):
        run_job(DOUBLE, catalog_of(entries), variables())


@pytest.mark.parametrize("repeated", [{"attempt": 2}, {"submission": 2}, {"attempt": 3, "submission": 4}])
def test_a_repeated_job_removes_what_it_left_and_ends_well(tmp_path, entries, repeated, capsys):
    run_job(DOUBLE, catalog_of(entries), variables(**repeated))
    assert saved(tmp_path, "y") == {OLD: "older", OWN: 4, NEW: "newer"}
    assert saved(tmp_path, "z") == {OLD: "older", OWN: 8, NEW: "newer"}
    removed = [line for line in capsys.readouterr().err.splitlines() if "removed" in line]
    assert removed == [
        f"kedro-batch: removed what an earlier attempt saved as {name}: {tmp_path}/{name}.json/{OWN}" for name in "yz"
    ]


def test_it_removes_the_outputs_of_its_own_nodes_and_nothing_else(tmp_path, entries):
    before = files(tmp_path)
    begin(DOUBLE.filter(node_names=["double"]), catalog_of(entries), variables(attempt=2))
    assert before - files(tmp_path) == {f"y.json/{OWN}/y.json", f"y.json/{OWN}/torn"}


def test_a_first_attempt_removes_nothing(tmp_path, entries):
    before = files(tmp_path)
    begin(DOUBLE, catalog_of(entries), variables())
    assert files(tmp_path) == before


def test_a_job_that_left_nothing_has_nothing_to_remove(tmp_path, capsys):
    save(tmp_path, "x", OLD, 1)
    run_job(DOUBLE, catalog_of({name: entry(tmp_path, name) for name in "xyz"}), variables(attempt=2))
    assert "removed" not in capsys.readouterr().err


def test_a_torn_file_is_not_loaded_within_the_run_and_the_next_attempt_removes_it(tmp_path):
    save(tmp_path, "x", OLD, 1)
    torn = save(tmp_path, "y", OWN, None)
    torn.write_text("[1, 2")
    entries = {name: entry(tmp_path, name) for name in "xyz"}
    with pytest.raises(DatasetError, match="Failed while loading"):  # a reader outside sees it as the newest
        catalog_of(entries).load("y")
    run_job(DOUBLE, catalog_of(entries), variables(attempt=2))
    assert saved(tmp_path, "y") == {OWN: 2}


def test_remote_data_are_removed_by_the_file_system_of_the_dataset(tmp_path, capsys):
    store = fsspec.filesystem("memory")
    root = f"/{tmp_path.name}"
    for version in (OLD, OWN):
        for name in ("y", "yy"):
            store.pipe(f"{root}/{name}.json/{version}/{name}.json", b"0")
    save(tmp_path, "x", OLD, 1)
    remote = {name: {**entry(tmp_path, name), "filepath": f"memory://{root}/{name}.json"} for name in ("y", "yy")}
    catalog = catalog_of({"x": entry(tmp_path, "x"), **remote})
    run_job(Pipeline([node(pass_on, "x", "y", name="a")]), catalog, variables(attempt=2))
    said = capsys.readouterr().err
    assert said.endswith(f"removed what an earlier attempt saved as y: memory://{root}/y.json/{OWN}\n")
    left = {path.removeprefix(root): json.loads(store.cat(path)) for path in store.find(root)}
    assert left == {
        f"/y.json/{OLD}/y.json": 0,
        f"/y.json/{OWN}/y.json": 1,
        f"/yy.json/{OLD}/yy.json": 0,
        f"/yy.json/{OWN}/yy.json": 0,
    }


class Versioned(AbstractVersionedDataset[Any, Any]):
    """A dataset of a project's own, with versions in files, that has no ``_fs``."""

    def __init__(self, filepath, version=None, exists=None, prefix=""):
        self._fs_prefix = prefix
        super().__init__(PurePosixPath(filepath), version, exists, (lambda _: []) if exists else None)

    def _load(self):
        raise NotImplementedError

    def _save(self, data):
        raise NotImplementedError

    def _describe(self):
        return {"filepath": str(self._filepath)}


@pytest.mark.parametrize(
    "how",
    [
        {},  # Kedro's own functions
        {"exists": fsspec.filesystem("file").exists},  # as SparkDataset does for S3
        {"exists": lambda _: True, "prefix": "file://"},
    ],
)
def test_a_dataset_that_does_not_tell_its_file_system_is_cleared_all_the_same(tmp_path, how):
    left = save(tmp_path, "y", OWN, 1)
    catalog = catalog_of({"y": {"type": Versioned, "filepath": f"{tmp_path}/y.json", "versioned": True, **how}})
    begin(Pipeline([node(pass_on, "x", "y", name="a")]), catalog, variables(attempt=2))
    assert not left.parent.exists()
    assert left.parent.parent.exists()


class ByVersion(Versioned):
    """One that saves all of a version side by side with other datasets, in a folder for the version."""

    def _get_versioned_path(self, version):
        return self._filepath.parent / version / self._filepath.name


def test_of_a_class_with_places_of_its_own_only_its_file_is_removed(tmp_path):
    mine, other = tmp_path / OWN / "y.json", tmp_path / OWN / "of_another_job.json"
    mine.parent.mkdir()
    for file in (mine, other):
        file.write_text("1")
    catalog = catalog_of({"y": {"type": ByVersion, "filepath": f"{tmp_path}/y.json", "versioned": True}})
    begin(Pipeline([node(pass_on, "x", "y", name="a")]), catalog, variables(attempt=2))
    assert not mine.exists()
    assert other.exists()


def broken(path):
    raise PermissionError(path)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"exists": lambda _: True}, "the class Versioned does not say by which file system"),
        ({"exists": broken}, "the class Versioned does not say by which file system"),
        ({"exists": lambda _: True, "prefix": "nowhere://"}, "ValueError: Protocol not known: nowhere"),
    ],
)
def test_what_cannot_be_removed_is_named_before_any_node_works_for_nothing(tmp_path, how, reason):
    entries = {
        name: {"type": Versioned, "filepath": f"{tmp_path}/{name}.json", "versioned": True, **how} for name in "yz"
    }
    with pytest.raises(click.ClickException) as refused:
        begin(DOUBLE, catalog_of(entries), variables(attempt=2))
    assert refused.value.exit_code == 4
    prefix = how.get("prefix", "")
    assert f"  y: {prefix}{tmp_path}/y.json/{OWN} ({reason}" in refused.value.message
    assert f"  z: {prefix}{tmp_path}/z.json/{OWN} ({reason}" in refused.value.message


def test_what_is_not_there_needs_no_file_system(tmp_path):
    entries = {"y": {"type": Versioned, "filepath": f"{tmp_path}/y", "versioned": True, "exists": lambda _: False}}
    begin(DOUBLE, catalog_of(entries), variables(attempt=2))


def test_a_link_is_not_followed(tmp_path, entries):
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / "z.json").write_text("1")
    (tmp_path / "z.json" / OWN / "z.json").unlink()
    (tmp_path / "z.json" / OWN).rmdir()
    (tmp_path / "z.json" / OWN).symlink_to(target)
    begin(DOUBLE, catalog_of(entries), variables(attempt=2))
    assert (target / "z.json").exists()


def test_a_path_that_reads_as_a_pattern_is_left_to_a_person(tmp_path):
    other, left = save(tmp_path, "y1", OWN, "of another job"), save(tmp_path, "y[1]", OWN, "left")
    with pytest.raises(click.ClickException, match=r"y\[1\].json.* \(its path may be read as a pattern"):
        begin(DOUBLE, catalog_of({"y": entry(tmp_path, "y[1]")}), variables(attempt=2))
    assert other.exists()
    assert left.exists()
