"""What a new plan has to leave as it is."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import Resources
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.reconcile.plan_change import contradictions
from tests.support.plans import a_job

A, B, C = map(JobName, "abc")
COMMAND = ("kedro", "run", "--nodes=n", "--load-versions=x:2020-01-01T00.00.00.000Z")
OLD = Plan(
    jobs=(
        a_job("a", nodes=("m",), writes=("x",)),
        a_job("b", command=COMMAND, nodes=("n",), depends_on=(A,), reads=("x",), writes=("y",)),
        a_job("c", depends_on=(B,)),
    )
)


def judged(
    new: Plan, state: JobState = JobState.SUCCEEDED, *, rerun: tuple[JobName, ...] = ()
) -> list[tuple[str, str, tuple[JobName, ...]]]:
    """Judge a new plan where a and b stand so and c has failed."""
    records = {A: JobRecord(state=JobState.SUCCEEDED), B: JobRecord(state=state), C: JobRecord(state=JobState.FAILED)}
    found = contradictions(new, records, {job: [OLD] for job in records}, until_now=OLD, rerun=rerun)
    return [(one.job, one.reason, one.rerun) for one in found]


def with_job(name: JobName, **changes: Any) -> Plan:
    return replace(OLD, jobs=tuple(replace(job, **changes) if job.name == name else job for job in OLD.jobs))


def with_settings(name: JobName, **changes: Any) -> Plan:
    (job,) = (job for job in OLD.jobs if job.name == name)
    return with_job(name, settings=replace(job.settings, **changes))


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        with_settings(B, resources=Resources(memory_mib=4096)),
        with_settings(B, job_queue="other"),
        with_settings(B, job_definition="other"),
        with_settings(B, environment={"A": "1"}),
        with_settings(B, attempts=3, timeout_s=60),
        with_settings(B, tags={"team": "one"}, share_identifier="s", scheduling_priority=1),
        with_job(C, command=("y",), nodes=("p",), reads=("x",), writes=("z",), depends_on=(A,)),
        replace(OLD, submit_tags=False, exclusive=True, not_secret=("A",)),
        replace(OLD, jobs=OLD.jobs[:2]),
        replace(OLD, jobs=(*OLD.jobs, a_job("d", nodes=("q",), depends_on=(C,)))),
    ],
)
def test_where_and_how_often_a_job_runs_may_differ_and_what_has_not_succeeded_may_be_anything(new):
    assert judged(new) == []


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.RUNNING, JobState.PENDING, JobState.UNCONFIRMED])
@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (with_job(B, command=("kedro", "run", "--nodes=o", COMMAND[-1])), "its command differs in the new plan"),
        (with_job(B, command=COMMAND[:-1]), "its load versions differ in the new plan"),
        (with_job(B, nodes=("n", "o")), "its nodes differ in the new plan"),
        (with_job(B, reads=("x", "z")), "its reads differ in the new plan"),
        (with_job(B, writes=("y", "z")), "its writes differ in the new plan"),
        (with_job(B, depends_on=()), "its parents differ in the new plan"),
        (with_job(B, depends_on=(), reads=()), "its reads, parents differ in the new plan"),
    ],
)
def test_what_a_job_did_has_to_be_the_same(state, new, reason):
    assert judged(new, state) == [("b", reason, (B,))]


def test_parameters_and_environment_are_those_of_every_job():
    assert [reason for _, reason, _ in judged(replace(OLD, params={"rate": 1}))] == [
        "its parameters differ in the new plan"
    ] * 2
    assert [reason for _, reason, _ in judged(replace(OLD, env="prod"))] == [
        "its environment (env) differs in the new plan"
    ] * 2


def test_a_job_that_is_run_again_may_differ_unless_it_goes_on():
    new = with_job(B, command=("y",))
    assert judged(new, rerun=(B, C)) == []
    assert len(judged(new, JobState.RUNNING, rerun=(B, C))) == 1


def test_nodes_in_another_job_run_again_there_or_are_refused():
    both: Job = a_job("both", nodes=("m", "n"), writes=("x", "y"))
    new = replace(OLD, jobs=(both, a_job("c", depends_on=(both.name,))))
    assert judged(new) == [
        ("a", "the new plan does not have it, and runs m in both", (both.name,)),
        ("b", "the new plan does not have it, and runs n in both", (both.name,)),
    ]
    assert judged(new, rerun=(both.name, C)) == []
    assert len(judged(new, JobState.RUNNING, rerun=(both.name, C))) == 1


def test_what_succeeded_and_is_left_out_can_only_be_refused():
    new = replace(OLD, jobs=(a_job("c"),))
    assert judged(new) == [(name, "the new plan does not have it", ()) for name in "ab"]


def test_a_join_job_may_be_left_out():
    join = a_job("join", command=("true",), depends_on=(A, B))
    records = {join.name: JobRecord(state=JobState.SUCCEEDED)}
    old = replace(OLD, jobs=(*OLD.jobs, join))
    assert list(contradictions(OLD, records, {join.name: [old]}, until_now=old, rerun=())) == []


def test_where_nobody_knows_the_plan_of_a_job_it_has_to_be_the_same_in_all():
    records = {B: JobRecord(state=JobState.SUCCEEDED)}
    other = with_job(B, writes=("z",))
    found = contradictions(OLD, records, {B: [OLD, other]}, until_now=OLD, rerun=())
    assert [one.reason for one in found] == ["its writes differ in the new plan"]


def test_what_the_plan_until_now_does_not_have_may_have_been_replaced():
    records = {B: JobRecord(state=JobState.SUCCEEDED)}
    until_now = replace(OLD, jobs=OLD.jobs[:1])
    found = contradictions(OLD, records, {B: [OLD]}, until_now=until_now, rerun=())
    assert [one.reason[:38] for one in found] == ["the plan until now does not have it, s"]
    assert list(contradictions(OLD, records, {B: [OLD]}, until_now=until_now, rerun=(B,))) == []
