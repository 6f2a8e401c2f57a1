from dataclasses import replace

import pytest

from kedro_batch.compiler.checks.limits import check_job_count
from tests.compiler.compilations import compile_nodes, parse_node

NODES = [parse_node("raw -> d_a", "clean", "gpu"), parse_node("d_a -> d_b", "train"), parse_node("d_b -> d_c", "rate")]


def diagnose(**settings):
    found = compile_nodes(NODES, settings).diagnostics
    assert all(one.code == "over_limit" for one in found)
    return [(one.source, one.path, one.message) for one in found]


def rule(tag="gpu", **settings):
    return {"match": {"tags": [tag]}, **settings}


@pytest.mark.parametrize(
    ("settings", "path", "who"),
    [
        ({"job_queue": "a b"}, ("job_queue",), "all jobs"),
        ({"rules": [rule(job_queue="a b")]}, ("rules", 0, "job_queue"), "job clean"),
        ({"platform": "fargate", "rules": [rule(vcpus=3)]}, ("rules", 0, "vcpus"), "job clean"),
        ({"platform": "fargate", "resources": {"vcpus": 3}}, ("resources", "vcpus"), "all jobs"),
        ({"rules": [rule(tags={"a": "b"}), rule(tags={"a": "R&D"})]}, ("rules", 1, "tags", "a"), "job clean"),
        ({"rules": [{"match": {"nodes": ["*"]}, "tags": {"a": "&"}}]}, ("rules", 0, "tags", "a"), "all jobs"),
    ],
)
def test_a_limit_names_the_setting_and_its_jobs(settings, path, who):
    ((source, found, message),) = diagnose(**settings)
    assert (source, found) == ("conf/base/aws_batch.yml", path)
    assert message.endswith(f" ({who})")


def test_a_setting_is_named_once_however_many_jobs_have_it():
    ((_, _, message),) = diagnose(rules=[{"match": {"nodes": ["train", "rate"]}, "job_queue": "a b"}])
    assert message.endswith(" (jobs train, rate)")


def test_a_plan_of_too_many_jobs_is_refused():
    compilation = compile_nodes(NODES)
    assert not list(check_job_count(compilation))
    many = replace(compilation, plan=replace(compilation.plan, jobs=compilation.plan.jobs[:1] * 25_001))
    (one,) = check_job_count(many)
    assert str(one).startswith("jobs: the plan has 25,001 jobs, and a plan may have 25,000: put more nodes into each")


def test_fields_that_jobs_pass_on_are_checked_together():
    pods = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}
    ((_, path, message),) = diagnose(
        submit={"containerOverrides": {"instanceType": "m5.large"}}, rules=[rule(submit=pods)]
    )
    assert path[:3] == ("rules", 0, "submit")
    assert "a job has one kind of containers (job clean)" in message
