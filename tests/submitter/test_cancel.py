import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName, JobReads, PlanDigest
from kedro_batch.plan.submit_job import JobId, submit_request
from kedro_batch.submitter.cancel import Cancelled, cancel
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, Notice
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.job_state import ENDED, JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_options import RunOptions
from kedro_batch.submitter.service.limits import CANCEL_WITHIN_S, VISIBLE_AFTER_S
from kedro_batch.submitter.take_over import STOPS_WITHIN_S, Lock, already_locked
from tests.submitter.contexts import RUN
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL
from tests.support.services import standin
from tests.support.simulation import InProcess, VirtualCalls, plan_of
from tests.support.standin.config import Config
from tests.support.standin.service import Service


class Cancelling:
    """A run that is cancelled on a virtual clock, while others may submit its jobs."""

    def __init__(self, folder: Path, jobs: int, **configuration: Any) -> None:
        self.plan = plan_of({f"n{number:03}": "" for number in range(jobs)})
        self.calls = VirtualCalls()
        self.service = Service(Config(run_s=10_000, **configuration), clock=self.calls.now)
        self.engine = InProcess(self.service)
        self.told: list[Event] = []
        self.journal = Journal(folder / "journal.db")
        self.digest = plan_digest(self.plan)
        entry = RunEntry(run=RUN, digest=self.digest, engine="aws", jobs=jobs, began_at=self.calls.wall())
        self.journal.begin(entry, b"")

    def submit(self, number: int, *, name: str | None = None, digest: PlanDigest | None = None) -> JobId:
        """Submit a job of the plan; perhaps under another name, or from another plan."""
        request = submit_request(
            self.plan.jobs[number],
            self.plan,
            run_id=RUN,
            version=None,
            reads=JobReads(),
            submission=1,
            digest=digest or self.digest,
            parent_ids=(),
            job_definition="a_definition",
        )
        return self.engine.submit_job(request | ({"jobName": name} if name else {}))

    def record(self, number: int, job_id: JobId, *, intended: bool = False) -> None:
        """Write to the journal that a job was submitted; perhaps its intent was written before."""
        job = JobName(f"n{number:03}")
        if not intended:
            self.journal.intend(RUN, [(job, 1)], self.calls.wall())
        self.journal.record(RUN, JobSubmitted(job=job, job_id=job_id, submission=1), self.calls.wall())
        self.journal.commit()

    def later(self, at_s: float, act: Callable[[], object]) -> None:
        """Let something happen on another machine."""

        def happen() -> None:
            act()

        self.calls.at(at_s, happen)

    def cancel(self, *, adopt: bool = True, lock: Lock = already_locked) -> Cancelled:
        context = RunContext(
            plan=self.plan,
            digest=self.digest,
            run_id=RUN,
            engine=self.engine,
            calls=self.calls,
            inbox=Inbox(),
            journal=self.journal,
            show=self.told.append,
            options=RunOptions(adopt=adopt),
        )
        return cancel(context, {}, lock)

    @property
    def alive(self) -> list[str]:
        self.service.configure({"deny": []})  # for whoever asks here
        listed = self.engine.list_jobs("a_queue", "*", None).jobs
        return sorted(one.name for one in listed if one.state not in ENDED)


@pytest.fixture
def cancelling(tmp_path: Path) -> Iterator[Callable[..., Cancelling]]:
    made: list[Cancelling] = []

    def make(jobs: int, **configuration: Any) -> Cancelling:
        made.append(Cancelling(tmp_path, jobs, **configuration))
        return made[-1]

    yield make
    for one in made:
        one.journal.close()


def test_a_run_whose_jobs_are_all_in_the_journal_is_cancelled_without_a_pause(cancelling):
    it = cancelling(3)
    for number in range(3):
        it.record(number, it.submit(number))
    cancelled = it.cancel()
    assert (cancelled.finished.outcome, it.alive) == ("cancelled", [])
    assert it.calls.time < 5


@pytest.mark.parametrize("every_s", [0.2, 3.0, 14.0])
def test_jobs_that_another_machine_submits_meanwhile_are_terminated_however_slowly_they_come(cancelling, every_s):
    it = cancelling(30)
    for number in range(30):
        it.later(number * every_s, lambda number=number: it.submit(number))
    cancelled = it.cancel()
    assert it.alive == []
    assert (cancelled.finished.outcome, cancelled.appearing) == ("cancelled", None)
    assert len(it.engine.list_jobs("a_queue", "*", None).jobs) == 30
    assert it.calls.time > 29 * every_s + VISIBLE_AFTER_S


def test_jobs_that_appear_late_in_the_list_are_terminated_too(cancelling):
    it = cancelling(8, list_delay_s=VISIBLE_AFTER_S - 1)
    for number in range(8):
        it.later(number * 4.0, lambda number=number: it.submit(number))
    assert it.cancel().finished.outcome == "cancelled"
    it.calls.wait(60)
    assert it.alive == []


def test_what_appears_while_the_terminated_ones_come_to_their_end_is_terminated_too(cancelling):
    it = cancelling(2, terminate_s=100.0)
    it.record(0, it.submit(0))
    it.calls.wait(1)  # it runs
    it.later(30.0, lambda: it.submit(1))
    assert it.cancel().finished.outcome == "cancelled"
    assert it.alive == []


def test_jobs_that_never_stop_appearing_are_given_up_and_the_newest_is_named(cancelling):
    it = cancelling(400)
    for number in range(400):
        it.later(number * 5.0, lambda number=number: it.submit(number))
    cancelled = it.cancel()
    assert CANCEL_WITHIN_S <= it.calls.time < CANCEL_WITHIN_S + 60
    assert cancelled.finished.outcome == "unfinished"
    assert cancelled.appearing is not None
    assert cancelled.appearing.name == max(one.name for one in it.engine.list_jobs("a_queue", "*", None).jobs)
    assert it.alive == []


def test_ten_minutes_are_all_the_time_there_is_however_long_each_termination_takes(cancelling):
    it = cancelling(500, terminate_s=30.0)
    for number in range(500):
        it.later(number * 18.0, lambda number=number: it.submit(number))
    cancelled = it.cancel()
    assert (cancelled.finished.outcome, cancelled.appearing is None) == ("unfinished", False)
    assert CANCEL_WITHIN_S <= it.calls.time < CANCEL_WITHIN_S + 90


@pytest.mark.parametrize("adopt", [True, False])
def test_a_job_of_the_journal_that_cannot_be_described_yet_is_terminated_once_it_can(cancelling, *, adopt):
    it = cancelling(2, describe_delay_s=8.0, list_delay_s=8.0)
    it.record(0, it.submit(0))
    assert it.cancel(adopt=adopt).finished.outcome == "cancelled"
    it.calls.wait(60)
    assert it.alive == []
    assert any("AWS Batch does not know 1 submitted job" in one.message for one in it.told if isinstance(one, Notice))


def test_nobody_waits_for_jobs_that_the_journal_knows_to_have_ended_and_aws_batch_has_forgotten(cancelling):
    it = cancelling(1)
    job, forgotten = JobName("n000"), JobId("forgotten")
    it.record(0, forgotten)
    change = JobChanged(job=job, job_id=forgotten, submission=1, before=JobState.SUBMITTED, after=JobState.SUCCEEDED)
    it.journal.record(RUN, change, it.calls.wall())
    it.journal.commit()
    it.cancel()
    assert it.calls.time < 5


@pytest.mark.parametrize(
    ("name", "digest"),
    [("payroll", None), ("r2_n000_1", None), (None, PlanDigest("sha256:" + "0" * 64))],
)
def test_a_job_that_the_journal_names_and_is_not_of_the_run_is_left_alone_and_named(cancelling, name, digest):
    it = cancelling(2)
    foreign = it.submit(0, name=name, digest=digest)
    it.record(0, foreign)
    it.record(1, it.submit(1))
    cancelled = it.cancel()
    name = name or "r1_n000_1"
    assert (it.alive, dict(cancelled.foreign)) == ([name], {foreign: name})
    warnings = [one.message for one in it.told if isinstance(one, Notice) and "left alone" in one.message]
    assert len(warnings) == 1
    assert f"{name} ({foreign})" in warnings[0]
    assert cancelled.run_state.record(JobName("n000")).state is JobState.LOST
    assert cancelled.run_state.record(JobName("n001")).state is JobState.CANCELLED


def test_an_id_that_only_the_events_have_is_terminated_too(cancelling):
    it = cancelling(1, list_delay_s=10_000)  # two jobs of one submission, and the list shows none
    it.record(0, it.submit(0))
    it.record(0, it.submit(0))
    it.cancel()
    details = it.engine.describe_jobs([JobId(one) for one in it.service.jobs.by_id])
    assert [one.state for one in details] == [JobState.CANCELLED, JobState.CANCELLED]


def test_a_job_that_may_have_been_submitted_is_looked_for_until_it_has_to_be_visible(cancelling):
    it = cancelling(1, list_delay_s=VISIBLE_AFTER_S - 2)
    job = JobName("n000")
    it.journal.intend(RUN, [(job, 1)], it.calls.wall())
    it.submit(0)  # its reply was lost, and a resume that was interrupted wrote so
    change = JobChanged(job=job, job_id=None, submission=1, before=JobState.SUBMITTING, after=JobState.UNCONFIRMED)
    it.journal.record(RUN, change, it.calls.wall())
    it.journal.commit()
    cancelled = it.cancel()
    assert (cancelled.left, cancelled.finished.outcome, it.alive) == ((), "cancelled", [])
    assert cancelled.run_state.record(job).state is JobState.CANCELLED


def test_a_process_that_does_not_stop_is_left_behind_after_a_while_and_its_jobs_are_ended(cancelling):
    it = cancelling(3)
    it.record(0, it.submit(0))
    it.later(STOPS_WITHIN_S / 2, lambda: it.record(1, it.submit(1), intended=True))
    it.later(STOPS_WITHIN_S + 5, lambda: it.submit(2))
    cancelled = it.cancel(lock=lambda: "process 7 of somebody on a machine, since then")
    assert (cancelled.finished.outcome, it.alive) == ("cancelled", [])
    messages = [one.message for one in it.told if isinstance(one, Notice)]
    assert any("process 7 of somebody on a machine, since then has not stopped within 30 s" in one for one in messages)
    assert any(one.endswith("To end it: kill -9 7") for one in messages)
    assert it.calls.time > STOPS_WITHIN_S + VISIBLE_AFTER_S


def test_a_process_that_stops_is_waited_for_and_what_it_has_submitted_is_ended(cancelling):
    it = cancelling(2)
    it.record(0, it.submit(0))
    it.later(3.0, lambda: it.record(1, it.submit(1), intended=True))
    cancelled = it.cancel(lock=lambda: "process 7 of somebody" if it.calls.time < 5 else None)
    assert (cancelled.finished.outcome, it.alive) == ("cancelled", [])
    assert cancelled.run_state.count({JobState.CANCELLED}) == 2
    assert it.calls.time < STOPS_WITHIN_S


def test_a_journal_that_another_program_holds_does_not_keep_the_jobs_alive(cancelling):
    it = cancelling(1)
    it.record(0, it.submit(0))
    it.journal.wait.at_most_s = 0.1
    with closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        it.cancel(lock=lambda: "process 7 of somebody" if it.calls.time < 5 else None)
    assert it.alive == []
    messages = [one.message for one in it.told if isinstance(one, Notice)]
    assert any("process 7 of somebody cannot be told to stop yet" in one for one in messages)
    assert not any("it is told to stop" in one for one in messages)


def test_a_process_that_could_not_be_told_to_stop_is_not_said_to_hang(cancelling):
    it = cancelling(1)
    it.record(0, it.submit(0))
    it.journal.wait.at_most_s = 0.1
    with closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        it.cancel(lock=lambda: "process 7 of somebody on a machine, since then")
    assert it.alive == []
    messages = [one.message for one in it.told if isinstance(one, Notice)]
    (left,) = [one for one in messages if "could not be told to stop" in one]
    assert f"since the journal {it.journal.file} cannot be written: it works on, and may submit jobs" in left
    assert left.endswith("To end it: kill 7")
    assert not any("it is told to stop" in one or "submits nothing more" in one for one in messages)


def test_a_process_is_told_to_stop_as_soon_as_the_journal_can_be_written(cancelling):
    it = cancelling(2)
    it.record(0, it.submit(0))
    it.journal.wait.at_most_s = 0.1
    stopped: list[bool] = []

    def lock() -> str | None:
        entry = it.journal.run(RUN)
        stopped.append(bool(entry and entry.cancel_at))
        return None if stopped[-1] else "process 7 of somebody on a machine, since then"

    with closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        it.later(STOPS_WITHIN_S / 2, lambda: browser.execute("ROLLBACK"))
        cancelled = it.cancel(lock=lock)
    assert (stopped[0], stopped[-1], cancelled.finished.outcome) == (False, True, "cancelled")
    messages = [one.message for one in it.told if isinstance(one, Notice)]
    assert any("it is told to stop" in one for one in messages)


def hold_but_for_a_moment(it: Cancelling, browser: sqlite3.Connection, holders: Journal) -> None:
    """Hold the journal, let the process that works on the run submit a job after 3 s, and then let nobody read it."""
    browser.execute("BEGIN IMMEDIATE")  # nobody can be told to stop

    def let_go() -> None:
        browser.execute("ROLLBACK")
        holders.intend(RUN, [(JobName("n001"), 1)], it.calls.wall())
        holders.record(RUN, JobSubmitted(job=JobName("n001"), job_id=it.submit(1), submission=1), it.calls.wall())
        holders.commit()
        browser.execute("BEGIN EXCLUSIVE")

    it.later(3.0, let_go)


@pytest.mark.parametrize("denied", [False, True])
def test_what_another_process_wrote_before_the_journal_was_held_again_is_ended_or_said_not_to_be_known(
    cancelling, denied
):
    it = cancelling(2, deny=["ListJobs"] if denied else [])
    it.record(0, it.submit(0))
    it.journal.wait.at_most_s = 0.1
    with (
        closing(Journal(it.journal.file)) as holders,
        closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser,
    ):
        hold_but_for_a_moment(it, browser, holders)
        cancelled = it.cancel(lock=lambda: "process 7 of somebody" if it.calls.time < 5 else None)
        assert cancelled.unread == denied
        assert cancelled.finished.outcome == ("unfinished" if denied else "cancelled")
        assert it.alive == (["r1_n001_1"] if denied else [])


def test_a_journal_that_is_let_go_while_the_jobs_end_is_read_once_more(cancelling):
    it = cancelling(2, deny=["ListJobs"], terminate_s=30.0)
    it.record(0, it.submit(0))
    it.calls.wait(1)  # it runs
    it.journal.wait.at_most_s = 0.1
    with (
        closing(Journal(it.journal.file)) as holders,
        closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser,
    ):
        hold_but_for_a_moment(it, browser, holders)
        it.later(20.0, lambda: browser.execute("ROLLBACK"))
        cancelled = it.cancel(lock=lambda: "process 7 of somebody" if it.calls.time < 5 else None)
    assert (cancelled.unread, cancelled.finished.outcome, it.alive) == (False, "cancelled", [])
    assert cancelled.run_state.count({JobState.CANCELLED}) == 2


@pytest.mark.parametrize("denied", [False, True])
def test_a_process_that_cannot_be_told_to_stop_may_submit_what_nobody_can_look_up(cancelling, denied):
    it = cancelling(1, deny=["ListJobs"] if denied else [])
    it.record(0, it.submit(0))
    it.journal.wait.at_most_s = 0.1
    with closing(sqlite3.connect(it.journal.file, isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        cancelled = it.cancel(lock=lambda: "process 7 of somebody on a machine, since then")
    assert (cancelled.unread, cancelled.finished.outcome) == (denied, "unfinished" if denied else "cancelled")


def test_another_cancel_is_not_told_to_stop(cancelling):
    it = cancelling(1)
    it.record(0, it.submit(0))
    assert it.cancel(lock=lambda: "process 7 of somebody on a machine (cancel), since then").left == ()
    assert it.alive == []
    assert it.calls.time < STOPS_WITHIN_S


def test_a_run_that_another_process_only_begins_is_refused(cancelling):
    it = cancelling(1)
    it.journal.discard()
    with pytest.raises(UsageError, match="is being worked on by process 7, and is not in the journal"):
        it.cancel(lock=lambda: "process 7")


def test_a_journal_from_elsewhere_does_not_end_the_jobs_of_others(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(run_s=600) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        queue = {"jobQueue": "a_queue", "jobDefinition": "a_definition"}
        payroll = service.client().submit_job(jobName="payroll", **queue)["jobId"]
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal, journal:
            journal.execute("UPDATE submissions SET job_id = ? WHERE job = 'a'", (payroll,))
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        jobs = service.client().describe_jobs(jobs=[payroll])["jobs"]
        assert jobs[0]["status"] not in ("FAILED", "SUCCEEDED")
        assert {name: one["status"] for name, one in service.jobs().items() if name in "ab"} == dict.fromkeys(
            "ab", "FAILED"
        )
    assert cancelled.code == 2
    assert f"payroll ({payroll})" in cancelled.err
    assert "left alone" in cancelled.err
