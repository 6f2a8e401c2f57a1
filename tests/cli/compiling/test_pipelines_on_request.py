"""Since Kedro 1.5 the registry is a function of the pipelines asked for: commands ask for what was compiled."""

import json

import pytest
import yaml

from kedro_batch.compiler.kedro_version import find_kedro_features
from tests.support.command_line import run
from tests.support.forked import kedro_batch
from tests.support.projects import KEDRO_VERSION, json_catalog, write_project

FEATURES = find_kedro_features(KEDRO_VERSION)
pytestmark = pytest.mark.skipif(
    not FEATURES.loads_pipelines_on_request, reason="this Kedro always loads every pipeline"
)

REGISTRY = """
from kedro.framework.project import find_pipelines


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


def write_pipelines(root, change="pass", **conf):
    """Write a project with a pipeline for each dataset of the chain, and change what is found of them."""
    project = write_project(
        root, registry=REGISTRY.format(change=change), conf={"base/catalog.yml": json_catalog("raw", *CHAIN), **conf}
    )
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
    ("change", "asked_for", "named"),
    [
        (SUM, "a,b", {"a": "a", "b": "b"}),
        (SUM, "a", {"a": "a"}),
        (SUM, "a,__default__", {"a": "", "b": "", "c": ""}),
        ('p["c"] = p["a"]', "a,c", {"a": "a"}),
        # One of them alone is an error.
        (FULL, "a,b", {"a": "a,b", "b": "a,b"}),
        (FULL, "b,a", {"a": "a,b", "b": "a,b"}),
        (FULL, "a,b,c", dict.fromkeys("abc", "a,b,c")),
        ('p["full"] = p["a"]', "a,b", {"a": "a", "b": "a,b"}),
        (FULL, "full,a,b", dict.fromkeys("ab", "a,b,full")),
        # One of them alone is another pipeline, or none, or has other tags or another function.
        ('p["a"] = p.get("a", 0) + p.get("b", 0)', "a,b", {"a": "a,b", "b": "b"}),
        ('p = p if len(p) > 1 else {"other": p.popitem()[1]}', "a,b", {"a": "a,b", "b": "a,b"}),
        ('p = p if len(p) > 1 else {n: x.tag("alone") for n, x in p.items()}', "a,b", {"a": "a,b", "b": "a,b"}),
        (
            "for x in p.values(): x.nodes[0].func = x.nodes[0].func if len(p) > 1 else sum",
            "a,b",
            {"a": "a,b", "b": "a,b"},
        ),
        ("p = p if len(p) > 1 else 1 / 0", "a,b", {"a": "a,b", "b": "a,b"}),
        ("p = p if len(p) > 1 else __import__('sys').exit()", "a,b", {"a": "a,b", "b": "a,b"}),
        # No flag asks for what the registry finds by itself.
        ('p = find_pipelines(pipelines_to_find=["a"]); p["__default__"] = sum(p.values())', "__default__", {"a": ""}),
        (
            'p = find_pipelines(pipelines_to_find=["a"]); p["__default__"] = sum(p.values())',
            "c,__default__",
            {"a": "__default__,c", "b": "__default__,c", "c": "c"},
        ),
    ],
)
def test_a_command_asks_for_what_was_compiled_unless_less_is_the_same(change, asked_for, named, tmp_path):
    project = write_pipelines(tmp_path, change)
    found = pipelines_of_commands(project, f"--pipelines={asked_for}")
    assert found == {f"make_{name}": pipelines for name, pipelines in named.items()}


def test_a_job_with_nodes_of_several_pipelines_asks_for_no_more_if_these_are_the_same(tmp_path):
    settings = {"base/aws_batch.yml": "job_queue: q\njob_definition: d\ngroup_by: memory\n"}
    catalog = {"base/catalog.yml": json_catalog("raw", "b", "c")}
    project = write_pipelines(tmp_path, FULL, **settings, **catalog)
    assert pipelines_of_commands(project, "--pipelines=c,a,b") == {"make_a,make_b": "a,b", "make_c": "a,b,c"}


def test_a_pipeline_that_is_made_of_others_needs_them_to_be_asked_for(tmp_path):
    ended = kedro_batch("compile", "--pipelines=full", cwd=write_pipelines(tmp_path, FULL))
    assert ended.code == 4
    assert "KeyError: 'a' (src/a_project/pipeline_registry.py, line 7)" in ended.err
    assert "`kedro run` fails in the same way. Name these too: --pipelines=full,...\n" in ended.err


def test_the_registry_is_loaded_once_for_one_pipeline(tmp_path):
    project = write_pipelines(tmp_path, "print('loaded')")
    for words in ([], ["--pipelines=a"]):
        assert kedro_batch("compile", *words, cwd=project).err.count("loaded\n") == 1


def test_the_plan_gives_what_kedro_run_gives(tmp_path):
    project = write_pipelines(tmp_path, FULL)
    ended = kedro_batch("compile", "--pipelines=a,b", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    applied = kedro_batch("apply", "plan.yaml", "--local", cwd=project)
    assert applied.code == 0, applied.err
    b = project / "data" / "b.json"
    written = b.read_text()
    b.unlink()
    assert run(["kedro", "run", "--pipelines=a,b"], cwd=project).code == 0
    assert json.loads(written) == json.loads(b.read_text()) == [1, "a", "b"]
