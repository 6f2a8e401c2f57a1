from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Job, JobName, Plan, Selection
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import JobSettings, Platform, Resources, RetryReason
from tests.plan.test_writer import plans
from tests.support.plans import a_job


@given(plans(), st.randoms(use_true_random=False))
def test_no_order_but_that_of_the_command_s_words_changes_it(plan, chance):
    def shuffled(things):
        return tuple(chance.sample(things, len(things)))

    jobs = [
        replace(
            job,
            nodes=shuffled(job.nodes),
            depends_on=shuffled(job.depends_on),
            reads=shuffled(job.reads),
            writes=shuffled(job.writes),
            settings=replace(job.settings, tags=dict(shuffled(list(job.settings.tags.items())))),
        )
        for job in plan.jobs
    ]
    other = replace(plan, jobs=shuffled(jobs), pipelines=shuffled(plan.pipelines))
    assert plan_digest(other) == plan_digest(plan)


def test_equal_plans_have_equal_digests():
    one, other = (Plan(jobs=(a_job(resources=resources),)) for resources in (Resources(vcpus=2), Resources(vcpus=2.0)))
    assert one == other
    assert plan_digest(one) == plan_digest(other)


@given(plans())
def test_stating_a_default_once_or_in_every_job_is_the_same(plan):
    stated = replace(plan, defaults=JobSettings(job_queue=plan.jobs[0].settings.job_queue))
    assert plan_digest(stated) == plan_digest(plan)


def test_it_is_a_name_for_the_meaning_that_stays_the_same():
    job = b"{name: a, command: [echo, hi], job_queue: q, job_definition: d}"
    text = b"schema: kedro-batch/plan/v1\njobs: [" + job + b"]\n"
    digest = plan_digest(read_plan(text, "x"))
    # Changing this value means that every reviewed digest is void: raise the schema's version instead.
    assert digest == "sha256:da83e4679c574853b4a34a02bc9452a1877df2a512dd97cf576ba5974e37c931"


def test_stating_that_tags_are_sent_is_the_same_as_not_stating_it():
    head, jobs = b"schema: kedro-batch/plan/v1\n", b"jobs: [{name: a, command: [x], job_queue: q, job_definition: d}]\n"
    stated, unstated = (read_plan(text, "x") for text in (head + b"submit_tags: true\n" + jobs, head + jobs))
    assert plan_digest(stated) == plan_digest(unstated)


def test_every_field_counts():
    base = read_plan(
        b"schema: kedro-batch/plan/v1\njobs: [{name: a, command: [x], job_queue: q, job_definition: d}]\n",
        "x",
    )
    (job,) = base.jobs
    settings = job.settings
    other_settings = [
        replace(settings, job_queue="r"),
        replace(settings, job_definition="e"),
        replace(settings, platform=Platform.EC2),
        replace(settings, resources=Resources(memory_mib=4)),
        replace(settings, resources=Resources(gpus=1)),
        replace(settings, resources=Resources(vcpus=1)),
        replace(settings, timeout_s=60),
        replace(settings, attempts=1),
        replace(settings, retry_on=(RetryReason.SPOT,)),
        replace(settings, environment={"a": "b"}),
        replace(settings, tags={"a": "b"}),
        replace(settings, share_identifier="a"),
        replace(settings, scheduling_priority=0),
        replace(settings, submit={"propagateTags": True}),
    ]
    assert len(other_settings) == len(fields(JobSettings)) + 2  # resources has three
    changed = [
        replace(job, command=("y",)),
        replace(job, nodes=("n",)),
        replace(job, depends_on=(JobName("n"),)),
        replace(job, reads=("n",)),
        replace(job, writes=("n",)),
        *(replace(job, settings=one) for one in other_settings),
    ]
    assert {one.name for one in fields(Job)} - {"name", "settings"} == {
        "command",
        "nodes",
        "depends_on",
        "reads",
        "writes",
    }
    variants: list[Plan] = [replace(base, jobs=(one,)) for one in changed]
    variants += [replace(base, pipelines=("p",)), replace(base, selection=Selection(tags=("t",)))]
    variants += [
        replace(base, group_by=("chain",)),
        replace(base, project="p"),
        replace(base, env="e"),
        replace(base, submit_tags=False),
        replace(base, exclusive=True),
        replace(base, not_secret=("A",)),
        replace(base, kedro_version="1"),
    ]
    assert len({plan_digest(one) for one in [base, *variants]}) == len(variants) + 1
