"""A run as the journal has it, and its status: the journal is a real one, and nobody is asked."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kedro_batch.cli.run_snapshot import look_at_batch, recorded_snapshot, take_snapshot
from kedro_batch.cli.shown_run import ShownRun, find_shown_run
from kedro_batch.cli.status_report import status_report
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.plan.writer import plan_text
from kedro_batch.submitter.events import EngineName, JobChanged, JobSubmitted
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_lock import run_lock
from tests.support.plans import a_job

A, B, C = map(JobName, "abc")
RUN = RunId("r")
S = JobState


def begun(folder: Path, engine: EngineName) -> ShownRun:
    """Record a run of which one job has run for two minutes, one waits for it, and one is not submitted yet."""
    plan = Plan(jobs=(a_job("a"), a_job("b", depends_on=(A,)), a_job("c", depends_on=(A,))), project="flights")
    now = time.time()
    with closing(Journal(folder / "journal.db")) as journal:
        entry = RunEntry(run=RUN, digest=plan_digest(plan), engine=engine, jobs=3, began_at=now - 200)
        journal.begin(entry, plan_text(plan).encode())
        for job in (A, B):
            journal.record(RUN, JobSubmitted(job=job, job_id=JobId(f"id-{job}"), submission=1), now - 180)
        for before, after, ago in ((S.SUBMITTED, S.STARTING, 130), (S.STARTING, S.RUNNING, 120)):
            told = JobChanged(job=A, job_id=JobId("id-a"), submission=1, before=before, after=after)
            journal.record(RUN, told, now - ago)
        journal.commit()
    return find_shown_run("r", None, folder / "journal.db", quiet=True)


@contextmanager
def journals_opened() -> Iterator[list[str]]:
    """Note each opening of a SQLite file."""
    opened: list[str] = []
    noting = [True]

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if noting and event == "sqlite3.connect":
            opened.append(str(arguments[0]))

    sys.addaudithook(note)
    try:
        yield opened
    finally:
        noting.clear()


def status(run: ShownRun) -> str:
    return status_report(take_snapshot(run, None, with_usual=True), plan_file=None).text


def test_the_status_of_a_run_on_this_machine_says_what_runs_and_what_waits_while_it_is_worked_on(tmp_path):
    run = begun(tmp_path, "local")
    with run_lock(run.folder, RUN):
        told = status(run)
    assert re.match(r"run r has not ended, as of \d\d:\d\d:\d\d: 3 jobs, ", told)
    assert re.search(r"\n    a RUNNING id-a, for 2 min \d s\n", told)
    assert "\n    1 job is waiting for other jobs: b for a\n    1 job is not submitted: c\n" in told
    assert "\n  kedro-batch status r --watch --journal " in told
    assert "kedro-batch resume" not in told


@pytest.mark.parametrize("engine", ["aws", "local"])
def test_where_nobody_works_on_it_or_is_asked_the_status_is_as_of_the_last_event(tmp_path, engine):
    told = status(begun(tmp_path, engine))
    assert re.match(r"run r has not ended, as of .+, from the journal: 3 jobs, ", told)
    assert "\n    a RUNNING id-a, for 0 s\n" in told


def test_a_look_opens_the_journal_once(tmp_path):
    run = begun(tmp_path, "local")
    with journals_opened() as opened:
        status(run)
    assert len(opened) == 1
    with journals_opened() as opened:
        assert run.entry
        recorded = recorded_snapshot(run, run.entry, lambda _: None)
        look_at_batch(recorded, None, recorded)
    assert len(opened) == 1
