import signal
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.plan.graph import children_of
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice, NoticeKind, RunStarted
from kedro_batch.submitter.job_state import CANCEL_REASON, ENDED, JobState
from kedro_batch.submitter.run_options import RunMode, RunOptions
from tests.support.plans import layered
from tests.support.simulation import InProcess, Simulation, plan_of
from tests.support.standin.jobs import DEPENDENCY_FAILED

EVERY_FAULT: dict[str, Any] = {
    "throttle": {"rate": 50, "burst": 5},
    "throttle_schedule": [[2, 10], [10, 50]],
    "throttle_other": {"rate": 20, "burst": 20},
    "lost_replies": 0.1,
    "cut_replies": 0.05,
    "error_before": 0.1,
    "error_after": 0.1,
    "list_delay_s": 3.0,
    "describe_delay_s": 3.0,
    "down": [[5, 15]],
    "expired": [[20, 40]],
    "spot": {"job_00003": 1, "job_00030": 2},
    "slots": 20,
    "submitted_s": 0.5,
    "start_s": 1.0,
    "run_s": 20.0,
}
EVERYWHERE = {"faulty": ["SubmitJob", "DescribeJobs", "ListJobs"]}
"""From the first second on: a command that cannot even begin ends at once."""


def changes_to(state, simulation):
    """Give the jobs that were seen in a state, and when."""
    changes = [(one.at, one.event) for one in simulation.happened if isinstance(one.event, JobChanged)]
    return {event.job: at for at, event in changes if event.after is state}


def check_that_every_job_runs_once(seed):
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(layered(200, 20), attempts=3)
        simulation = Simulation(Path(folder), plan, seed=seed, **EVERY_FAULT)
        simulation.calls.at(1, partial(simulation.service.configure, EVERYWHERE))
        finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("succeeded", {"SUCCEEDED": 200})
    verdict = simulation.service.judge()
    assert (verdict["taken"], verdict["labels"], verdict["duplicates"]) == (200, 200, {})
    submitted = [one.event.job for one in simulation.happened if isinstance(one.event, JobSubmitted)]
    assert sorted(submitted) == sorted(simulation.service.states())


def test_trouble_before_the_run_has_begun_is_told_while_it_lasts_and_after_the_first_event(tmp_path):
    options = RunOptions(mode=RunMode.CONTINUE)
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=options, down=[[0.35, 20.0]])
    assert simulation.to_the_end().outcome == "succeeded"
    assert [type(one.event) for one in simulation.happened[:2]] == [RunStarted, Notice]
    assert simulation.happened[1].at < 1


def test_every_job_runs_exactly_once_on_a_day_when_much_goes_wrong():
    check_that_every_job_runs_once(1)


@pytest.mark.long
@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_every_job_runs_exactly_once_whatever_happens_to_calls(seed):
    check_that_every_job_runs_once(seed)


def check_that_a_failed_job_blocks_its_descendants(seed, number):
    parents = layered(200, 20)
    failing = f"job_{number:05}"
    children = children_of({name: above.split() for name, above in parents.items()})
    below, to_visit = set[str](), [failing]
    while to_visit:
        fresh = set(children[to_visit.pop()]) - below
        below |= fresh
        to_visit += fresh
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(parents, attempts=3)
        simulation = Simulation(Path(folder), plan, seed=seed, fail={failing: 3}, **EVERY_FAULT)
        simulation.calls.at(1, partial(simulation.service.configure, EVERYWHERE))
        finished = simulation.to_the_end()
    assert finished.outcome == "failed"
    assert changes_to(JobState.FAILED, simulation).keys() == {failing}
    assert changes_to(JobState.NOT_RUN, simulation).keys() == below
    assert changes_to(JobState.SUCCEEDED, simulation).keys() == parents.keys() - below - {failing}
    verdict = simulation.service.judge()
    assert (verdict["taken"], verdict["duplicates"]) == (verdict["labels"], {})
    assert all(simulation.service.states()[job]["status"] == "SUCCEEDED" for job in parents.keys() - below - {failing})


def test_a_job_that_fails_blocks_its_descendants_and_nothing_else_on_a_day_when_much_goes_wrong():
    check_that_a_failed_job_blocks_its_descendants(2, 70)


@pytest.mark.long
@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 199))
def test_a_job_that_fails_blocks_its_descendants_and_nothing_else_whatever_happens_to_calls(seed, number):
    check_that_a_failed_job_blocks_its_descendants(seed, number)


def test_a_job_that_vanishes_is_lost_soon_and_has_succeeded_if_a_job_below_it_starts(tmp_path):
    parents = {**layered(200, 20), "below": "vanished", "vanished": "", "alone": ""}
    simulation = Simulation(tmp_path, plan_of(parents), vanish=["vanished", "alone"], slots=20, run_s=60)
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("failed", {"LOST": 1, "SUCCEEDED": 202})
    assert simulation.recorded()["vanished"] == "SUCCEEDED"
    submitted = next(
        one.at for one in simulation.happened if isinstance(one.event, JobSubmitted) and one.event.job == "alone"
    )
    # A minute without a trace, and the looks before and after it.
    assert changes_to(JobState.LOST, simulation)["alone"] - submitted < 120


@pytest.mark.parametrize("has_journal", [True, False])
def test_resume_does_not_run_a_lost_job_again_whose_child_has_started_and_failed(tmp_path, has_journal):
    plan = plan_of({"a": "", "b": "a"})
    simulation = Simulation(tmp_path, plan, fail_attempts={"b": 1}, run_s=20)
    simulation.calls.at(15, partial(simulation.service.configure, {"vanish": ["a"]}))
    assert simulation.to_the_end().counts == {"FAILED": 1, "SUCCEEDED": 1}
    finished = simulation.resume(tmp_path if has_journal else tmp_path / "elsewhere")
    assert (finished.outcome, finished.counts) == ("succeeded", {"SUCCEEDED": 2})
    assert simulation.service.judge()["taken"] == 3


def test_what_was_held_back_below_a_lost_job_runs_once_a_job_below_it_has_started(tmp_path):
    options = RunOptions(max_unfinished=2)
    plan, durations = plan_of({"a": "", "b": "a", "c": "a"}), {"a": 300.0, "b": 600.0}
    simulation = Simulation(tmp_path, plan, options=options, durations=durations, run_s=20)
    simulation.calls.at(90, partial(simulation.service.configure, {"vanish": ["a"]}))
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("succeeded", {"SUCCEEDED": 3})
    assert simulation.service.judge()["taken"] == 3


def test_a_chain_of_jobs_that_vanish_is_judged_at_once(tmp_path):
    names = [f"job_{number:03}" for number in range(150)]
    parents = {name: names[number - 1] if number else "" for number, name in enumerate(names)}
    simulation = Simulation(tmp_path, plan_of(parents), run_s=3600)
    simulation.calls.at(60, partial(simulation.service.configure, {"vanish": names}))
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("failed", {"LOST": 150})
    assert simulation.calls.time < 60 + 180
    verdict = simulation.service.judge()
    assert verdict["calls"]["listjobs"] < 5
    assert verdict["calls"]["describejobs"] < 60


def test_a_job_that_cannot_start_is_told_with_the_reason_and_left_alone(tmp_path):
    reason = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is too high"
    parents = {"a": "", "stuck": "a", "below": "stuck", "c": ""}
    simulation = Simulation(tmp_path, plan_of(parents), stuck={"stuck": reason}, run_s=60)
    mended_at = 3 * 3600
    simulation.calls.at(mended_at, lambda: simulation.service.configure({"stuck": {}}))
    finished = simulation.to_the_end()
    told = [(one.at, one.event) for one in simulation.happened if isinstance(one.event, Notice)]
    assert all(event.kind is NoticeKind.STUCK and event.job == "stuck" and reason in event.message for _, event in told)
    assert told[0][0] < 120
    assert 2 <= len(told) <= 8  # again now and then, not all the time
    assert (finished.outcome, finished.counts) == ("succeeded", {"SUCCEEDED": 4})
    assert simulation.service.judge()["calls"].keys().isdisjoint({"terminatejob", "terminatejobs"})


def check_that_refused_jobs_fail_alone_and_run_once_they_are_resumed(seed, numbers):
    parents = layered(200, 20)
    refused = {f"job_{number:05}" for number in numbers}
    words = {name: f"{number} is no resource requirement" for number, name in enumerate(refused)}
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(Path(folder), plan_of(parents, attempts=3), seed=seed, refuse_jobs=words, **EVERY_FAULT)
        simulation.calls.at(1, partial(simulation.service.configure, EVERYWHERE))
        finished = simulation.to_the_end()
        assert finished.outcome == "failed"
        assert set(finished.counts) <= {"SUCCEEDED", "FAILED", "NOT_RUN"}
        failed = changes_to(JobState.FAILED, simulation).keys()
        assert failed <= refused
        assert refused - failed <= changes_to(JobState.NOT_RUN, simulation).keys()
        assert refused.isdisjoint(simulation.service.states())
        simulation.service.configure({"refuse_jobs": {}, "down": [], "expired": []})
        assert simulation.resume(Path(folder)).outcome == "succeeded"
    verdict = simulation.service.judge()
    assert (verdict["taken"], verdict["duplicates"]) == (200, {})
    names = {one["body"]["jobName"] for one in simulation.service.ledger if one["operation"] == "submitjob"}
    assert all(name.endswith("_1") for name in names)


def test_refused_jobs_fail_alone_on_a_day_when_much_goes_wrong():
    check_that_refused_jobs_fail_alone_and_run_once_they_are_resumed(3, [20, 41, 42, 150])


@pytest.mark.long
@settings(max_examples=20)
@given(st.integers(0, 2**32), st.sets(st.integers(20, 199), min_size=1, max_size=20))
def test_refused_jobs_fail_alone_whatever_happens_to_calls(seed, numbers):
    check_that_refused_jobs_fail_alone_and_run_once_they_are_resumed(seed, numbers)


OVERRIDES = "Container overrides should not be set for Batch on EKS jobs."


@pytest.mark.parametrize("latency_s", [0.01, 0.1, 1.0])
def test_where_every_job_is_refused_with_the_same_words_no_job_fails(tmp_path, latency_s):
    parents = layered(40, 40)
    words = dict.fromkeys(parents, OVERRIDES)
    simulation = Simulation(tmp_path, plan_of(parents), latency_s=latency_s, refuse_jobs=words)
    with pytest.raises(ServiceError, match="refused 3 jobs with the same words, and accepted none: Container overr"):
        simulation.to_the_end()
    assert simulation.recorded() == {}
    assert simulation.service.judge()["calls"]["submitjob"] < 40
    simulation.service.configure({"refuse_jobs": {}})
    assert simulation.resume(tmp_path).outcome == "succeeded"


def test_one_that_is_accepted_while_the_first_ones_are_refused_proves_that_it_is_not_about_all(tmp_path):
    parents = layered(40, 40)
    words = dict.fromkeys(list(parents)[:3], OVERRIDES)
    simulation = Simulation(tmp_path, plan_of(parents), refuse_jobs=words)
    assert simulation.to_the_end().counts == {"FAILED": 3, "SUCCEEDED": 37}


TOO_LARGE = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is too high"


def notices(simulation):
    return [(one.at, one.event.message) for one in simulation.happened if isinstance(one.event, Notice)]


def test_a_job_that_gets_no_machine_is_ended_after_two_hours_if_that_was_asked_for(tmp_path):
    parents = {"a": "", "stuck": "a", "below": "stuck", "c": ""}
    options = RunOptions(stuck_after_s=7200)
    simulation = Simulation(tmp_path, plan_of(parents), options=options, stuck={"stuck": TOO_LARGE}, run_s=60)
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("failed", {"SUCCEEDED": 2, "FAILED": 1, "NOT_RUN": 1})
    assert 7260 < simulation.calls.time < 7260 + 120
    (failure,) = [
        one.event for one in simulation.happened if isinstance(one.event, JobChanged) and one.event.after == "FAILED"
    ]
    assert (failure.job, failure.cause, failure.reason) == (
        "stuck",
        "stuck",
        f"RUNNABLE for more than 2 h 0 min: {TOO_LARGE}",
    )
    simulation.service.configure({"stuck": {}})
    assert simulation.resume(tmp_path).outcome == "succeeded"
    assert simulation.service.judge()["calls"]["terminatejobs"] == 1


def test_a_reason_that_passes_in_time_ends_nothing(tmp_path):
    options = RunOptions(stuck_after_s=7200)
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=options, stuck={"a": TOO_LARGE}, slots=0, run_s=60)
    # It passes, the job waits without a reason for half an hour, and gets its machine then.
    simulation.calls.at(7000, lambda: simulation.service.configure({"stuck": {}}))
    simulation.calls.at(9000, lambda: simulation.service.configure({"slots": 1}))
    assert simulation.to_the_end().outcome == "succeeded"
    assert simulation.service.judge()["calls"].keys().isdisjoint({"terminatejob", "terminatejobs"})


def test_waiting_without_a_reason_is_told_calmly_and_late(tmp_path):
    options = RunOptions(stuck_after_s=60)
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=options, slots=0)
    simulation.calls.at(3 * 3600, lambda: simulation.service.configure({"slots": 1}))
    assert simulation.to_the_end().outcome == "succeeded"
    told = notices(simulation)
    assert 900 <= told[0][0] < 1000
    assert 2 <= len(told) <= 7
    assert all("AWS Batch gives no reason, so it is most likely busy: that is normal" in message for _, message in told)


def test_what_an_earlier_follower_has_seen_counts_if_the_job_has_not_run_since(tmp_path):
    simulation = Simulation(tmp_path, plan_of({"a": ""}), stuck={"a": TOO_LARGE})
    simulation.calls.at(600, lambda: simulation.inbox.on_signal(signal.SIGINT))
    with pytest.raises(Interrupted):
        simulation.to_the_end()
    simulation.calls.work(3600)  # nobody looks
    assert simulation.resume(tmp_path, stuck_after_s=7200).outcome == "failed"
    assert 7200 < simulation.calls.time < 7200 + 120


def test_a_job_that_has_run_in_between_waits_anew(tmp_path):
    plan = plan_of({"a": ""}, attempts=3, retry_on=("spot",))
    simulation = Simulation(tmp_path, plan, stuck={"a": TOO_LARGE}, spot={"a": 1}, run_s=60)
    simulation.calls.at(600, lambda: simulation.inbox.on_signal(signal.SIGINT))
    with pytest.raises(Interrupted):
        simulation.to_the_end()
    simulation.service.configure({"stuck": {}})
    simulation.calls.work(1)
    simulation.service.configure({"stuck": {"a": TOO_LARGE}})
    simulation.calls.work(3600)  # it runs, loses its host, and gets no machine any more
    taken_up_at = simulation.calls.time
    assert simulation.resume(tmp_path, stuck_after_s=7200).outcome == "failed"
    assert taken_up_at + 7200 < simulation.calls.time < taken_up_at + 7200 + 120


@pytest.mark.parametrize("run_s", [2, 30, 300, 3600, 6 * 3600])
def test_an_end_is_seen_within_a_tenth_of_the_quiet_before_it_or_half_a_minute(tmp_path, run_s):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), latency_s=0.1, start_s=0, run_s=run_s)
    finished = simulation.to_the_end()
    assert finished.outcome == "succeeded"
    seen = changes_to(JobState.SUCCEEDED, simulation)
    jitter, call_s = 1.1, 0.2
    for job in ("a", "b"):
        (one,) = simulation.service.jobs.by_label[job]
        assert one.stopped
        assert seen[job] - one.stopped <= max(1.0, min(30.0, run_s * 0.1)) * jitter + call_s
    # A thirtieth of what a call a second would be, where it goes on for hours.
    assert simulation.service.judge()["calls"]["describejobs"] < 100 + run_s * 2 / 20


def test_a_service_that_does_not_answer_while_stock_is_taken_is_waited_for(tmp_path):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), error_before=1.0, run_s=300)
    # Nothing is taken at first, so that jobs are sent again, and afterwards it is looked whether there are two of one.
    changes: dict[int, dict[str, Any]] = {
        10: {"error_before": 0.0},
        20: {"error_before": 1.0, "faulty": ["DescribeJobs"]},
        200: {"error_before": 0.0},
    }
    for at, change in changes.items():
        simulation.calls.at(at, partial(simulation.service.configure, change))
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("succeeded", {"SUCCEEDED": 2})
    notices = {one.event.kind for one in simulation.happened if isinstance(one.event, Notice)}
    assert notices == {NoticeKind.TROUBLE, NoticeKind.RECOVERED}


@pytest.mark.parametrize("executed", [True, False])
def test_a_job_in_doubt_whose_parent_fails_meanwhile_keeps_no_run_from_ending(tmp_path, executed):
    fault = "lost_replies" if executed else "error_before"
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), fail={"a": 1}, run_s=3, list_delay_s=10)
    simulation.calls.at(0.55, partial(simulation.service.configure, {fault: 1.0}))  # a has been taken, b has not
    simulation.calls.at(5, partial(simulation.service.configure, {fault: 0.0}))
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("failed", {"FAILED": 1, "NOT_RUN": 1})
    assert simulation.service.states().keys() == ({"a", "b"} if executed else {"a"})
    assert simulation.calls.time < 60
    assert simulation.recorded() == {"a": "FAILED", "b": "NOT_RUN"}


@pytest.mark.parametrize("most", [1, 2, 7])
@pytest.mark.parametrize("failing", [None, "job_00003"], ids=["all succeed", "one fails"])
def test_a_bounded_run_holds_jobs_back_and_ends_all_the_same(tmp_path, most, failing):
    parents = layered(60, 10)
    options = RunOptions(max_unfinished=most)
    trouble: dict[str, Any] = {"throttle": {"rate": 50, "burst": 5}, "error_before": 0.1, "fail": {failing: 1}}
    simulation = Simulation(tmp_path, plan_of(parents), options=options, seed=1, slots=5, run_s=3, **trouble)
    finished = simulation.to_the_end()
    children = children_of({name: above.split() for name, above in parents.items()})
    below = {failing} if failing else set[str]()
    for name in parents:  # in topological order
        below |= set(children[name]) if name in below else set()
    assert finished.counts.get("SUCCEEDED") == 60 - len(below)
    assert finished.counts.get("NOT_RUN", 0) == max(0, len(below) - 1)
    verdict = simulation.service.judge(times=True)
    assert verdict["most_unfinished"] == most
    assert verdict["duplicates"] == {}


def test_a_place_of_a_bounded_run_goes_to_a_job_that_can_start_before_one_that_only_waits(tmp_path):
    # Once the root has ended, a_below is next by its name: it would only wait for a, and b would wait for both.
    parents = {"root": "", "a": "root", "a_below": "a", "b": "root", "end": "a_below b"}
    options = RunOptions(max_unfinished=2)
    simulation = Simulation(tmp_path, plan_of(parents), options=options, start_s=0, run_s=60)
    simulation.to_the_end()
    submitted = [one.event.job for one in simulation.happened if isinstance(one.event, JobSubmitted)]
    assert submitted == ["root", "a", "b", "a_below", "end"]
    assert simulation.service.judge()["makespan_s"] < 4 * (60 + 7)


@pytest.mark.parametrize("slept", [False, True], ids=["awake", "asleep meanwhile"])
def test_who_holds_jobs_back_submits_none_of_them_once_another_machine_has_cancelled_the_run(
    tmp_path, monkeypatch, *, slept
):
    options = RunOptions(max_unfinished=1)
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "", "c": ""}), options=options, run_s=600.0)
    asleep_s = [0.0]
    wall = simulation.calls.wall
    monkeypatch.setattr(simulation.calls, "wall", lambda: wall() + asleep_s[0])

    def cancel() -> None:
        engine = InProcess(simulation.service)
        ids = [one.job_id for one in engine.list_jobs("a_queue", "simulated*", None).jobs]
        engine.terminate_jobs(ids, CANCEL_REASON)
        asleep_s[0] += 60.0 * slept

    simulation.calls.at(300.0, cancel)
    finished = simulation.to_the_end()
    assert (finished.outcome, finished.counts) == ("cancelled", {"CANCELLED": 1, "NOT_SUBMITTED": 2})
    assert list(simulation.service.states()) == ["a"]
    told = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert any("was cancelled" in message for message in told)


@pytest.mark.parametrize("taken_before", [1, 7, 20])
@pytest.mark.parametrize("lost_replies", [0.0, 0.3], ids=["all answered", "some unconfirmed"])
def test_what_another_machine_cancels_has_not_failed_whatever_is_under_way_when_that_is_seen(
    tmp_path, taken_before, lost_replies
):
    parents = {f"n{number:02}": "" for number in range(60)} | {f"a{number}": f"n0{number}" for number in range(3)}
    trouble = {"lost_replies": lost_replies, "throttle": {"rate": 5, "burst": 5}}
    simulation = Simulation(tmp_path, plan_of(parents), latency_s=0.7, seed=1, run_s=600.0, **trouble)
    engine, calls = InProcess(simulation.service), simulation.calls

    def cancel() -> None:
        ids = [one.job_id for one in engine.list_jobs("a_queue", "simulated*", None).jobs if one.state not in ENDED]
        if len(simulation.service.jobs.by_id) >= taken_before:
            engine.terminate_jobs(ids, CANCEL_REASON)
        calls.at(calls.now() + 0.2, cancel)

    calls.at(0.0, cancel)
    finished = simulation.to_the_end()
    taken = simulation.service.jobs.by_id.values()
    assert {one.status_reason for one in taken} <= {CANCEL_REASON, DEPENDENCY_FAILED}
    assert taken_before <= len(taken) < len(parents)
    assert (finished.outcome, finished.counts["CANCELLED"]) == ("cancelled", len(taken))
    assert finished.counts.keys() <= {"CANCELLED", "NOT_RUN", "NOT_SUBMITTED"}
    assert {"CANCELLED"} == {simulation.recorded()[one.label] for one in taken}


@pytest.mark.parametrize("mode", [RunMode.CONTINUE, RunMode.RESUME])
def test_a_run_that_was_cancelled_before_the_command_began_is_gone_on_with(tmp_path, mode):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": ""}), options=RunOptions(mode=mode), run_s=5.0)
    engine = InProcess(simulation.service)
    version = {"environment": [{"name": "KEDRO_BATCH_VERSION", "value": "2025-06-15T15.06.40.000Z"}]}
    queue = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
    job = {"jobName": "simulated_a_1", "containerOverrides": version, **queue}
    engine.terminate_jobs([engine.submit_job(job)], CANCEL_REASON)
    simulation.calls.wait(20.0)
    finished = simulation.to_the_end()
    again = mode is RunMode.RESUME
    assert finished.counts == ({"SUCCEEDED": 2} if again else {"CANCELLED": 1, "SUCCEEDED": 1})
