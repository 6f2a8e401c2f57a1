import pytest

from kedro_batch.compiler.explain import explain_job, explain_settings, find_origin
from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.settings.config_source import SourceRef
from kedro_batch.compiler.settings.rules import Match, NodeSettings, ResolvedSettings, Rule
from kedro_batch.plan.model import JobName
from tests.compiler.compilations import compile_nodes, parse_node

DEFAULTS = ResolvedSettings.from_dict(
    {"job_queue": "q", "job_definition": "d", "resources": {"vcpus": 1, "memory_mib": 2048}, "timeout_s": 600}, None
)
NODES = [
    ProjectNode(name="load", inputs=(), outputs=("x",), tags=frozenset({"io"})),
    ProjectNode(name="ds.train", inputs=("x",), outputs=("m",), tags=frozenset({"gpu"}), namespace="ds"),
    ProjectNode(name="ds.deep.plot", inputs=("m",), outputs=("p",), namespace="ds.deep"),
]


def rule(match, **stated):
    return Rule(match=Match(**match), stated=stated)


def explain(nodes, *rules):
    """Return the value of each setting, the rules that set it, and whether it was combined."""
    given = NodeSettings(DEFAULTS, rules, {"__default__": NODES})
    return {".".join(one.path): (one.value, one.rules, one.combined) for one in explain_settings(given, nodes, rules)}


RULES = [
    rule({"tags": ("gpu",)}, resources={"memory_mib": 4096, "gpus": 1}),
    rule({"namespaces": ("ds",)}, resources={"memory_mib": 8192}),
]


def test_the_last_rule_that_sets_a_value_explains_it():
    assert explain(NODES[1:2], *RULES) == {
        "job_queue": ("q", (None,), False),
        "job_definition": ("d", (None,), False),
        "resources.vcpus": (1, (None,), False),
        "resources.memory_mib": (8192, (1,), False),
        "resources.gpus": (1, (0,), False),
        "timeout_s": (600, (None,), False),
    }


def test_the_values_of_several_nodes_are_combined():
    found = explain(NODES, *RULES)
    assert found["resources.memory_mib"] == (8192, (1,), True)
    assert found["timeout_s"] == (1800, (None,), True)
    assert found["job_queue"] == ("q", (None,), False)
    assert explain(NODES, rule({"nodes": ("load",)}, timeout_s=60))["timeout_s"] == (1260, (None, 0), True)


def test_a_value_that_some_nodes_have_and_their_job_has_not_is_explained_too():
    rules = rule({"tags": ("gpu",)}, attempts=3, retry_on=["spot"]), rule({"nodes": ("load",)}, attempts=2)
    assert explain(NODES[:2], *rules)["retry_on"] == (None, (), True)


def test_the_next_size_of_fargate_was_set_by_nobody():
    rules = [
        rule({"nodes": (node.name,)}, platform="fargate", resources={"vcpus": cpus, "memory_mib": memory})
        for node, cpus, memory in zip(NODES, (4, 8), (30720, 16384), strict=False)
    ]
    assert explain(NODES[:2], *rules)["resources.memory_mib"] == (32768, (), True)


COMPILATION = compile_nodes(
    [parse_node("raw -> d_a", "clean")],
    {"timeout_s": 60, "rules": [{"match": {"nodes": ["clean"]}, "gpus": 1, "environment": {"A": "b"}}]},
)


def test_a_job_is_explained_by_places_in_the_configuration():
    found = {
        value.path: [place.path for place in places] for value, places in explain_job(COMPILATION, JobName("clean"))
    }
    assert found == {
        ("job_queue",): [("job_queue",)],
        ("job_definition",): [("job_definition",)],
        ("timeout_s",): [("timeout_s",)],
        ("resources", "gpus"): [("rules", 0, "gpus")],
        ("environment", "A"): [("rules", 0, "environment", "A")],
    }


@pytest.mark.parametrize(
    ("amounts", "path"),
    [({"vcpus": 2}, ("vcpus",)), ({"resources": {"vcpus": 2}}, ("resources", "vcpus"))],
)
def test_an_amount_is_found_where_it_is_written(amounts, path):
    for settings, here in ((amounts, ()), ({"rules": [{"match": {"nodes": ["clean"]}, **amounts}]}, ("rules", 0))):
        compilation = compile_nodes([parse_node("raw -> d_a", "clean")], settings)
        origin = find_origin(compilation, JobName("clean"), ("resources",))
        assert origin is not None
        assert origin.path == (*here, *path)


@pytest.mark.parametrize(
    ("job", "path", "origin"),
    [
        ("clean", ("timeout_s",), ("timeout_s",)),
        ("clean", ("resources",), ("rules", 0, "gpus")),
        ("clean", ("environment", "A"), ("rules", 0, "environment", "A")),
        ("clean", ("job_queue", "inside"), ("job_queue",)),
        ("clean", ("command",), None),
        ("clean", (), None),
        ("no_job", ("timeout_s",), None),
    ],
)
def test_the_origin_of_a_value_is_the_first_place_that_set_it(job, path, origin):
    found = find_origin(COMPILATION, JobName(job), path)
    assert found == (None if origin is None else SourceRef("conf/base/aws_batch.yml", None, origin))
