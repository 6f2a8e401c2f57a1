from contextlib import closing

import pytest

from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import JobChanged, JobSubmitted
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_list import list_runs
from tests.support.plans import write_plan

RUN = RunId("r1")
FIRST, SECOND = PlanDigest("sha256:1"), PlanDigest("sha256:2")


@pytest.mark.parametrize(("newest", "done"), [("{}", 4), (None, 2)])
def test_of_a_run_that_goes_on_with_another_plan_only_its_jobs_count(tmp_path, newest, done):
    first, second = (write_plan(tmp_path, {job: ["x"] for job in jobs}).read_bytes() for jobs in ("abcd", "bc"))
    with closing(Journal(tmp_path / "journal.db")) as journal:
        journal.begin(RunEntry(run=RUN, digest=FIRST, engine="aws", jobs=4, began_at=100.0), first)
        journal.intend(RUN, [(JobName(job), 1) for job in "abcd"], 100.5)
        for job, state in zip("abcd", "SSSF", strict=True):
            name, job_id = JobName(job), JobId(f"{job}1")
            after = JobState.SUCCEEDED if state == "S" else JobState.FAILED
            journal.record(RUN, JobSubmitted(job=name, job_id=job_id, submission=1), 101)
            changed = JobChanged(job=name, job_id=job_id, submission=1, before=JobState.RUNNING, after=after)
            journal.record(RUN, changed, 102)
        journal.commit()
        journal.add_plan(RUN, SECOND, newest.encode() if newest else second, jobs=2, at=103.0)
        journal.commit()
    with read_journal(tmp_path / "journal.db") as view:
        (listed,) = list_runs(view)
    assert (listed.done, listed.failed, listed.entry.jobs) == (done, 0 if newest is None else 1, 2)
