"""The states of jobs in the stand-in for AWS Batch, in process and on a clock that the tests move."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.standin.simulated import Simulated, request
from tests.support.standin.limits import RefusedError
from tests.support.standin.shapes import label_of


def test_a_job_goes_through_every_state():
    world = Simulated(submitted_s=1, start_s=2, run_s=4, slots=1)
    world.submit("first")
    world.submit("a")
    world.submit("b", "a")
    assert world.states(at=0) == dict.fromkeys(("first", "a", "b"), "SUBMITTED")
    assert world.states(at=1) == {"first": "STARTING", "a": "RUNNABLE", "b": "PENDING"}
    assert world.states(at=3)["first"] == "RUNNING"
    assert world.states(at=7) == {"first": "SUCCEEDED", "a": "STARTING", "b": "PENDING"}
    assert world.states(at=13) == {"first": "SUCCEEDED", "a": "SUCCEEDED", "b": "STARTING"}
    assert world.states(at=19) == dict.fromkeys(("first", "a", "b"), "SUCCEEDED")


def test_what_was_to_happen_happens_at_its_own_time_however_late_anybody_looks():
    world = Simulated(durations={"a": 5})
    world.submit("a")
    world.submit("b", "a")
    world.now = 1000
    a, b = world.described("a"), world.described("b")
    assert (a["startedAt"] - a["createdAt"], a["stoppedAt"] - a["createdAt"]) == (0, 5_000)
    assert (b["startedAt"] - a["createdAt"], b["stoppedAt"] - a["createdAt"]) == (5_000, 15_000)


def test_a_job_waits_for_all_of_its_parents():
    world = Simulated(durations={"a": 1, "b": 5})
    world.submit("a")
    world.submit("b")
    world.submit("c", "a", "b")
    assert world.states(at=4)["c"] == "PENDING"
    assert world.states(at=5)["c"] == "RUNNING"


def test_a_parent_that_has_succeeded_keeps_nobody_waiting():
    world = Simulated()
    world.submit("a")
    world.now = 10
    world.submit("b", "a")
    assert world.states(at=20)["b"] == "SUCCEEDED"


def test_a_failed_job_fails_what_depends_on_it_and_nothing_else():
    world = Simulated(fail={"bad": 3}, dependents_fail_after_s=2)
    world.submit("bad")
    world.submit("below", "bad")
    world.submit("further", "below")
    world.submit("beside")
    assert world.states(at=11) == {"bad": "FAILED", "below": "PENDING", "further": "PENDING", "beside": "SUCCEEDED"}
    assert world.states(at=12)["below"] == "FAILED"
    assert world.states(at=14)["further"] == "FAILED"
    assert world.described("bad")["container"]["exitCode"] == 3
    below = world.described("below")
    assert below["statusReason"] == "Dependent Job failed"
    assert "startedAt" not in below
    assert below["attempts"] == []


@pytest.mark.parametrize(("behaviour", "status"), [("fail", "FAILED"), ("pend", "PENDING"), ("refuse", None)])
def test_a_job_below_one_that_has_already_failed(behaviour, status):
    world = Simulated(fail={"bad": 3}, on_failed_parent=behaviour)
    world.submit("bad")
    world.now = 10
    if status is None:
        with pytest.raises(RefusedError) as raised:
            world.submit("below", "bad")
        assert (raised.value.status, raised.value.code) == (400, "ClientException")
    else:
        world.submit("below", "bad")
        assert world.states(at=10**6)["below"] == status


def test_a_queue_has_room_for_so_many_jobs_and_the_oldest_goes_first():
    world = Simulated(slots=2, durations={"b": 3})
    for label in "abcd":
        world.submit(label)
    assert world.states(at=1) == {"a": "RUNNING", "b": "RUNNING", "c": "RUNNABLE", "d": "RUNNABLE"}
    assert world.states(at=3) == {"a": "RUNNING", "b": "SUCCEEDED", "c": "RUNNING", "d": "RUNNABLE"}
    world.service.configure({"slots": None})
    assert world.states(at=4)["d"] == "RUNNING"


def test_each_queue_has_its_own_room():
    world = Simulated(queues=["small", "large"], slots={"small": 0})
    world.submit("a", jobQueue="small")
    world.submit("b", jobQueue="large")
    assert world.states(at=10) == {"a": "RUNNABLE", "b": "SUCCEEDED"}


def test_a_stuck_job_says_why_until_it_is_mended():
    world = Simulated(stuck={"a": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"})
    world.submit("a")
    assert world.states(at=1000) == {"a": "RUNNABLE"}
    assert world.described("a")["statusReason"] == "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
    assert world.service.next_event() is None
    world.service.configure({"stuck": {}})
    assert world.to_the_end() == {"a": "SUCCEEDED"}


def test_terminating_ends_what_has_started_after_a_while_and_cancels_the_rest_at_once():
    world = Simulated(terminate_s=2)
    world.submit("running", retryStrategy={"attempts": 5})
    world.submit("below", "running")
    world.now = 1
    for label in ("running", "below"):
        world.ask("TerminateJob", jobId=world.ids[label], reason="enough")
    assert world.states(at=1) == {"running": "RUNNING", "below": "FAILED"}
    assert world.states(at=3)["running"] == "FAILED"
    running, below = world.described("running"), world.described("below")
    assert running["statusReason"] == below["statusReason"] == "enough"
    assert running["isTerminated"]
    assert below["isTerminated"]
    assert running["container"]["exitCode"] == 137
    assert len(running["attempts"]) == 1


def test_terminating_what_is_over_changes_nothing():
    world = Simulated()
    world.submit("a")
    world.now = 10
    world.ask("TerminateJob", jobId=world.ids["a"], reason="enough")
    assert world.to_the_end() == {"a": "SUCCEEDED"}
    assert not world.described("a")["isTerminated"]


def test_several_are_terminated_at_once_and_each_unknown_one_is_named():
    world = Simulated()
    world.submit("a")
    reply = world.ask("TerminateJobs", jobs=[world.ids["a"], "unknown"], reason="enough")
    assert reply["successful"] == [world.ids["a"]]
    assert [(one["job"], one["code"]) for one in reply["errors"]] == [("unknown", "ClientException")]
    world.service.configure({"terminate_unknown": "accept"})
    assert world.ask("TerminateJob", jobId="unknown", reason="enough") == {}
    assert world.to_the_end() == {"a": "FAILED"}


def test_what_is_terminated_goes_on_while_terminations_are_held():
    world = Simulated(hold_terminations=True)
    world.submit("running")
    world.submit("below", "running")
    for label in ("running", "below"):
        world.ask("TerminateJob", jobId=world.ids[label], reason="enough")
    assert world.states(at=5) == {"running": "RUNNING", "below": "PENDING"}
    world.service.configure({"hold_terminations": False})
    assert world.to_the_end() == {"running": "FAILED", "below": "FAILED"}
    assert world.described("running")["statusReason"] == "enough"


def test_a_job_that_cannot_be_ended_is_refused_alone_and_among_others():
    world = Simulated(cannot_end={"a": "not now"})
    world.submit("a")
    world.submit("b")
    with pytest.raises(RefusedError, match="not now"):
        world.ask("TerminateJob", jobId=world.ids["a"], reason="enough")
    reply = world.ask("TerminateJobs", jobs=[world.ids["a"], world.ids["b"]], reason="enough")
    assert reply["successful"] == [world.ids["b"]]
    assert world.to_the_end() == {"a": "SUCCEEDED", "b": "FAILED"}


def test_an_odd_state_is_told_until_the_job_has_ended():
    world = Simulated(odd_states={"a": "HIBERNATING"})
    world.submit("a")
    (listed,) = world.ask("ListJobs", jobQueue="a_queue", filters=[{"name": "JOB_NAME", "values": ["*"]}])[
        "jobSummaryList"
    ]
    assert world.described("a")["status"] == listed["status"] == "HIBERNATING"
    assert world.to_the_end() == {"a": "SUCCEEDED"}
    assert world.described("a")["status"] == "SUCCEEDED"


def test_a_description_is_as_full_as_the_real_one():
    world = Simulated()
    world.submit("parent")
    asked: dict[str, Any] = {
        "containerOverrides": {
            "command": ["kedro", "run"],
            "environment": [{"name": "KEDRO_ENV", "value": "prod"}],
            "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "512"}],
        },
        "timeout": {"attemptDurationSeconds": 120},
        "retryStrategy": {"attempts": 2},
        "parameters": {"size": "1"},
    }
    world.submit("a", "parent", **asked)
    job = world.described("a")
    assert job["jobArn"].endswith(f":job/{job['jobId']}")
    assert job["jobQueue"].endswith(":job-queue/a_queue")
    assert job["jobDefinition"].endswith(":job-definition/a_definition:3")
    assert job["dependsOn"] == [{"jobId": world.ids["parent"]}]
    assert job["container"].items() >= asked["containerOverrides"].items()
    assert (job["container"]["vcpus"], job["container"]["memory"]) == (2, 512)
    assert job.items() >= {name: asked[name] for name in ("timeout", "retryStrategy", "parameters")}.items()
    assert job["tags"] == {"kedro-batch:job": "a"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("261122-161507-k3f7_train_model_1", "train_model"),
        ("261122-161507-k3f7_train-model_12", "train-model"),
        ("261122-161507-k3f7-train_model_2-1", "train_model_2"),
        ("something", "something"),
    ],
)
def test_a_job_without_tags_is_known_by_its_name(name, label):
    assert label_of({"jobName": name}) == label
    assert label_of({"jobName": name, "tags": {"kedro-batch:job": "tagged"}}) == "tagged"


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_any_graph_comes_to_its_end_with_no_job_before_its_parents_and_none_without_room(seed, slots):
    random = Random(seed)  # noqa: S311  no secret is made of it
    world = Simulated(
        slots=slots,
        start_s=1,
        durations={str(n): random.randrange(1, 9) for n in range(30)},
        fail={"7": 1, "20": 1},
        spot={str(random.randrange(30)): 1},
    )
    parents: dict[str, list[str]] = {}
    for n in range(30):
        parents[str(n)] = [str(one) for one in random.sample(range(n), min(n, random.randrange(4)))]
        world.submit(str(n), *parents[str(n)], retryStrategy={"attempts": 2})
        world.now += random.random()
    while (event := world.service.next_event()) is not None:
        states = world.states(at=max(world.now, event))
        assert sum(one in ("STARTING", "RUNNING") for one in states.values()) <= slots
    failed: set[str] = set()
    for label, above in parents.items():
        job = world.described(label)
        if label in ("7", "20") or failed & set(above):
            failed.add(label)
        assert job["status"] == ("FAILED" if label in failed else "SUCCEEDED")
        if not failed & set(above):
            assert all(world.described(one)["stoppedAt"] <= job["startedAt"] for one in above)


def test_ten_thousand_jobs_are_taken_as_fast_as_they_may_be():
    world = Simulated(slots=500, throttle={"rate": 50}, keep_bodies=False, seed=1)
    random = Random(1)  # noqa: S311  no secret is made of it
    ids: list[str] = []
    edges = 0
    for n in range(10_000):
        parents = random.sample(ids[-300:], min(n, random.choice((2, 3))))
        edges += len(parents)
        body = request(str(n), *parents)
        while (reply := world.service.answer("SubmitJob", body)).status == 429:
            world.now += 0.02
        ids.append(reply.content["jobId"])
    world.to_the_end()
    verdict = world.service.judge()
    assert edges > 24_000
    assert (verdict["taken"], verdict["labels"], verdict["duplicates"]) == (10_000, 10_000, {})
    assert 195 < verdict["submit_span_s"] < 205
    assert verdict["state_changes"] > 40_000
    assert world.service.ledger == []
