"""What must hold, judged by what the service has, and by what the processes said."""

from tests.simulation.command import Command, Word
from tests.simulation.double_runs import NEVER, double_runs, has_run, versions_above, versions_of
from tests.simulation.process import Ended, Process
from tests.simulation.scenario import SHOWN_WITHIN_S, Kind, Scenario
from tests.simulation.world import World
from tests.support.standin.jobs import Job, Status

_DAY_S = 24 * 3600.0
_HOUR_S = 3600.0
_APPEARS_WITHIN_S = 30.0
_STEADY_S = 10.0
"""Whoever submits makes the next job within this time; who pauses longer cannot be known by a cancel."""
_FOLLOWED = (0, 6, 7)
"""The exit codes of a command that has seen how the run stands."""
_DROPPED = "kedro-batch: a second job for one node"
_OURS = "kedro-batch: "
"""Begins the reason of every termination of the program."""
_DECOYS = ("{run}-x_n00_1", "{upper}_n00_1", "{run}0_n00_1", "{run}_n00", "{run}-n00-1")


_CANCEL_LOOKS_S = 20.0
"""A cancel looks for so long at least for jobs that are not shown yet."""
_LATE_LOOK_S = 5.0
"""The last look of a process may be so long before its end."""


class Judge:
    """Watches a simulation."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        """Begin with nothing broken."""
        self.broken: list[str] = []
        self.twice: dict[str, int] = {}
        self.processes: list[Process] = []
        self._world = world
        self._scenario = scenario
        self._decoys: list[Job] = []
        self._cancelled: list[tuple[float, Process]] = []
        self._last: Ended | None = None

    def add_decoys(self) -> None:
        """Let there be jobs of others, whose names are much like those of the run; they wait for ever."""
        run = self._scenario.run_id
        self._world.service.configure({"stuck": {"decoy": "waits for ever"}})
        for form in _DECOYS:
            name = form.format(run=run, upper=run.upper())
            request = {"jobName": name, "jobQueue": "a_queue", "jobDefinition": "a_definition"}
            self._world.service.answer("SubmitJob", {**request, "tags": {"kedro-batch:job": "decoy"}})
        self._decoys = list(self._world.service.jobs.by_id.values())

    def on_end(self, process: Process, command: Command) -> None:
        """Judge what a process said when it ended."""
        ended = process.ended
        if ended is None:
            return
        self._last = ended
        self._world.service.jobs.advance(self._world.time)
        match ended.code:
            case -1:
                self.broken.append(f"crashed: {process.name}: {ended.said}")
            case 0 if ended.said == "succeeded":
                self._judge_success(process)
            case 0 if ended.said == "cancelled":
                self._judge_cancel(process)
            case 2 if not self._late and not self._refusal_is_right(ended, command):
                self.broken.append(f"refused: {process.name}: {ended.said}")
            case 5 if not self._has_trouble(process):
                self.broken.append(f"service refused: {process.name}: {ended.said}")
            case 6 if command.word is not Word.WAIT:
                self._judge_failure(process)
            case 8 if not self._late and not self._forgetting_is_right(process):
                self.broken.append(f"unknown: {process.name}: {ended.said}")
            case _:
                pass

    def all_done(self) -> bool:
        """Tell whether nothing is left to be done, and nothing goes on."""
        self._world.service.jobs.advance(self._world.time)
        return not self._undone() and not self._alive()

    def versions(self) -> tuple[str, ...]:
        """Give the data versions under which all nodes have succeeded, and all that they waited for, sorted."""
        above = [
            [versions_above(self._world, job) for job in jobs if job.status is Status.SUCCEEDED]
            for jobs in self._copies().values()
        ]
        return tuple(sorted(one for one in versions_of(self._jobs()) if all({one} in found for found in above)))

    def at_the_end(self) -> None:
        """Judge how everything stands once all processes have ended."""
        self._world.service.jobs.advance(self._world.time)
        copies = self._copies()
        processes = {one.name: one for one in self.processes}
        for double in double_runs(self._world, self._scenario.kind, copies, processes):
            self.twice[double.cause] = self.twice.get(double.cause, 0) + 1
            if double.cause in NEVER:
                both = f"{double.first.id[:8]} and {double.second.id[:8]}"
                self.broken.append(f"twice: {double.second.name}, {both}: {double.cause}")
        for label, jobs in copies.items():
            if sum(job.status is Status.SUCCEEDED for job in jobs) > 1:
                self.twice["completed twice"] = self.twice.get("completed twice", 0) + 1
                self._world.say("judge", f"{label} was completed twice")
        if any(job.terminated or not job.live for job in self._decoys):
            self.broken.append("foreign: a job of others was terminated")
        if self._last and self._last.code in _FOLLOWED and self._last.said != "cancelled":
            if undone := self._undone():
                self.broken.append(f"lost: {' '.join(undone)}")
            if (alive := self._shown(self._alive(), self._last.at)) and self._scenario.kind is not Kind.REPEATED:
                self.broken.append(f"goes on: {' '.join(job.name for job in alive)}")

    @property
    def _late(self) -> bool:
        return self._scenario.kind is Kind.LATE

    # What the service has

    def _copies(self) -> dict[str, list[Job]]:
        copies: dict[str, list[Job]] = {job.name: [] for job in self._scenario.plan.jobs}
        for job_id in self._world.made:
            job = self._world.service.jobs.by_id[job_id]
            copies[job.label].append(job)
        return copies

    def _jobs(self) -> list[Job]:
        return [job for jobs in self._copies().values() for job in jobs]

    def _shown(self, jobs: list[Job], at: float) -> list[Job]:
        """Give the jobs that a process could know when it ended: all, unless they are shown later than is assumed."""
        late_s = self._world.service.config.list_delay_s if self._late else 0.0
        return [job for job in jobs if job.taken + late_s <= at]

    def _alive(self) -> list[Job]:
        return [job for job in self._jobs() if job.live]

    def _undone(self) -> list[str]:
        """Give the nodes that neither have succeeded, nor failed by themselves, nor are below such a one.

        A host that goes away may be the last one that the retries of a job allow.
        """
        stopped, copies = self._stopped(), self._copies()
        done = {label for label, jobs in copies.items() if any(one.status is Status.SUCCEEDED for one in jobs)}
        return [str(job.name) for job in self._scenario.plan.jobs if job.name not in stopped | done]

    def _stopped(self) -> set[str]:
        """Give the nodes that have failed by themselves, and all below them that have not succeeded.

        One that fails before its termination takes effect, which may take minutes, has failed by itself.
        """
        copies = self._copies()
        stopped: set[str] = set()
        for job in self._scenario.plan.jobs:
            jobs = copies[job.name]
            if any(one.status is Status.SUCCEEDED for one in jobs):
                continue
            failed = any(one.status is Status.FAILED and has_run(one) and not _was_ended(one) for one in jobs)
            if failed or not stopped.isdisjoint(job.depends_on):
                stopped.add(job.name)
        return stopped

    # What processes said

    def _judge_success(self, process: Process) -> None:
        copies = self._copies()
        missing = [label for label, jobs in copies.items() if not any(one.status is Status.SUCCEEDED for one in jobs)]
        if missing:
            self.broken.append(f"no success: {process.name} says succeeded, and {' '.join(missing)} has not")
        elif not self.versions() and not self._late:
            self.broken.append(f"wrong data: {process.name} says succeeded, and no data version has all nodes")
        others = any(one.lives for one in self.processes if one is not process)
        alive = [job for job in self._alive() if not job.terminated]
        if self._late:  # what is not shown yet cannot be known
            shown_before = self._world.time - self._world.service.config.list_delay_s - _LATE_LOOK_S
            alive = [job for job in alive if job.taken < shown_before]
        if alive and not others and self._scenario.kind is not Kind.REPEATED:
            what = " ".join(f"{job.name} {job.id[:8]}" for job in alive)
            self.broken.append(f"still alive: {process.name} says succeeded, and {what} goes on")

    def _judge_failure(self, process: Process) -> None:
        """No node is left of which every job was ended in favour of another one, unless one above it has failed."""
        others = any(one.lives for one in self.processes if one is not process)
        cancelled = any(actor.command.word is Word.CANCEL for actor in self._scenario.actors)
        if others or cancelled or self._late or self._world.time > _DAY_S:
            return
        stopped = self._stopped()
        for label, jobs in self._copies().items():
            dropped = any(job.status_reason.startswith(_DROPPED) for job in jobs)
            if dropped and label not in stopped and all(job.status is Status.FAILED and job.terminated for job in jobs):
                self.broken.append(f"all dropped: {process.name} says failed, and no job of {label} was kept")

    def _judge_cancel(self, process: Process) -> None:
        shown_before = self._world.time - _CANCEL_LOOKS_S
        alive = [
            job.name
            for job in self._alive()
            if job.taken < shown_before
            or self._could_be_known(job.taken, self._world.made[job.id].by, self._world.time)
        ]
        if alive and not self._late:
            self.broken.append(f"cancel: {process.name} ends with 0, and {' '.join(alive)} goes on")
        began, now = process.began_at or 0.0, self._world.time
        others = [
            one
            for one in self.processes
            if one is not process and one.began_at is not None and not any(end > began for _, end in one.gaps)
        ]
        names = {one.name for one in others}
        self._world.at(now + _APPEARS_WITHIN_S, lambda: self._judge_after_cancel(process, now, names))

    def _judge_after_cancel(self, process: Process, at: float, others: set[str]) -> None:
        if self._scenario.kind in (Kind.LATE, Kind.REPEATED):
            return
        for job_id, made in self._world.made.items():
            job = self._world.service.jobs.by_id[job_id]
            if job.taken > at and made.by in others and self._could_be_known(at, made.by, at):
                self.broken.append(f"cancel: {process.name} ended with 0, and {made.by} makes {job.name} after it")
                return

    def _could_be_known(self, at: float, by: str, cancelled_at: float) -> bool:
        """Tell whether a process made jobs so shortly before a time that a cancel could know that it goes on.

        The first one since it paused has to have been shown before the cancel ended.
        """
        taken = [
            self._world.service.jobs.by_id[job_id].taken for job_id, one in self._world.made.items() if one.by == by
        ]
        first = at
        for one in sorted(taken, reverse=True):
            if first - _STEADY_S <= one < first:
                first = one
        return first < at and first + SHOWN_WITHIN_S + _LATE_LOOK_S < cancelled_at

    def _refusal_is_right(self, ended: Ended, command: Command) -> bool:
        changed = any("definitions" in change for _, change in self._scenario.changes)
        locked = "is being worked on by" in ended.said
        forgotten = any(job.forgotten for job in self._world.service.jobs.by_id.values())
        several = len(versions_of(one for jobs in self._copies().values() for one in jobs)) > 1
        undescribed_from = self._world.time - self._world.service.config.describe_delay_s - _LATE_LOOK_S
        taken = [job.taken for jobs in self._copies().values() for job in jobs]
        undescribed = bool(taken) and min(taken) > undescribed_from
        no_version = "under which version" in ended.said and (forgotten or several or undescribed)
        steps = sum(abs(one.wall_step_s) for one in self.processes)
        believed_young = (
            "cannot be believed" in ended.said and forgotten and steps >= _HOUR_S
        )  # by a clock that was wrong
        return (
            locked or no_version or believed_young or (changed and "definition" in ended.said and command is not None)
        )

    def _forgetting_is_right(self, process: Process) -> bool:
        steps = sum(abs(one.wall_step_s) for one in self.processes)
        if self._world.time + steps > _DAY_S:
            return True
        began = process.began_at or 0.0
        return not any(job.taken <= began for jobs in self._copies().values() for job in jobs)

    def _has_trouble(self, process: Process) -> bool:
        config = self._world.service.config
        calls = config.lost_replies + config.cut_replies + config.error_before + config.error_after
        wire = self._scenario.faults.unreachable + self._scenario.faults.late
        return bool(calls or wire or config.throttle or config.down or config.expired or process.gaps)


def _was_ended(job: Job) -> bool:
    return job.terminated and job.status_reason.startswith(_OURS)
