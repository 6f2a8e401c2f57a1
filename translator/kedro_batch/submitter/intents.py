"""Which jobs of a run are begun next, and which are held back: their intents are written before anything is sent."""

from kedro_batch.plan.model import Job, JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.revisions import Revisions
from kedro_batch.submitter.job_state import UNFINISHED, JobState
from kedro_batch.submitter.refusals import Refusals
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.stock_taking import StillnessWatch
from kedro_batch.submitter.submit_pace import SubmitPace


class Intents:
    """Writes the intents of the jobs that are to be sent next."""

    def __init__(
        self, context: RunContext, run_state: RunState, revisions: Revisions, *, pace: SubmitPace, refusals: Refusals
    ) -> None:
        """Begin with none."""
        self._context = context
        self._run_state = run_state
        self._jobs: dict[JobName, Job] = {job.name: job for job in context.plan.jobs}
        self._revisions = revisions
        self._pace = pace
        self._refusals = refusals
        self._intended_at: dict[JobName, float] = {}
        self.most_begun: int | None = None
        """Once so many jobs have been begun, by whomever, the others are held back; None for any number."""

    @property
    def held_back(self) -> bool:
        """True if jobs are ready, and none may be begun before ``most_begun`` is raised."""
        return self._run_state.has_ready and not self._left_to_begin

    @property
    def any_left(self) -> bool:
        """True if jobs are ready, and may be begun."""
        return self._run_state.has_ready and bool(self._left_to_begin)

    def write_next(self, now: float, watch: StillnessWatch) -> list[JobName]:
        """Write the intents of the jobs that are next, in one commit; return these jobs, none if none is.

        Args:
            now: The time.
            watch: That of the turn of the loop: writing may take long.
        """
        if wave := self._next_wave(now):
            revisions = self._revisions.tell(self._jobs[name] for name in wave)
            intents = [(name, self._run_state.record(name).submission) for name in wave]
            at = self._context.calls.wall()
            began = self._context.calls.now()
            self._context.journal.intend(self._context.run_id, intents, at, revisions, self._context.digest)
            watch.wrote(began, self._context.calls.now())
            self._intended_at |= dict.fromkeys(wave, at)
            for name in wave:
                self._run_state.intend(name)
        return wave

    def age_s(self, name: JobName) -> float:
        """Return how long ago the intent of a job was written."""
        return self._context.calls.wall() - self._intended_at[name]

    def _next_wave(self, now: float) -> list[JobName]:
        """Return the jobs whose intents share the next commit."""
        wave: list[JobName] = []
        unfinished = self._run_state.count(UNFINISHED) - len(self._refusals.jobs)
        room = min(self._pace.room(now, unfinished=unfinished), self._left_to_begin)
        bounded = self._context.options.max_unfinished is not None
        while len(wave) < room and (name := self._run_state.pop_ready(startable_first=bounded)):
            wave.append(name)
        return wave

    @property
    def _left_to_begin(self) -> int:
        if self.most_begun is None:
            return len(self._jobs)
        begun = len(self._jobs) - self._run_state.count((JobState.NOT_SUBMITTED,)) - len(self._refusals.jobs)
        return max(0, self.most_begun - begun)
