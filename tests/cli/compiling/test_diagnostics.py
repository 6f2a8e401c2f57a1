"""Diagnostics of whole projects, as text and JSON, and the explanation of settings.

Each check has tests of its own in ``tests/compiler/checks``; these show that the project's files reach the checks, and
that what the checks find reaches the user.
"""

import json
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files import resources
from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, TARGET, json_catalog, write_project

BARE_TARGET = "job_queue: a_queue\njob_definition: a_definition:2\n"
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


def test_all_diagnostics_are_reported_at_once_errors_first(tmp_path):
    project = project_with(tmp_path)
    found = diagnostics(project, code=4)
    assert codes(found) == [
        ("error", "ephemeral_boundary", "numbers"),
        ("warning", "local_boundary", "left"),
        ("warning", "local_input", "raw"),
        ("warning", "unknown_boundary", "right"),
        ("warning", "unstored_output", "total"),
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
        assert f"  {one['severity']} {one['code']}: {one['source']}: {one['message']}. {one['advice']}\n" in ended.err
    assert "\nnumbers:\n  type: pickle.PickleDataset\n  filepath: s3://my-bucket/numbers.pickle\n" in ended.err


def test_both_remedies_of_an_ephemeral_boundary_work(tmp_path):
    project = project_with(tmp_path)
    (remedy,) = (one["remedy"] for one in diagnostics(project, code=4) if one["severity"] == "error")
    grouped = diagnostics(project, "--group-by=memory")
    assert ("error", "ephemeral_boundary", "numbers") not in codes(grouped)
    catalog = project / "conf" / "base" / "catalog.yml"
    pasted = catalog.read_text().replace("numbers: {type: MemoryDataset}\n", remedy)
    catalog.write_text(pasted)
    assert ("warning", "placeholder", "numbers") in codes(diagnostics(project))
    catalog.write_text(pasted.replace("my-bucket", "spaceflights-data"))
    assert "numbers" not in {one["source"] for one in diagnostics(project)}


def test_warnings_do_not_stop_a_plan_but_strictness_does(tmp_path):
    project = project_with(tmp_path, json_catalog())
    loose = kedro_batch("compile", cwd=project)
    assert loose.code == 0
    assert loose.err.startswith("5 warnings:\n  warning local_boundary: 3 datasets between jobs are ")
    assert "\n    left, numbers, right\n" in loose.err
    quiet = kedro_batch("compile", "-q", cwd=project)
    assert (quiet.code, quiet.out) == (0, loose.out)
    assert quiet.err.startswith("5 warnings:\n")
    assert loose.err.startswith(quiet.err)
    strict = kedro_batch("compile", "--strict", cwd=project)
    assert (strict.code, strict.out) == (4, b"")
    assert "  error local_boundary: 3 datasets between jobs are " in strict.err


def test_a_missing_default_environment_is_a_note(tmp_path):
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\n")
    assert diagnostics(project) == []
    (project / "conf" / "local").rmdir()
    (found,) = diagnostics(project, "--strict")
    assert codes([found]) == [("note", "missing_environment", "conf/local")]
    assert "add an empty folder, or compile with --env=base" in found["message"]
    assert diagnostics(project, "--env=base") == []


def test_a_default_environment_that_git_does_not_keep_is_a_note(tmp_path):
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\n")
    for words in (["init"], ["add", "pyproject.toml"]):
        subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)
    (found,) = diagnostics(project, "--strict")
    assert codes([found]) == [("note", "missing_environment", "conf/local")]
    assert diagnostics(project, "--env=base") == []
    settings = project / "conf" / "base" / "aws_batch.yml"
    settings.write_text(f"{settings.read_text()}container_conf_source: s3://bucket/conf\n")
    assert diagnostics(project) == []
    settings.write_text(TARGET)
    (project / "conf" / "local" / ".gitkeep").touch()
    subprocess.run(["git", "add", "-f", "conf/local/.gitkeep"], cwd=project, check=True, capture_output=True)
    assert diagnostics(project) == []


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


def test_parameters_of_the_command_line_need_no_file(tmp_path):
    registry = DIAMOND.replace('"numbers", "left"', '["numbers", "params:deep.a"], "left"')
    project = write_project(tmp_path, registry=registry.replace("def double(x)", "def double(x, *_)"))
    assert [one["source"] for one in diagnostics(project, code=4)] == ["params:deep.a"]
    assert diagnostics(project, "--params=deep.a=1") == []
    (project / "conf" / "base" / "aws_batch.yml").write_text(TARGET + "datasets: {'params:*': shared}\n")
    assert codes(diagnostics(project)) == []


def test_the_catalog_is_read_as_kedro_merges_and_resolves_it(tmp_path):
    project = project_with(
        tmp_path,
        """
        _store: &store
          type: json.JSONDataset
        "{any}":
          <<: *store
          filepath: ${globals:bucket}/${runtime_params:run, today}/{any}.json
          credentials: somewhere
        left:
          type: CachedDataset
          dataset: {type: json.JSONDataset, filepath: "data/left.json", credentials: somewhere}
        """,
        **{
            "base/credentials.yml": "somewhere: {key: secret}\n",
            "base/globals.yml": "bucket: data\n",
            "prod/globals.yml": "bucket: s3://bucket\n",
            "prod/aws_batch.yml": "accept: []\n",
        },
    )
    assert {one["source"] for one in diagnostics(project)} == {"left", "numbers", "raw", "right", "total"}
    found = diagnostics(project, "--env=prod", "--params=run=x")
    assert codes(found) == [("warning", "dataset_state", "left"), ("warning", "local_boundary", "left")]


def test_a_parameter_that_the_catalog_needs_and_nothing_gives_is_named(tmp_path):
    project = project_with(tmp_path, '"{any}": {type: json.JSONDataset, filepath: "s3://b/${runtime_params:run}"}\n')
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert "cannot read the configuration 'catalog':\n  conf/base/catalog.yml:1: {any}.filepath: Runtime" in ended.err
    assert "'run'" in ended.err
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


def test_a_refusal_before_there_is_a_plan_is_json_too(tmp_path):
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
        "  job_queue             prod_queue      conf/prod/aws_batch.yml:1: job_queue\n"
        "  job_definition        a_definition:2  conf/base/aws_batch.yml:2: job_definition\n"
        "  timeout_s             60              conf/base/aws_batch.yml:4: timeout_s\n"
        "  resources.memory_mib  8192            conf/base/aws_batch.yml:10: rules[1].memory_mib\n"
        "  environment.STAGE     prod            conf/base/aws_batch.yml:11: rules[1].environment.STAGE\n"
    )
    near = kedro_batch("compile", "--explain=go_lef", cwd=project)
    assert near.code == 4
    assert "no job and no node is named 'go_lef'. Did you mean 'go_left'?" in near.err


def test_explain_of_a_group_shows_combined_values(tmp_path):
    project = project_with(tmp_path, json_catalog(), "group_by: memory\ndatasets: {left: memory}\n" + RULES)
    ended = kedro_batch("compile", "--explain=add_up", cwd=project)
    assert ended.text.startswith("go_left\n  nodes: add_up, go_left\n")
    assert "resources.memory_mib  8192" in ended.text
    assert "enough for all of its nodes: conf/base/aws_batch.yml:10: rules[1].memory_mib\n" in ended.text


def test_the_command_line_wins_over_the_settings_in_grouping(tmp_path):
    project = project_with(tmp_path, json_catalog(), "shared_paths: [data]\ngroup_by: [chain]\n")
    chained = kedro_batch("compile", cwd=project)
    assert b"group_by: [chain]\n" in chained.out
    plain = kedro_batch("compile", "--group-by=none", cwd=project)
    assert b"group_by" not in plain.out
    odd = kedro_batch("compile", "--group-by=namespaces", cwd=project)
    assert odd.code == 2
    assert "--group-by: unknown grouping 'namespaces'. Did you mean 'namespace'" in odd.err


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


def test_unnamed_nodes_compile_with_one_note(tmp_path):
    registry = (
        DIAMOND.replace(', name="add_up"', "")
        .replace(', name="go_left"', "")
        .replace('"half": diamond.to_nodes("go_left")', "")
    )
    project = write_project(tmp_path, registry=registry)
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 0, ended.err
    assert "  note unnamed_nodes: nodes: 2 of 4 have no name of their own. " in ended.err
    assert ended.text.count("  - name: ") == 4


def test_a_long_list_of_warnings_is_cut_and_says_how_to_see_the_rest(tmp_path):
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
    assert ended.err.startswith("60 warnings:\n  warning local_boundary: 30 datasets between jobs are ")
    assert ended.err.count(" and 10 more; -v shows them all, --json lists them\n") == 2
    assert kedro_batch("compile", "-v", cwd=project).err.count("local_boundary: d") == 30
    assert len(diagnostics(project)) == 60


STORED = 'raw: {{type: {}, filepath: "s3://data/raw.json", credentials: dev_s3}}\n' + json_catalog(
    "numbers", "left", "right", "total"
)


def about_the_image(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the sources of the notes on what the image may lack, by code."""
    kinds = ("undefined_credentials", "unlisted_package")
    return {kind: [one["source"] for one in found if one["code"] == kind] for kind in kinds}


def test_credentials_and_packages_that_the_image_may_lack_are_notes_without_a_secret(tmp_path):
    project = project_with(tmp_path, STORED.format("json.JSONDataset"), "shared_paths: [data]\n")
    (project / "requirements.txt").write_text("kedro\nkedro-datasets\n")
    found = diagnostics(project, "--strict")
    assert about_the_image(found) == {
        "undefined_credentials": ["credentials dev_s3"],
        "unlisted_package": ["requirements.txt"],
    }
    (project / "requirements.txt").write_text("kedro\nkedro-datasets[s3fs-base]\n")
    local = project / "conf" / "local" / "deep" / "credentials_s3.yml"
    local.parent.mkdir(parents=True)
    local.write_text("dev_s3: {key: no-one-prints-this}\n_other: &a {x: 1}\n")
    (only,) = [one for one in diagnostics(project) if one["code"] == "undefined_credentials"]
    assert "only in conf/local" in only["message"]
    local.rename(project / "conf" / "base" / "credentials.yml")
    ended = kedro_batch("compile", "-v", cwd=project)
    assert "credentials" not in ended.err
    assert "no-one" not in ended.err + ended.text
    local.write_text("dev_s3: [broken\n")
    assert about_the_image(diagnostics(project)) == {"undefined_credentials": [], "unlisted_package": []}


def test_where_a_loader_of_the_project_reads_the_credentials_none_are_missed(tmp_path):
    project = project_with(tmp_path, STORED.format("json.JSONDataset"), "shared_paths: [data]\n")
    settings = project / "src" / "a_project" / "settings.py"
    settings.write_text('CONFIG_LOADER_ARGS = {"config_patterns": {"credentials": ["secrets*"]}}\n')
    (project / "conf" / "base" / "credentials.yml").write_text("dev_s3: {}\n")
    assert about_the_image(diagnostics(project))["undefined_credentials"] == ["credentials dev_s3"]
    (project / "conf" / "base" / "secrets.yml").write_text("dev_s3: {}\n")
    assert about_the_image(diagnostics(project))["undefined_credentials"] == []
    (project / "conf" / "base" / "secrets.yml").unlink()
    settings.write_text(
        "from kedro.config import OmegaConfigLoader\n\n\nclass Vault(OmegaConfigLoader):\n    pass\n\n\n"
        "CONFIG_LOADER_CLASS = Vault\n"
    )
    assert about_the_image(diagnostics(project))["undefined_credentials"] == []
