import math
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from kedro_batch.errors import Fault, RunUnknown, ServiceError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice
from kedro_batch.submitter.job_events import job_changed
from kedro_batch.submitter.job_state import JobRecord, JobState, Transition
from kedro_batch.submitter.run_options import RunMode, RunOptions
from kedro_batch.submitter.service.api import JobDetail
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import REMEMBERED_S, SLOW_WRITE_S, STILL_S, VISIBLE_AFTER_S
from kedro_batch.submitter.stock_taking import Answers, StillnessWatch, StockTaking, with_what_is_to_run
from tests.support.simulation import InProcess, Simulation, plan_of

S = JobState
A, B = map(JobName, "ab")
RUN = RunId("simulated")
VERSION = DataVersion("2026-11-22T16.15.07.123Z")
_HOUR = 3600.0
_EPOCH = 1_750_000_000.0


def a_stock(*, waits_at_end: bool = True) -> StockTaking:
    return StockTaking(adopts=True, others_may_submit=True, waits_at_end=waits_at_end)


@pytest.mark.parametrize(
    ("monotonic_s", "wall_s", "noticed"),
    [(1, 1, 0), (10, 10, 0), (10, 20, 10), (30, 30, 20), (1, 3601, 3600), (1, -3600, 0), (20, -3600, 10)],
    ids=["work", "wait", "sleep", "stopped", "laptop closed", "clock set back", "stopped, clock set back"],
)
def test_a_process_that_stood_still_is_noticed_on_either_clock(monotonic_s, wall_s, noticed):
    watch = StillnessWatch(100.0, 1e9)
    watch.start(100.0, 1e9, allowed_s=10)
    assert watch.still_s(100.0 + monotonic_s, 1e9 + wall_s) == noticed


def test_a_busy_machine_does_not_stand_still():
    assert StillnessWatch(0.0, 0.0).still_s(STILL_S, STILL_S) == 0


def test_a_slow_write_is_doubted_once_in_a_while_and_if_it_is_much_slower_than_before():
    watch = StillnessWatch(0.0, 0.0)

    def doubted(began: float, took_s: float, wall_s: float | None = None) -> float:
        watch.start(began, began)
        watch.wrote(began, began + took_s)
        return watch.still_s(began + took_s, began + (wall_s or took_s))

    assert doubted(0, STILL_S) == 0
    assert doubted(10, 5) == 5
    assert doubted(20, 5) == 0
    assert doubted(30, 10) == 0
    assert doubted(50, 21) == 21
    assert doubted(80, 21) == 0
    assert doubted(110, 21, 41) == 20  # the machine slept in it: its clocks say so
    assert doubted(71 + SLOW_WRITE_S, 5) == 5
    watch.start(500, 500)
    watch.wrote(500, 501)
    assert watch.still_s(505, 505) == 4  # not in the write


def test_stock_is_taken_when_the_last_submission_is_visible_and_once_more_after_the_end():
    stock = a_stock()
    assert stock.due_at(100.0, over=False, live=True) == 100 + VISIBLE_AFTER_S
    stock.looked(100 + VISIBLE_AFTER_S, again=False, live=True)
    assert stock.due_at(100.0, over=False, live=True) == math.inf
    assert stock.due_at(100.0, over=True, live=True) == math.inf  # detached: there is no end to wait for
    assert stock.due_at(100.0, over=True, live=False) == -math.inf
    stock.looked(500.0, again=False, live=False)
    assert stock.due_at(100.0, over=True, live=False) == math.inf


def test_a_look_that_found_something_is_followed_by_another_one_and_nothing_waits_without_the_last_one():
    stock = a_stock(waits_at_end=False)
    stock.looked(200.0, again=True, live=True)
    assert stock.due_at(100.0, over=False, live=True) == 200 + VISIBLE_AFTER_S  # others may have submitted until then
    assert stock.due_at(300.0, over=False, live=True) == 300 + VISIBLE_AFTER_S
    assert stock.due_at(100.0, over=True, live=True) == math.inf
    stock.at_once = True
    assert stock.due_at(100.0, over=True, live=True) == -math.inf


def test_a_run_that_nobody_else_knows_is_not_looked_at_unless_submitting_it_took_long():
    alone = StockTaking(adopts=True, others_may_submit=False, waits_at_end=True)
    assert alone.due_at(100.0, over=True, live=False) == math.inf
    assert not Answers(first=0, last=210, number=10_000).took_long
    assert Answers(first=0, last=210, number=20).took_long


def test_what_was_about_to_run_again_is_not_forgotten_when_the_journal_only_knows_that_it_failed():
    parents = {A: (), B: (A,)}
    failed = JobRecord(state=S.FAILED, job_id=JobId("1"))
    found = {A: failed, B: JobRecord(state=S.NOT_RUN, blocked_by=A)}
    before = {A: JobRecord(submission=2), B: JobRecord()}
    assert with_what_is_to_run(parents, found, before) == before
    # Somebody else has run it again meanwhile.
    done = JobRecord(state=S.SUCCEEDED, job_id=JobId("2"), submission=2)
    assert with_what_is_to_run(parents, {**found, A: done}, before) == {A: done, B: JobRecord()}
    # What it waits for has failed meanwhile.
    failed_again = JobRecord(state=S.FAILED, job_id=JobId("2"), submission=2)
    assert with_what_is_to_run(parents, {**found, A: failed_again}, before)[B].state is S.NOT_RUN


@pytest.mark.parametrize(
    ("state", "named", "runs_again"),
    [
        (S.LOST, False, True),
        (S.FAILED, False, True),
        (S.SUCCEEDED, False, False),
        (S.SUCCEEDED, True, True),
        (S.RUNNING, False, False),
        (S.RUNNING, True, False),
    ],
)
def test_what_was_lost_and_has_come_back_is_not_run_again_unless_the_user_named_it(state, named, runs_again):
    earlier, next_one = JobRecord(state=state, job_id=JobId("1")), JobRecord(submission=2)
    result = with_what_is_to_run({A: ()}, {A: earlier}, {A: next_one}, [A] if named else ())
    assert result[A] == (next_one if runs_again else earlier)


class Clock:
    """A wall clock that can be set, as a machine that slept finds it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, simulation: Simulation) -> None:
        self._wall = simulation.calls.wall
        self._later_s = 0.0
        monkeypatch.setattr(simulation.calls, "wall", self.wall)

    def wall(self) -> float:
        return self._wall() + self._later_s

    def step(self, seconds: float) -> None:
        self._later_s += seconds


def test_after_a_sleep_that_is_longer_than_jobs_are_remembered_nobody_guesses(tmp_path, monkeypatch):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), run_s=_HOUR)
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(60, partial(clock.step, REMEMBERED_S + _HOUR))
    simulation.calls.at(60, partial(simulation.service.configure, {"vanish": ["a", "b"]}))
    with pytest.raises(RunUnknown, match="--assume-done"):
        simulation.to_the_end()
    assert set(simulation.recorded().values()).isdisjoint({"LOST", "FAILED", "NOT_RUN"})


def test_what_is_missing_after_a_short_sleep_is_lost_at_once(tmp_path, monkeypatch):
    names = {f"job{number}": f"job{number - 1}" if number else "" for number in range(30)}
    simulation = Simulation(tmp_path, plan_of(names), run_s=_HOUR)
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(60, partial(clock.step, _HOUR))
    simulation.calls.at(60, partial(simulation.service.configure, {"vanish": [*names]}))
    assert simulation.to_the_end().counts == {"LOST": 1, "NOT_RUN": 29}
    assert simulation.calls.time < 150


def test_a_run_does_not_doubt_the_journal_that_it_writes_itself(tmp_path, monkeypatch):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": ""}), durations={"b": 300.0}, run_s=20)
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(100, partial(simulation.service.configure, {"vanish": ["a"]}))  # forgotten early
    simulation.calls.at(100, partial(clock.step, _HOUR))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 2}


@pytest.mark.parametrize("step_s", [-_HOUR, 600.0])
def test_a_step_of_the_clock_while_a_run_is_submitted_harms_nothing(tmp_path, monkeypatch, step_s):
    options = RunOptions(rate=2)
    simulation = Simulation(tmp_path, plan_of({f"job{one}": "" for one in range(20)}), options=options, run_s=30)
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(4, partial(clock.step, step_s))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 20}
    assert simulation.service.judge()["taken"] == 20


def test_a_machine_that_falls_asleep_while_its_process_works_looks_at_the_run_before_it_submits_on(
    tmp_path, monkeypatch
):
    """Not while the process waits, but between two steps of one turn of its loop."""
    names = [f"job{one}" for one in range(20)]
    options = RunOptions(rate=2)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), options=options, run_s=1)
    clock, start = Clock(monkeypatch, simulation), simulation.calls.start
    slept: list[float] = []

    def sleep_at_a_poll(lane: Lane, about: Any, call: Callable[[], Any]) -> None:
        if lane is Lane.DESCRIBE and simulation.calls.time > 3 and not slept:
            slept.append(simulation.calls.time)
            clock.step(_HOUR)
            for job in sorted(set(names) - set(simulation.service.states())):  # somebody else goes on with the run
                request = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
                simulation.service.answer("SubmitJob", {"jobName": f"simulated_{job}_1", **request})
        start(lane, about, call)

    monkeypatch.setattr(simulation.calls, "start", sleep_at_a_poll)
    assert simulation.to_the_end().counts == {"SUCCEEDED": 20}
    assert slept
    assert simulation.service.judge()["taken"] == 20


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_process_that_waited_for_an_answer_did_not_stand_still_however_late_it_was(
    tmp_path, monkeypatch, is_answered
):
    """It looks at the run all the same: another machine may have worked on it."""
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), run_s=60)
    looks = times_of(monkeypatch, simulation, "ListJobs")
    describe_jobs, answered_at = InProcess.describe_jobs, list[float]()

    def refused_once(engine: InProcess, ids: Sequence[JobId]) -> list[JobDetail]:
        if simulation.calls.time > 10 and not answered_at:
            raise ServiceError("the session has expired", fault=Fault.CREDENTIALS)
        return describe_jobs(engine, ids)

    def renew_here(*_):
        simulation.calls.work(_HOUR)
        answered_at.append(simulation.calls.time)
        return is_answered

    monkeypatch.setattr(InProcess, "describe_jobs", refused_once)
    monkeypatch.setattr(InProcess, "renew_here", renew_here)
    assert simulation.to_the_end().counts == {"SUCCEEDED": 2}
    assert [at for at in looks if answered_at[0] <= at < answered_at[0] + 1]
    told = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert any("stood still" in one for one in told) is not is_answered, told


def test_a_resumed_run_that_slept_still_runs_what_it_was_to_run_again(tmp_path, monkeypatch):
    names = [JobName(f"job{one}") for one in range(10)]
    options = RunOptions(mode=RunMode.RESUME, rate=1, data_version=VERSION)
    parents: dict[str, str] = {**dict.fromkeys(names, ""), "below": "job9"}
    simulation = Simulation(tmp_path, plan_of(parents), options=options, run_s=1)
    for job in names:
        failed = JobRecord(state=S.FAILED, job_id=JobId(f"id-{job}"))
        simulation.journal.record(RUN, JobSubmitted(job=job, job_id=JobId(f"id-{job}"), submission=1), _EPOCH)
        simulation.journal.record(RUN, job_changed(Transition(job=job, before=S.SUBMITTED, record=failed)), _EPOCH)
    simulation.journal.commit()
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(5, partial(clock.step, _HOUR))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 11}
    assert simulation.service.judge()["taken"] == 11


def test_a_lost_job_that_comes_back_before_it_is_run_again_does_not_run_twice(tmp_path, monkeypatch):
    names = [JobName(f"job{one}") for one in range(10, 30)]
    options = RunOptions(mode=RunMode.RESUME, rate=1, data_version=VERSION)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), options=options, run_s=300)
    request = {"jobName": "simulated_job29_1", "jobQueue": "a_queue", "jobDefinition": "a_definition"}
    ids = {job: JobId(f"id-{job}") for job in names}
    ids[names[-1]] = JobId(simulation.service.answer("SubmitJob", request).content["jobId"])
    simulation.service.configure({"vanish": ["job29"]})
    for job, job_id in ids.items():
        lost = JobRecord(state=S.LOST, job_id=job_id)
        simulation.journal.record(RUN, JobSubmitted(job=job, job_id=job_id, submission=1), _EPOCH)
        simulation.journal.record(RUN, job_changed(Transition(job=job, before=S.SUBMITTED, record=lost)), _EPOCH)
    simulation.journal.commit()
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(30, partial(simulation.service.configure, {"vanish": []}))
    simulation.calls.at(30, partial(clock.step, _HOUR))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 20}
    assert simulation.service.judge()["taken"] == 20  # nineteen second submissions, and the job that had come back


def test_a_failure_that_cannot_be_written_is_looked_at_once_and_told_once(tmp_path):
    options = RunOptions(mode=RunMode.CONTINUE)
    simulation = Simulation(tmp_path, plan_of({"a": ""}), options=options, fail={"a": 1}, run_s=20)

    def refuse_events() -> None:
        with closing(sqlite3.connect(simulation.journal.file)) as connection, connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(FAIL, 'disk full'); END")

    simulation.calls.at(10, refuse_events)
    simulation.calls.at(600, lambda: pytest.fail("it looks at the run over and over"))
    assert simulation.to_the_end().counts == {"FAILED": 1}
    changes = [one.event.after for one in simulation.happened if isinstance(one.event, JobChanged)]
    assert changes.count(S.FAILED) == 1
    assert simulation.journal.failure


def test_what_a_rebuilt_run_holds_back_does_not_become_older_while_its_process_runs(tmp_path, monkeypatch):
    options = RunOptions(mode=RunMode.RESUME, max_unfinished=1, data_version=VERSION)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys("abcd", "")), options=options, run_s=30 * _HOUR)
    request = {"jobName": "simulated_a_1", "jobQueue": "a_queue", "jobDefinition": "a_definition"}
    simulation.service.answer("SubmitJob", request)
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(27 * _HOUR, partial(clock.step, 5.0))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 4}
    assert simulation.service.judge()["taken"] == 4


def test_an_intent_that_has_become_old_is_looked_up_before_it_is_sent(tmp_path):
    simulation = Simulation(tmp_path, plan_of({f"job{one}": "" for one in range(60)}), run_s=30)
    taken = simulation.service.states
    simulation.calls.at(1, partial(simulation.service.configure, {"expired": [[1, 200.0]]}))

    def submit() -> None:
        simulation.service.configure({"expired": []})  # another process has credentials of its own
        request: dict[str, Any] = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
        for job in [f"job{one}" for one in range(60) if f"job{one}" not in taken()]:
            simulation.service.answer("SubmitJob", {"jobName": f"simulated_{job}_1", **request})
        simulation.service.configure({"expired": [[1, 200.0]]})

    simulation.calls.at(150.0, submit)
    assert simulation.to_the_end().outcome == "succeeded"
    said = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert simulation.service.judge()["taken"] == 60
    assert any("another process works on run simulated too" in message for message in said), said


def sent_by_somebody_else(simulation: Simulation, names: list[str]) -> None:
    """Go on with the run as another process would."""
    request = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
    for job in sorted(set(names) - set(simulation.service.states())):
        simulation.service.answer("SubmitJob", {"jobName": f"simulated_{job}_1", **request})


def times_of(monkeypatch: pytest.MonkeyPatch, simulation: Simulation, counted: str) -> list[float]:
    """Return a list that gets the time of each call of an operation."""
    times, answer = list[float](), simulation.service.answer

    def count(operation: str, body: Any) -> Any:
        if operation == counted:
            times.append(simulation.calls.time)
        return answer(operation, body)

    monkeypatch.setattr(simulation.service, "answer", count)
    return times


class Intents:
    """What happens within the commits of intents, by their number from 1."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, simulation: Simulation, within: Callable[[int], None]) -> None:
        self._intend, self._within = simulation.journal.intend, within
        self.commits = 0
        monkeypatch.setattr(simulation.journal, "intend", self.intend)

    def intend(self, *intents: Any) -> None:
        self._intend(*intents)
        self.commits += 1
        self._within(self.commits)


@pytest.mark.parametrize("slept_s", [10.0, 60.0, _HOUR])
@pytest.mark.parametrize("commit", [1, 3])
def test_a_machine_that_falls_asleep_while_intents_are_written_submits_nothing_before_it_has_looked(
    tmp_path, monkeypatch, slept_s, commit
):
    names = [f"job{one}" for one in range(40)]
    options = RunOptions(max_unfinished=10)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), options=options, run_s=1)
    clock = Clock(monkeypatch, simulation)

    def sleep(number: int) -> None:
        if number == commit:
            clock.step(slept_s)
            sent_by_somebody_else(simulation, names)

    Intents(monkeypatch, simulation, sleep)
    assert simulation.to_the_end().counts == {"SUCCEEDED": 40}
    assert simulation.service.judge()["taken"] == 40


@pytest.mark.parametrize(("slow_s", "stopped_s"), [(0.0, 10.0), (4.0, 30.0), (4.0, 200.0), (1.0, _HOUR)])
def test_a_process_that_is_stopped_while_intents_are_written_is_noticed_on_a_slow_disk_too(
    tmp_path, monkeypatch, slow_s, stopped_s
):
    names = [f"job{one}" for one in range(40)]
    options = RunOptions(max_unfinished=2)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), options=options, run_s=1)

    def write(number: int) -> None:
        simulation.calls.work(slow_s)
        if number == 5:
            simulation.calls.time += stopped_s
            sent_by_somebody_else(simulation, names)

    Intents(monkeypatch, simulation, write)
    assert simulation.to_the_end().counts == {"SUCCEEDED": 40}
    assert simulation.service.judge()["taken"] == 40


@pytest.mark.parametrize("ids_too", [False, True])
def test_a_slow_disk_does_not_make_a_run_look_at_itself_over_and_over(tmp_path, monkeypatch, ids_too):
    names = [f"job{one}" for one in range(300)]
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), run_s=5)
    looks, try_commit = times_of(monkeypatch, simulation, "ListJobs"), simulation.journal.try_commit

    def write(_number: int = 0) -> None:
        simulation.calls.work(4.0)

    def commit() -> None:
        write()
        try_commit()

    if ids_too:
        monkeypatch.setattr(simulation.journal, "try_commit", commit)
    intents = Intents(monkeypatch, simulation, write)
    assert simulation.to_the_end().counts == {"SUCCEEDED": 300}
    pages = 300 // 100 + 1
    often = simulation.calls.time / SLOW_WRITE_S + 2  # at the first slow write, and at the end
    assert len(looks) <= often * pages, looks
    assert intents.commits <= 7
    assert ids_too or simulation.calls.time < 80


def test_a_run_that_was_submitted_slowly_is_looked_at_before_its_command_detaches(tmp_path):
    names = [f"job{one:02}" for one in range(40)]
    options = RunOptions(detach=True, rate=0.5)
    simulation = Simulation(tmp_path, plan_of(dict.fromkeys(names, "")), options=options, run_s=_HOUR)
    simulation.calls.at(70, lambda: sent_by_somebody_else(simulation, names))
    assert simulation.to_the_end().outcome == "detached"
    said = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert any("looking at the run once more in" in message for message in said), said
    simulation.calls.work(5)
    simulation.service.states()
    left = [one.label for one in simulation.service.jobs.by_id.values() if one.status != "FAILED"]
    assert sorted(left) == names


def test_a_run_that_was_submitted_as_fast_as_it_can_be_detaches_without_a_look(tmp_path):
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": "a"}), options=RunOptions(detach=True))
    assert simulation.to_the_end().outcome == "detached"
    assert simulation.calls.time < VISIBLE_AFTER_S


def test_a_step_of_the_clock_over_more_than_a_day_costs_one_look_where_describe_jobs_is_late(tmp_path, monkeypatch):
    simulation = Simulation(tmp_path, plan_of({"a": ""}), run_s=60, describe_delay_s=40.0)
    looks = times_of(monkeypatch, simulation, "ListJobs")
    clock = Clock(monkeypatch, simulation)
    simulation.calls.at(5, partial(clock.step, REMEMBERED_S + _HOUR))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 1}
    assert len([one for one in looks if 5 <= one < 40]) <= 3, looks


def test_an_own_job_whose_reply_was_lost_and_whose_intent_became_old_is_not_said_to_be_of_another_process(
    tmp_path, monkeypatch
):
    simulation = Simulation(tmp_path, plan_of({"a": ""}), run_s=300, submit_fault="reply_lost", list_delay_s=60.0)
    sent = times_of(monkeypatch, simulation, "SubmitJob")
    # Its reply is lost, it is not listed for 15 s, and is to be sent again: but the credentials have just expired.
    expired = {"submit_fault": None, "expired": [[0, 200.0]]}
    simulation.calls.at(VISIBLE_AFTER_S + 0.9, partial(simulation.service.configure, expired))
    assert simulation.to_the_end().counts == {"SUCCEEDED": 1}
    said = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert len(sent) > 1
    assert simulation.service.judge()["taken"] == 1
    assert not any("another process" in message for message in said), said


def test_what_a_lost_job_kept_back_is_submitted_by_the_next_command_that_learns_that_it_has_succeeded(tmp_path):
    plan, run_id = plan_of({"a": "", "b": "a", "c": "a"}), RunId("simulated")
    simulation = Simulation(tmp_path, plan, options=RunOptions(mode=RunMode.CONTINUE), run_s=30)
    request = {"jobName": "simulated_b_1", "jobQueue": "a_queue", "jobDefinition": "a_definition"}
    started = simulation.service.answer("SubmitJob", request).content["jobId"]
    a, b, c = map(JobName, "abc")
    now = simulation.calls.wall()
    journal = simulation.journal
    journal.intend(run_id, [(a, 1), (b, 1)], now)
    lost = JobRecord(state=JobState.LOST, job_id=JobId("forgotten"))
    for event in (
        JobSubmitted(job=a, job_id=JobId("forgotten"), submission=1),
        JobSubmitted(job=b, job_id=JobId(started), submission=1),
        job_changed(Transition(job=a, before=JobState.SUBMITTED, record=lost)),
        job_changed(
            Transition(
                job=c,
                before=JobState.NOT_SUBMITTED,
                record=JobRecord(state=JobState.NOT_RUN, blocked_by=a),
            )
        ),
    ):
        journal.record(run_id, event, now)
    journal.commit()
    simulation.calls.wait(10)  # b has started, which proves that a has succeeded
    assert simulation.to_the_end().counts == {"SUCCEEDED": 3}
    assert simulation.service.states().keys() == {"b", "c"}
