from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Defaults, Plan
from kedro_batch.plan.reader import read_plan
from tests.plan.test_writer import plans


@given(plans(), st.randoms(use_true_random=False))
def test_the_order_of_jobs_does_not_change_it(plan, chance):
    shuffled = list(plan.jobs)
    chance.shuffle(shuffled)
    assert plan_digest(replace(plan, jobs=tuple(shuffled))) == plan_digest(plan)


@given(plans())
def test_stating_a_default_once_or_in_every_job_is_the_same(plan):
    stated = replace(plan, defaults=Defaults(job_queue=plan.jobs[0].job_queue))
    assert plan_digest(stated) == plan_digest(plan)


def test_it_is_a_name_for_the_meaning_that_stays_the_same():
    job = b"{name: a, command: [echo, hi], job_queue: q, job_definition: d}"
    text = b"schema: kedro-batch/plan/v1\njobs: [" + job + b"]\n"
    digest = plan_digest(read_plan(text, "x"))
    # Changing this value means that every reviewed digest is void: raise the schema's version instead.
    assert digest == "sha256:da83e4679c574853b4a34a02bc9452a1877df2a512dd97cf576ba5974e37c931"


def test_every_field_counts():
    base = read_plan(
        b"schema: kedro-batch/plan/v1\njobs: [{name: a, command: [x], job_queue: q, job_definition: d}]\n",
        "x",
    )
    (job,) = base.jobs
    changed = [
        replace(job, command=("y",)),
        replace(job, job_queue="r"),
        replace(job, job_definition="e"),
        replace(job, nodes=("n",)),
        replace(job, reads=("n",)),
        replace(job, writes=("n",)),
        replace(job, resources=replace(job.resources, vcpus=1)),
        replace(job, timeout_s=60),
        replace(job, attempts=1),
        replace(job, tags={"a": "b"}),
    ]
    variants: list[Plan] = [replace(base, jobs=(one,)) for one in changed]
    variants += [replace(base, project="p"), replace(base, env="e"), replace(base, kedro_version="1")]
    assert len({plan_digest(one) for one in [base, *variants]}) == len(variants) + 1
