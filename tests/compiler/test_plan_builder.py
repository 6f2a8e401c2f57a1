"""Properties of every plan, for any pipeline and any grouping: random projects are compiled."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.node_selection import NodeIndex, split_names
from kedro_batch.compiler.nodes import ProjectNode, find_node_parents
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.diagnostics import Code
from kedro_batch.errors import ProjectError
from kedro_batch.plan.checks.batch_limits import DEPENDENCIES, check_limits
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import Resources
from kedro_batch.plan.writer import plan_text
from tests.compiler.compilations import CATALOG, compile_nodes, parse_node
from tests.plan.test_graph import reachable
from tests.support.random_nodes import GROUPINGS, pipelines

SETTINGS: dict[str, Any] = {"resources": {"vcpus": 1}}
RULES = [
    {"match": {"tags": ["job_a"]}, "memory_mib": 4096},
    {"match": {"namespaces": ["a"]}, "timeout_s": 60, "attempts": 2},
]


def compiled(nodes, groupings=(), rules=(), version="1.7.0"):
    return compile_nodes(
        nodes, SETTINGS | {"group_by": list(groupings), "rules": list(rules)}, features=find_kedro_features(version)
    )


def plan_of(nodes, groupings=(), rules=()):
    """Compile; return None if the nodes cannot be grouped, as a node with two of the tags cannot."""
    if "tag:job_" in groupings and any({"job_a", "job_b"} <= node.tags for node in nodes):
        with pytest.raises(ProjectError, match="needs a single one"):
            compiled(nodes, groupings, rules)
        return None
    try:
        return compiled(nodes, groupings, rules).plan
    except ProjectError as error:
        if any("needs a single one" in one.message for one in error.diagnostics):  # two groups were joined
            return None
        raise


@given(pipelines(), st.sampled_from(GROUPINGS), st.sampled_from([(), RULES]))
def test_a_plan_covers_every_node_once_in_an_order_that_works(nodes, groupings, rules):
    plan = plan_of(nodes, groupings, rules)
    if plan is None:
        return
    assert sorted(name for job in plan.jobs for name in job.nodes) == [node.name for node in nodes]
    seen: set[str] = set()
    for job in plan.jobs:
        assert set(job.depends_on) <= seen
        assert len(job.depends_on) <= DEPENDENCIES
        seen.add(job.name)
    order = topological_order(plan.parents)
    assert order == tuple(job.name for job in plan.jobs)


@given(pipelines(), st.sampled_from(GROUPINGS))
def test_every_job_waits_for_those_that_write_what_it_reads(nodes, groupings):
    plan = plan_of(nodes, groupings)
    if plan is None:
        return
    job_of = {name: job.name for job in plan.jobs for name in job.nodes}
    waits_for = reachable(plan.parents)
    needed = {
        (job_of[name], job_of[parent])
        for name, above in find_node_parents(nodes).items()
        for parent in above
        if job_of[name] != job_of[parent]
    }
    assert all(parent in waits_for[job] for job, parent in needed)
    direct: dict[str, set[str]] = {job.name: set() for job in plan.jobs}
    for job, parent in needed:
        direct[job].add(parent)
    assert reachable(direct) == waits_for  # and for no others


@given(pipelines(), st.sampled_from(GROUPINGS), st.sampled_from(["0.19.15", "1.7.0"]))
def test_every_command_selects_exactly_the_nodes_of_its_job(nodes, groupings, version):
    try:
        plan = compiled(nodes, groupings, version=version).plan
    except ProjectError:
        return
    index = NodeIndex(nodes, by_first_letters=version < "1")
    for job in plan.jobs:
        (word,) = (word for word in job.command if word.startswith(("--nodes=", "--tags=", "--namespace")))
        flag, _, value = word.partition("=")
        match flag:
            case "--nodes":
                selected = index.with_names(split_names(value))
            case "--tags":
                selected = index.with_tags([value])
            case _:
                selected = index.in_namespace(value)
        assert selected == set(job.nodes)


@given(pipelines(), st.sampled_from(GROUPINGS), st.randoms(use_true_random=False))
def test_the_bytes_do_not_depend_on_the_order_of_definition(nodes, groupings, chance):
    plan = plan_of(nodes, groupings)
    if plan is None:
        return
    shuffled = [
        replace(node, inputs=tuple(chance.sample(node.inputs, len(node.inputs))))
        for node in chance.sample(nodes, len(nodes))
    ]
    again = plan_of(shuffled, groupings)
    assert again is not None
    assert plan_text(again) == plan_text(plan)


@given(pipelines(), st.sampled_from(GROUPINGS), st.sampled_from([(), RULES]))
def test_a_written_plan_is_read_back_and_within_the_limits(nodes, groupings, rules):
    plan = plan_of(nodes, groupings, rules)
    if plan is None:
        return
    assert not list(check_limits(plan))
    read = read_plan(plan_text(plan).encode(), "plan.yaml")
    assert read == plan
    assert plan_digest(read) == plan_digest(plan)


@given(pipelines(), st.data())
def test_an_added_leaf_changes_nothing_but_its_own_block(nodes, data):
    written = sorted({name.partition("@")[0] for node in nodes for name in node.outputs})
    read = data.draw(st.lists(st.sampled_from(written), max_size=3, unique=True))
    leaf = ProjectNode(name=data.draw(st.sampled_from(["a_leaf", "m_leaf", "z_leaf"])), inputs=tuple(read), outputs=())
    before, after = (plan_text(compiled(some).plan) for some in (nodes, [*nodes, leaf]))
    blocks = after.split("\n  - name: ")
    (own,) = (number for number, block in enumerate(blocks) if block.startswith(f"{leaf.name}\n"))
    without = blocks[:own] + blocks[own + 1 :]
    assert "\n  - name: ".join(without).rstrip() == before.rstrip()


@given(pipelines(), st.sampled_from([groupings for groupings in GROUPINGS if "memory" in groupings]))
def test_grouping_by_memory_leaves_nothing_in_memory_between_jobs(nodes, groupings):
    try:
        diagnostics = compiled(nodes, groupings).diagnostics
    except ProjectError:
        return
    # What goes by two names is two datasets in memory, even within one process.
    lost = [one.source for one in diagnostics if one.code is Code.EPHEMERAL_BOUNDARY and one.source[-1] != "t"]
    assert not lost


def wide(count, reader="reader"):
    writers = [ProjectNode(name=f"w{number:04}", inputs=(), outputs=(f"d_{number}",)) for number in range(count)]
    return [ProjectNode(name=reader, inputs=tuple(f"d_{n}" for n in range(count)), outputs=("d_out",)), *writers]


def test_more_than_twenty_parents_become_join_jobs_that_do_nothing():
    plan = compiled(wide(50)).plan
    joins = [job for job in plan.jobs if not job.nodes]
    assert joins
    for join in joins:
        assert join.command == ("true",)
        assert (join.settings.resources.vcpus, join.settings.resources.memory_mib) == (1, 2048)
        assert join.settings.job_queue == "q"
    text = plan_text(plan)
    assert '    command: ["true"]\n    depends_on:\n' in text
    assert read_plan(text.encode(), "plan.yaml") == plan


def test_a_plan_says_that_no_tags_are_sent_only_where_the_settings_do(monkeypatch):
    assert "submit_tags" not in plan_text(compiled(wide(3)).plan)
    monkeypatch.setitem(SETTINGS, "submit_tags", False)
    plan = compiled(wide(3)).plan
    assert "\nsubmit_tags: false\ndefaults:\n" in plan_text(plan)
    assert read_plan(plan_text(plan).encode(), "plan.yaml") == plan


def test_a_plan_says_which_names_are_none_of_credentials(monkeypatch):
    monkeypatch.setitem(SETTINGS, "not_secret", ["SORT_SECRET", "A_TOKEN"])
    assert "\nnot_secret:\n  - A_TOKEN\n  - SORT_SECRET\ndefaults:\n" in plan_text(compiled(wide(3)).plan)


def test_a_plan_says_that_its_runs_are_exclusive_only_if_they_are(monkeypatch):
    assert "exclusive" not in plan_text(compiled(wide(3)).plan)
    monkeypatch.setitem(SETTINGS, "exclusive", True)
    plan = compiled(wide(3)).plan
    assert "\nexclusive: true\ndefaults:\n" in plan_text(plan)
    assert read_plan(plan_text(plan).encode(), "plan.yaml") == plan


@pytest.mark.long
def test_ten_thousand_parents_compile():
    plan = compiled(wide(10_000)).plan
    assert max(len(job.depends_on) for job in plan.jobs) <= DEPENDENCIES
    assert sum(len(job.nodes) for job in plan.jobs) == 10_001


def test_one_more_parent_changes_one_join_job_in_the_text():
    before = plan_text(compiled(wide(300)).plan).split("\n  - name: ")
    after = plan_text(compiled(wide(301)).plan).split("\n  - name: ")
    changed = [block for block in after if block not in before]
    names = [block.partition("\n")[0] for block in changed]
    assert "w0300" in names
    assert "reader" in names  # it reads one dataset more
    assert 1 <= len([name for name in names if "join" in name]) <= 3


def test_a_chain_of_three_thousand_compiles_to_many_jobs_or_to_few():
    nodes = [
        ProjectNode(name=f"n{one:05}", inputs=(f"d_{one}",) if one else (), outputs=(f"d_{two}",))
        for one, two in pairwise(range(3_001))
    ]
    assert len(compiled(nodes).plan.jobs) == 3_000
    chained = compiled(nodes, ["chain"]).plan
    assert 2 <= len(chained.jobs) < 20  # as few as commands can name
    assert not list(check_limits(chained))


@pytest.mark.parametrize(
    ("platform", "resources", "expected"),
    [
        ("ec2", {"vcpus": 8, "gpus": 1}, Resources(vcpus=1, memory_mib=128, gpus=0)),
        ("fargate", {"vcpus": 1, "memory_mib": 2048, "gpus": 0}, Resources(vcpus=0.25, memory_mib=512, gpus=0)),
    ],
)
def test_join_jobs_ask_for_the_least_that_the_machines_give(monkeypatch, platform, resources, expected):
    submit = {"propagateTags": True, "consumableResourcePropertiesOverride": {"consumableResourceList": []}}
    monkeypatch.setitem(SETTINGS, "platform", platform)
    monkeypatch.setitem(SETTINGS, "resources", resources)
    monkeypatch.setitem(SETTINGS, "submit", submit)
    plan = compiled(wide(30)).plan
    join = next(job for job in plan.jobs if not job.nodes)
    assert join.settings.resources == expected
    assert join.settings.submit == {"propagateTags": True}
    assert not list(check_limits(plan))
    assert plan_text(plan)


def test_what_is_lost_with_a_container_is_no_output():
    nodes = [parse_node("raw -> kept lost handed_on", "a"), parse_node("handed_on -> d_out", "b")]
    entries = {name: {"type": "json.JSONDataset", "filepath": f"data/{name}.json"} for name in ("lost", "handed_on")}
    catalog = {**CATALOG, **entries, "kept": {"type": "json.JSONDataset", "filepath": "s3://bucket/kept.json"}}
    first, _ = compile_nodes(nodes, catalog=catalog).plan.jobs
    assert first.writes == ("handed_on", "kept")
    first, _ = compile_nodes(nodes, {"shared_paths": ["data"]}, catalog=catalog).plan.jobs
    assert first.writes == ("handed_on", "kept", "lost")
