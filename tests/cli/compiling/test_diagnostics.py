"""What compiling finds between jobs, in which weights and forms it is told, and what sets each value."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files import resources
from tests.support.command_line import kedro_batch
from tests.support.projects import DIAMOND, TARGET, json_catalog, write_project

BARE_TARGET = "job_queue: a_queue\njob_definition: a_definition\n"
MIXED = (
    json_catalog("raw", "left")
    + "numbers: {type: MemoryDataset}\n"
    + "right: {type: my.Dataset}\n"
    + '"{name}_old": {type: json.JSONDataset, filepath: "s3://b/{name}.json", versioned: true}\n'
)


def project_with(tmp_path: Path, catalog: str = MIXED, settings: str = "", **conf: str) -> Path:
    files = {"base/catalog.yml": catalog, "base/aws_batch.yml": BARE_TARGET + settings, **conf}
    return write_project(tmp_path / "project", conf=files)


def diagnostics(project: Path, *words: str, code: int = 0) -> list[dict[str, Any]]:
    ended = kedro_batch("compile", "--json", *words, cwd=project)
    assert ended.code == code, ended.err
    document = json.loads(ended.text)
    Draft202012Validator(resources.schema("diagnostics")).validate(document)
    assert (document["digest"] is None) == (code == 4)
    found: list[dict[str, Any]] = document["diagnostics"]
    return found


def codes(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["severity"], one["code"], one["source"]) for one in found]


def test_everything_is_told_at_once_the_worst_first(tmp_path):
    project = project_with(tmp_path)
    found = diagnostics(project, code=4)
    assert codes(found) == [
        ("error", "ephemeral_boundary", "numbers"),
        ("warning", "local_boundary", "left"),
        ("warning", "unstored_output", "total"),
        ("info", "unknown_boundary", "right"),
    ]
    assert found[0]["about"] == {
        "dataset": ["numbers"],
        "producer": ["read_numbers"],
        "consumer": ["go_left", "go_right"],
        "nodes": ["go_left", "go_right", "read_numbers"],
    }
    assert found[0]["remedy"] == "numbers:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/numbers.pickle\n"
    ended = kedro_batch("compile", cwd=project)
    assert (ended.code, ended.out) == (4, b"")
    for one in found:
        assert f"  {one['severity']} {one['code']}: {one['source']}: {one['message']}\n" in ended.err
    assert ended.err.endswith("\nnumbers:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/numbers.pickle\n")


def test_both_ways_out_of_an_ephemeral_boundary_work(tmp_path):
    project = project_with(tmp_path)
    (remedy,) = (one["remedy"] for one in diagnostics(project, code=4) if one["remedy"])
    grouped = diagnostics(project, "--group-by=memory")
    assert ("error", "ephemeral_boundary", "numbers") not in codes(grouped)
    catalog = project / "conf" / "base" / "catalog.yml"
    catalog.write_text(catalog.read_text().replace("numbers: {type: MemoryDataset}\n", remedy))
    assert "numbers" not in {one["source"] for one in diagnostics(project)}


def test_warnings_do_not_stop_a_plan_but_strictness_does(tmp_path):
    project = project_with(tmp_path, json_catalog())
    loose = kedro_batch("compile", cwd=project)
    assert loose.code == 0
    assert loose.err.startswith("3 warnings:\n  warning local_boundary: left: ")
    quiet = kedro_batch("compile", "-q", cwd=project)
    assert (quiet.code, quiet.err, quiet.out) == (0, "", loose.out)
    strict = kedro_batch("compile", "--strict", cwd=project)
    assert (strict.code, strict.out) == (4, b"")
    assert "  error local_boundary: left: " in strict.err


@pytest.mark.parametrize(
    "settings", ["shared_paths: [data]\n", "datasets: {'*': shared}\n", "accept: [local_boundary]\n"]
)
def test_local_paths_can_be_declared_shared_or_accepted(tmp_path, settings):
    project = project_with(tmp_path, json_catalog(), settings)
    assert not [one for one in diagnostics(project, "--strict") if one["severity"] != "info"]


def test_datasets_that_hooks_add_are_declared_in_the_settings(tmp_path):
    project = project_with(tmp_path, json_catalog("raw", "total"), "datasets: {left: shared, '*': shared}\n")
    assert diagnostics(project) == []
    project_two = project_with(tmp_path / "two", json_catalog(), "datasets: {left: memory}\n")
    assert ("error", "ephemeral_boundary", "left") in codes(diagnostics(project_two, code=4))


def test_versions_on_a_boundary_name_the_hazard(tmp_path):
    catalog = json_catalog().replace("data/", "s3://b/") + "  versioned: true\n"  # the last entry is total's
    assert diagnostics(project_with(tmp_path, catalog)) == []
    everything = json_catalog().replace("  filepath: data/", "  versioned: true\n  filepath: s3://b/")
    found = diagnostics(project_with(tmp_path / "two", everything))
    assert codes(found) == [("warning", "versioned_boundary", name) for name in ("left", "numbers", "right")]
    assert "if two runs go on at once, one may read what the other has written" in found[0]["message"]


def test_an_input_that_nothing_stores_is_missing_in_every_container(tmp_path):
    found = diagnostics(project_with(tmp_path, json_catalog().replace("raw", "row")), code=4)
    assert [one["source"] for one in found if one["code"] == "missing_input"] == ["raw"]


def test_a_parameter_that_the_configuration_does_not_have_is_missing_too(tmp_path):
    registry = DIAMOND.replace('"numbers", "left"', '["numbers", "params:model.rows", "params:model"], "left"')
    conf = {"base/parameters.yml": "model: {rosw: 5}\n"}
    project = write_project(tmp_path, registry=registry.replace("def double(x)", "def double(x, *_)"), conf=conf)
    (found,) = diagnostics(project, code=4)
    assert codes([found]) == [("error", "missing_input", "params:model.rows")]
    assert "Did you mean 'params:model.rosw'" in found["message"]
    assert " Write it in conf/base/parameters.yml, or give it by --params" in found["message"]
    assert diagnostics(project, "--params=model.rows=5") == []
    (project / "conf" / "base" / "aws_batch.yml").write_text(TARGET + "datasets: {params:model.rows: shared}\n")
    assert diagnostics(project) == []


def test_a_default_environment_that_is_not_there_is_pointed_out(tmp_path):
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\n")
    assert diagnostics(project) == []
    (project / "conf" / "local").rmdir()
    (found,) = diagnostics(project, "--strict")
    assert codes([found]) == [("info", "missing_environment", "conf/local")]
    assert "put an empty folder there, or compile with --env=base" in found["message"]
    assert diagnostics(project, "--env=base") == []


def test_settings_for_other_pipelines_are_no_mistakes(tmp_path):
    settings = """
        shared_paths: [data]
        datasets: {other_data: shared}
        rules:
          - match: {nodes: [other_node]}
            gpus: 1
          - match: {pipelines: [other]}
            gpus: 1
          - match: {tags: [other_tag]}
            gpus: 1
        """
    registry = DIAMOND.replace(
        '"half": diamond.to_nodes("go_left")',
        '"half": diamond.to_nodes("go_left"), '
        '"other": Pipeline([node(number, "raw", "other_data", name="other_node", tags="other_tag")])',
    )
    conf = {"base/aws_batch.yml": BARE_TARGET + dedent(settings)}
    project = write_project(tmp_path, registry=registry, conf=conf)
    assert diagnostics(project, "--strict") == []
    assert diagnostics(project, "--strict", "--pipelines=half") == []
    assert diagnostics(project, "--strict", "--pipelines=other") == []


@pytest.mark.parametrize("entry", ["[1]", "5", "text.TextDataset", "", "{filepath: s3://b/x}"])
def test_a_catalog_that_kedro_would_refuse_is_refused(tmp_path, entry):
    project = project_with(tmp_path, json_catalog() + f"unused: {entry}\n")
    (found,) = diagnostics(project, code=4)
    assert (found["code"], found["path"]) == ("invalid_config", ["unused"])
    assert "must be a mapping with a type" in found["message"]


def test_another_configuration_cannot_come_in_through_the_environment(tmp_path):
    project = project_with(tmp_path, json_catalog(), "environment: {KEDRO_ENV: prod}\n")
    (found,) = diagnostics(project, code=4)
    assert found["path"] == ["environment", "KEDRO_ENV"]
    assert "compile with --env" in found["message"]


def test_transcoded_names_in_memory_come_with_entries_of_one_place(tmp_path):
    registry = """
        from kedro.pipeline import Pipeline, node


        def register_pipelines():
            nodes = [
                node(lambda: 1, None, "t@one", name="write"),
                node(lambda x: x, "t@two", "left", name="read"),
                node(lambda x: x, "t@three", "right", name="read_too"),
            ]
            return {"__default__": Pipeline(nodes)}
        """
    project = write_project(tmp_path, registry=registry)
    for words in ([], ["--group-by=memory"]):
        (found,) = diagnostics(project, *words, code=4)
        assert "'t@one' and " in found["message"]
        assert "in memory each of these names is a dataset of its own, even within one job" in found["message"]
        assert found["remedy"].count("filepath: s3://my-bucket/t.pickle\n") == 3
    catalog = project / "conf" / "base" / "catalog.yml"
    catalog.write_text(catalog.read_text() + found["remedy"])
    assert diagnostics(project) == []


def test_a_version_that_is_given_is_no_hazard(tmp_path):
    catalog = json_catalog().replace("  filepath: data/left", "  versioned: true\n  filepath: data/left")
    project = project_with(tmp_path, catalog, "shared_paths: [data]\n")
    assert codes(diagnostics(project)) == [("warning", "versioned_boundary", "left")]
    assert diagnostics(project, "--load-versions=left:2026-01-01T00.00.00.000Z") == []


def test_parameters_of_the_command_line_need_no_file(tmp_path):
    registry = DIAMOND.replace('"numbers", "left"', '["numbers", "params:deep.a"], "left"')
    project = write_project(tmp_path, registry=registry.replace("def double(x)", "def double(x, *_)"))
    assert [one["source"] for one in diagnostics(project, code=4)] == ["params:deep.a"]
    assert diagnostics(project, "--params=deep.a=1") == []
    (project / "conf" / "base" / "aws_batch.yml").write_text(TARGET + "datasets: {'params:*': shared}\n")
    assert codes(diagnostics(project)) == []


def test_a_tag_that_another_pipeline_s_copy_of_a_node_has_selects_nothing_here(tmp_path):
    registry = """
        from kedro.pipeline import Pipeline, node


        def register_pipelines():
            def nodes(*tags):
                long = "a_name_that_makes_the_list_of_nodes_long_" * 2
                return [node(lambda: 1, None, f"d{n}", name=f"{long}{n}", tags=tags) for n in range(20)]

            odd = node(lambda: 1, None, "odd", name="odd", tags="group")
            other = node(lambda: 1, None, "other", name="other")
            return {"__default__": Pipeline(nodes("group")), "b": Pipeline([*nodes(), odd, other])}
        """
    catalog = '"{any}": {type: json.JSONDataset, filepath: "s3://b/{any}.json"}\n'
    project = write_project(tmp_path, registry=registry, conf={"base/catalog.yml": catalog})
    plan = kedro_batch("compile", "-q", "--pipelines=__default__,b", "--group-by=tag:group", cwd=project).text
    assert "--nodes=a_name" in plan
    assert "--tags" not in plan


def test_what_is_passed_on_is_checked_together(tmp_path):
    settings = """
        submit: {containerOverrides: {instanceType: m5.large}}
        rules:
          - match: {nodes: [add_up]}
            submit: {eksPropertiesOverride: {podProperties: {containers: [{name: main}]}}}
        """
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\n" + dedent(settings))
    (found,) = diagnostics(project, code=4)
    assert "cannot stand beside containerOverrides: a job has one kind of containers (job add_up)" in found["message"]
    assert found["path"][:3] == ["rules", 0, "submit"]


def test_the_catalog_is_read_as_kedro_merges_and_resolves_it(tmp_path):
    project = project_with(
        tmp_path,
        """
        _store: &store
          type: json.JSONDataset
        "{any}":
          <<: *store
          filepath: ${globals:bucket}/${runtime_params:run, today}/{any}.json
          credentials: nowhere
        left:
          type: CachedDataset
          dataset: {type: json.JSONDataset, filepath: "data/left.json", credentials: nowhere}
        """,
        **{
            "base/globals.yml": "bucket: data\n",
            "prod/globals.yml": "bucket: s3://bucket\n",
            "prod/aws_batch.yml": "accept: []\n",
        },
    )
    assert {one["source"] for one in diagnostics(project)} == {"left", "numbers", "right"}
    (only,) = diagnostics(project, "--env=prod", "--params=run=x")
    assert codes([only]) == [("warning", "local_boundary", "left")]


def test_a_parameter_that_the_catalog_needs_and_nothing_gives_is_named(tmp_path):
    project = project_with(tmp_path, '"{any}": {type: json.JSONDataset, filepath: "s3://b/${runtime_params:run}"}\n')
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert "cannot read the configuration 'catalog': " in ended.err
    assert "run" in ended.err
    assert kedro_batch("compile", "--params=run=1", cwd=project).code == 0


def test_with_json_the_plan_goes_to_the_file_alone(tmp_path):
    project = project_with(tmp_path, json_catalog())
    plan = kedro_batch("compile", "-q", cwd=project).out
    assert diagnostics(project, "-o", "plan.yaml")
    assert (project / "plan.yaml").read_bytes() == plan
    assert diagnostics(project, "--check", "plan.yaml")
    (project / "plan.yaml").write_text(plan.decode().replace("a_queue", "old_queue"))
    ended = kedro_batch("compile", "--json", "--check", "plan.yaml", cwd=project)
    assert ended.code == 3
    assert json.loads(ended.text)["diagnostics"]


def test_a_plan_of_more_jobs_than_are_read_is_refused(tmp_path):
    registry = (
        "from kedro.pipeline import Pipeline, node\n"
        "def run(*_):\n    return 1\n"
        "def register_pipelines():\n"
        "    nodes = [node(run, None, f'd{n}', name=f'n{n}') for n in range(25_001)]\n"
        "    return {'__default__': Pipeline(nodes)}\n"
    )
    conf = {"base/catalog.yml": '"{any}": {type: json.JSONDataset, filepath: "s3://b/{any}.json"}\n'}
    project = write_project(tmp_path / "project", registry=registry, conf=conf)
    ended = kedro_batch("compile", cwd=project)
    assert (ended.code, ended.out) == (4, b"")
    assert "error over_limit: jobs: there are 25001, and a plan of more than 25000 is not read: put more" in ended.err


def test_what_is_refused_before_there_is_a_plan_is_json_too(tmp_path):
    project = project_with(tmp_path, json_catalog(), "timeout_s: 5\n")
    ended = kedro_batch("compile", "--json", cwd=project)
    (found,) = json.loads(ended.text)["diagnostics"]
    assert (found["code"], found["path"], found["line"]) == ("invalid_config", ["timeout_s"], 3)
    assert ended.err == "Error: the settings for AWS Batch are wrong:\n"
    (nowhere,) = diagnostics(project, "--pipelines=nowhere", code=4)[:1]
    assert nowhere["code"] in ("invalid_config", "invalid_project")


def test_validate_prints_json_as_well(tmp_path):
    project = project_with(tmp_path, json_catalog())
    kedro_batch("compile", "-o", "plan.yaml", cwd=project)
    good = kedro_batch("validate", "--json", "plan.yaml", cwd=project)
    document = json.loads(good.text)
    assert document["diagnostics"] == []
    assert f"digest {document['digest']}\n" == kedro_batch("validate", "plan.yaml", cwd=project).text
    (project / "plan.yaml").write_text("schema: x\n")
    bad = kedro_batch("validate", "--json", "plan.yaml", cwd=project)
    assert bad.code == 4
    document = json.loads(bad.text)
    Draft202012Validator(resources.schema("diagnostics")).validate(document)
    assert {one["code"] for one in document["diagnostics"]} == {"invalid_plan"}


RULES = """
rules:
  - match: {nodes: [go_*]}
    memory_mib: 4096
  - match: {nodes: [go_left]}
    memory_mib: 8192
    environment: {STAGE: prod}
"""


def test_explain_shows_what_set_each_value(tmp_path):
    project = project_with(
        tmp_path,
        json_catalog(),
        "shared_paths: [data]\ntimeout_s: 60\n" + RULES,
        **{"prod/aws_batch.yml": "job_queue: prod_queue\n"},
    )
    ended = kedro_batch("compile", "--explain=go_left", "--env=prod", cwd=project)
    assert ended.code == 0, ended.err
    assert ended.text == (
        "go_left\n"
        "  nodes: go_left\n"
        "  command: kedro run --env=prod --nodes=go_left\n"
        "  job_queue             prod_queue    conf/prod/aws_batch.yml:1: job_queue\n"
        "  job_definition        a_definition  conf/base/aws_batch.yml:2: job_definition\n"
        "  timeout_s             60            conf/base/aws_batch.yml:4: timeout_s\n"
        "  resources.memory_mib  8192          conf/base/aws_batch.yml:10: rules[1].memory_mib\n"
        "  environment.STAGE     prod          conf/base/aws_batch.yml:11: rules[1].environment.STAGE\n"
    )
    near = kedro_batch("compile", "--explain=go_lef", cwd=project)
    assert near.code == 4
    assert "no job and no node is named 'go_lef'. Did you mean 'go_left'?" in near.err


def test_explain_of_a_group_names_what_came_from_which_node(tmp_path):
    project = project_with(tmp_path, json_catalog(), "group_by: memory\ndatasets: {left: memory}\n" + RULES)
    ended = kedro_batch("compile", "--explain=add_up", cwd=project)
    assert ended.text.startswith("go_left\n  nodes: add_up, go_left\n")
    assert "resources.memory_mib  8192" in ended.text
    assert "enough for each of its nodes: conf/base/aws_batch.yml:10: rules[1].memory_mib\n" in ended.text


def test_the_command_line_wins_over_the_settings_in_grouping(tmp_path):
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\ngroup_by: [chain]\n")
    chained = kedro_batch("compile", cwd=project)
    assert b"group_by: [chain]\n" in chained.out
    plain = kedro_batch("compile", "--group-by=none", cwd=project)
    assert b"group_by" not in plain.out
    odd = kedro_batch("compile", "--group-by=namespaces", cwd=project)
    assert odd.code == 2
    assert "--group-by: there is no way 'namespaces'. Did you mean 'namespace'" in odd.err


def test_a_group_runs_its_nodes_with_the_runner_that_is_named(tmp_path):
    project = write_project(
        tmp_path,
        conf={
            "base/aws_batch.yml": TARGET + "group_by: memory\nrunner: ThreadRunner\n",
            "base/catalog.yml": json_catalog("raw"),
        },
    )
    plan = kedro_batch("compile", "-q", cwd=project).text
    assert 'command: [kedro, run, "--nodes=add_up,go_left,go_right,read_numbers", --runner=ThreadRunner]' in plan
    assert "    reads:\n      - raw\n" in plan
    assert "writes" not in plan


@pytest.mark.parametrize(
    "words",
    [["--explain=a", "-o", "x"], ["--explain=a", "--json"], ["--json", "-o", "-"], ["--explain=a", "--check=b"]],
)
def test_flags_that_contradict_each_other(project, words):
    ended = kedro_batch("compile", *words, cwd=project)
    assert (ended.code, ended.out) == (2, b"")


def test_unnamed_nodes_work_and_are_pointed_out_once(tmp_path):
    registry = (
        DIAMOND.replace(', name="add_up"', "")
        .replace(', name="go_left"', "")
        .replace('"half": diamond.to_nodes("go_left")', "")
    )
    project = write_project(tmp_path, registry=registry)
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 0, ended.err
    assert "  info unnamed_nodes: nodes: 2 of 4 have no name of their own; " in ended.err
    assert ended.text.count("  - name: ") == 4


def test_a_long_list_of_warnings_is_cut_and_says_where_the_rest_is(tmp_path):
    registry = """
        from kedro.pipeline import Pipeline, node


        def register_pipelines():
            first = [node(lambda: 1, None, f"d{n}", name=f"a{n}") for n in range(30)]
            last = [node(lambda x: x, f"d{n}", f"e{n}", name=f"b{n}") for n in range(30)]
            return {"__default__": Pipeline([*first, *last])}
        """
    catalog = '"{any}": {type: json.JSONDataset, filepath: "data/{any}.json"}\n'
    project = write_project(
        tmp_path, registry=registry, conf={"base/catalog.yml": catalog, "base/aws_batch.yml": BARE_TARGET}
    )
    ended = kedro_batch("compile", cwd=project)
    assert ended.err.startswith("30 warnings:\n")
    assert ended.err.count("local_boundary: d") == 20
    assert ended.err.endswith("  warning local_boundary: 10 more like these; -v shows them all, --json lists them\n")
    assert kedro_batch("compile", "-v", cwd=project).err.count("local_boundary: d") == 30
    assert len(diagnostics(project)) == 30
