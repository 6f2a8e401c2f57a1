"""ListJobs, DescribeJobs and the verdict of the stand-in for AWS Batch."""

import pytest

from tests.standin.simulated import Simulated
from tests.support.standin.limits import RefusedError


def names(world, **body):
    listed = world.ask("ListJobs", **{"jobQueue": "a_queue", **body})["jobSummaryList"]
    return [one["jobName"] for one in listed]


def by_name(*values):
    return [{"name": "JOB_NAME", "values": list(values)}]


def test_a_prefix_finds_jobs_of_every_status_in_any_case_the_newest_first():
    world = Simulated(fail={"bad": 1}, durations={"long": 100})
    for label in ("bad", "good", "long"):
        world.submit(label)
    world.now = 10
    world.submit("below", "long")
    world.submit("other", jobName="another_run_1")
    summaries = world.ask("ListJobs", jobQueue="a_queue", filters=by_name("RUN_*"))["jobSummaryList"]
    assert [(one["jobName"], one["status"]) for one in summaries] == [
        ("run_below_1", "PENDING"),
        ("run_long_1", "RUNNING"),
        ("run_good_1", "SUCCEEDED"),
        ("run_bad_1", "FAILED"),
    ]
    assert summaries[-1]["container"] == {"exitCode": 1}
    assert summaries[-1]["stoppedAt"] - summaries[-1]["createdAt"] == 10_000
    assert all("tags" not in one for one in summaries)
    assert names(world, filters=by_name("Run_Good_1")) == ["run_good_1"]
    assert names(world, filters=by_name("run_good")) == []


def test_without_a_filter_only_running_jobs_are_listed_unless_another_status_is_asked_for():
    world = Simulated(slots=1)
    world.submit("a")
    world.submit("b")
    assert names(world) == ["run_a_1"]
    assert names(world, jobStatus="RUNNABLE") == ["run_b_1"]


@pytest.mark.parametrize("prefix", ["run_*", "r*", "*"])
@pytest.mark.parametrize("others", [0, 1200])
def test_pages_of_a_hundred_hold_every_job_once_even_if_others_are_submitted_meanwhile(prefix, others):
    world = Simulated()
    for n in range(others):
        world.submit(f"early{n}")
    for n in range(250):
        world.submit(str(n))
    found: list[str] = []
    sizes: list[int] = []
    body: dict[str, str] = {}
    while True:
        page = world.ask("ListJobs", jobQueue="a_queue", filters=by_name(prefix), **body)
        sizes.append(len(page["jobSummaryList"]))
        found += [one["jobName"] for one in page["jobSummaryList"]]
        world.submit(f"late{len(found)}")
        if "nextToken" not in page:
            break
        body = {"nextToken": page["nextToken"]}
    assert found[:250] == [f"run_{n}_1" for n in reversed(range(250))]
    assert len(found) == len(set(found)) == 250 + others
    assert set(sizes[:-1]) == {100}


def test_a_page_that_holds_the_last_jobs_has_no_token():
    world = Simulated()
    for n in range(4):
        world.submit(str(n))
    page = world.ask("ListJobs", jobQueue="a_queue", filters=by_name("run*"), maxResults=2)
    rest = world.ask("ListJobs", jobQueue="a_queue", filters=by_name("run*"), maxResults=2, nextToken=page["nextToken"])
    assert len(rest["jobSummaryList"]) == 2
    assert "nextToken" not in rest


@pytest.mark.parametrize(
    "body",
    [
        {"jobQueue": None},
        {"jobQueue": "nowhere"},
        {"maxResults": 101},
        {"nextToken": "x"},
        {"filters": by_name("a", "b")},
        {"filters": by_name()},
        {"filters": by_name("a") * 2},
        {"filters": [{"name": "JOB_DEFINITION", "values": ["a"]}]},
    ],
)
def test_what_listing_refuses(body):
    world = Simulated()
    with pytest.raises(RefusedError) as raised:
        names(world, **body)
    assert (raised.value.status, raised.value.code) == (400, "ClientException")


def test_a_queue_is_known_by_its_arn_and_lists_its_own_jobs():
    world = Simulated(queues=["a_queue", "b_queue"])
    world.submit("a")
    world.submit("b", jobQueue="arn:aws:batch:us-east-1:123456789012:job-queue/b_queue")
    assert names(world, jobQueue="b_queue") == ["run_b_1"]
    assert names(world, jobQueue="arn:aws:batch:us-east-1:123456789012:job-queue/a_queue") == ["run_a_1"]


def test_a_new_job_is_visible_only_after_a_while():
    world = Simulated(list_delay_s=5, describe_delay_s=2)
    world.submit("a")
    for now, described, listed in ((1, 0, 0), (2, 1, 0), (5, 1, 1)):
        world.now = now
        assert len(world.ask("DescribeJobs", jobs=[world.ids["a"]])["jobs"]) == described
        assert len(names(world)) == listed


def test_unknown_ids_are_left_out_silently():
    world = Simulated()
    world.submit("a")
    reply = world.ask("DescribeJobs", jobs=["unknown", world.ids["a"]])
    assert [one["jobId"] for one in reply["jobs"]] == [world.ids["a"]]


def test_a_vanished_job_is_not_shown_and_a_forgotten_one_is_not_known():
    world = Simulated(vanish=["gone"])
    for label in ("gone", "old"):
        world.submit(label)
    world.submit("below", "gone")
    world.service.forget(["old"])
    assert world.ask("DescribeJobs", jobs=[world.ids["gone"], world.ids["old"]])["jobs"] == []
    assert names(world, filters=by_name("*")) == ["run_below_1"]
    with pytest.raises(RefusedError, match="does not exist"):
        world.submit("beneath", "old")
    world.submit("old")
    assert world.described("old")["status"] == "RUNNING"
    world.service.configure({"forget": ["old"]})
    assert world.ask("DescribeJobs", jobs=[world.ids["old"]])["jobs"] == []


def test_the_verdict_tells_a_second_try_from_a_duplicate():
    world = Simulated(fail_attempts={"again": 1})
    again = [world.submit("again")]
    twice = [world.submit("twice")]
    world.now = 15
    again.append(world.submit("again"))
    twice.append(world.submit("twice"))
    world.to_the_end()
    verdict = world.service.judge(times=True)
    assert verdict["duplicates"] == {"twice": twice}
    assert verdict["double_taken"] == {"again": again, "twice": twice}
    assert (verdict["taken"], verdict["labels"]) == (4, 2)
    assert verdict["calls"] == {"submitjob": 4}
    assert verdict["throttled"] == {}
    assert verdict["taken_at"] == [0, 0, 15, 15]
    assert (verdict["submit_span_s"], verdict["makespan_s"]) == (15, 25)
    assert verdict["state_changes"] == 16  # each of four: RUNNABLE, STARTING, RUNNING, over


def test_a_job_that_is_being_terminated_is_not_failed_yet():
    world = Simulated(terminate_s=5)
    first = world.submit("a")
    world.ask("TerminateJob", jobId=first, reason="enough")
    second = world.submit("a")
    assert world.service.judge()["duplicates"] == {"a": [first, second]}
