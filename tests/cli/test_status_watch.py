"""``status --watch`` through what happens between two looks, over a simulated service with a clock of its own."""

import os
import re
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.cli.run_snapshot import BatchAccess, take_snapshot
from kedro_batch.cli.shown_run import ShownRun, find_shown_run
from kedro_batch.cli.status_report import status_report
from kedro_batch.cli.status_watch import watch_status
from kedro_batch.errors import Interrupted, ServiceError
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.plan.writer import plan_text
from kedro_batch.submitter.events import Event, JobSubmitted, Notice, NoticeKind, Sink
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.log_service import AskedService
from kedro_batch.submitter.run_lock import run_lock
from kedro_batch.submitter.stuck_jobs import FirstSight
from tests.standin.simulated import Simulated
from tests.submitter.simulated_logs import EPOCH, SimulatedCalls, SimulatedEngine
from tests.support.plans import a_job

A, B, C = map(JobName, "abc")
RUN = RunId("r")
PLAN = Plan(jobs=(a_job("a"), a_job("b", depends_on=(A,))), project="flights")
LARGER = replace(PLAN, jobs=(*PLAN.jobs, a_job("c", depends_on=(A,))))
PLACE = {"region": "us-east-1"}
REFUSED, BACK = "not taken: something went wrong before", "AWS Batch answers again"


class World:
    """A run whose job a runs, and the service that runs it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "journal.db"
        self.service = Simulated(run_s=600, queues=["q"], definitions={"d": 3})
        self.service.submit("a", jobName="r_a_1", jobQueue="q", jobDefinition="d")
        self.service.submit("b", "a", jobName="r_b_1", jobQueue="q", jobDefinition="d")
        self.service.now += 60
        self.up_once_told = False

    def recorded(self, plan: Plan = PLAN) -> ShownRun:
        with closing(Journal(self.file)) as journal:
            digest, jobs = plan_digest(plan), len(plan.jobs)
            entry = RunEntry(run=RUN, digest=digest, engine="aws", jobs=jobs, began_at=EPOCH, location=PLACE)
            journal.begin(entry, plan_text(plan).encode())
            for job in (A, B):
                told = JobSubmitted(job=job, job_id=JobId(self.service.ids[job]), submission=1)
                journal.record(RUN, told, EPOCH)
            journal.commit()
        return find_shown_run("r", None, self.file, quiet=True)

    def elsewhere(self, plan: Plan = PLAN) -> ShownRun:
        return find_shown_run("r", (plan_text(plan).encode(), "plan.yaml"), self.file, quiet=True)

    def opened(self, _run: ShownRun, inbox: Inbox, tell: Sink, patience_s: float) -> AskedService:
        engine: Any = SimulatedEngine(self.service)

        def heard(event: Event) -> None:
            tell(event)
            if self.up_once_told and isinstance(event, Notice) and event.kind is NoticeKind.TROUBLE:
                self.comes_up()

        return AskedService(engine, SimulatedCalls(self.service), inbox, heard, patience_s)

    def goes_down(self) -> None:
        self.service.service.config.change({"error_before": 1.0, "faulty": ["DescribeJobs", "ListJobs"]})

    def comes_up(self) -> None:
        self.service.service.config.change({"error_before": 0.0})

    def comes_to_its_end(self) -> None:
        self.service.to_the_end()

    def one_job_ends(self) -> None:
        self.service.now += 550

    def goes_on_with_a_larger_plan(self) -> None:
        with closing(Journal(self.file)) as journal:
            journal.add_plan(RUN, plan_digest(LARGER), plan_text(LARGER).encode(), jobs=3, at=EPOCH + 60)
            journal.commit()
        self.another_job_is_submitted()

    def another_job_is_submitted(self) -> None:
        job_id = JobId(self.service.submit("c", "a", jobName="r_c_1", jobQueue="q", jobDefinition="d"))
        with closing(Journal(self.file)) as journal:
            journal.record(RUN, JobSubmitted(job=C, job_id=job_id, submission=1), EPOCH + 60)
            journal.commit()

    def gets_no_machine(self) -> None:
        sight = FirstSight(
            job_id=JobId(self.service.ids[B]), attempts=0, since=EPOCH + 60, reason="CAPACITY:FULL - busy"
        )
        with closing(Journal(self.file)) as journal:
            journal.note_first_sight(RUN, B, 1, sight)
            journal.commit()

    def watch(self, run: ShownRun, *between: Callable[[], None]) -> None:
        """Watch a run; between two looks, the next one of these happens."""
        next_one = iter(between)
        watch_status(
            run,
            offline=False,
            plan_file=None if run.entry else "plan.yaml",
            no_color=True,
            open_service=self.opened,
            pause=lambda _: next(next_one)(),
        )
        assert not [*next_one], "it has ended before"


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def lines(told: str) -> list[str]:
    """Return what was told, without what depends on the time: when, how long jobs ran, and heartbeats."""
    shown = [re.sub(r" after \d+ .+(?=, )|, plan sha256:.+", "", line[10:]) for line in told.splitlines()]
    return [line for line in shown if " jobs done, " not in line]


def nothing_happens() -> None:
    """Let the next look find the run as it was."""


BEGUN = "watching run r: 2 jobs on AWS Batch (us-east-1)"
ENDED = ["a SUCCEEDED, 1/2", "b SUCCEEDED, 2/2"]


def test_where_the_journal_has_the_run_each_outage_is_told_once_and_nothing_twice(world, capsys):
    outage = world.goes_down, nothing_happens, world.comes_up
    world.watch(world.recorded(), world.one_job_ends, *outage, *outage, world.comes_to_its_end)
    shown = capsys.readouterr()
    told = [
        f"{REFUSED}. Trying again for up to 30 s",
        f"AWS Batch could not be asked: {REFUSED}; this has lasted for 31 s. What follows is what the journal has",
        BACK,
    ]
    assert lines(shown.err) == [BEGUN, ENDED[0], *told, *told, ENDED[1]]
    assert shown.out.startswith("run r has ended, as of ")


def test_by_a_plan_an_outage_is_waited_for(world, capsys):
    world.up_once_told = True
    world.watch(world.elsewhere(), world.goes_down, world.comes_to_its_end)
    shown = capsys.readouterr()
    begun = BEGUN.replace("(", "(account 123456789012, ")  # as the ARNs of the jobs say
    assert lines(shown.err) == [begun, f"{REFUSED}. Trying again for up to 1 h 0 min", BACK, *ENDED]
    assert shown.out.startswith("run r has ended, as of ")


def test_by_a_plan_an_outage_without_end_ends_the_watching_with_what_was_seen_last(world, capsys):
    with pytest.raises(ServiceError, match=f"{REFUSED}; this has lasted for "):
        world.watch(world.elsewhere(), world.goes_down)
    assert capsys.readouterr().out.startswith("run r has not ended, as of ")


def test_a_run_that_is_worked_on_is_watched_until_whoever_works_on_it_has_left_it(world, capsys):
    run = world.recorded(LARGER)
    with ExitStack() as lock:
        lock.enter_context(run_lock(run.folder, RUN))
        submitted = world.comes_to_its_end, world.another_job_is_submitted
        world.watch(run, *submitted, world.comes_to_its_end, nothing_happens, lock.close)
    shown = capsys.readouterr()
    assert lines(shown.err)[1:] == ["a SUCCEEDED, 1/3", "b SUCCEEDED, 2/3", "submitted 1 job", "c SUCCEEDED, 3/3"]


def test_what_waits_to_be_told_is_told_at_the_end_if_nobody_submits_the_rest(world, capsys):
    run = world.recorded(replace(LARGER, jobs=(*LARGER.jobs, a_job("d", depends_on=(A,)))))
    with ExitStack() as lock:
        lock.enter_context(run_lock(run.folder, RUN))
        world.watch(run, world.another_job_is_submitted, world.comes_to_its_end, lock.close)
    assert lines(capsys.readouterr().err)[-1] == "submitted 1 job, 1 not yet"


def test_why_a_job_gets_no_machine_is_said_once_it_is_known(world, capsys):
    world.watch(world.recorded(), world.gets_no_machine, nothing_happens, world.comes_to_its_end)
    assert lines(capsys.readouterr().err) == [BEGUN, "b waits for a machine: CAPACITY:FULL - busy", *ENDED]


def test_what_aws_batch_does_not_know_of_a_run_is_said_once(world, capsys):
    world.watch(world.elsewhere(LARGER), nothing_happens, world.comes_to_its_end)
    assert capsys.readouterr().err.count("AWS Batch knows 2 of the 3 jobs of the run") == 1


def test_a_run_that_goes_on_with_another_plan_is_shown_anew(world, capsys):
    world.watch(world.recorded(), world.goes_on_with_a_larger_plan, world.comes_to_its_end)
    shown = capsys.readouterr()
    jobs = [f"{job} SUCCEEDED, {done}/3" for done, job in enumerate("abc", 1)]
    assert lines(shown.err) == [BEGUN, BEGUN.replace("2 jobs", "3 jobs"), *jobs]
    assert ": 3 jobs, 3 succeeded" in shown.out


def test_a_plan_that_was_read_from_standard_input_is_named_as_a_file_in_what_is_advised(world):
    run = world.elsewhere()
    seen = take_snapshot(run, BatchAccess(run, lambda _: None, 0.0, world.opened))
    for given, named in (("-", "PLAN"), ("a plan.yaml", "'a plan.yaml'")):
        assert f"  kedro-batch wait r --plan {named} --journal " in status_report(seen, plan_file=given).text


def test_what_aws_batch_does_not_know_is_found_out_by_whoever_works_on_the_run_or_by_a_command(world):
    run = world.recorded()
    world.service.service.config.change({"vanish": ["a"]})
    access = BatchAccess(run, lambda _: None, 0.0, world.opened)
    unknown = "AWS Batch does not know a, which the journal has as going on. "
    assert take_snapshot(run, access).note == f"{unknown}To find out: kedro-batch wait r --once --journal {world.file}"
    with run_lock(run.folder, RUN):
        assert take_snapshot(run, access).note == f"{unknown}The process that works on the run will find out"


def test_a_signal_ends_the_watching_with_its_own_code_where_nobody_reads_the_status(world, monkeypatch):
    def closed_terminal() -> None:
        raise Interrupted(signal.SIGHUP)

    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        with pytest.raises(Interrupted) as ended:
            world.watch(world.recorded(), closed_terminal)
    assert ended.value.message == "Stopped watching. Nothing was changed in run r."
