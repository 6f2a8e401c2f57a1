"""Two processes look at one run, at different moments: together they must not end all jobs of a node for good."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.reconcile.duplicates import Deduplicated, deduplicate, discover, reason_to_terminate
from kedro_batch.submitter.service.api import job_summary

_PLAN = {"a": "", "c": "", "b": "a c", "d": "b"}


def _look(*jobs: str) -> Deduplicated:
    """Look at jobs such as ``b2.1(a2 c2) RUNNING``, in the order of submission: job, copy, submission, parents, state.

    ``>a1`` after the state is what it was terminated in favour of, ``>`` alone: in favour of none.
    """
    depends_on, summaries = {}, []
    for age, job in enumerate(jobs):
        about, _, state = job.partition(" ")
        if "(" in job:
            about, _, state = job.partition(") ")
        name, _, above = about.partition("(")
        job_id, _, submission = name.partition(".")
        status, ended, kept = state.partition(">")
        depends_on[JobId(job_id)] = tuple(map(JobId, above.split()))
        reply = {
            "jobId": job_id,
            "jobName": f"r_{name[0]}_{submission or 1}",
            "status": status,
            "createdAt": age,
            "statusReason": reason_to_terminate(JobId(kept) if kept else None) if ended else "",
        }
        summaries.append(job_summary(reply))
    plan = {JobName(name): tuple(map(JobName, above.split())) for name, above in _PLAN.items()}
    return deduplicate(discover(RunId("r"), plan, summaries), plan, depends_on)


def _kept(look: Deduplicated) -> set[str]:
    return {str(one.job_id) for one in look.kept.values()}


def test_what_has_been_done_between_two_looks_changes_no_choice_while_a_termination_is_slow():
    jobs = ("a1 {}", "a2 RUNNING", "c2 {}", "c1 RUNNING", "b1(a1 c1) PENDING", "b2(a2 c2) PENDING", "d2(b2) PENDING")
    first = _look(*(job.format("RUNNING") for job in jobs[:-1]))
    assert _kept(first) == {"a1", "c1", "b1"}
    # One family has more jobs by now, and what the first process has terminated goes on for a while.
    second = _look(*(job.format("RUNNING") for job in jobs))
    assert {str(one.job_id) for one, _ in second.duplicates}.isdisjoint(_kept(first))
    assert _kept(second) == {"a1", "c1", "b1"}


def test_a_family_is_tied_together_also_by_jobs_that_have_ended():
    """Otherwise the choice would change as soon as one of its jobs has been terminated."""
    jobs = ("c2 RUNNING", "a1 RUNNING", "c1 {}", "a2 RUNNING", "b1(a1 c1) PENDING", "b2(a2 c2) {}")
    before = _look(*(job.format("RUNNING" if "c1" in job else "PENDING") for job in jobs))
    after = _look(*(job.format("FAILED>c2" if "c1" in job else "FAILED") for job in jobs))
    assert _kept(before) == {"c2", "a2", "b2"}
    assert {"c2", "a2"} <= _kept(after)


@pytest.mark.parametrize(
    "jobs",
    [
        ("a1 FAILED>a2", "a2 FAILED>a1"),
        ("a1 FAILED>a2", "a2 FAILED>a3", "a3 FAILED>a1"),
        ("a1 FAILED>", "a2 FAILED>"),  # it was to be submitted again, and whoever had ended them was killed before
        ("a1 FAILED>unseen",),
        ("a1 FAILED>a1",),
        ("a0 FAILED", "a1.2 FAILED>a2", "a2.2 FAILED>a1"),  # the old failure is not that of the newest submission
        ("a1 FAILED>a2", "a2.2 FAILED>a1"),
    ],
)
def test_a_node_all_of_whose_jobs_were_ended_only_as_duplicates_is_submitted_again(jobs):
    look = _look(*jobs)
    assert look.orphans == {"a"}
    assert (look.kept, look.duplicates) == ({}, ())


@pytest.mark.parametrize(
    ("jobs", "kept"),
    [
        (("a1 FAILED", "a2 FAILED>a1"), "a1"),
        (("a1 FAILED>a2", "a2 FAILED"), "a2"),
        (("a1 FAILED>a2", "a2 FAILED>a3", "a3 FAILED"), "a3"),
        (("a1 FAILED", "a2.2 FAILED>a1"), "a1"),  # the newer submission gave way to it
        (("a1 FAILED>a2", "a2 FAILED>a1", "a3 FAILED"), "a3"),
    ],
)
def test_a_job_that_others_gave_way_to_and_that_failed_by_itself_is_the_failure_of_its_node(jobs, kept):
    look = _look(*jobs)
    assert (_kept(look), look.orphans) == ({kept}, frozenset())


@pytest.mark.parametrize(
    ("jobs", "kept", "terminated"),
    [
        (("a1 FAILED>a2", "a2 SUCCEEDED"), "a2", set()),
        (("a1 RUNNING", "a2 SUCCEEDED"), "a2", {"a1"}),  # it was terminated in favour of a1, and was faster
        (("a1 SUCCEEDED", "a2.2 FAILED>a1"), "a1", set()),
        (("a1.2 RUNNING", "a2.2 RUNNING", "a3.3 RUNNING"), "a1", {"a2", "a3"}),
        (("a1.2 FAILED>a2", "a2.2 RUNNING", "a3.3 FAILED>a1"), "a2", set()),
    ],
)
def test_what_has_succeeded_stands_and_else_the_oldest(jobs, kept, terminated):
    look = _look(*jobs)
    assert _kept(look) == {kept}
    assert {str(one.job_id) for one, _ in look.duplicates} == terminated


def test_what_waited_for_jobs_that_were_ended_for_each_other_is_submitted_again_with_them():
    look = _look("a1 FAILED>a2", "a2 FAILED>a1", "c1 SUCCEEDED", "b1(a1) FAILED", "d1(b1) FAILED")
    assert look.orphans == {"a", "b", "d"}
    assert _kept(look) == {"c1"}


def test_a_job_that_has_succeeded_stands_though_a_later_submission_fell_with_what_it_waited_for():
    """Another process submitted node and parent anew; the parent was ended as a duplicate, and the node with it."""
    jobs = ("a1 SUCCEEDED", "c1 SUCCEEDED", "b1(a1 c1) SUCCEEDED", "d1(b1) SUCCEEDED", "b2.2(a1 c1) FAILED>b1")
    look = _look(*jobs, "d2.2(b2) FAILED")
    assert _kept(look) == {"a1", "c1", "b1", "d1"}
    assert not look.orphans


def test_a_later_submission_that_failed_by_itself_is_the_failure_of_its_node_also_where_an_older_one_has_succeeded():
    jobs = ("a1 SUCCEEDED", "c1 SUCCEEDED", "b1(a1 c1) SUCCEEDED", "d1(b1) SUCCEEDED", "b2.2(a1 c1) FAILED")
    look = _look(*jobs, "d2.2(b2) FAILED")
    assert _kept(look) == {"a1", "c1", "b2", "d2"}


def test_a_job_that_read_an_earlier_parent_does_not_stand_again_when_its_rerun_fell_with_a_duplicate():
    """Node b was run again on purpose, by two processes at once, and one of them had submitted what is below it."""
    jobs = ("a1 SUCCEEDED", "c1 SUCCEEDED", "b1(a1 c1) SUCCEEDED", "d1(b1) SUCCEEDED", "b2.2(a1 c1) SUCCEEDED")
    look = _look(*jobs, "b3.2(a1 c1) FAILED>b2", "d2.2(b3) FAILED")
    assert _kept(look) == {"a1", "c1", "b2"}
    assert look.orphans == {"d"}


def test_a_node_that_was_to_be_submitted_again_is_not_taken_for_one_that_failed_by_whoever_looks_next():
    """Its copies may have lost data; one of them failed by itself, and the good one was ended in favour of none."""
    look = _look("a1.2 FAILED>", "a2.2 FAILED", "c1 SUCCEEDED", "b1(a1 c1) FAILED")
    assert look.orphans == {"a", "b"}
    # A later submission that fails by itself ends this.
    assert _kept(_look("a1.2 FAILED>", "a2.2 FAILED", "a3.3 FAILED", "c1 SUCCEEDED")) == {"a3", "c1"}
