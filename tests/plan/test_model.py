from typing import Any

import pytest

from kedro_batch.plan.model import HEADER, Plan, Selection, stated_settings
from kedro_batch.plan.settings import JobDefinition, JobSettings, Resources, merged_over
from tests.support.plans import a_job

FULL = Plan(
    jobs=(a_job(),),
    project="p",
    pipelines=("b", "a"),
    env="prod",
    kedro_version="1.7.0",
    selection=Selection(tags=("u", "t"), from_nodes=("n",)),
    group_by=("namespace", "memory"),
    submit_tags=False,
    account="123456789012",
    region="eu-west-1",
    exclusive=True,
    not_secret=("A", "B"),
    params={"a": {"b": [1]}},
    job_definitions={"d": JobDefinition(image="i:1", volumes=({"host": "/x", "path": "/y"},))},
)


def test_the_header_has_what_is_stated_in_the_order_of_a_file():
    assert FULL.header() == {
        "project": "p",
        "pipelines": ["a", "b"],
        "env": "prod",
        "kedro_version": "1.7.0",
        "selection": {"tags": ["t", "u"], "from_nodes": ["n"]},
        "group_by": ["namespace", "memory"],
        "submit_tags": False,
        "account": "123456789012",
        "region": "eu-west-1",
        "exclusive": True,
        "not_secret": ["A", "B"],
        "params": {"a": {"b": [1]}},
        "job_definitions": {"d": {"image": "i:1", "volumes": [{"host": "/x", "path": "/y"}]}},
    }
    assert tuple(FULL.header()) == HEADER
    assert Plan(jobs=()).header() == {}


@pytest.mark.parametrize("plan", [FULL, Plan(jobs=())])
def test_a_plan_is_made_of_its_header_again(plan):
    made = Plan.from_header(plan.header(), jobs=plan.jobs, defaults=plan.defaults)
    assert made.header() == plan.header()


@pytest.mark.parametrize(
    ("own", "stated", "merged"),
    [
        ({}, {"timeout_s": 60}, {"timeout_s": 60}),
        ({"timeout_s": 90}, {"timeout_s": 60}, {"timeout_s": 90}),
        ({"tags": {"a": "1"}}, {"tags": {"a": "2", "b": "3"}}, {"tags": {"a": "1", "b": "3"}}),
        ({"retry_on": []}, {"retry_on": ["spot"]}, {"retry_on": []}),
    ],
)
def test_mappings_are_merged_key_by_key_and_all_else_is_replaced(own, stated, merged):
    assert merged_over(own, stated) == merged


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"job_queue": "q", "platform": "ec2", "resources": {"vcpus": 0.25}, "retry_on": ["image_pull", "spot"]},
        {"scheduling_priority": 0, "resources": {"gpus": 0}, "submit": {"propagateTags": True}},
    ],
)
def test_settings_become_plain_values_and_settings_again(settings: dict[str, Any]):
    assert JobSettings.from_dict(settings).to_dict() == settings


def test_whole_numbers_become_integers():
    settings = JobSettings.from_dict({"timeout_s": 60.0, "resources": {"vcpus": 2.0}})
    assert (type(settings.timeout_s), settings.resources) == (int, Resources(vcpus=2))
    assert type(settings.resources.vcpus) is int


def test_settings_stand_in_the_defaults_and_in_each_job():
    file = {"defaults": {"timeout_s": 60}, "jobs": [{"name": "a"}, {"name": "b"}]}
    assert list(stated_settings(file)) == [
        (("defaults",), {"timeout_s": 60}),
        (("jobs", 0), {"name": "a"}),
        (("jobs", 1), {"name": "b"}),
    ]
