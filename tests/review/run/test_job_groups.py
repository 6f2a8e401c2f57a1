import pytest

from kedro_batch.review.run.job_groups import Group, counts_in_short, counts_words, group_of
from kedro_batch.submitter.job_state import ENDED, LIVE, JobState


def test_every_state_is_counted_and_what_has_ended_goes_by_the_same_words_everywhere():
    for state in JobState:
        in_short, in_full = counts_in_short({state: 1200}), counts_words({group_of(state, waits=False): 1200})
        assert in_short == (in_full if state not in LIVE else "1,200 not finished"), state
    assert {group_of(state, waits=True) for state in ENDED} == {group_of(state, waits=False) for state in ENDED}


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING"])
def test_what_is_submitted_waits_for_other_jobs_as_long_as_one_of_them_has_not_succeeded(state):
    assert group_of(JobState(state), waits=True) is Group.FOR_JOBS
    assert group_of(JobState(state), waits=False) is Group.SUBMITTED


def test_in_short_what_has_ended_comes_first_and_what_goes_on_is_one_number():
    counts = {"RUNNING": 1, "NOT_RUN": 2, "PENDING": 3, "FAILED": 1, "SUCCEEDED": 4, "SUBMITTING": 1, "UNCONFIRMED": 1}
    assert counts_in_short(counts) == "4 succeeded, 1 failed, 2 will not run, 2 unconfirmed, 4 not finished"
