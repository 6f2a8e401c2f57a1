"""Whose logs are shown where the user names nobody."""

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.log_choice import MOST, choose_followed, choose_jobs


def states(**given: str) -> dict[JobName, JobState]:
    return {JobName(job): JobState(state) for job, state in given.items()}


@pytest.mark.parametrize(
    ("given", "jobs", "why"),
    [
        ({"a": "FAILED", "b": "RUNNING", "c": "NOT_RUN"}, ("a",), "1 job failed: a"),
        ({"a": "LOST", "b": "FAILED"}, ("a", "b"), "2 jobs failed: a, b"),
        ({"a": "SUCCEEDED", "b": "RUNNING"}, ("b",), "No job has failed, 1 job runs: b"),
        ({"a": "RUNNING", "b": "STARTING"}, ("a", "b"), "No job has failed, 2 jobs run: a, b"),
    ],
)
def test_failed_jobs_come_first_then_those_that_run(given, jobs, why):
    chosen = choose_jobs(states(**given), (), run="r")
    assert (chosen.jobs, chosen.why) == (jobs, why)


def test_of_many_failed_jobs_the_first_are_shown():
    chosen = choose_jobs(states(**{f"job_{n:03}": "FAILED" for n in range(100)}), (), run="r")
    assert len(chosen.jobs) == MOST
    assert chosen.why.startswith("100 jobs failed, the first 20 of them: job_000, ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": "SUCCEEDED"}, "such as kedro-batch logs a --run r."),
        ({"a": "RUNNABLE"}, "To wait for those to come: add --follow."),
    ],
)
def test_if_there_is_none_it_is_said_how_to_name_one(given, said):
    with pytest.raises(UsageError) as refused:
        choose_jobs(states(**given), (), run="r")
    assert str(refused.value).endswith(said)


def test_names_are_taken_once_and_have_to_be_those_of_the_plan():
    named = [JobName("b"), JobName("a"), JobName("b")]
    for choose in (lambda jobs: choose_jobs(states(a="FAILED", b="SUCCEEDED"), jobs, run="r"),):
        assert choose(named).jobs == ("b", "a")
    with pytest.raises(UsageError, match="has no job 'loda'"):
        choose_followed(states(load="RUNNING"), [JobName("loda")])


def test_what_runs_and_what_comes_is_followed():
    given = states(a="SUCCEEDED", b="RUNNING", c="PENDING", d="NOT_SUBMITTED", e="NOT_RUN", f="FAILED")
    chosen = choose_followed(given, ())
    assert chosen.jobs == ("b", "c", "d")
    assert chosen.why == "Jobs that run now (b) and those that start later"
    assert choose_followed(states(a="FAILED", b="NOT_RUN"), ()).jobs == ()
