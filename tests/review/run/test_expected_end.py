"""The expected end: exact where nothing is left to chance, never in the past, and silent where nothing is known."""

import math
from datetime import UTC, timedelta, timezone
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.expected_end import ExpectedEnd, RunSoFar, expected_end, expected_end_words
from kedro_batch.review.run.progress import Progress
from kedro_batch.submitter.began import Began
from kedro_batch.submitter.job_execution import JobAttempt, JobExecution
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.usual_times import UsualTimes

NOW = 1_700_000_000.0
A, B, C, D = map(JobName, "abcd")
CHAIN = {A: (), B: (A,), C: (B,)}
FAN = {A: (), B: (A,), C: (A,), D: (B, C)}
NOTHING_YET = RunSoFar(ended={}, running={}, as_of=NOW)


def always(times, *, slots=1, start_s=0.0, queues=None):
    """Give usual times of jobs that have always taken the same time."""
    return UsualTimes(
        runs=2,
        times={job: (seconds, seconds) for job, seconds in times.items()},
        queues=queues or dict.fromkeys(times, "q"),
        slots={"q": slots} if isinstance(slots, int) else slots,
        start_s=start_s,
    )


def seconds_left(parents, usual, so_far=NOTHING_YET, now=NOW):
    expected = expected_end(parents, usual, so_far, now)
    assert expected is not None
    return pytest.approx(expected.at - now, abs=1e-3)


@pytest.mark.parametrize(
    ("parents", "slots", "left"),
    [
        (CHAIN, 1, 60),
        (CHAIN, 9, 60),
        (FAN, 1, 100),
        (FAN, 2, 80),
        ({A: (), B: (), C: (), D: ()}, 1, 100),
        ({A: (), B: (), C: (), D: ()}, 2, 60),  # c begins when a ends, d when b does
        ({A: (), B: (), C: (), D: ()}, 4, 40),
    ],
)
def test_it_is_exact_for_jobs_that_always_take_the_same_time(parents, slots, left):
    usual = always(
        {job: seconds for job, seconds in zip((A, B, C, D), (10, 20, 30, 40), strict=True) if job in parents}
    )
    usual = always({job: one[0] for job, one in usual.times.items()}, slots=slots)
    assert seconds_left(parents, usual) == left


def test_what_has_ended_and_what_runs_is_taken_off():
    usual = always({A: 10, B: 20, C: 30, D: 40}, slots=2)
    so_far = RunSoFar(ended={A: 10.0}, running={B: NOW - 15, C: NOW - 15}, as_of=NOW)
    assert seconds_left(FAN, usual, so_far) == 55


@pytest.mark.parametrize(
    ("elapsed", "least", "most"), [(19, 1, 1), (25, 4, 25), (100, 5, 50), (10_000, 100, 2000), (1e12, 0, 1e12)]
)
def test_a_job_that_takes_longer_than_ever_goes_on_for_a_while(elapsed, least, most):
    so_far = RunSoFar(ended={A: 10.0}, running={B: NOW - elapsed}, as_of=NOW)
    expected = expected_end(CHAIN, always({A: 10, B: 20, C: 30}), so_far, NOW)
    assert expected
    assert least <= round(expected.at - NOW - 30, 3) <= most


def test_each_queue_has_its_own_slots_and_one_that_was_never_used_any_number():
    parents = {A: (), B: (), C: (), D: ()}
    usual = always(
        dict.fromkeys(parents, 10), slots={"gpu": 1}, queues={A: "gpu", B: "gpu", C: "new", D: "new"}, start_s=5.0
    )
    assert seconds_left(parents, usual) == 30


def test_more_jobs_that_run_than_ever_before_have_slots():
    parents = {A: (), B: (), C: (), D: ()}
    so_far = RunSoFar(ended={}, running=dict.fromkeys((A, B), NOW), as_of=NOW)
    assert seconds_left(parents, always(dict.fromkeys(parents, 10), slots=1), so_far) == 20


def test_a_run_that_is_slower_than_usual_is_expected_to_stay_so():
    parents = {JobName(f"job-{number}"): () for number in range(40)}
    random = Random(1)  # noqa: S311  no secret is made of it
    times = {job: tuple(100 * math.exp(random.gauss(0, 0.2)) for _ in range(5)) for job in parents}
    usual = UsualTimes(runs=5, times=times, queues=dict.fromkeys(parents, "q"), slots={"q": 1})
    done = list(parents)[:20]
    as_usual, slower = (
        expected_end(
            parents,
            usual,
            RunSoFar(ended={job: share * median(times[job]) for job in done}, running={}, as_of=NOW),
            NOW,
        )
        for share in (1, 2)
    )
    assert as_usual
    assert slower
    assert 1.6 < (slower.at - NOW) / (as_usual.at - NOW) < 2


def test_of_many_jobs_beside_each_other_some_take_longer_than_usual():
    parents = {JobName(f"job-{number}"): () for number in range(100)}
    random = Random(1)  # noqa: S311  no secret is made of it
    times = {job: tuple(100 * math.exp(random.gauss(0, 0.5)) for _ in range(5)) for job in parents}
    usual = UsualTimes(runs=5, times=times, queues=dict.fromkeys(parents, "q"), slots={"q": 100})
    ends = [max(100 * math.exp(random.gauss(0, 0.5)) for _ in parents) for _ in range(200)]
    expected = expected_end(parents, usual, NOTHING_YET, NOW)
    assert expected
    assert 0.8 < (expected.at - NOW) / median(ends) < 1.25  # the usual times themselves would give half of it


@pytest.mark.parametrize(("known", "is_told"), [({}, False), ({A}, False), ({A, B}, True), ({A, B, C, D}, True)])
def test_less_than_half_of_what_is_left_known_is_not_enough(known, is_told):
    usual = always(dict.fromkeys(known, 10), queues=dict.fromkeys(FAN, "q")) if known else None
    assert bool(expected_end(FAN, usual, NOTHING_YET, NOW)) is is_told
    ended = RunSoFar(ended={A: 1.0}, running={}, as_of=NOW)
    if known == {A, B}:  # one of three
        assert expected_end(FAN, usual, ended, NOW) is None


def test_nothing_is_expected_of_a_run_that_has_ended_or_should_have_by_now():
    usual = always({A: 10, B: 20, C: 30})
    assert expected_end(CHAIN, usual, RunSoFar(ended=dict.fromkeys(CHAIN), running={}, as_of=NOW), NOW) is None
    assert expected_end(CHAIN, usual, RunSoFar(ended={}, running={}, as_of=NOW - 59), NOW) is not None
    assert expected_end(CHAIN, usual, RunSoFar(ended={}, running={}, as_of=NOW - 61), NOW) is None


names = st.integers(1, 12).map(lambda count: [JobName(f"job-{number:02}") for number in range(count)])
some_seconds = st.floats(0.001, 1e6)


@given(st.data(), names)
def test_it_is_never_in_the_past_and_always_the_same(data, jobs):
    parents = {
        job: tuple(data.draw(st.sets(st.sampled_from(jobs[:number])))) if number else ()
        for number, job in enumerate(jobs)
    }
    times = data.draw(
        st.dictionaries(st.sampled_from(jobs), st.lists(some_seconds, min_size=1, max_size=4), min_size=1)
    )
    ended, running = {}, {}
    for job in jobs:
        if all(parent in ended for parent in parents[job]):
            match data.draw(st.sampled_from(["ended", "runs", "waits"])):
                case "ended":
                    ended[job] = data.draw(st.none() | some_seconds)
                case "runs":
                    running[job] = NOW - data.draw(st.floats(-10, 1e6))
    slots = {"q": data.draw(st.integers(1, 5))} if data.draw(st.booleans()) else {}
    start_s = data.draw(st.floats(0, 100))
    usual = UsualTimes(runs=1, times=times, queues=dict.fromkeys(jobs, "q"), slots=slots, start_s=start_s)
    so_far = RunSoFar(ended=ended, running=running, as_of=NOW)
    expected = expected_end(parents, usual, so_far, NOW)
    left = set(jobs) - set(ended)
    assert (expected is None) == (not left or len(left & set(times)) < len(left) / 2)
    if expected:
        assert math.isfinite(expected.at)
        assert NOW <= expected.earliest <= expected.at <= expected.latest < math.inf
        assert expected == expected_end(parents, usual, so_far, NOW)


def test_how_far_a_run_is_comes_from_its_records():
    ran = JobExecution(started_at=NOW - 100, stopped_at=NOW - 40)
    again = JobExecution(
        started_at=NOW - 100, stopped_at=NOW - 40, attempts=(JobAttempt(), JobAttempt(started_at=NOW - 50))
    )
    records = {
        A: JobRecord(state=JobState.SUCCEEDED, execution=ran),
        B: JobRecord(state=JobState.SUCCEEDED, execution=again),
        C: JobRecord(state=JobState.FAILED, execution=ran),
        D: JobRecord(state=JobState.RUNNING),
        JobName("e"): JobRecord(state=JobState.RUNNING),
        JobName("f"): JobRecord(state=JobState.RUNNABLE),
        JobName("g"): JobRecord(state=JobState.SUCCEEDED),
        JobName("h"): JobRecord(state=JobState.NOT_RUN),
    }
    began = {D: Began(at=NOW - 7, exact=True), C: Began(at=NOW - 100, exact=True)}
    found = Progress(dict.fromkeys(records, ()), records, began).so_far(NOW)
    assert found.ended == {A: 60, B: 10, C: None, "g": None, "h": None}
    assert found.running == {D: NOW - 7, "e": NOW}


def told(seconds, *, earliest=None, latest=None, runs=4, slots=12):
    """Give an end that is expected in some seconds, likely between two times."""
    earliest, latest = (seconds if one is None else one for one in (earliest, latest))
    return ExpectedEnd(at=NOW + seconds, earliest=NOW + earliest, latest=NOW + latest, runs=runs, slots=slots)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "expected to end at 22:13 (in less than a minute), as 4 earlier runs took"),
        (89, "expected to end at 22:14 (in 1 min), as 4 earlier runs took"),
        (25 * 60, "expected to end at 22:38 (in 25 min), as 4 earlier runs took"),
        (3599, "expected to end at 23:13 (in 1 h 0 min), as 4 earlier runs took"),
        (2 * 3600, "expected to end at 2023-11-15 00:13 (in 2 h 0 min), as 4 earlier runs took"),
    ],
)
def test_the_words_tell_when_and_from_what(seconds, words):
    assert expected_end_words(told(seconds), NOW, UTC) == words


@pytest.mark.parametrize(
    ("earliest", "latest", "words"),
    [
        (1200, 2700, ", likely 22:33 to 22:58,"),
        (1490, 1510, ","),  # in one minute
        (0, 7200, ", likely 22:13 to 2023-11-15 00:13,"),
    ],
)
def test_the_words_tell_between_which_times_it_is_likely_to_end(earliest, latest, words):
    said = expected_end_words(told(1500, earliest=earliest, latest=latest), NOW, UTC)
    assert said == f"expected to end at 22:38 (in 25 min){words} as 4 earlier runs took"


def test_the_words_are_in_the_reader_s_time_zone():
    one = told(600, latest=1200, runs=1, slots=1)
    there = timezone(timedelta(hours=2))
    said = "expected to end at 00:23 (in 10 min), likely 00:23 to 00:33, as 1 earlier run took"
    assert expected_end_words(one, NOW, there) == said
    assert one.basis == "1 earlier run; at most 1 job at once"


def test_four_of_five_runs_end_between_the_two_times_that_are_likely():
    parents = {JobName(f"job-{number}"): () for number in range(20)}
    random = Random(1)  # noqa: S311  no secret is made of it

    def times(factor=1.0):
        return {job: 100 * math.exp(random.gauss(0, 0.5)) * factor for job in parents}

    found = []
    for _ in range(100):
        earlier = [times() for _ in range(3)]
        usual = UsualTimes(
            runs=3,
            times={job: [one[job] for one in earlier] for job in parents},
            queues=dict.fromkeys(parents, "q"),
            slots={"q": 4},
        )
        ends = [NOW] * 4
        for seconds in times(math.exp(random.gauss(0, 0.2))).values():
            ends[ends.index(min(ends))] += seconds
        one = expected_end(parents, usual, NOTHING_YET, NOW)
        assert one
        found.append(one.earliest <= max(ends) <= one.latest)
    assert 0.7 < sum(found) / len(found) < 0.9
