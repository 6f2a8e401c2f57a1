"""The revision of each job definition of a run: chosen for the jobs that are left, told when a job is sent with it."""

from collections.abc import Iterable, Mapping

from kedro_batch.plan.model import Job, JobName
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.pins import has_revision, pin_named, pins_before
from kedro_batch.submitter.definitions.registered import pin_declared
from kedro_batch.submitter.events import DefinitionPinned


class Revisions:
    """The revisions of a run. A definition that no job needs has none."""

    def __init__(self, context: RunContext) -> None:
        """Begin with none."""
        self._context = context
        self._chosen: dict[str, str] = {}
        self._to_register: dict[str, str | None] = {}
        self._untold: dict[str, DefinitionPinned] = {}

    def missing(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Return those of some jobs whose definition has no revision yet."""
        return tuple(job for job in jobs if job.settings.job_definition not in self._chosen)

    def choose(self, jobs: Iterable[Job], newest: Mapping[str, str], *, may_ask: bool) -> None:
        """Choose revisions for these jobs; those of declared definitions are left to ``register``.

        Args:
            jobs: The jobs.
            newest: The newest active revision of each definition that they name.
            may_ask: The user may be asked which ones to take.

        Raises:
            NewerDefinitions: Newer ones are active than the run has used until now.
            InactiveRevisions: The run would have to keep some that are not active any more.
            UsageError: Nobody may look up what is asked for.
            ServiceError: The service refused, or did not answer.
        """
        names = {job.settings.job_definition for job in jobs}
        before = pins_before(self._context, names)
        pins = pin_named(self._context, {name: newest[name] for name in names & newest.keys()}, before, may_ask=may_ask)
        self._chosen |= {name: newest[name] for name in names & newest.keys()}
        self._pin(pins)
        self._to_register = {name: before.get(name) for name in sorted(names - newest.keys())}

    def register(self) -> None:
        """Find or register what the plan declares.

        Raises:
            ServiceError: The service refused, or has not answered for too long.
            Interrupted: A signal came.
        """
        self._pin(pin_declared(self._context, self._to_register))
        self._to_register = {}

    def _pin(self, pins: Iterable[DefinitionPinned]) -> None:
        for pin in pins:
            self._chosen[pin.definition] = pin.revision
            self._untold[pin.definition] = pin

    def of(self, job: Job) -> str:
        """Return what a job is to be submitted with: a revision, or the plan's name if nobody may look it up."""
        return self._chosen[job.settings.job_definition]

    def tell(self, jobs: Iterable[Job]) -> dict[JobName, str]:
        """Say which revisions jobs are about to be submitted with, once for each definition.

        Returns:
            The revision of each job, as far as it is known.
        """
        told: dict[JobName, str] = {}
        for job in jobs:
            if pin := self._untold.pop(job.settings.job_definition, None):
                self._context.emit(pin)
            revision = self.of(job)
            if has_revision(revision) and self._context.engine.capabilities.in_account:
                told[job.name] = revision
        return told
