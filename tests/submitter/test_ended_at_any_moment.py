"""A signal or a cancel that comes at any moment of a command: it is heard, and the run is left as it stands."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from kedro_batch.errors import Interrupted, RunCancelled
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import RunFinished
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_options import RunOptions
from kedro_batch.submitter.service.call_pool import Lane, WaitedFor
from tests.support.simulation import Simulation, plan_of

RUN = RunId("simulated")
STEP_S = 0.1


def detached(folder: Path) -> Simulation:
    """Begin a run of which one job fails unseen, and one succeeds unseen."""
    folder.mkdir()
    parents = {"a": "", "b": "", "c": "a"}
    simulation = Simulation(folder, plan_of(parents), options=RunOptions(detach=True), fail={"a": 1})
    simulation.to_the_end()
    simulation.calls.wait(1000.0)
    simulation.service.configure({"fail": {}})
    simulation.happened.clear()
    return simulation


def resumed(folder: Path, act: Callable[[Simulation], None] | None = None, at: float = 0.0) -> tuple[Simulation, str]:
    """Resume such a run, let something happen after so many seconds, and return how it ended."""
    simulation = detached(folder)
    if act:
        simulation.calls.at(simulation.calls.time + at, lambda: act(simulation))
    try:
        return simulation, simulation.resume(folder).outcome
    except (Interrupted, RunCancelled) as error:
        return simulation, type(error).__name__


def moments(folder: Path) -> list[float]:
    """Give moments of a command that nobody ends: while it finds out where the run stands and submits, and its last."""
    simulation, outcome = resumed(folder)
    assert outcome == "succeeded"
    began, *_, ended = (one.at for one in simulation.happened)
    steps = [round((number + 0.2) * STEP_S, 3) for number in range(int((ended - began) / STEP_S) + 9)]
    return [*steps[:13], *steps[-9:]]


def interrupt(simulation: Simulation) -> None:
    simulation.inbox.on_signal(signal.SIGINT)


def cancel(simulation: Simulation) -> None:
    simulation.inbox.on_cancel(RunCancelled("it was cancelled by another command"))


@pytest.mark.parametrize(("act", "heard"), [(interrupt, "Interrupted"), (cancel, "RunCancelled")])
def test_whenever_it_comes_it_is_heard_and_the_run_is_closed(tmp_path, act, heard):
    ends = {}
    for at in moments(tmp_path / "undisturbed"):
        simulation, outcome = resumed(tmp_path / f"{at}", act, at)
        told = [one.event for one in simulation.happened if isinstance(one.event, RunFinished)]
        ends[at] = outcome
        with read_journal(simulation.journal.file) as journal:
            entry = journal.run(RUN)
        assert entry
        if told:
            # The command that cancels records the end of the run, and not the one that hears of it.
            recorded = "detached" if told[0].outcome == "cancelled" else told[0].outcome
            assert (len(told), entry.outcome) == (1, recorded)
        assert told or outcome == heard, f"at {at} s"
        # What has done all its work by then has ended well: that is the only way not to hear it.
        if outcome != heard:
            assert told[0].counts == {"SUCCEEDED": 3}, f"at {at} s"
    assert set(ends.values()) == {heard, "succeeded"}
    heard_at = [at for at, outcome in ends.items() if outcome == heard]
    assert heard_at == sorted(ends)[: len(heard_at)], "once it has been heard no more, the run is at its end"


@pytest.mark.parametrize("lane", list(Lane))
def test_a_reply_that_nobody_waits_for_any_more_is_dropped(tmp_path, lane):
    def leave_a_call(simulation: Simulation) -> None:  # as a stage does that has given up
        simulation.calls.start(lane, WaitedFor(), list)

    _, outcome = resumed(tmp_path / "left", leave_a_call, at=0.95)
    assert outcome == "succeeded"
