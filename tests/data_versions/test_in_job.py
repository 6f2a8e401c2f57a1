"""What a job saves and loads, on Kedro's own catalogs, datasets and runners; tox runs it on other versions of Kedro."""

import warnings
from importlib import import_module
from typing import Any

import click
import pytest
from kedro.io import AbstractDataset
from kedro.io.core import DatasetError, Version
from kedro.pipeline import Pipeline, node
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from kedro_batch.data_versions.in_job import begin_job, fix_versions
from tests.data_versions.jobs import (
    CATALOGS,
    DOUBLE,
    NEW,
    OLD,
    OWN,
    SHARED,
    begin,
    catalog_of,
    entry,
    pass_on,
    run_job,
    save,
    saved,
    variables,
)


@pytest.mark.parametrize("catalog_class", CATALOGS)
def test_all_that_a_job_saves_has_the_version_of_its_run(tmp_path, catalog_class):
    save(tmp_path, "x", OLD, 1)
    catalog = catalog_of({name: entry(tmp_path, name) for name in "xyz"}, catalog_class)
    run_job(DOUBLE, catalog, variables())
    assert saved(tmp_path, "y") == {OWN: 2}
    assert saved(tmp_path, "z") == {OWN: 4}


@pytest.mark.parametrize("catalog_class", CATALOGS)
def test_patterns_and_the_names_of_transcoding_have_it_too(tmp_path, catalog_class):
    save(tmp_path, "x", OLD, 1)
    pattern = {"type": "json.JSONDataset", "filepath": f"{tmp_path}/{{name}}.json", "versioned": True}
    catalog = catalog_of(
        {"{name}": pattern, "y@one": entry(tmp_path, "y"), "y@two": entry(tmp_path, "y")}, catalog_class
    )
    pipeline = Pipeline([node(pass_on, "x", "y@one", name="a"), node(pass_on, "y@two", "z", name="b")])
    run_job(pipeline, catalog, variables())
    assert saved(tmp_path, "y") == saved(tmp_path, "z") == {OWN: 1}


@pytest.mark.parametrize("catalog_class", CATALOGS)
def test_what_a_cached_dataset_wraps_has_it_too(tmp_path, catalog_class):
    save(tmp_path, "x", OLD, 1)
    save(tmp_path, "x", NEW, 100)
    save(tmp_path, "y", OWN, "left by an attempt")
    plain = {name: entry(tmp_path, name) for name in "xy"}
    for one in plain.values():
        del one["versioned"]
    cached = {name: {"type": "CachedDataset", "versioned": True, "dataset": one} for name, one in plain.items()}
    catalog = catalog_of({**cached, "z": entry(tmp_path, "z")}, catalog_class)
    run_job(DOUBLE, catalog, variables(attempt=2))
    assert saved(tmp_path, "y") == {OWN: 2}


class Wrapping(AbstractDataset[Any, Any]):
    """A dataset of a project's own around others."""

    def __init__(self, filepaths, version):
        make = import_module("kedro_datasets.json").JSONDataset
        self._inside, *self._more = [make(filepath=one, version=version) for one in filepaths]
        self._other = self._more[0] if self._more else None

    def _load(self):
        return self._inside.load()

    def _save(self, data):
        self._inside.save(data)

    def _describe(self):
        return {}


def test_what_a_class_of_a_project_wraps_has_it_too(tmp_path):
    save(tmp_path, "x", OLD, 1)
    save(tmp_path, "y", OWN, "left by an attempt")
    save(tmp_path, "y", NEW, 100)
    wrapping = {"type": Wrapping, "filepaths": [f"{tmp_path}/y.json"], "versioned": True}
    catalog = catalog_of({"x": entry(tmp_path, "x"), "y": wrapping, "z": entry(tmp_path, "z")})
    run_job(DOUBLE, catalog, variables(attempt=2))
    assert saved(tmp_path, "z") == {OWN: 4}


def test_of_many_that_a_class_wraps_none_is_removed(tmp_path, capsys):
    save(tmp_path, "w", OWN, "of another job")
    wrapping = {"type": Wrapping, "filepaths": [f"{tmp_path}/{name}.json" for name in "yw"], "versioned": True}
    begin(Pipeline([node(pass_on, "x", "y", name="a")]), catalog_of({"y": wrapping}), variables(attempt=2))
    assert saved(tmp_path, "w") == {OWN: "of another job"}
    assert "y may have been saved already" in capsys.readouterr().err


def test_of_many_that_a_class_wraps_each_is_loaded_as_it_is(tmp_path):
    for name, version, number in (("x", OWN, 1), ("w", OLD, 2), ("w", NEW, 100)):
        save(tmp_path, name, version, number)
    wrapping = {"type": Wrapping, "filepaths": [f"{tmp_path}/{name}.json" for name in "xw"], "versioned": True}
    catalog = catalog_of({"x": wrapping, "y": entry(tmp_path, "y")})
    run_job(Pipeline([node(pass_on, "x", "y", name="a")]), catalog, variables(reads=["x"]))
    assert saved(tmp_path, "y") == {OWN: 1}


@pytest.mark.parametrize(("runner", "catalog_class"), [(ThreadRunner, CATALOGS[0]), (ParallelRunner, SHARED)])
def test_threads_and_processes_of_a_job_see_the_same_versions(tmp_path, runner, catalog_class):
    save(tmp_path, "x", OLD, 1)
    save(tmp_path, "x", NEW, 100)
    save(tmp_path, "y", NEW, 100)
    catalog = catalog_of({name: entry(tmp_path, name) for name in "xyz"}, catalog_class)
    run_job(DOUBLE, catalog, variables(), runner(max_workers=2))
    assert saved(tmp_path, "z") == {OWN: 4}


def test_what_the_run_did_not_write_is_loaded_in_its_newest_version_that_is_not_newer_than_the_run(tmp_path):
    for version, number in ((OLD, 1), (NEW, 100), ("run-x", 1000)):
        save(tmp_path, "x", version, number)
    run_job(DOUBLE, catalog_of({name: entry(tmp_path, name) for name in "xyz"}), variables())
    assert saved(tmp_path, "z") == {OWN: 4}


def test_without_the_hook_a_version_that_is_no_time_is_the_newest_for_ever(tmp_path):
    for version, number in ((OLD, 1), (NEW, 100), ("run-x", 1000)):
        save(tmp_path, "x", version, number)
    assert catalog_of({"x": entry(tmp_path, "x")}).load("x") == 1000


def test_without_the_hook_the_largest_version_is_loaded_not_the_one_saved_last(tmp_path):
    save(tmp_path, "x", NEW, "saved first")
    save(tmp_path, "x", OLD, "saved last")
    assert catalog_of({"x": entry(tmp_path, "x")}).load("x") == "saved first"


def test_a_job_that_finds_only_newer_versions_says_whose_they_are(tmp_path, capsys):
    save(tmp_path, "x", NEW, 100)
    catalog = catalog_of({name: entry(tmp_path, name) for name in "xyz"})
    with pytest.raises(DatasetError, match="Did not find any versions"):
        run_job(DOUBLE, catalog, variables())
    assert f"all 1 version of {tmp_path}/x.json/*/x.json are newer than this run's, {OWN}" in capsys.readouterr().err


def test_a_job_says_once_that_a_newer_version_than_it_loads_is_hidden_unless_it_loads_the_runs_own(tmp_path, capsys):
    for version in (OLD, "2026-01-01T11.30.00.000Z", NEW):
        save(tmp_path, "x", version, 1)
    save(tmp_path, "y", NEW, 100)
    catalog = catalog_of({name: entry(tmp_path, name) for name in "xyz"})
    begin(DOUBLE, catalog, variables())
    for _ in range(2):
        catalog.release("x")
        catalog.load("x")
    SequentialRunner().run(DOUBLE, catalog)
    _, *said = capsys.readouterr().err.splitlines()
    hidden = f"version {OLD} is loaded and not the newest, {NEW}: that is newer than this run's, {OWN}, and belongs to "
    said_once = f"{hidden}another run. To load it, name it by kedro run --load-versions"
    assert said == [f"kedro-batch: of {tmp_path}/x.json/*/x.json, {said_once}"]


def test_a_node_loads_what_its_own_job_has_saved_though_another_run_saves_a_newer_version_meanwhile(tmp_path):
    save(tmp_path, "x", OLD, 1)

    def interfere(number):
        save(tmp_path, "y", NEW, 100)
        return 2 * number

    pipeline = Pipeline([node(interfere, "x", "y", name="a"), node(pass_on, "y", "z", name="b")])
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Save version")  # Kedro's own check after a save
        run_job(pipeline, catalog_of({name: entry(tmp_path, name) for name in "xyz"}), variables())
    assert saved(tmp_path, "z") == {OWN: 2}


def test_without_the_hook_it_loads_the_other_runs(tmp_path):
    save(tmp_path, "x", OLD, 1)

    def interfere(number):
        save(tmp_path, "y", "2026-01-01T12.00.00.001Z", 100)
        return 2 * number

    pipeline = Pipeline([node(interfere, "x", "y", name="a"), node(pass_on, "y", "z", name="b")])
    with pytest.warns(UserWarning, match="Save version"):
        SequentialRunner().run(pipeline, catalog_of({name: entry(tmp_path, name) for name in "xyz"}))
    assert saved(tmp_path, "z") == {NEW: 100}


def test_what_other_jobs_of_the_run_wrote_is_loaded_in_the_version_of_the_run(tmp_path):
    save(tmp_path, "x", OLD, 100)
    save(tmp_path, "x", OWN, 1)
    run_job(DOUBLE, catalog_of({name: entry(tmp_path, name) for name in "xyz"}), variables(reads=["x"]))
    assert saved(tmp_path, "z") == {OWN: 4}


def test_a_job_does_not_begin_if_other_jobs_of_the_run_have_not_written_the_version_of_the_run(tmp_path):
    save(tmp_path, "x", OLD, 100)
    leftover = save(tmp_path, "y", OWN, 2)
    catalog = catalog_of({"x@one": entry(tmp_path, "x"), "w": entry(tmp_path, "w"), "y": entry(tmp_path, "y")})
    pipeline = Pipeline([node(lambda *_: 1, ["x@one", "w"], "y", name="a")])
    with pytest.raises(click.ClickException) as refused:
        begin(pipeline, catalog, variables(attempt=2, reads=["x", "w", "other"]))
    assert refused.value.exit_code == 4
    assert f"\n  w: {tmp_path}/w.json/{OWN}\n  x@one: {tmp_path}/x.json/{OWN}\n" in refused.value.message
    assert leftover.exists()  # nothing is removed for a job that does not begin


def test_all_that_a_job_loads_is_of_the_run_but_for_what_is_named_and_what_it_writes_itself(tmp_path):
    for name, version, number in (("x", OWN, 1), ("raw", OLD, 10), ("y", OLD, 100)):
        save(tmp_path, name, version, number)
    entries = {name: entry(tmp_path, name) for name in ("raw", "x", "z")}
    entries |= {name: entry(tmp_path, "y") for name in ("y@one", "y@two")}
    nodes = [node(lambda *both: sum(both), ["x", "raw"], "y@one", name="a"), node(pass_on, "y@two", "z", name="b")]
    for attempt in (1, 2):
        run_job(Pipeline(nodes), catalog_of(entries), variables(attempt=attempt, all_but=["raw"]))
        assert saved(tmp_path, "z") == {OWN: 11}
    with pytest.raises(click.ClickException, match=r"\n  raw: .*raw\.json/"):
        begin(Pipeline(nodes), catalog_of(entries), variables(all_but=[]))


def test_a_version_that_the_command_names_is_loaded_whatever_the_run_wrote(tmp_path):
    for version, number in ((OLD, 1), (OWN, 10), (NEW, 100)):
        save(tmp_path, "x", version, number)
    entries = {name: entry(tmp_path, name) for name in "xyz"}
    run_job(DOUBLE, catalog_of(entries, load_versions={"x": NEW}), variables(reads=["x"]))
    assert saved(tmp_path, "y") == {OWN: 200}


def test_unversioned_data_are_loaded_and_saved_as_ever(tmp_path):
    entries = {name: entry(tmp_path, name, versioned=False) for name in "xz"}
    (tmp_path / "x.json").write_text("1")
    (tmp_path / "z.json").write_text("0")
    run_job(DOUBLE, catalog_of(entries), variables(submission=2, reads=["x"]))
    assert (tmp_path / "z.json").read_text() == "4"


def test_a_hook_that_has_loaded_a_dataset_already_does_not_fix_what_the_job_loads(tmp_path):
    save(tmp_path, "x", OLD, 1)
    save(tmp_path, "x", NEW, 100)
    catalog = catalog_of({name: entry(tmp_path, name) for name in "xyz"})
    catalog.load("x")
    run_job(DOUBLE, catalog, variables())
    assert saved(tmp_path, "z") == {OWN: 4}


def test_a_dataset_that_a_hook_adds_has_the_version_of_the_run_too(tmp_path):
    save(tmp_path, "x", OLD, 1)
    catalog = catalog_of({"x": entry(tmp_path, "x")})
    fix_versions(catalog, variables())
    add = catalog.add if hasattr(catalog, "add") else catalog.__setitem__
    make = import_module("kedro_datasets.json").JSONDataset
    for name in "yz":
        add(name, make(filepath=f"{tmp_path}/{name}.json", version=Version(None, None)))
    begin_job(DOUBLE, catalog, variables())
    SequentialRunner().run(DOUBLE, catalog)
    assert saved(tmp_path, "y") == {OWN: 2}
    assert saved(tmp_path, "z") == {OWN: 4}


def test_without_a_version_only_the_first_line_is_written(tmp_path, capsys):
    save(tmp_path, "x", OLD, 1)
    env = variables(submission=3)
    del env["KEDRO_BATCH_VERSION"]
    run_job(DOUBLE, catalog_of({name: entry(tmp_path, name) for name in "xyz"}), env)
    assert capsys.readouterr().err.startswith(
        "kedro-batch: run a-run, job a_job, submission 3, attempt 1, version none, nodes: double, double_again\n"
    )
    assert saved(tmp_path, "z") == {NEW: 4}


def test_of_many_nodes_the_first_line_has_twenty(capsys):
    nodes = [node(pass_on, f"x{number:02}", f"y{number:02}", name=f"n{number:02}") for number in range(23)]
    begin(Pipeline(nodes), catalog_of({}), variables())
    assert capsys.readouterr().err.endswith("n18, n19 and 3 more\n")


@pytest.mark.parametrize(("words", "read"), [({}, [1, 10]), ({"load_versions": {"x": OLD}}, [1, 1])])
def test_a_run_that_began_earlier_may_save_between_two_readers_unless_they_name_the_version(tmp_path, words, read):
    save(tmp_path, "x", OLD, 1)
    earlier_run = "2026-01-01T10.59.00.000Z"
    entries = {name: entry(tmp_path, name) for name in "xyz"}
    run_job(Pipeline([node(pass_on, "x", "y", name="a")]), catalog_of(entries, **words), variables())
    save(tmp_path, "x", earlier_run, 10)
    run_job(Pipeline([node(pass_on, "x", "z", name="b")]), catalog_of(entries, **words), variables())
    assert [saved(tmp_path, name)[OWN] for name in "yz"] == read
