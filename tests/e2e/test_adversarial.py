"""Projects of the shapes that break tools, compiled and applied for real, against one plain ``kedro run`` of each.

Each plan is checked against its project and run on this machine, and everything that the jobs have written is compared
with what ``kedro run`` writes in a copy of the project. These tests are marked ``long``: every job is a process that
takes a second to start, although many nodes run in groups. The others only compile.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import adversarial, command_line
from tests.support.adversarial import NESTED_NODES, NEWER, OLD, Step, edges
from tests.support.comparison import applied_and_run, apply, contents, copied, kedro_run
from tests.support.forked import kedro_batch
from tests.support.projects import write_project

Jobs = dict[str, dict[str, Any]]


def compiled(project: Path, *words: str) -> Jobs:
    """Compile into ``plan.yaml`` and return its jobs by name."""
    ended = kedro_batch("compile", "-o", "plan.yaml", *words, cwd=project)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    validated = kedro_batch("validate", "plan.yaml", cwd=project)
    assert validated.code == 0, validated.err
    plan = yaml.safe_load((project / "plan.yaml").read_text(encoding="utf-8"))
    jobs = {job["name"]: job for job in plan["jobs"]}
    assert len(jobs) == len(plan["jobs"])
    return jobs


def diagnostics(project: Path, *words: str) -> list[dict[str, Any]]:
    ended = kedro_batch("compile", "--json", *words, cwd=project)
    assert ended.code in (0, 4), ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)["diagnostics"]
    return found


def codes(found: Sequence[dict[str, Any]], severity: str = "") -> set[str]:
    return {one["code"] for one in found if severity in ("", one["severity"])}


def nodes_of(jobs: Jobs) -> list[str]:
    return [name for job in jobs.values() for name in job.get("nodes", ())]


def refused(project: Path, *words: str) -> str:
    ended = kedro_batch("compile", *words, cwd=project)
    assert (ended.code, ended.out) == (4, b""), ended.err
    assert "Traceback" not in ended.err
    return ended.err


def ancestors(jobs: Jobs) -> dict[str, set[str]]:
    """Return all ancestors of every job; a job must stand below its parents."""
    above: dict[str, set[str]] = {}
    for name, job in jobs.items():
        parents = job.get("depends_on", ())
        assert set(parents) <= above.keys(), f"{name} stands above what it waits for"
        above[name] = set(parents).union(*(above[parent] for parent in parents))
    return above


def check(jobs: Jobs, steps: Sequence[Step]) -> None:
    """Check a plan against the steps of its project: every node once, after the writers of its inputs, legal names."""
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", name) for name in jobs)
    assert len({name.lower() for name in jobs}) == len(jobs)
    assert all(len(job.get("depends_on", ())) <= 20 for job in jobs.values())
    writer = {written: name for name, job in jobs.items() for written in job.get("writes", ())}
    runner = {node: name for name, job in jobs.items() for node in job.get("nodes", ())}
    assert len(nodes_of(jobs)) == len(runner) == len(steps)
    assert {step.full_name for step in steps if step.name} <= set(runner)

    def job_of(step: Step) -> str:
        return runner[step.full_name] if step.full_name else writer[step.writes[0]]

    above = ancestors(jobs)
    for first, second, dataset in edges(steps):
        giver, taker = job_of(first), job_of(second)
        assert giver == taker or giver in above[taker], f"{taker} does not wait for {giver}, which writes {dataset}"


def newest(project: Path) -> dict[str, str]:
    """Return the newest version of every versioned dataset, by the name of its file."""
    return {
        folder.name: (max(folder.iterdir()) / folder.name).read_text() for folder in (project / "data").glob("*.json")
    }


@pytest.mark.long
def test_781_nodes_in_30_pipelines(tmp_path):
    project = adversarial.write_large(tmp_path / "project")
    steps = adversarial.large()["__default__"]
    names = {name for step in steps for name in (*step.reads, *step.writes)}
    assert (len(steps), len([name for name in names if "@" in name])) == (781, 237)
    entries = yaml.safe_load(adversarial.large_catalog())
    assert len([name for name in entries if "{" in name]) == 51
    assert len(steps[-1].reads) == 54

    jobs = compiled(project)
    check(jobs, steps)
    plan = (project / "plan.yaml").read_bytes()
    assert command_line.kedro_batch("compile", cwd=project, env={"PYTHONHASHSEED": "7"}).out == plan
    joins = [name for name, job in jobs.items() if "nodes" not in job]
    assert len(jobs) == 781 + len(joins)
    assert all(jobs[name]["command"] == ["true"] and name.startswith("collect-join") for name in joins)
    assert jobs["collect"]["reads"] == sorted(steps[-1].reads)
    assert not {"ephemeral_boundary", "local_boundary", "missing_input"} & codes(diagnostics(project))
    sent = kedro_batch("apply", "plan.yaml", "--dry-run", cwd=project)
    assert sent.text.count("\n") == len(jobs)

    # One process for each node would take a quarter of an hour: they run by namespace.
    jobs = compiled(project, "--group-by=namespace")
    check(jobs, steps)
    assert len([name for name in jobs if "-join" not in name]) == 31
    written = applied_and_run(project, tmp_path / "plain")
    assert len(written) == 781 + 6


@pytest.mark.long
def test_a_slice_of_781_nodes_ungrouped_and_by_a_pipeline(tmp_path):
    project = adversarial.write_large(tmp_path / "project")
    jobs = compiled(project, "--to-outputs=figure_3_2,table_0_3@json")
    assert len(jobs) == 10
    applied_and_run(project, tmp_path / "plain", "--to-outputs=figure_3_2,table_0_3@json")
    of_one = compiled(project, "--pipelines=stage_1", "--group-by=tag:step_")
    assert all(job["command"][2].partition("=")[2] == "stage_1" for job in of_one.values())
    assert len(nodes_of(of_one)) == 26


@pytest.mark.long
def test_32_nodes_without_names(tmp_path):
    project = adversarial.write_unnamed(tmp_path / "project")
    jobs = compiled(project)
    steps = adversarial.unnamed()["__default__"]
    check(jobs, steps)
    assert len(jobs) == 32
    names = nodes_of(jobs)
    assert sum(len(name) > 128 for name in names) >= 27
    (unnamed,) = (one for one in diagnostics(project) if one["code"] == "unnamed_nodes")
    assert unnamed["severity"] == "note"
    assert unnamed["about"]["nodes"] == sorted(names)
    assert unnamed["message"].startswith("32 of 32 have no name of their own")
    written = applied_and_run(project, tmp_path / "plain")
    assert len(written) == 1 + 32 + 5


@pytest.mark.long
def test_nested_namespaces_and_a_node_outside_between_two_inside(tmp_path):
    project = adversarial.write_nested(tmp_path / "project")
    assert sorted(nodes_of(compiled(project))) == sorted(NESTED_NODES)
    by_one = compiled(project, "--group-by=namespace")
    assert {name: len(job["nodes"]) for name, job in by_one.items()} == {"outer_space": 2, "outer": 8}
    (merged,) = (one for one in diagnostics(project, "--group-by=namespace") if one["code"] == "merged_cycle")
    assert merged["severity"] == "warning"
    assert (
        "with namespace, 2 jobs would wait for each other: outer -(outer.first.model)-> approve -(approved)-> outer."
    ) in merged["message"]
    by_two = compiled(project, "--group-by=namespace:2")
    assert {name: len(job["nodes"]) for name, job in by_two.items()} == {
        "outer_space": 2,
        "outer-first": 4,
        "approve": 1,
        "outer-second": 2,
        "outer": 1,
    }
    assert by_two["approve"]["depends_on"] == ["outer-first", "outer_space"]
    written = applied_and_run(project, tmp_path / "plain")
    assert len(written) == len(set(written.values())) == 1 + len(NESTED_NODES)


def test_a_circle_that_one_job_cannot_be_is_refused_with_its_path(tmp_path):
    rules = "rules: [{match: {nodes: [approve]}, job_queue: another_queue}]\n"
    target = f"job_queue: a_queue\njob_definition: d\nshared_paths: [data]\n{rules}"
    project = adversarial.write_nested(tmp_path / "project", aws_batch=target)
    said = refused(project, "--group-by=namespace")
    assert "group_cycle" in said
    assert "-(approved)-> outer" in said
    assert "another_queue" in said
    assert len(compiled(project, "--group-by=namespace:2")) == 5


def test_a_namespace_that_begins_like_another_selects_itself_alone(tmp_path):
    project = adversarial.write_nested(tmp_path / "project")
    jobs = compiled(project, "--namespaces=outer.first", "--group-by=namespace:3")
    assert sorted(nodes_of(jobs)) == [name for name in sorted(NESTED_NODES) if name.startswith("outer.first.")]
    jobs = compiled(project, "--group-by=namespace", "--namespaces=outer_space")
    assert sorted(nodes_of(jobs)) == ["outer_space.clean", "outer_space.fit"]


@pytest.mark.long
def test_40_versioned_datasets_are_read_in_their_newest_version_by_other_jobs(tmp_path):
    project = adversarial.write_versioned(tmp_path / "project")
    steps = adversarial.versioned()["__default__"]
    jobs = compiled(project, "--group-by=tag:part.")
    check(jobs, steps)
    assert len(jobs) == 8
    found = diagnostics(project, "--group-by=tag:part.")
    assert codes(found, "warning") == {"versioned_boundary"}
    plain = copied(project, tmp_path / "plain")
    kedro_run(plain)
    apply(project)
    assert newest(project) == newest(plain)
    assert len(newest(project)) == 40
    first = newest(project)
    assert json.loads(first["versioned_1.json"]) == f"versioned_1 of {NEWER}"

    # The next run reads newer versions, or an older one if asked. Only 4 of the 8 jobs run for that.
    asked = f"--load-versions=versioned_0:{OLD}", "--to-outputs=versioned_16"
    adversarial.write_version(project, "versioned_1", "2022-02-02T00.00.00.000Z")
    adversarial.write_version(plain, "versioned_1", "2022-02-02T00.00.00.000Z")
    partly = compiled(project, "--group-by=tag:part.", *asked)
    assert [any(word.startswith("--load-versions=") for word in job["command"]) for job in partly.values()].count(True)
    apply(project)
    kedro_run(plain, *asked)
    assert newest(project) == newest(plain)
    changed = {name for name, content in newest(project).items() if first[name] != content}
    assert {"versioned_1.json", "versioned_2.json", "versioned_16.json"} <= changed
    assert "versioned_39.json" not in changed


@pytest.mark.long
def test_16_pipelines_whose_nodes_are_not_in_the_default_one(tmp_path):
    project = adversarial.write_outside(tmp_path / "project")
    assert nodes_of(compiled(project)) == ["alone"]
    assert "--nodes: there is no 'node_3'" in refused(project, "--nodes=node_3")
    pipelines = adversarial.outside()
    steps = {step.name: step for home in adversarial.HOMES for step in pipelines[home]}
    words = f"--pipelines={','.join(adversarial.HOMES)}"
    jobs = compiled(project, words)
    check(jobs, [*steps.values()])
    for job in jobs.values():
        flag, homes = job["command"][2].split("=")
        assert flag in ("--pipeline", "--pipelines")
        assert set(job["nodes"]) <= {step.name for home in homes.split(",") for step in pipelines[home]}

    # A process for each pipeline. `kedro run` of older versions takes one pipeline: the copy has all in its default.
    jobs = compiled(project, words, "--group-by=tag:part.")
    check(jobs, [*steps.values()])
    assert len(jobs) == 16
    plain = adversarial.write_steps(
        tmp_path / "plain", {"__default__": [*steps.values()]}, catalog=(project / "conf/base/catalog.yml").read_text()
    )
    adversarial.write_raw(plain, "raw_table")
    apply(project)
    kedro_run(plain)
    assert contents(project) == contents(plain)
    assert len(contents(project)) == 1 + 32


@pytest.mark.long
def test_data_in_memory_needs_the_jobs_that_share_it_to_be_one(tmp_path):
    project = adversarial.write_handed_over(tmp_path / "project")
    said = refused(project)
    found = diagnostics(project)
    lost = {one["source"] for one in found if one["code"] == "ephemeral_boundary"}
    assert lost == set(adversarial.IN_MEMORY)
    assert "--group-by memory" in said
    jobs = compiled(project, "--group-by=memory")
    check(jobs, adversarial.handed_over()["__default__"])
    assert sorted(len(job["nodes"]) for job in jobs.values()) == [1, 1, 1, 1, 1, 5]
    found = diagnostics(project, "--group-by=memory")
    assert codes(found, "error") == set()
    assert codes(found, "warning") == {"dataset_state", "unstored_output"}
    assert [one["source"] for one in found if one["code"] == "unstored_output"] == ["lost"]
    written = applied_and_run(project, tmp_path / "plain")
    assert {"cached.json", "parts/left.json", "parts/right.json", "sealed.json", "opened.json", "to_nothing"} <= set(
        written
    )


@pytest.mark.long
def test_a_catalog_of_environments_globals_parameters_and_absent_credentials(tmp_path):
    project = adversarial.write_configured(tmp_path / "project")
    assert codes(diagnostics(project), "error") == {"ephemeral_boundary"}
    in_prod = diagnostics(project, "--env=prod")
    assert [(one["code"], one["about"]["dataset"]) for one in in_prod] == [
        ("local_boundary", ["caught"]),
        ("local_output", ["result"]),
        ("undefined_credentials", ["sealed"]),
    ]
    words = "--env=prod", "--params=root=data,nested.factor=7"
    assert codes(diagnostics(project, *words)) == {"undefined_credentials"}
    check(compiled(project, *words), adversarial.configured()["__default__"])
    assert not list((project / "conf" / "local").iterdir())
    # Compiling needs no credentials, but the jobs do.
    (project / "conf" / "prod" / "credentials.yml").write_text("the_seal: {seal: of wax}\n")
    written = applied_and_run(project, tmp_path / "plain", *words)
    assert sorted(written) == [
        "prod/caught.json",
        "prod/number_one.json",
        "prod/result.json",
        "prod/sealed.json",
        "raw/raw_table.json",
    ]
    assert json.loads(written["prod/sealed.json"])[0] == "of wax"


@pytest.mark.long
def test_names_that_differ_in_case_and_punctuation_or_are_long_or_mean_something_elsewhere(tmp_path):
    project = adversarial.write_odd(tmp_path / "project")
    steps = adversarial.odd()["__default__"]
    jobs = compiled(project)
    check(jobs, steps)
    assert len(jobs) == len(steps)
    for name, job in jobs.items():
        assert job["command"] == ["kedro", "run", f"--nodes={job['nodes'][0]}"], name
    read = {name for job in jobs.values() for name in (*job["reads"], *job["writes"])}
    assert set(adversarial.ODD_DATASETS) <= read

    # One process for each node would be 26: they run five at a time.
    jobs = compiled(project, "--group-by=tag:part.")
    check(jobs, steps)
    assert len(jobs) == 6
    written = applied_and_run(project, tmp_path / "plain")
    assert len(written) == 1 + len(steps)


def test_a_name_that_kedro_run_cannot_be_given_is_refused(tmp_path):
    registry = """
        from kedro.pipeline import Pipeline, node


        def register_pipelines():
            odd = node(lambda raw: raw, "raw", "total", name="line\\n")
            return {"__default__": Pipeline([odd, node(lambda raw: raw, "raw", "left", name="plain")])}
        """
    project = write_project(tmp_path, registry=registry)
    assert "give them simpler names" in refused(project)


def test_a_node_called_like_a_namespace_is_a_job_of_its_own(tmp_path):
    steps = [
        Step(name="one", reads=("raw_table",), writes=("x",), namespace="group"),
        Step(name="two", reads=("x",), writes=("y",), namespace="group"),
        Step(name="group", reads=("y",), writes=("z",)),
        Step(name="GROUP", reads=("z",), writes=("end",)),
    ]
    catalog = adversarial.RAW + adversarial.json_entry("{anything}", "{anything}")
    project = adversarial.write_steps(tmp_path, {"__default__": steps}, catalog=catalog)
    jobs = compiled(project, "--group-by=namespace")
    check(jobs, steps)
    assert [job["nodes"] for job in jobs.values()] == [["group.one", "group.two"], ["group"], ["GROUP"]]


@pytest.mark.parametrize("where", ["data/{nme}.json", "data/{}.json", "data/{name.x}.json", "data/name}.json"])
def test_a_dataset_factory_that_cannot_be_filled_in_is_refused_by_name(tmp_path, where):
    catalog = f'{adversarial.RAW}"{{name}}_made":\n  type: json.JSONDataset\n  filepath: "{where}"\n'
    steps = [Step(name="make", reads=("raw_table",), writes=("table_made",))]
    project = adversarial.write_steps(tmp_path, {"__default__": steps}, catalog=catalog)
    assert "{name}_made" in refused(project)


@pytest.mark.parametrize("kept", ["", adversarial.json_entry("table@json", "table")], ids=["neither", "one of them"])
def test_data_in_memory_under_two_transcoded_names_is_refused_however_it_is_grouped(tmp_path, kept):
    # Kedro makes a MemoryDataset of each name that the catalog does not know: `kedro run` fails, in one process too.
    steps = [
        Step(name="make", reads=("raw_table",), writes=("table@json",)),
        Step(name="use", reads=("table@text",), writes=("end",)),
    ]
    catalog = adversarial.RAW + kept + adversarial.json_entry("end")
    project = adversarial.write_steps(tmp_path, {"__default__": steps}, catalog=catalog)
    assert "table@text" in refused(project, "--group-by=memory")
    assert "run these nodes in one job" not in refused(project)
