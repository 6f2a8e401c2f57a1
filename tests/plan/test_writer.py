import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kedro_batch.plan.model import Defaults, Job, JobName, Plan, Resources, Selection
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text, scalar

# Text without surrogates and without what YAML cannot hold at all.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("kedro", "kedro"),
        ("--nodes=preprocess_companies", "--nodes=preprocess_companies"),
        ("a.b-c_d/e@f", "a.b-c_d/e@f"),
        ("größe", "größe"),
        ("no", '"no"'),
        ("Y", '"Y"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("", '""'),
        ("012345", '"012345"'),
        ("1e3", '"1e3"'),
        ("1.7.0", '"1.7.0"'),
        (".inf", '".inf"'),
        ("-", '"-"'),
        ("f([a]) -> [b]", '"f([a]) -> [b]"'),
        ("a: b", '"a: b"'),
        ("a,b", '"a,b"'),
        ("#x", '"#x"'),
        ("&x", '"&x"'),
        ('say "hi"', r'"say \"hi\""'),
        ("line\nbreak", r'"line\nbreak"'),
        ("\x7f\u2028\ufeff", r'"\u007f\u2028\ufeff"'),
        ("a\u3164\U000e0001", r'"a\u3164\U000e0001"'),
        ("-_1", '"-_1"'),
        ("._1", '"._1"'),
    ],
)
def test_text_is_quoted_where_it_has_to_be(text, written):
    assert scalar(text) == written


# What numbers, booleans and options are made of in some YAML version.
TRICKY = st.text("-._+~=yYnNeE019xo:#,[]{}&*!|>'\"%@` \t", max_size=6)


@given(TEXTS | TRICKY)
def test_both_versions_of_yaml_read_a_scalar_back_in_every_context(text):
    written = scalar(text)
    document = f"{written}: {written}\nlist: [{written}, {written}]\nblock:\n  - {written}\n"
    expected = {text: text, "list": [text, text], "block": [text]}
    assert yaml.safe_load(document) == expected
    for version in ((1, 1), (1, 2)):
        ruamel = YAML(typ="safe", pure=True)
        ruamel.version = version
        assert json.loads(json.dumps(ruamel.load(document))) == expected


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)
LABELS = TEXTS.filter(bool)
WORDS = LABELS.filter(lambda word: "\x00" not in word)
RESOURCES = st.builds(
    Resources,
    vcpus=st.none() | st.integers(1, 64) | st.sampled_from([0.25, 0.5]),
    memory_mib=st.none() | st.integers(4, 10**6),
    gpus=st.none() | st.integers(1, 8),
)
TAG_KEYS = st.text("abcdef:-", min_size=1, max_size=5).filter(lambda key: not key.startswith(("aws:", "kedro-batch:")))


@st.composite
def plans(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique_by=str.lower))
    jobs = []
    labels = st.lists(LABELS, unique=True, max_size=3).map(lambda texts: tuple(sorted(texts)))
    for index, name in enumerate(names):
        parents = draw(st.sets(st.sampled_from(names[:index]))) if index else ()
        jobs.append(
            Job(
                name=JobName(name),
                command=tuple(draw(st.lists(WORDS, min_size=1, max_size=4))),
                job_queue=draw(LABELS),
                job_definition=draw(LABELS),
                nodes=draw(labels),
                depends_on=tuple(sorted(map(JobName, parents))),
                reads=draw(labels),
                writes=draw(labels),
                resources=draw(RESOURCES),
                timeout_s=draw(st.none() | st.integers(60, 10**6)),
                attempts=draw(st.none() | st.integers(1, 10)),
                tags=draw(st.dictionaries(TAG_KEYS, TEXTS, max_size=2)),
            )
        )
    return Plan(
        jobs=tuple(jobs),
        project=draw(st.none() | LABELS),
        pipelines=draw(labels),
        env=draw(st.none() | LABELS),
        kedro_version=draw(st.none() | LABELS),
        selection=Selection(tags=draw(labels), from_nodes=draw(labels)),
        defaults=draw(st.sampled_from([Defaults(), shared_by(jobs)])),
    )


def shared_by(jobs: list[Job]) -> Defaults:
    """State once what every job has: values of the first job, where all have some."""
    first = jobs[0]

    def when_all(values: list[Any]) -> Any:
        return None if None in values else values[0]

    return Defaults(
        job_queue=first.job_queue,
        job_definition=first.job_definition,
        resources=Resources(
            vcpus=when_all([job.resources.vcpus for job in jobs]),
            memory_mib=when_all([job.resources.memory_mib for job in jobs]),
            gpus=when_all([job.resources.gpus for job in jobs]),
        ),
        timeout_s=when_all([job.timeout_s for job in jobs]),
        attempts=when_all([job.attempts for job in jobs]),
        tags={key: text for key, text in first.tags.items() if all(key in job.tags for job in jobs)},
    )


def test_defaults_that_a_job_does_not_have_are_refused_because_a_file_cannot_take_them_back():
    job = Job(name=JobName("a"), command=("x",), job_queue="q", job_definition="d")
    for defaults in (Defaults(timeout_s=60), Defaults(tags={"a": "b"}), Defaults(resources=Resources(vcpus=1))):
        with pytest.raises(ValueError, match="but the plan's defaults have"):
            plan_text(Plan(jobs=(job,), defaults=defaults))


@given(plans())
def test_a_plan_is_read_back_as_it_was(plan):
    text = plan_text(plan)
    assert read_plan(text.encode(), "plan.yaml") == plan
    assert text.endswith("\n")
    assert "\r" not in text


def test_what_the_defaults_say_is_not_repeated():
    defaults = Defaults(
        job_queue="q",
        job_definition="d",
        resources=Resources(vcpus=1, memory_mib=100),
        timeout_s=60,
        tags={"a": "b"},
    )
    same = Job(
        name=JobName("same"),
        command=("true",),
        job_queue="q",
        job_definition="d",
        resources=Resources(vcpus=1, memory_mib=100),
        timeout_s=60,
        tags={"a": "b"},
    )
    other = Job(
        name=JobName("other"),
        command=("true",),
        job_queue="q",
        job_definition="d2",
        resources=Resources(vcpus=1, memory_mib=400),
        timeout_s=60,
        attempts=2,
        tags={"a": "b", "c": "d"},
    )
    plan = Plan(jobs=(same, other), defaults=defaults)
    text = plan_text(plan)
    assert text.partition("jobs:\n")[2] == (
        '  - name: same\n    command: ["true"]\n'
        '  - name: other\n    command: ["true"]\n    job_definition: d2\n    resources: {memory_mib: 400}\n'
        "    attempts: 2\n    tags:\n      c: d\n"
    )
    assert read_plan(text.encode(), "plan.yaml") == plan
