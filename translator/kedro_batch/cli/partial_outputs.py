"""Remove what jobs of a run have begun to save and not completed, under the run's version and nothing else.

A job that is started again does so itself. After ``cancel`` no job is, and a reader outside of the run would take a
torn file for the newest version.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.cli.base import print_plainly
from kedro_batch.cli.run_outputs import RecordedRun, find_recorded_run
from kedro_batch.errors import KedroBatchError, RunUnfinished
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.job_state import LIVE, MAYBE_SUBMITTED, NEW, UNSUCCESSFUL, JobState
from kedro_batch.submitter.journal_place import run_folder
from kedro_batch.submitter.journal_view import JournalView, journal_words, read_journal
from kedro_batch.submitter.run_lock import run_lock
from kedro_batch.text.wording import counted, listed

if TYPE_CHECKING:
    from kedro_batch.compiler.stored_data import DataOfRun

_MAY_RUN = LIVE | MAYBE_SUBMITTED | {JobState.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """What the service says of the latest submissions of jobs; those that are in neither are not known.

    Attributes:
        started: Their containers have started.
        not_started: They ended before.
    """

    started: Collection[JobName] = ()
    not_started: Collection[JobName] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialJobs:
    """The jobs of a run whose outputs may be torn.

    Attributes:
        torn: No submission of them has succeeded, or they have started again since: what is there is not complete.
        kept: They may have completed what is there, or may still be writing it.
        may_run: They may still be running.
    """

    torn: tuple[JobName, ...]
    kept: tuple[JobName, ...]
    may_run: tuple[JobName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed.

    Attributes:
        places: Where it was.
        failures: Why something could not be removed.
        kept: The jobs whose outputs were left, because they may be complete.
    """

    places: tuple[str, ...] = ()
    failures: tuple[KedroBatchError, ...] = ()
    kept: tuple[JobName, ...] = ()

    def describe(self) -> str:
        """Say in one line what was removed; nothing if nothing was."""
        if not self.places:
            return ""
        return f"Removed {counted(len(self.places), 'output')} that jobs had begun: {listed(self.places, 3)}"


def describe_kept(jobs: Sequence[JobName]) -> str:
    """Say whose outputs were left as they are, and why."""
    return (
        f"Left the outputs of {listed(jobs)}, which may be complete: earlier submissions succeeded or may have, "
        "nobody knows how the latest ones ended, or another job saves in the same place. A job that runs again "
        "replaces its own"
    )


def find_partial_jobs(run: RecordedRun, book: JournalView, starts: Starts) -> PartialJobs:
    """Find the jobs of a run that have not succeeded, and may have begun to save.

    A job that succeeded in an earlier submission has complete outputs, until it starts again. Where nobody has seen
    how one of these ended, such as with ``--detach`` or on another machine, it may have succeeded.
    """
    records = book.records(run.entry.run)
    failures = book.earlier_failures(run.entry.run)
    # A command that ends a local run, also at Ctrl-C, ends its jobs. One that was killed leaves them alone.
    going_on = frozenset() if run.entry.engine == "local" and run.entry.outcome else _MAY_RUN
    torn: list[JobName] = []
    kept: list[JobName] = []
    for name in (job.name for job in run.plan.jobs if job.writes):
        record = records.get(name, NEW)
        never_submitted = record.job_id is None and record.submission == 1
        never_started = record.submission == 1 and name in starts.not_started
        ended_otherwise = record.state in UNSUCCESSFUL or record.state in _MAY_RUN - going_on
        if not ended_otherwise or never_submitted or never_started:
            continue
        lost = record.state is JobState.LOST
        may_have_succeeded = failures.get(name, 0) < record.submission - 1
        complete = may_have_succeeded and name not in starts.started
        (kept if lost or complete else torn).append(name)
    may_run = tuple(name for name, one in records.items() if one.state in going_on)
    return PartialJobs(torn=tuple(torn), kept=tuple(kept), may_run=may_run)


def remove_partial_outputs(
    run_id: RunId, journal: Path, open_data: Callable[[RecordedRun], "DataOfRun"], starts: Starts
) -> Removal:
    """Remove what jobs of a run that has ended have begun to save and not completed.

    Args:
        run_id: The run.
        journal: Its journal.
        open_data: Opens the catalog of its project; called only if there may be something to remove.
        starts: What the service says of its jobs.

    Raises:
        RunUnknown: The journal has no such run.
        UsageError: Another process works on it.
        RunUnfinished: Jobs may still be running.
        Refused: The project cannot be loaded.
    """
    with (
        run_lock(run_folder(journal, run_id), run_id, journal_words(journal)),
        read_journal(journal, print_plainly) as book,
    ):
        run = find_recorded_run(run_id, book)
        jobs = find_partial_jobs(run, book, starts)
        if jobs.may_run:
            raise RunUnfinished(
                f"nothing was removed, because {listed(jobs.may_run)} may still run. {_advice(run, journal)}"
            )
        if not jobs.torn:
            return Removal(kept=jobs.kept)
        data = open_data(run)
        names, shared = _written(run, jobs.torn, data.location)
        places, failures = [], []
        for name in names:
            try:
                place = data.remove(name)
            except KedroBatchError as error:
                failures.append(error)
            else:
                places += [place] if place else []
        return Removal(places=tuple(places), failures=tuple(failures), kept=(*jobs.kept, *shared))


def _advice(run: RecordedRun, journal: Path) -> str:
    words = f"{run.entry.run}{journal_words(journal)}"
    if run.entry.engine == "local":
        return f"A job that runs again removes what it left: kedro-batch resume {words}"
    return f"Look again: kedro-batch wait {words} --once. Or end the run: kedro-batch cancel {words}"


def _written(
    run: RecordedRun, jobs: Collection[JobName], location: Callable[[str], str]
) -> tuple[list[str], list[JobName]]:
    """Return what some jobs write where no other job does, and those of them that share a place with another job."""
    others = {location(name) for job in run.plan.jobs if job.name not in jobs for name in job.writes}
    written = [(name, job.name) for job in run.plan.jobs if job.name in jobs for name in job.writes]
    own = [name for name, _ in written if location(name) not in others]
    return own, sorted({job for name, job in written if location(name) in others})
