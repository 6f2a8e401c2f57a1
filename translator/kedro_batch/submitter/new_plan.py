"""Let a run go on with another plan, if that leaves true what has succeeded; or say of which jobs it does not.

The run is looked at by its plan until now, and each job that has succeeded or goes on is compared with the new plan, as
``reconcile.plan_change`` says. Nothing is changed here before that is certain.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName, Plan, PlanDigest
from kedro_batch.plan.submit_job import TAG_NEW_PLAN, TAG_PLAN
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import PlanChanged
from kedro_batch.submitter.job_state import ENDED, NEW, UNFINISHED, JobRecord, JobState
from kedro_batch.submitter.plan_file import recorded_file
from kedro_batch.submitter.reconcile.merge import Records
from kedro_batch.submitter.reconcile.plan_change import Contradiction, contradictions
from kedro_batch.submitter.reconcile.reconcile import compare_with_service
from kedro_batch.submitter.reconcile.rerun import with_descendants
from kedro_batch.submitter.reconcile.settle import record_ends
from kedro_batch.text.wording import counted

_SHOWN = 20


class PlanContradicted(UsageError):  # noqa: N818  a question to the user, not a fault
    """The new plan does not leave true what has succeeded.

    Attributes:
        goes_on: Some of these jobs have not ended: they have to end first.
        rerun: The jobs that would have to be run again; empty if that would not help.
    """

    def __init__(self, message: str, *, goes_on: bool, rerun: tuple[JobName, ...]) -> None:
        """Take the message, and what may be done about it."""
        self.goes_on = goes_on
        self.rerun = rerun
        super().__init__(message)


def check_plan(context: RunContext) -> Records:
    """Refuse to send anything from a plan that contradicts what has been done by an earlier plan of the run.

    Returns:
        How the jobs stand that a new plan leaves out.

    Raises:
        PlanContradicted: It does, and some jobs are neither equal nor run again.
        UsageError: The plans are for different projects, accounts or regions, or a plan of the run is not at hand.
        RunUnknown: The run is not known, or is too old to be known.
        ServiceError: The service refused.
    """
    if not context.earlier:
        return {}
    until_now = [*context.earlier][-1]
    journal = context.journal.records(context.run_id)
    recorded = context.journal.digests_sent(context.run_id)
    if context.new_plan is None:  # what was to be run again with it, by a command that was interrupted
        records = {job: one for job, one in journal.items() if _succeeded_otherwise(context, recorded, job, one)}
        _refuse(context, records, {job: recorded[job] for job in records}, context.plan)
        return {}
    _check_header(context, context.earlier[until_now])
    view = context.by_earlier_plan(until_now)
    found = compare_with_service(view, must_exist=context.must_exist, done=context.options.assume_done)
    others = {job: one for job, one in journal.items() if job not in view.parents and job in context.parents}
    records = {**found.records, **others}
    _refuse(context, records, _digests_sent(context, records, journal, recorded), context.earlier[until_now])
    return {job: one for job, one in found.records.items() if job not in context.parents}


def go_on_with_new_plan(context: RunContext, jobs: Sequence[JobName], left_out: Records) -> None:
    """Record and tell that the run goes on with its new plan, if it has one.

    Args:
        context: The run.
        jobs: The jobs that are to be sent, in topological order.
        left_out: How the jobs stand that it leaves out: nobody will ask about them again.
    """
    if context.new_plan is None:
        return
    record_ends(context, {job: one for job, one in left_out.items() if one.state in ENDED})
    rows = context.journal.records(context.run_id)
    never_sent = [(job, rows[job].submission) for job, one in left_out.items() if one.state is JobState.NOT_SUBMITTED]
    context.journal.withdraw(context.run_id, never_sent)
    at = context.calls.wall()
    file = recorded_file(context.plan_file)
    count = len(context.parents)
    context.journal.add_plan(context.run_id, context.digest, context.new_plan, jobs=count, at=at, file=file)
    context.emit(PlanChanged(before=[*context.earlier][-1], after=context.digest, jobs=tuple(jobs)))


def _succeeded_otherwise(
    context: RunContext, recorded: Mapping[JobName, PlanDigest | None], job: JobName, one: JobRecord
) -> bool:
    sent = recorded.get(job)
    return one.state is JobState.SUCCEEDED and job in context.parents and sent in context.earlier


def _check_header(context: RunContext, until_now: Plan) -> None:
    for what in ("project", "account", "region"):
        before, after = getattr(until_now, what), getattr(context.plan, what)
        if before and after and before != after:
            raise UsageError(
                f"run {context.run_id} cannot go on with this plan, and nothing was submitted: it is for {what} "
                f"{after}, and the run is of {before}. Start a new run with it: kedro-batch apply"
            )


def _digests_sent(
    context: RunContext,
    records: Mapping[JobName, JobRecord],
    journal: Mapping[JobName, JobRecord],
    recorded: Mapping[JobName, PlanDigest | None],
) -> dict[JobName, PlanDigest | None]:
    """Return the plan that each job was sent from: by the journal, or by the tag of the job; None if nobody knows."""
    sent: dict[JobName, PlanDigest | None] = {}
    for job, one in records.items():
        own = journal.get(job, NEW)
        if own.submission == one.submission and (digest := recorded.get(job)):
            sent[job] = digest
        elif own.submission == one.submission and own.intended_at:  # by a kedro-batch that knew one plan only
            sent[job] = context.run_digest
    compared = {JobState.SUCCEEDED, *UNFINISHED}
    unknown = {one.job_id: job for job, one in records.items() if job not in sent and one.state in compared}
    for detail in context.service.describe_jobs(job_id for job_id in unknown if job_id):
        if first := detail.tags.get(TAG_PLAN):
            sent[unknown[detail.job_id]] = PlanDigest(detail.tags.get(TAG_NEW_PLAN, first))
    return sent


def _refuse(
    context: RunContext,
    records: Mapping[JobName, JobRecord],
    sent: Mapping[JobName, PlanDigest | None],
    until_now: Plan,
) -> None:
    plans = {**context.earlier, context.digest: context.plan}
    if strange := sorted({digest for digest in sent.values() if digest and digest not in plans}):
        raise UsageError(
            f"run {context.run_id} has jobs of a plan that is not at hand, and nothing was submitted: {strange[0]}. "
            "Resume it where that plan was used, with its journal, or name that plan with --new-plan first"
        )
    digests = {job: sent.get(job) for job in records}
    sent_from = {job: [plans[digest]] if digest else [*plans.values()] for job, digest in digests.items()}
    found = tuple(contradictions(context.plan, records, sent_from, until_now=until_now, rerun=_rerun(context)))
    if found:
        raise _contradicted(context, found)


def _rerun(context: RunContext) -> Collection[JobName]:
    """Return the jobs that the user asks to be run again; names that the plan does not have are refused later."""
    options = context.options
    known = [job for job in options.from_jobs if job in context.parents]
    return with_descendants(context.parents, known) | set(options.only_jobs)


def _contradicted(context: RunContext, found: Sequence[Contradiction]) -> PlanContradicted:
    lines = [f"  {one.job} {_how(one.state)}: {one.reason}" for one in found[:_SHOWN]]
    if more := len(found) - _SHOWN:
        lines += [f"  and {counted(more, 'more job')}"] if more > 0 else []
    rerun = tuple(_topmost(context, {job for one in found for job in one.rerun}))
    return PlanContradicted(
        f"run {context.run_id} cannot go on with this plan as it is, and nothing was submitted:\n" + "\n".join(lines),
        goes_on=any(one.goes_on for one in found),
        rerun=rerun if all(one.rerun for one in found) else (),
    )


def _how(state: JobState) -> str:
    return "has succeeded" if state is JobState.SUCCEEDED else f"goes on ({state})"


def _topmost(context: RunContext, jobs: Collection[JobName]) -> Iterable[JobName]:
    """Return the jobs of which none is below another one: from them on, all of these are run again."""
    below = {one for job in jobs for one in with_descendants(context.parents, [job]) - {job}}
    return (job for job in context.parents if job in jobs and job not in below)
