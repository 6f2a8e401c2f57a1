"""What one process has, in small projects: what compiles gives the data of ``kedro run``, and the rest is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.comparison import applied_and_run
from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, write_project


def project_of(
    root: Path, nodes: str, catalog: str, data: dict[str, Any], settings: str = TARGET, **modules: str
) -> Path:
    """Write a project whose nodes call ``first``, ``both`` and ``count``, and its data below ``data/``."""
    registry = f"""
from kedro.pipeline import Pipeline, node


def first(value, *_):
    return value


def both(*values):
    return [*values]


def names(partitions, *_):
    return sorted(partitions)


def grow(models):
    return {{**models, "new": len(models)}}


def register_pipelines():
    return {{"__default__": Pipeline([{nodes}])}}
"""
    conf = {"base/catalog.yml": catalog, "base/aws_batch.yml": settings}
    project = write_project(root, registry=registry, conf=conf, **modules)
    for name, value in data.items():
        file = project / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    return project


def json_entries(*names: str) -> str:
    return "".join(f"{name}: {{type: json.JSONDataset, filepath: data/{name}.json}}\n" for name in names)


def compiled(project: Path, *words: str) -> list[tuple[str, str, str]]:
    """Compile into ``plan.yaml``, and return severity, code and source of all diagnostics."""
    ended = kedro_batch("compile", "--json", "-o", "plan.yaml", *words, cwd=project)
    assert ended.code in (0, 4), ended.err
    return [(one["severity"], one["code"], one["source"]) for one in json.loads(ended.out)["diagnostics"]]


INCOMING = """
incoming:
  type: partitions.IncrementalDataset
  path: data/incoming
  dataset: json.JSONDataset
  filename_suffix: .json
"""


CONFIRMED_LATER = """
node(names, "incoming", "seen", name="inc"),
node(both, ["seen", "total"], "published", name="publish", confirms="incoming"),
"""
CONFIRMED_EARLIER = """
node(names, "incoming", "seen", name="a", confirms="incoming"),
node(names, ["incoming", "seen"], "published", name="b"),
"""


@pytest.mark.parametrize("nodes", [CONFIRMED_LATER, CONFIRMED_EARLIER])
def test_who_reads_and_who_confirms_are_one_job(tmp_path, nodes):
    catalog = INCOMING + json_entries("seen", "total", "published")
    data = {"incoming/1.json": 1, "incoming/2.json": 2, "total.json": 3}
    project = project_of(tmp_path / "project", nodes, catalog, data)
    assert ("error", "confirmed_elsewhere", "incoming") in compiled(project)
    assert compiled(project, "--group-by=memory") == []
    written = applied_and_run(project, tmp_path / "plain")
    assert written["incoming/CHECKPOINT"] == "2"
    assert json.loads(written["published.json"])


OWN_CLASSES = """
try:
    from kedro.io import MemoryDataset as _Base
except ImportError:
    from kedro.io import MemoryDataSet as _Base


class OptionalMemoryDataset(_Base):
    def __init__(self, default=None, metadata=None):
        super().__init__(data=default)


class _Step(OptionalMemoryDataset):
    pass


class Handy(_Step):
    pass
"""


@pytest.mark.parametrize(
    "entry",
    [
        "{type: a_project.datasets.OptionalMemoryDataset, default: {}}",
        "{type: a_project.elsewhere.Short, default: {}}",
        "{type: CachedDataset, dataset: {type: a_project.datasets.Handy, default: {}}}",
    ],
)
def test_an_own_class_that_derives_from_memory_is_memory(tmp_path, entry):
    nodes = 'node(grow, "start", "models", name="train"), node(first, "models", "result", name="use")'
    catalog = json_entries("result") + f"start: {entry}\nmodels: {entry}\n"
    elsewhere = "from a_project import datasets as ds\n\nShort = ds.Handy\n"
    project = project_of(tmp_path / "project", nodes, catalog, {}, datasets=OWN_CLASSES, elsewhere=elsewhere)
    assert compiled(project) == [("error", "ephemeral_boundary", "models")]
    assert compiled(project, "--group-by=memory") == []
    assert json.loads(applied_and_run(project, tmp_path / "plain")["result.json"]) == {"new": 0}


def test_a_pattern_may_name_the_class(tmp_path):
    nodes = 'node(grow, "a_start", "a_models", name="train"), node(first, "a_models", "result", name="use")'
    catalog = json_entries("result") + '"a_{any}": {type: "a_project.{any}.Kept"}\n'
    modules = dict.fromkeys(("start", "models"), "from kedro.io import MemoryDataset as M\n\n\nclass Kept(M): ...\n")
    project = project_of(tmp_path, nodes, catalog, {}, **modules)
    assert compiled(project) == [("error", "ephemeral_boundary", "a_models")]


def test_what_is_not_known_between_jobs_is_refused_if_strict_until_it_is_declared(tmp_path):
    nodes = 'node(first, "raw", "models", name="train"), node(first, "models", "result", name="use")'
    catalog = json_entries("raw", "result") + "models: {type: a_project.datasets.Hidden}\n"
    hidden = "def make():\n    from kedro.io import MemoryDataset\n    return type('Hidden', (MemoryDataset,), {})\n"
    project = project_of(
        tmp_path, nodes, catalog, {"raw.json": 1}, datasets=f"{hidden}\n\nglobals()['Hidden'] = make()\n"
    )
    assert compiled(project) == [("warning", "unknown_boundary", "models")]
    assert compiled(project, "--strict") == [("error", "unknown_boundary", "models")]
    (project / "conf/base/aws_batch.yml").write_text(TARGET + "datasets: {models: memory}\n")
    assert compiled(project) == [("error", "ephemeral_boundary", "models")]


EVENTS = """
events_today:
  type: json.JSONDataset
  filepath: data/events/2026-11-28.json
events_all:
  type: partitions.PartitionedDataset
  path: data/events
  dataset: json.JSONDataset
"""


def test_jobs_that_meet_in_a_place_are_in_order_or_named(tmp_path):
    nodes = 'node(first, "raw", "events_today", name="write"), node(names, "events_all", "total", name="read")'
    catalog = EVENTS + json_entries("raw", "total")
    data = {"raw.json": [1], "events/2026-11-27.json": [0]}
    project = project_of(tmp_path / "apart", nodes, catalog, data)
    assert compiled(project) == [("warning", "shared_place", "events_today")]

    ordered = nodes.replace('"events_all"', '["events_all", "events_today"]')
    project = project_of(tmp_path / "ordered", ordered, catalog, data)
    assert compiled(project) == []
    assert len(json.loads(applied_and_run(project, tmp_path / "plain")["total.json"])) == 2


def test_what_is_read_under_another_name_is_no_result(tmp_path):
    nodes = (
        'node(first, "raw", "events_today", name="write"), node(first, "events_today", "done", name="mark"), '
        'node(names, ["events_all", "done"], "total", name="read")'
    )
    project = project_of(tmp_path, nodes, EVENTS + json_entries("raw", "done", "total"), {})
    assert compiled(project) == []
    jobs = {job["name"]: job for job in yaml.safe_load((project / "plan.yaml").read_text())["jobs"]}
    assert jobs["read"]["reads"] == ["done", "events_all", "events_today"]


def test_inputs_and_results_of_the_containers_own_disk(tmp_path):
    nodes = 'node(first, "raw", "middle", name="a"), node(first, "middle", "report", name="b")'
    catalog = (
        "raw: {type: json.JSONDataset, filepath: data/01_raw/raw.json}\n"
        "middle: {type: json.JSONDataset, filepath: s3://a-bucket/middle.json}\n"
        "report: {type: json.JSONDataset, filepath: data/08_reporting/report.json}\n"
    )
    target = TARGET.replace("shared_paths: [data]\n", "")
    project = project_of(tmp_path, nodes, catalog, {}, target)
    lost = [("warning", "local_input", "raw"), ("warning", "local_output", "report")]
    assert compiled(project) == lost
    for settings, left in (
        ("image_paths: [data/01_raw]\n", [lost[1]]),
        ("accept: {local_output: [rep*]}\n", [lost[0], ("note", "local_output", "report")]),
        ("accept: {local_output: [other]}\n", [*lost, ("note", "unmatched", "conf/base/aws_batch.yml")]),
        ("shared_paths: [data]\n", []),
    ):
        (project / "conf/base/aws_batch.yml").write_text(target + settings)
        assert compiled(project) == left


def test_an_environment_that_the_settings_choose_must_stand_in_the_plan(tmp_path):
    project = project_of(tmp_path / "project", 'node(first, "raw", "out", name="a")', json_entries("raw", "out"), {})
    (project / "conf" / "prod").mkdir()
    (project / "conf" / "prod" / "catalog.yml").write_text(json_entries("out").replace("data/", "data/prod/"))
    (project / "data").mkdir()
    (project / "data" / "raw.json").write_text("1")
    chosen = 'import os\n\nos.environ.setdefault("KEDRO_ENV", "prod")\n'
    (project / "src" / "a_project" / "settings.py").write_text(chosen)
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert ended.err.startswith("Error: the project's settings set KEDRO_ENV=prod, perhaps from a .env file, ")
    assert compiled(project, "--env=prod") == []
    assert "prod/out.json" in applied_and_run(project, tmp_path / "plain")
