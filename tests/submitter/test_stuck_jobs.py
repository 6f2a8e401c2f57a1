"""When a job that gets no machine is told, recorded and ended."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.service.api import job_detail
from kedro_batch.submitter.stuck_jobs import FirstSight, StuckJobs

A = JobName("a")
EPOCH_S = 1_750_000_000.0
MISCONFIGURED = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too much"


def a_job(reason=MISCONFIGURED, *, job_id="one", attempts=0, status="RUNNABLE", created_s=0.0):
    return job_detail(
        {
            "jobId": job_id,
            "jobName": "r_a_1",
            "status": status,
            "statusReason": reason,
            "createdAt": int((EPOCH_S + created_s) * 1000),
            "attempts": [{"startedAt": 1, "stoppedAt": 2}] * attempts,
        }
    )


def judged(stuck, detail, now, *, wall=None, others_at_work=False):
    wall = EPOCH_S + now if wall is None else wall
    return stuck.judge(A, detail, "q", now, wall, others_at_work=others_at_work)


def test_a_reason_is_told_at_its_second_sight_and_again_every_half_hour():
    stuck = StuckJobs(300)
    told = [now for now in range(0, 2 * 3600, 10) if judged(stuck, a_job(), now).message]
    assert told == [10, 1810, 3610, 5410]


def test_numbers_in_a_reason_make_no_other_reason():
    stuck = StuckJobs(300)
    told = [now for now in range(0, 1800, 10) if judged(stuck, a_job(f"{MISCONFIGURED}: {now} needed"), now).message]
    assert told == [10]


def test_one_line_is_enough_for_a_queue_and_a_reason():
    stuck = StuckJobs(300)
    for now in (0, 10):
        messages = [
            stuck.judge(JobName(name), a_job(job_id=name), "q", now, EPOCH_S, others_at_work=False).message
            for name in "abc"
        ]
    assert [bool(message) for message in messages] == [True, False, False]


@pytest.mark.parametrize(
    ("reason", "at_work", "first"),
    [
        ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none", True, 10),
        ("ACTION_REQUIRED - CE(s) associated with the job queue are invalid", True, 10),
        ("UNDETERMINED - Batch job is blocked, root cause is undetermined", True, 300),
        ("", False, 900),
        ("", True, None),
    ],
)
def test_how_early_it_is_told_depends_on_the_reason(reason, at_work, first):
    stuck = StuckJobs(300)
    told = [now for now in range(0, 3600, 10) if judged(stuck, a_job(reason), now, others_at_work=at_work).message]
    assert next(iter(told), None) == first


@pytest.mark.parametrize(
    "reason", ["", "ACTION_REQUIRED - CE(s) are invalid", "UNDETERMINED - blocked", "what is missing is CAPACITY"]
)
def test_only_what_aws_batch_calls_a_misconfiguration_or_capacity_is_ended(reason):
    stuck = StuckJobs(300, stuck_after_s=60)
    assert not [now for now in range(0, 7200, 10) if judged(stuck, a_job(reason), now).end_because]


def test_it_is_ended_once_and_asked_for_again_only_half_an_hour_later():
    stuck = StuckJobs(300, stuck_after_s=60)
    ended = [now for now in range(0, 4000, 10) if judged(stuck, a_job(), now).end_because]
    assert ended == [60, 1860, 3660]


def test_nothing_is_ended_at_first_sight():
    stuck = StuckJobs(300, stuck_after_s=0.001)
    assert judged(stuck, a_job(), 0).end_because is None
    assert judged(stuck, a_job(), 1).end_because


@pytest.mark.parametrize("between", ["discard", "no reason", "another job", "attempts"])
def test_the_clock_begins_anew_if_the_wait_was_interrupted(between):
    stuck = StuckJobs(300, stuck_after_s=600)
    detail = a_job()
    for now in (0, 10, 590):
        judged(stuck, detail, now)
    match between:
        case "discard":
            assert stuck.discard(A)
        case "no reason":
            assert judged(stuck, a_job(""), 595).cleared
        case "another job":
            detail = a_job(job_id="two")
        case _:
            detail = a_job(attempts=1)
    first = judged(stuck, detail, 600)
    sight = FirstSight(job_id=detail.job_id, attempts=detail.attempts_begun, since=EPOCH_S + 600, reason=MISCONFIGURED)
    assert first.first_sight == sight
    assert [now for now in range(610, 1300, 10) if judged(stuck, detail, now).end_because] == [1200]


def test_another_reason_of_the_same_kind_is_the_same_wait():
    stuck = StuckJobs(300, stuck_after_s=600)
    for now in (0, 10, 300):
        judged(stuck, a_job(), now)
    judgement = judged(stuck, a_job("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"), 600)
    assert judgement.end_because == "RUNNABLE for more than 10 min 0 s: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"


def test_another_reason_is_recorded_with_the_first_sight():
    stuck = StuckJobs(300)
    sights = [judged(stuck, a_job(reason), now).first_sight for now, reason in [(0, MISCONFIGURED), (60, "CAPACITY:X")]]
    assert [(one.since, one.reason) for one in sights if one] == [(EPOCH_S, MISCONFIGURED), (EPOCH_S, "CAPACITY:X")]


def recorded(**fields):
    sight = {"job_id": JobId("one"), "attempts": 0, "since": EPOCH_S, "reason": MISCONFIGURED, **fields}
    return {A: FirstSight(**sight)}


def test_what_an_earlier_follower_has_seen_counts_and_is_told_at_once():
    stuck = StuckJobs(300, stuck_after_s=7200, recorded=recorded())
    judgement = judged(stuck, a_job(), 5, wall=EPOCH_S + 7201)
    assert judgement.end_because
    assert "RUNNABLE for 2 h 0 min: MISCONFIGURATION" in (judgement.message or "")
    assert judgement.first_sight is None  # it stays recorded


@pytest.mark.parametrize(
    ("earlier", "detail"),
    [
        (recorded(), a_job(job_id="two")),
        (recorded(), a_job(attempts=1)),
        (recorded(since=0.0), a_job(created_s=7000)),  # nobody can have seen it before it was there
        (recorded(since=EPOCH_S + 10**6), a_job()),  # a clock was wrong
    ],
)
def test_what_cannot_be_the_same_wait_does_not_count(earlier, detail):
    stuck = StuckJobs(300, stuck_after_s=7200, recorded=earlier)
    assert judged(stuck, detail, 5, wall=EPOCH_S + 7201).end_because is None
    assert judged(stuck, detail, 6, wall=EPOCH_S + 7202).end_because is None


def test_a_recorded_sight_is_cleared_if_the_job_has_no_reason_or_is_not_runnable_any_more():
    assert judged(StuckJobs(300, recorded=recorded()), a_job(""), 5).cleared
    assert StuckJobs(300, recorded=recorded()).discard(A)
    assert not StuckJobs(300).discard(A)


def test_a_step_of_the_wall_clock_ends_nothing():
    stuck = StuckJobs(300, stuck_after_s=7200)
    judged(stuck, a_job(), 0, wall=EPOCH_S)
    assert judged(stuck, a_job(), 10, wall=EPOCH_S + 10**6).end_because is None


def test_a_reason_is_harmless_and_bounded():
    stuck = StuckJobs(300, stuck_after_s=1)
    detail = a_job("MISCONFIGURATION:X\x1b[2J\n" + "x" * 10_000)
    judged(stuck, detail, 0)
    judgement = judged(stuck, detail, 10)
    for text in (judgement.message, judgement.end_because):
        assert text
        assert "\x1b" not in text
        assert "\n" not in text
        assert len(text) < 1000
