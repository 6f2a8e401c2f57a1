"""Which job stands for a node when there are several: everybody who looks has to choose so that the run can end."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.reconcile.duplicates import deduplicate, discover
from kedro_batch.submitter.service.api import job_summary

_PARENTS = {"a": "", "c": "", "b": "a c", "d": "b"}


def _deduplicated(*jobs: str, parents=_PARENTS, unasked=()):
    """Choose among jobs such as ``b2(a2 c2) RUNNABLE``, in the order of submission; the digit tells jobs apart."""
    depends_on, summaries = {}, []
    for age, job in enumerate(jobs):
        words, _, state = job.partition(")") if "(" in job else (job.split()[0], "", job.partition(" ")[2])
        name, _, above = words.partition("(")
        depends_on[JobId(name)] = tuple(map(JobId, above.split()))
        status = state.strip() or "PENDING"
        summaries.append(job_summary({"jobId": name, "jobName": f"r_{name[0]}_1", "status": status, "createdAt": age}))
    for name in unasked:
        del depends_on[name]
    plan = {JobName(name): tuple(map(JobName, above.split())) for name, above in parents.items()}
    deduplicated = deduplicate(discover(RunId("r"), plan, summaries), plan, depends_on)
    terminated = {str(copy.job_id) for copy, _ in deduplicated.duplicates}
    return {str(copy.job_id) for copy in deduplicated.kept.values()}, terminated


@pytest.mark.parametrize(
    ("jobs", "kept"),
    [
        # Two processes have submitted everything, by turns: what belongs together stays together.
        (("a1", "c2", "a2", "c1", "b1(a1 c1)", "b2(a2 c2)", "d1(b1)", "d2(b2)"), "a1 c1 b1 d1"),
        (("c2", "a1", "a2", "c1", "b1(a1 c1)", "b2(a2 c2)", "d1(b1)", "d2(b2)"), "a2 c2 b2 d2"),
        # How far one has come does not count: it changes. d1 waits for b1 and goes with it: d is submitted again.
        (("a2", "c2", "b2(a2 c2)", "a1", "c1", "b1(a1 c1)", "d1(b1)"), "a2 c2 b2"),
        # One was sent again, and the other jobs wait for the second.
        (("a1", "c1", "a2", "b2(a2 c1)", "d2(b2)"), "a1 c1"),
        # Nobody waits for either: the one that is done, or else the older one.
        (("a1", "c1", "b1(a1 c1)", "d1(b1)", "d2(b1)"), "a1 c1 b1 d1"),
        (("a1 RUNNING", "a2 SUCCEEDED"), "a2"),
        (("a1 RUNNING", "a2 RUNNING"), "a1"),
        (("a1 FAILED", "a2 RUNNING"), "a2"),
    ],
)
def test_jobs_that_wait_for_each_other_are_kept_together(jobs, kept):
    every = {job.partition("(")[0].split()[0] for job in jobs}
    failed = {job.split()[0] for job in jobs if job.endswith("FAILED")}
    assert _deduplicated(*jobs) == (set(kept.split()), every - set(kept.split()) - failed)


def test_a_parent_above_the_doubled_jobs_ties_nothing_together():
    parents = {"r": "", "a": "r", "c": "r", "b": "a c"}
    jobs = ("r1", "a1(r1)", "c2(r1)", "a2(r1)", "c1(r1)", "b1(a1 c1)", "b2(a2 c2)")
    kept, terminated = _deduplicated(*jobs, parents=parents, unasked=["r1"])
    assert (kept, terminated) == ({"r1", "a1", "c1", "b1"}, {"a2", "c2", "b2"})
