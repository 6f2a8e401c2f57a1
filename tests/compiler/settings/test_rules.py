import pytest

from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.settings.rules import Match, NodeSettings, ResolvedSettings, Rule

DEFAULTS = ResolvedSettings.from_dict(
    {"job_queue": "q", "job_definition": "d", "resources": {"vcpus": 1, "memory_mib": 2048}, "timeout_s": 600}, None
)
NODES = [
    ProjectNode(name="load", inputs=(), outputs=("x",), tags=frozenset({"io"})),
    ProjectNode(name="ds.train", inputs=("x",), outputs=("m",), tags=frozenset({"gpu"}), namespace="ds"),
    ProjectNode(name="ds.deep.plot", inputs=("m",), outputs=("p",), namespace="ds.deep"),
]
REGISTERED = {"__default__": tuple(NODES), "science": (NODES[1],)}


def rule(match, runner=None, **stated):
    return Rule(match=Match(**match), stated=stated, runner=runner)


def settings(*rules):
    return NodeSettings(DEFAULTS, rules, REGISTERED)


def matched(**match):
    given = settings(rule(match, timeout_s=60))
    return [node.name for node in NODES if given.of(node).settings.timeout_s == 60]


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ({"nodes": ("load",)}, ["load"]),
        ({"nodes": ("ds.*",)}, ["ds.train", "ds.deep.plot"]),
        ({"nodes": ("nope", "l?ad")}, ["load"]),
        ({"tags": ("gpu", "io")}, ["load", "ds.train"]),
        ({"namespaces": ("ds",)}, ["ds.train", "ds.deep.plot"]),
        ({"namespaces": ("ds.deep",)}, ["ds.deep.plot"]),
        ({"namespaces": ("d",)}, []),
        ({"pipelines": ("science",)}, ["ds.train"]),
        ({"namespaces": ("ds",), "nodes": ("*plot",)}, ["ds.deep.plot"]),
        ({"nodes": ("LOAD",)}, []),
    ],
)
def test_a_rule_is_for_the_nodes_that_all_its_selectors_match(match, names):
    assert matched(**match) == names


def test_a_name_with_brackets_matches_itself():
    node = ProjectNode(name="f([a]) -> [b]", inputs=("a",), outputs=("b",))
    given = NodeSettings(DEFAULTS, [rule({"nodes": (node.name,)}, timeout_s=60)], {"__default__": [node]})
    assert given.of(node).settings.timeout_s == 60
    assert not list(given.find_unmatched())


def test_rules_are_applied_in_their_order_and_merge_mappings():
    given = settings(
        rule({"tags": ("gpu",)}, resources={"gpus": 1, "memory_mib": 8192}, environment={"A": "1", "B": "1"}),
        rule({"nodes": ("*train",)}, resources={"memory_mib": 4096}, environment={"B": "2"}, job_queue="other"),
    )
    train = given.of(NODES[1]).settings
    assert (train.resources.vcpus, train.resources.memory_mib, train.resources.gpus) == (1, 4096, 1)
    assert train.environment == {"A": "1", "B": "2"}
    assert (train.job_queue, train.job_definition) == ("other", "d")
    assert given.of(NODES[0]) is DEFAULTS


def test_a_job_of_several_nodes_gets_settings_that_are_enough_for_all():
    given = settings(
        rule({"tags": ("gpu",)}, resources={"vcpus": 4, "memory_mib": 1024, "gpus": 2}, attempts=3, retry_on=["spot"]),
        rule({"nodes": ("load",)}, timeout_s=60, attempts=2, retry_on=["image_pull"], tags={"a": "b"}),
        rule({"nodes": ("ds*",)}, runner="ThreadRunner"),
    )
    both = given.merge(NODES[:2])
    resources = both.settings.resources
    assert (resources.vcpus, resources.memory_mib, resources.gpus) == (4, 2048, 2)
    assert (both.settings.timeout_s, both.settings.attempts) == (660, 3)
    assert both.settings.retry_on == ("image_pull", "spot")
    assert both.settings.tags == {"a": "b"}
    assert given.merge(NODES).settings.retry_on == (
        "image_pull",
        "spot",
    )  # the third has one attempt, so it is never retried
    assert given.merge(NODES[1:]).runner == "ThreadRunner"


def test_a_node_without_a_timeout_leaves_its_job_without_one():
    free = ResolvedSettings.from_dict({"job_queue": "q", "job_definition": "d"}, None)
    given = NodeSettings(free, [rule({"tags": ("gpu",)}, timeout_s=60)], REGISTERED)
    assert given.merge(NODES).settings.timeout_s is None


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"job_queue": "other"}, 'load has job_queue: "q", ds.train has "other"'),
        ({"platform": "fargate"}, 'load has platform: none, ds.train has "fargate"'),
        ({"submit": {"propagateTags": True}}, "load and ds.train have different values of submit"),
    ],
)
def test_nodes_that_need_different_machines_fit_into_no_job(stated, reason):
    given = settings(rule({"tags": ("gpu",)}, **stated))
    assert given.find_conflict(NODES) == reason
    assert given.find_conflict(NODES[:1]) is None


def test_nodes_that_give_one_variable_two_values_fit_into_no_job():
    one = rule({"tags": ("gpu",)}, environment={"A": "1", "B": "x"})
    other = rule({"nodes": ("load",)}, environment={"A": "2"})
    assert settings(one, other).find_conflict(NODES) == "load and ds.train have different values of environment.A"
    assert settings(one).find_conflict(NODES) is None


def test_selectors_that_match_nothing_are_found_with_near_names():
    given = settings(
        rule({"nodes": ("ds.tran", "load"), "tags": ("gpus",)}, timeout_s=60),
        rule({"namespaces": ("dss",)}, timeout_s=60),
        rule({"pipelines": ("scence",)}, timeout_s=60),
        rule({"tags": ("gpu",), "nodes": ("load",)}, timeout_s=60),
    )
    assert [(one.path, one.message) for one in given.find_unmatched()] == [
        (("rules", 0, "match", "nodes"), "no node is named 'ds.tran'. Did you mean 'ds.train'?"),
        (("rules", 0, "match", "tags"), "no node has the tag 'gpus'. Did you mean 'gpu'?"),
        (("rules", 1, "match", "namespaces"), "no node is in the namespace 'dss'. Did you mean 'ds'?"),
        (("rules", 2, "match", "pipelines"), "no pipeline is named 'scence'. Did you mean 'science'?"),
        (("rules", 3, "match"), "each selector matches nodes, but no node matches all of them"),
    ]


def test_a_rule_for_one_attempt_removes_the_reasons_to_retry():
    defaults = ResolvedSettings.from_dict(
        {"job_queue": "q", "job_definition": "d", "attempts": 3, "retry_on": ["spot"]}, None
    )
    given = NodeSettings(defaults, [rule({"tags": ("gpu",)}, attempts=1)], REGISTERED)
    assert given.of(NODES[1]).settings.retry_on == ()
    assert given.of(NODES[0]).settings.retry_on == ("spot",)


def test_a_job_of_several_nodes_gets_a_size_that_fargate_has():
    sizes = [{"vcpus": 4, "memory_mib": 30720}, {"vcpus": 8, "memory_mib": 16384}]
    rules = [
        rule({"nodes": (node.name,)}, platform="fargate", resources=size)
        for node, size in zip(NODES, sizes, strict=False)
    ]
    both = NodeSettings(DEFAULTS, rules, REGISTERED).merge(NODES[:2]).settings.resources
    assert (both.vcpus, both.memory_mib) == (8, 32768)


def test_a_job_has_no_reasons_to_retry_if_one_of_its_nodes_is_retried_for_any():
    given = settings(
        rule({"tags": ("gpu",)}, attempts=3, retry_on=["spot"]),
        rule({"nodes": ("load",)}, attempts=2, timeout_s=60),
    )
    assert given.merge(NODES[:2]).settings.retry_on == ()
