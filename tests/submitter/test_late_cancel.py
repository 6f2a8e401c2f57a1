"""A cancel that another command orders while a run is ending already: how the run ended is recorded all the same."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.errors import Interrupted, RunCancelled
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import RunFinished
from kedro_batch.submitter.inbox import Inbox
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_options import RunOptions
from tests.support.simulation import Simulation, plan_of

RUN = RunId("simulated")
CANCELLED = RunCancelled("run simulated was cancelled by another command")


def ended(simulation: Simulation) -> RunFinished:
    (finished,) = [one.event for one in simulation.happened if isinstance(one.event, RunFinished)]
    return finished


def follow_after_its_end(folder: Path, cancel_after_s: float | None = None) -> tuple[Simulation, float]:
    """Follow a run whose jobs have succeeded, as is known without their times; perhaps cancel it.

    Returns:
        The simulation, and how long it took to follow the run.
    """
    folder.mkdir()
    simulation = Simulation(folder, plan_of({f"n{number}": "" for number in range(150)}))
    simulation.to_the_end()
    with closing(sqlite3.connect(simulation.journal.file)) as journal, journal:
        times = ("created_at", "started_at", "stopped_at", "details")
        # Names of this code, no input.
        journal.execute(f"UPDATE submissions SET {', '.join(f'{one} = NULL' for one in times)}")  # noqa: S608
    simulation.follow(folder)
    began = simulation.calls.time
    if cancel_after_s:
        simulation.calls.at(began + cancel_after_s, lambda: simulation.inbox.on_cancel(CANCELLED))
    simulation.to_the_end()
    return simulation, simulation.calls.time - began


def test_how_jobs_were_executed_is_asked_to_the_end_and_the_run_has_succeeded(tmp_path):
    _, seconds = follow_after_its_end(tmp_path / "first")
    simulation, _ = follow_after_its_end(tmp_path / "second", seconds - 0.12)  # within the last call but one
    assert ended(simulation).outcome == "succeeded"
    with read_journal(simulation.journal.file) as journal:
        assert all(one.execution for one in journal.records(RUN).values())
        entry = journal.run(RUN)
    assert entry
    assert entry.outcome == "succeeded"


def test_an_interrupt_that_ends_the_jobs_ends_them_though_a_cancel_comes(tmp_path):
    options = RunOptions(terminate_on_interrupt=True)
    simulation = Simulation(tmp_path, plan_of({"a": "", "b": ""}), options=options, run_s=1000.0)
    simulation.calls.at(20.0, lambda: simulation.inbox.on_signal(signal.SIGINT))
    simulation.calls.at(20.15, lambda: simulation.inbox.on_cancel(CANCELLED))
    with pytest.raises(Interrupted):
        simulation.to_the_end()
    simulation.calls.wait(100.0)
    assert ended(simulation).outcome == "interrupted"
    assert "Terminating 2 jobs" in str(ended(simulation).note)
    assert {one["status"] for one in simulation.service.states().values()} == {"FAILED"}


def test_nothing_is_heard_of_a_cancel_once_that_is_said():
    inbox = Inbox()
    inbox.on_cancel(CANCELLED)
    with pytest.raises(RunCancelled):
        inbox.check_interrupt()
    inbox.ignore_cancel()
    inbox.check_interrupt()
    inbox.on_cancel(CANCELLED)
    inbox.check_interrupt()
