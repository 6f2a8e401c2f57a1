"""Runs that are applied, killed, cancelled, taken up and given new plans, one command after another, in any order."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import currently_in_test_context, event, given, settings
from hypothesis import strategies as st

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.service.call_pool import Reply
from tests.submitter.test_new_plan import Sketch, edited, sketches, submissions
from tests.support.simulation import Simulation, VirtualCalls
from tests.support.standin.jobs import Status

RUN = RunId("simulated")


class Killed(BaseException):
    """The process is killed."""


class MortalCalls(VirtualCalls):
    """Calls of a process that may be killed: what it has sent is executed all the same, and nobody hears the replies.

    Attributes:
        left: How often it waits before it is killed; None if it lives.
    """

    left: int | None = None

    def wait(self, seconds: float) -> list[Reply]:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        return super().wait(seconds)

    def bury(self) -> None:
        """Let the replies to a killed process be lost."""
        self.left = None
        while sum(self._under_way.values()):
            super().wait(1.0)


@dataclass(frozen=True)
class Step:
    """A command.

    Attributes:
        word: ``go on`` (apply, or resume), ``new plan``, or ``cancel``.
        killed_after: How often it waits before it is killed; None if it ends by itself.
        detach: It ends once all is submitted.
        fail: The jobs that fail from now on.
        plan: The new plan.
        pause_s: How long nobody works on the run after it.
    """

    word: str
    killed_after: int | None
    detach: bool
    fail: tuple[str, ...]
    plan: Plan
    pause_s: float


@dataclass(frozen=True)
class Story:
    """What happens to a run: its first plan, the service, the commands."""

    first: Plan
    service: dict[str, Any]
    steps: tuple[Step, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    sketch = draw(sketches())
    drawn = [sketch]
    steps = []
    for _ in range(draw(st.integers(2, 6))):
        word = draw(st.sampled_from(["go on", "go on", "new plan", "cancel", "cancel"]))
        if word == "new plan":
            drawn.append(draw(edited(draw(st.sampled_from(drawn)))))
        plan = drawn[-1].plan()
        steps.append(
            Step(
                word=word,
                killed_after=draw(st.none() | st.integers(0, 25)),
                detach=draw(st.booleans()),
                fail=tuple(draw(st.sets(st.sampled_from([str(job.name) for job in plan.jobs]), max_size=1))),
                plan=plan,
                pause_s=draw(st.sampled_from([0.0, 5.0, 100.0])),
            )
        )
    service = {
        "seed": draw(st.integers(0, 99)),
        "run_s": draw(st.sampled_from([1.0, 30.0])),
        "terminate_s": draw(st.sampled_from([0.1, 20.0])),
        "list_delay_s": draw(st.sampled_from([0.0, 10.0])),
        "lost_replies": draw(st.sampled_from([0.0, 0.3])),
    }
    return Story(first=sketch.plan(), service=service, steps=tuple(steps))


class Told:
    """A story while it is told."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.folder = folder
        self.calls = MortalCalls()
        self.simulation = Simulation(folder, story.first, calls=self.calls, **story.service)
        self.simulation.journal.close()

    def take(self, step: Step) -> None:
        self.simulation.service.configure({"fail": dict.fromkeys(step.fail, 1)})
        self.calls.left = step.killed_after
        try:
            if step.word == "cancel":
                self.cancel()
            else:
                self.go_on(step.plan if step.word == "new plan" else None, detach=step.detach)
        except Killed:
            note(f"{step.word}: killed")
        except UsageError:
            note(f"{step.word}: refused")
        self.calls.bury()
        self.wait(step.pause_s)

    def go_on(self, plan: Plan | None, *, detach: bool = False) -> None:
        if self.is_recorded:
            self.simulation.resume(self.folder, new_plan=plan, detach=detach)
        else:
            self.simulation.start(self.folder, detach=detach)

    def cancel(self) -> None:
        """Cancel the run, and check what is promised of that."""
        if not self.is_recorded:
            return
        before = {one.id: (one.status, one.status_reason) for one in submissions(self.simulation) if not one.live}
        finished = self.simulation.cancel(self.folder)
        assert finished.outcome != "unfinished"
        note(f"cancel: {finished.outcome}")
        taken = submissions(self.simulation)
        assert [one.name for one in taken if one.live] == [], "it goes on"  # later it would have ended by itself
        self.wait(60.0)
        now = submissions(self.simulation)
        assert len(now) == len(taken), "it was submitted later"
        assert {one.id: (one.status, one.status_reason) for one in now if one.id in before} == before

    @property
    def is_recorded(self) -> bool:
        with read_journal(self.folder / "journal.db") as journal:
            return journal.run(RUN) is not None

    def wait(self, seconds: float) -> None:
        self.calls.work(seconds)
        self.simulation.service.jobs.advance(self.calls.time)


def note(what: str) -> None:
    """Let hypothesis count what happens in its stories."""
    if currently_in_test_context():
        event(what)


def check(story: Story) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = Told(story, Path(folder))
        for step in story.steps:
            told.take(step)
        told.simulation.service.configure({"fail": {}, "lost_replies": 0.0})
        told.wait(60.0)  # what a killed cancel has terminated ends: else this command would see it cancelled
        told.go_on(None)
        done = Counter(one.label for one in submissions(told.simulation) if one.status is Status.SUCCEEDED)
        plan = told.simulation.plan
        assert {job.name: done[job.name] for job in plan.jobs} == dict.fromkeys((job.name for job in plan.jobs), 1)
        assert not any(one.live for one in submissions(told.simulation))


@settings(max_examples=25, deadline=None)
@given(stories())
def test_after_a_cancel_nothing_goes_on_and_each_node_succeeds_once_when_the_run_is_taken_up(story):
    check(story)


@pytest.mark.parametrize("killed_after", range(16))
def test_a_cancel_waits_for_what_a_killed_process_has_sent_and_the_list_shows_late(killed_after):
    plan = Sketch(groups=((0,), (1,), (2,)), needs={0: (), 1: (), 2: (0,)}).plan()
    service = {"seed": killed_after, "run_s": 30.0, "terminate_s": 0.1, "list_delay_s": 10.0, "lost_replies": 0.5}
    once: dict[str, Any] = {"detach": False, "fail": (), "plan": plan, "pause_s": 0.0}
    killed = Step(word="go on", killed_after=killed_after, **once)
    check(Story(first=plan, service=service, steps=(killed, Step(word="cancel", killed_after=None, **once))))


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(stories())
def test_after_a_cancel_nothing_goes_on_in_many_stories(story):
    check(story)
