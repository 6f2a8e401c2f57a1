"""Since Kedro 1.5 the registry is a function of the pipelines asked for: commands ask for what was compiled."""

import pytest
import yaml

from kedro_batch.compiler.project.kedro_version import find_kedro_features
from tests.support.comparison import applied_and_run
from tests.support.forked import kedro_batch
from tests.support.projects import KEDRO_VERSION, json_catalog, write_project

FEATURES = find_kedro_features(KEDRO_VERSION)
pytestmark = pytest.mark.skipif(
    not FEATURES.loads_pipelines_on_request, reason="this Kedro always loads every pipeline"
)

REGISTRY = """
from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines():
    p = find_pipelines()
    {change}
    return p
"""
MODULE = """
from kedro.pipeline import Pipeline, node


def work(x):
    return [*x, "{name}"]


def create_pipeline(**_):
    return Pipeline([node(work, "{read}", "{name}", name="make_{name}", tags=["{name}"])])
"""
CHAIN = {"a": "raw", "b": "a", "c": "b"}


def write_pipelines(root, change="pass", registry=REGISTRY):
    """Write a project with a pipeline for each dataset of the chain, and change what is found of them."""
    conf = {"base/catalog.yml": json_catalog("raw", *CHAIN)}
    project = write_project(root, registry=registry.replace("{change}", change), conf=conf)
    package = project / "src" / "a_project" / "pipelines"
    for name, read in CHAIN.items():
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text(MODULE.format(name=name, read=read))
    (package / "__init__.py").touch()
    (project / "data").mkdir()
    (project / "data" / "raw.json").write_text("[1]")
    return project


def pipelines_of_commands(project, *words):
    """Compile, and return the pipelines that the command of each node names."""
    ended = kedro_batch("compile", *words, cwd=project)
    assert ended.code == 0, ended.err
    commands = [job["command"][2:] for job in yaml.safe_load(ended.text)["jobs"]]
    flags = [dict(word.partition("=")[::2] for word in command) for command in commands]
    return {one["--nodes"]: one.get("--pipelines", "") for one in flags}


SUM = 'p["__default__"] = sum(p.values())'
FULL = 'p["full"] = p["a"] + p["b"]; p["__default__"] = p["full"]'


@pytest.mark.parametrize(
    ("asked_for", "named"),
    [
        ("a", {"a": "a"}),
        ("a,b", dict.fromkeys("ab", "a,b")),
        ("b,a", dict.fromkeys("ab", "a,b")),
        ("a,__default__", dict.fromkeys("abc", "__default__,a")),
        ("__default__", dict.fromkeys("abc", "")),
    ],
)
def test_a_command_asks_for_what_was_compiled(asked_for, named, tmp_path):
    project = write_pipelines(tmp_path, SUM)
    found = pipelines_of_commands(project, f"--pipelines={asked_for}")
    assert found == {f"make_{name}": pipelines for name, pipelines in named.items()}


def test_pipelines_that_run_together_are_selected_by_namespace_and_by_tags_that_all_copies_have(tmp_path):
    change = 'p["a"] = p["a"].tag("all"); p["c"] = p["a"].tag("other") + p["c"]'
    project = write_pipelines(tmp_path, change)
    assert pipelines_of_commands(project, "--pipelines=a,c") == {"make_a": "a,c", "make_c": "a,c"}


EMPTY = 'p["full"] = p.get("a", Pipeline([])) + p.get("b", Pipeline([]))'
GUARDED = 'p.update({"full": p["a"]} if "a" in p else {})'


@pytest.mark.parametrize("change", [FULL, EMPTY, GUARDED])
def test_a_pipeline_that_is_made_of_others_needs_them_to_be_asked_for(change, tmp_path):
    project = write_pipelines(tmp_path, change)
    ended = kedro_batch("compile", "--pipelines=full", cwd=project)
    assert ended.code == 4
    assert "of these alone it makes no nodes for full. `kedro run` fails in the same way. " in ended.err
    assert pipelines_of_commands(project, "--pipelines=full,a,b") == dict.fromkeys(("make_a", "make_b"), "a,b,full")


def test_the_registry_is_loaded_once_for_one_pipeline(tmp_path):
    project = write_pipelines(tmp_path, "print('loaded')")
    for words in ([], ["--pipelines=a"]):
        assert kedro_batch("compile", *words, cwd=project).err.count("loaded\n") == 1


# What a process has loaded once, and a function that knows what was asked for: another process has other nodes.
CACHED = """
from kedro.framework.project import find_pipelines

FOUND = find_pipelines()


def register_pipelines():
    p = dict(FOUND)
    p["full"] = p["a"] + p["b"]
    return p
"""
KNOWING = """
from kedro.framework.project import find_pipelines


def register_pipelines():
    p = find_pipelines()
    for pipeline in p.values():
        for one in pipeline.nodes:
            one.func = lambda x, known=tuple(sorted(p)): [*x, *known]
    return p
"""


@pytest.mark.parametrize("registry", [REGISTRY, CACHED, KNOWING])
def test_the_plan_gives_what_kedro_run_gives(registry, tmp_path):
    project = write_pipelines(tmp_path / "project", FULL, registry)
    ended = kedro_batch("compile", "--pipelines=a,b", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    applied_and_run(project, tmp_path / "plain", "--pipelines=a,b")
