from itertools import pairwise

from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.service.api import JobSummary
from kedro_batch.submitter.service.limits import LOOKUP_DELAYS_S
from kedro_batch.submitter.unconfirmed import Lookup, by_name, what_to_search
from tests.submitter.contexts import context_on


def shown(job_id: str, name: str, created_at_ms: int) -> JobSummary:
    return JobSummary(job_id=JobId(job_id), name=name, state=JobState.SUBMITTED, created_at_ms=created_at_ms)


def test_a_job_is_looked_up_as_often_as_there_are_delays_and_no_more():
    lookup: Lookup | None = Lookup(0, 100.0, of_others=True)
    dues = []
    while lookup:
        assert lookup.of_others
        dues.append(lookup.due)
        lookup = lookup.not_found(lookup.due)
    assert len(dues) == len(LOOKUP_DELAYS_S)
    assert [after - before for before, after in pairwise(dues)] == list(LOOKUP_DELAYS_S[1:])


def test_the_oldest_of_several_copies_comes_first_in_whatever_order_they_are_listed():
    jobs = [shown("3", "r_a_1", 5), shown("2", "r_a_1", 4), shown("1", "r_a_1", 5), shown("9", "r_b_1", 1)]
    for found in (jobs, jobs[::-1]):
        copies = {name: [one.job_id for one in ours] for name, ours in by_name(found).items()}
        assert copies == {"r_a_1": ["2", "1", "3"], "r_b_1": ["9"]}


def test_few_jobs_are_looked_up_by_their_names_and_many_by_that_of_the_run(tmp_path, monkeypatch):
    parents = {f"job{number}": "" for number in range(6)}
    with context_on(tmp_path, monkeypatch, parents) as (context, _):
        due = {f"r1_{job.name}_1": job for job in context.plan.jobs}
        few = dict(list(due.items())[:2])
        queues = sorted({job.settings.job_queue for job in context.plan.jobs})
        assert what_to_search(context, few, submitted=0) == (queues, ("r1_job0_1", "r1_job1_1"))
        assert what_to_search(context, due, submitted=0) == (context.queues, ("r1_*",))
        # Listing the run would take as many pages as there are names.
        assert what_to_search(context, due, submitted=10_000)[1] == tuple(due)
