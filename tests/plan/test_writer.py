from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import Job, JobName, Plan, Selection
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import JobSettings, Platform, Resources, RetryReason
from kedro_batch.plan.writer import plan_text
from tests.support.plans import a_job

# Text without surrogates and without what YAML cannot hold at all.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)
LABELS = TEXTS.filter(bool)
WORDS = LABELS.filter(lambda word: "\x00" not in word)
RESOURCES = st.builds(
    Resources,
    vcpus=st.none() | st.integers(1, 64) | st.sampled_from([0.25, 0.5]),
    memory_mib=st.none() | st.integers(4, 10**6),
    gpus=st.none() | st.integers(0, 8),
)
WORDS_OF_TAGS = st.text("abc äß:/=+-@_.1", max_size=6)
TAGS = st.dictionaries(
    st.text("abcdef:-", min_size=1, max_size=5).filter(lambda key: not key.startswith(("aws:", "kedro-batch:"))),
    WORDS_OF_TAGS,
    max_size=2,
)
VARIABLES = st.dictionaries(
    st.text("ABCé_ 1", min_size=1, max_size=4).filter(lambda name: not name.upper().startswith("AWS_BATCH")),
    TEXTS.filter(lambda text: "\x00" not in text),
    max_size=2,
)
SUBMIT = st.fixed_dictionaries(
    {},
    optional={
        "parameters": st.dictionaries(LABELS, TEXTS, max_size=2),
        "propagateTags": st.booleans(),
        "consumableResourcePropertiesOverride": st.fixed_dictionaries(
            {"consumableResourceList": st.lists(st.fixed_dictionaries({"quantity": st.integers(1, 9)}), max_size=2)}
        ),
    },
)


@st.composite
def settings(draw, tags=TAGS):
    attempts = draw(st.none() | st.integers(1, 10))
    share = draw(st.none() | st.text("abc1", min_size=1, max_size=4))
    resources = draw(RESOURCES)
    whole = resources.vcpus is None or resources.vcpus == int(resources.vcpus)
    return JobSettings(
        job_queue=draw(NAMES),
        job_definition=draw(NAMES),
        platform=draw(st.sampled_from([None, Platform.EC2])) if whole else None,
        resources=resources,
        timeout_s=draw(st.none() | st.integers(60, 10**6)),
        attempts=attempts,
        retry_on=tuple(sorted(draw(st.sets(st.sampled_from(RetryReason))))) if attempts and attempts > 1 else (),
        environment=draw(VARIABLES),
        tags=draw(tags),
        share_identifier=share,
        scheduling_priority=draw(st.none() | st.integers(0, 9999)) if share else None,
        submit=draw(SUBMIT),
    )


@st.composite
def plans(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique_by=str.lower))
    submit_tags = draw(st.booleans())
    jobs = []
    labels = st.lists(LABELS, unique=True, max_size=3).map(lambda texts: tuple(sorted(texts)))
    for index, name in enumerate(names):
        parents = draw(st.sets(st.sampled_from(names[:index]))) if index else ()
        jobs.append(
            Job(
                name=JobName(name),
                command=tuple(draw(st.lists(WORDS, min_size=1, max_size=4))),
                settings=draw(settings(TAGS if submit_tags else st.just({}))),
                nodes=draw(labels),
                depends_on=tuple(sorted(map(JobName, parents))),
                reads=draw(labels),
                writes=draw(labels),
            )
        )
    return Plan(
        jobs=tuple(jobs),
        project=draw(st.none() | LABELS),
        pipelines=draw(labels),
        env=draw(st.none() | LABELS),
        kedro_version=draw(st.none() | LABELS),
        selection=Selection(tags=draw(labels), from_nodes=draw(labels)),
        group_by=draw(st.sampled_from([(), ("namespace:2", "memory"), ("tag:a b",)])),
        submit_tags=submit_tags,
        exclusive=draw(st.booleans()),
        not_secret=draw(labels),
        defaults=draw(st.sampled_from([JobSettings(), shared_by(jobs)])),
    )


def shared_by(jobs: list[Job]) -> JobSettings:
    """State once what every job has: values of the first job, where all have some."""
    stated = [job.settings.to_dict() for job in jobs]
    shared = {}
    for name, value in stated[0].items():
        if not all(name in one for one in stated):
            continue
        shared[name] = value
        if isinstance(value, dict):
            shared[name] = {key: inner for key, inner in value.items() if all(key in one[name] for one in stated)}
    return JobSettings.from_dict(shared)


def test_defaults_that_a_job_does_not_have_are_refused_because_a_file_cannot_take_them_back():
    lacking = [JobSettings(timeout_s=60), JobSettings(tags={"a": "b"}), JobSettings(resources=Resources(vcpus=1))]
    for defaults in lacking:
        with pytest.raises(ValueError, match="than the plan's defaults, which have"):
            plan_text(Plan(jobs=(a_job(),), defaults=defaults))


def test_a_job_takes_back_the_reasons_to_try_again_with_an_empty_list():
    defaults = JobSettings(job_queue="q", job_definition="d", attempts=2, retry_on=(RetryReason.SPOT,))
    plan = Plan(jobs=(a_job(attempts=2),), defaults=defaults)
    text = plan_text(plan)
    assert "    retry_on: []\n" in text
    assert read_plan(text.encode(), "plan.yaml") == plan


def test_what_is_passed_on_to_submit_is_written_in_blocks():
    submit = {
        "eksPropertiesOverride": {
            "podProperties": {"containers": [{"name": "main", "env": []}, {"name": "no"}], "metadata": {}},
        },
        "propagateTags": True,
    }
    text = plan_text(Plan(jobs=(a_job(submit=submit),)))
    assert text.partition("    submit:\n")[2] == (
        "      eksPropertiesOverride:\n"
        "        podProperties:\n"
        "          containers:\n"
        "            - name: main\n"
        "              env: []\n"
        '            - name: "no"\n'
        "          metadata: {}\n"
        "      propagateTags: true\n"
    )
    assert read_plan(text.encode(), "plan.yaml").jobs[0].settings.submit == submit


NESTED = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(LABELS, NESTED, min_size=1, max_size=3))
def test_values_of_any_depth_are_read_back_as_they_were(submit):
    text = plan_text(Plan(jobs=(a_job(submit=submit),)))
    assert yaml.safe_load(text)["jobs"][0]["submit"] == submit


@given(plans())
def test_a_plan_is_read_back_as_it_was(plan):
    text = plan_text(plan)
    assert read_plan(text.encode(), "plan.yaml") == plan
    assert text.endswith("\n")
    assert "\r" not in text


def test_that_tags_are_sent_is_not_written_and_that_they_are_not_stands_above_the_defaults():
    defaults = JobSettings(job_queue="q", job_definition="d")
    plan = Plan(jobs=(a_job(),), group_by=("chain",), defaults=defaults)
    silent = replace(plan, submit_tags=False)
    text = plan_text(silent)
    assert "group_by: [chain]\nsubmit_tags: false\ndefaults:\n" in text
    assert text.replace("submit_tags: false\n", "") == plan_text(plan)
    assert read_plan(text.encode(), "plan.yaml") == silent


def test_what_the_defaults_say_is_not_repeated():
    shared: dict[str, Any] = {"timeout_s": 60, "tags": {"a": "b"}}
    small, large = Resources(vcpus=1, memory_mib=100), Resources(vcpus=1, memory_mib=400)
    defaults = JobSettings(job_queue="q", job_definition="d", resources=small, **shared)
    same = a_job("same", ("true",), resources=small, **shared)
    more = {"timeout_s": 60, "attempts": 2, "tags": {"a": "b", "c": "d"}}
    other = a_job("other", ("true",), job_definition="d2", resources=large, **more)
    plan = Plan(jobs=(same, other), defaults=defaults)
    text = plan_text(plan)
    assert text.partition("jobs:\n")[2] == (
        '  - name: same\n    command: ["true"]\n'
        '  - name: other\n    command: ["true"]\n    job_definition: d2\n    resources: {memory_mib: 400}\n'
        "    attempts: 2\n    tags:\n      c: d\n"
    )
    assert read_plan(text.encode(), "plan.yaml") == plan
