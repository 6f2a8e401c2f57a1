"""Find other runs of the project that go on and write the same datasets, before a run begins.

They are those of this journal. A plan of 10,000 jobs takes a second to read, so only plans of runs that may still go on
are read. What the journal says of a run that nobody follows may be old: AWS Batch is asked about its last jobs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kedro_batch.errors import PlanError, ServiceError, UsageError
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import Plan, PlanDigest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Notice, NoticeKind
from kedro_batch.submitter.job_state import ENDED, FAILED_ON_SERVICE, MAYBE_SUBMITTED, JobRecord, JobState
from kedro_batch.submitter.journal_place import begin_lock_file, run_folder
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import journal_words
from kedro_batch.submitter.run_lock import begin_lock, is_hidden, is_locked
from kedro_batch.submitter.service.limits import REMEMBERED_S
from kedro_batch.submitter.service.local_earlier import EarlierCommands
from kedro_batch.submitter.service.local_record import RECORD
from kedro_batch.text.wording import counted, listed

_MAY_GO_ON = (None, "detached", "unfinished", "interrupted", "stopped", "cancelled")
"""The outcomes of runs whose jobs may not have ended: who is told of a cancel closes the run before its jobs end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """Another run that goes on.

    Attributes:
        entry: What the journal has of it.
        datasets: What both write, by names without transcoding, sorted.
        certain: A process works on it, or AWS Batch says that jobs go on; else only the journal says so.
    """

    entry: RunEntry
    datasets: tuple[str, ...]
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A run that may go on.

    Attributes:
        entry: What the journal has of it.
        datasets: What both write, by names without transcoding, sorted.
        followed: A process on this machine works on it.
        jobs: Its jobs that have not ended, as the journal has them, and when they were submitted.
        parents: Those of them for which each of them waits.
        unconfirmed: Its process ended within a submission: AWS Batch may have jobs whose ids nobody knows. Or it is
            another user's, who lets nobody see whether a process works on it.
    """

    entry: RunEntry
    datasets: tuple[str, ...]
    followed: bool
    jobs: Mapping[JobId, float]
    parents: Mapping[JobId, Sequence[JobId]]
    unconfirmed: bool


@contextmanager
def beginning(context: RunContext) -> Iterator[None]:
    """Look for other runs that go on, and write to the journal that this one does, as the block has it.

    Of processes that begin at the same moment, one is in the block at a time: the next one sees the run of the first.

    Raises:
        UsageError: Another run writes the same datasets, and this one is exclusive; or the journal cannot be written.
        Interrupted: A signal came.
    """
    asked: dict[JobId, JobState | None] = {}
    plans: dict[PlanDigest, Plan | None] = {context.digest: context.plan}
    while True:
        _ask(context, asked, _candidates(context, plans))
        with begin_lock(begin_lock_file(context.journal.file), context.service.pause):
            candidates = _candidates(context, plans)
            if not _to_be_asked(context, candidates, asked):
                _judge(context, [one for found in candidates if (one := _live_run(found, asked))])
                yield
                context.journal.write_waiting()
                return


def _candidates(context: RunContext, plans: dict[PlanDigest, Plan | None]) -> list[_Candidate]:
    """Return the other runs that may go on, as the journal says, and write the same datasets.

    Args:
        context: The run that is to begin.
        plans: The plans that have been read; those of the candidates are added.
    """
    journal = context.journal
    ours = _writes(context.plan)
    forgotten_before = context.calls.wall() - REMEMBERED_S
    found = []
    for entry in journal.runs():
        if entry.run == context.run_id or entry.outcome not in _MAY_GO_ON:
            continue
        folder = run_folder(journal.file, entry.run)
        uncertain = False  # what cannot be read is a message only for whoever works on that run
        try:
            followed = (entry.outcome is None and is_locked(folder)) or _is_left_running(folder, entry)
            records = {} if followed else journal.records(entry.run)
        except UsageError:
            followed, records, uncertain = False, {}, True
        live = {name: one for name, one in records.items() if one.live}
        looked_up = entry.outcome == "unfinished"  # by the command that ended so
        hidden = uncertain or (entry.outcome is None and not followed and is_hidden(folder))
        unconfirmed = hidden or (
            not looked_up and any(_may_be_submitted(one, forgotten_before) for one in records.values())
        )
        if not (followed or hidden) and (entry.engine == "local" or not (live or unconfirmed)):
            continue
        if entry.plan_digest not in plans:
            plans[entry.plan_digest] = _read(context, entry.run)
        plan = plans[entry.plan_digest]
        if plan is None or (plan.project, plan.env) != (context.plan.project, context.plan.env):
            continue
        if both := ours & _writes(plan):
            ids = {name: one.job_id for name, one in live.items() if one.job_id}
            parents = {
                ids[job.name]: [ids[parent] for parent in job.depends_on if parent in ids]
                for job in plan.jobs
                if job.name in ids
            }
            found.append(
                _Candidate(
                    entry=entry,
                    datasets=tuple(sorted(both)),
                    followed=followed,
                    jobs={ids[name]: one.intended_at or entry.began_at for name, one in live.items()},
                    parents=parents,
                    unconfirmed=unconfirmed,
                )
            )
    return found


def _is_left_running(folder: Path, entry: RunEntry) -> bool:
    """True if the command of a local run was killed, and has left jobs running.

    Raises:
        UsageError: Its record cannot be read.
    """
    return entry.engine == "local" and bool(EarlierCommands(folder / RECORD).left_running())


def _may_be_submitted(record: JobRecord, forgotten_before: float) -> bool:
    """True if the service may have a job of this record, whose id the journal does not have."""
    return record.state in MAYBE_SUBMITTED and (record.intended_at or 0.0) > forgotten_before


def _read(context: RunContext, run_id: RunId) -> Plan | None:
    with suppress(PlanError, UsageError):  # as an older kedro-batch has written it, or a row that is odd
        return read_plan(context.journal.plan(run_id), f"the plan of run {run_id}")
    return None


def _writes(plan: Plan) -> set[str]:
    return {without_transcoding(name) for job in plan.jobs for name in job.writes}


def _deciding(found: _Candidate, asked: Mapping[JobId, JobState | None]) -> dict[JobId, float]:
    """Return the jobs that decide whether a run goes on, as far as is known now, and when they were submitted.

    They are those that no other one waits for, and above those that failed, their parents: a job also ends if one of
    its parents fails, while the others go on.
    """
    deciding: dict[JobId, float] = {}
    waited_for = {parent for above in found.parents.values() for parent in above}
    to_visit = [job_id for job_id in found.jobs if job_id not in waited_for]
    while to_visit:
        job_id = to_visit.pop()
        if job_id not in deciding:
            deciding[job_id] = found.jobs[job_id]
            if asked.get(job_id) in FAILED_ON_SERVICE:
                to_visit += found.parents[job_id]
    return deciding


def _to_be_asked(
    context: RunContext, candidates: Collection[_Candidate], asked: Mapping[JobId, JobState | None]
) -> dict[JobId, float]:
    """Return the jobs that have still to be asked about, and when they were submitted.

    Only those of runs that nobody follows, if this account and region has them.
    """
    here = context.location
    return {
        job_id: submitted_at
        for one in candidates
        if context.engine.capabilities.in_account
        and all(here.get(what) in (None, where) for what, where in one.entry.location.items())
        for job_id, submitted_at in _deciding(one, asked).items()
        if job_id not in asked
    }


def _ask(context: RunContext, asked: dict[JobId, JobState | None], candidates: Collection[_Candidate]) -> None:
    """Ask how jobs stand; None where nobody can tell.

    A job that the service does not know is LOST: one that has ended long ago. Or it was submitted just now: None.
    """
    forgotten_before = context.calls.wall() - REMEMBERED_S
    while new := _to_be_asked(context, candidates, asked):
        asked.update(dict.fromkeys(new))
        with suppress(ServiceError):
            found = {one.job_id: one.state for one in context.service.describe_jobs(new)}
            asked.update({job_id: JobState.LOST for job_id, at in new.items() if at < forgotten_before} | found)


def _live_run(found: _Candidate, asked: Mapping[JobId, JobState | None]) -> LiveRun | None:
    """Return the run if it goes on, as far as is known."""
    states = [asked.get(job_id) for job_id in _deciding(found, asked)] + [None] * found.unconfirmed
    if not found.followed and all(state in ENDED for state in states):
        return None
    certain = found.followed or any(state and state not in ENDED for state in states)
    return LiveRun(entry=found.entry, datasets=found.datasets, certain=certain)


def _judge(context: RunContext, others: Collection[LiveRun]) -> None:
    """Refuse an exclusive run, or warn.

    Raises:
        UsageError: It is exclusive, and there are others.
    """
    if others and (context.options.exclusive or context.plan.exclusive):
        found = "; ".join(f"{_what(one)}. {_how_to_wait(context, one)}" for one in others)
        raise UsageError(f"nothing was submitted: {found}. {_how_to_run_beside(context)}")
    for one in others:
        message = (
            f"{_what(one)}. Unversioned datasets keep what is saved last, from either run; versioned ones are kept "
            f"apart where kedro-batch is in the image. {_how_to_wait(context, one)}. To refuse such a run: "
            "--exclusive, or `exclusive: true` in aws_batch.yml"
        )
        context.emit(Notice(kind=NoticeKind.WARNING, message=message))


def _what(other: LiveRun) -> str:
    knows = "" if other.certain else ", as far as the journal knows,"
    names = listed(other.datasets)
    count = counted(len(other.datasets), "dataset")
    return f"run {other.entry.run} of this project goes on{knows} and writes {count} of the same name ({names})"


def _how_to_run_beside(context: RunContext) -> str:
    if context.plan.exclusive and context.continued:
        resume = context.resume_with("--new-plan PLAN")
        return f"To run beside it: compile without `exclusive: true` in aws_batch.yml, then {resume}"
    by = {
        "leave --exclusive out": context.options.exclusive,
        "compile without `exclusive: true` in aws_batch.yml": context.plan.exclusive,
    }
    return f"To run beside it: {', and '.join(what for what, holds in by.items() if holds)}"


def _how_to_wait(context: RunContext, other: LiveRun) -> str:
    further = journal_words(context.journal.file)
    if other.entry.engine == "local":
        if not is_locked(run_folder(context.journal.file, other.entry.run)):
            return f"Its command was killed; to end what that left: kedro-batch cancel {other.entry.run}{further}"
        return f"Wait for its command to end; to see how it stands: kedro-batch status {other.entry.run}{further}"
    return f"To wait for it: kedro-batch wait {other.entry.run}{further}"
