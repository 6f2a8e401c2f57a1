"""Choose the revision of every job definition that a plan names, once for a whole run.

A run keeps the revisions that it has used until now: the journal has them, or else its jobs do. ``resume`` asks which
ones to take, where newer ones are active.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, parsed_job_name, run_prefix
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.definitions.in_use import is_revision_of, revisions_in_use
from kedro_batch.submitter.events import DefinitionPinned, PinnedAs
from kedro_batch.submitter.run_options import DefinitionChoice, RunMode
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import DESCRIBE_JOBS
from kedro_batch.text.arns import name_of_arn
from kedro_batch.text.wording import listed

_JOBS_ASKED = 5
"""How many jobs of a definition are asked for its revision: AWS Batch may have forgotten some."""


class NewerDefinitions(UsageError):  # noqa: N818  a question to the user, not a fault
    """Newer revisions of named definitions are active than the run has used: the user has to choose."""


class InactiveRevisions(UsageError):  # noqa: N818  a question to the user, not a fault
    """A run cannot keep its revisions, because some are not active any more.

    Attributes:
        active: The newest active ones.
    """

    def __init__(self, message: str, active: str) -> None:
        """Take the message and the revisions."""
        self.active = active
        super().__init__(message)


def pins_before(context: RunContext, names: Collection[str]) -> Mapping[str, str]:
    """Return the revisions that a run has used last, as far as is known.

    Args:
        context: The run.
        names: How the plan names the definitions.

    Raises:
        ServiceError: The service refused, or did not answer.
    """
    if context.options.mode is RunMode.START:
        return {}
    in_use = revisions_in_use(context.plan, context.journal.revisions(context.run_id))
    recorded = {name: revisions[0] for name, revisions in in_use.items()}
    unknown = {name for name in names if _moves(context, name)} - recorded.keys()
    return {**_pins_of_jobs(context, unknown), **recorded} if unknown else recorded


def pin_named(
    context: RunContext, newest: Mapping[str, str], before: Mapping[str, str], *, may_ask: bool
) -> tuple[DefinitionPinned, ...]:
    """Choose the revision of each named definition that may have several.

    Args:
        context: The run.
        newest: The newest active revision, by how the plan names a definition; the name itself if nobody may look.
        before: The revisions that the run has used until now.
        may_ask: The user may be asked, if the run is resumed.

    Raises:
        NewerDefinitions: A run is resumed, and newer ones are active.
        InactiveRevisions: A revision that the run has to keep is not active any more.
        UsageError: Nobody may look up what is asked for.
        ServiceError: The service refused, or did not answer.
    """
    moving = {name: arn for name, arn in newest.items() if _moves(context, name) and (arn != name or name in before)}
    changed = {name: before[name] for name, arn in moving.items() if arn not in (name, before.get(name, arn))}
    options = context.options
    unseen = sorted(name for name, arn in moving.items() if arn == name)
    if unseen and options.definitions is DefinitionChoice.NEW:
        raise UsageError(
            f"--new-definitions needs to look {listed(unseen)} up: allow batch:DescribeJobDefinitions. Nothing was "
            "submitted"
        )
    if changed and options.definitions is not DefinitionChoice.NEW:
        _check_active(context, changed, newest)
        if may_ask and options.mode is RunMode.RESUME and options.definitions is not DefinitionChoice.SAME:
            used = "; ".join(
                f"{name_of_arn(arn)} until now, and {name_of_arn(newest[name])} is active"
                for name, arn in sorted(changed.items())
            )
            raise NewerDefinitions(f"run {context.run_id} has used {used}. Nothing was submitted")
    return tuple(_pinned(name, arn, before.get(name), options.definitions) for name, arn in sorted(moving.items()))


def _pinned(name: str, newest: str, before: str | None, choice: DefinitionChoice | None) -> DefinitionPinned:
    if before is None or before == newest:
        return DefinitionPinned(definition=name, revision=newest, how=PinnedAs.NEWEST)
    if choice is DefinitionChoice.NEW:
        return DefinitionPinned(definition=name, revision=newest, how=PinnedAs.NEWEST, before=before)
    newer = newest if newest != name else None
    return DefinitionPinned(definition=name, revision=before, how=PinnedAs.KEPT, newer=newer)


def _moves(context: RunContext, name: str) -> bool:
    """True if a name does not say which revision it means."""
    return name in context.plan.job_definitions or not has_revision(name)


def has_revision(name: str) -> bool:
    """True if a name or ARN of a definition says which revision it means."""
    return ":" in name_of_arn(name)


def _definitions_of(context: RunContext) -> Mapping[str, str]:
    return {job.name: job.settings.job_definition for job in context.plan.jobs}


def _check_active(context: RunContext, kept: Mapping[str, str], newest: Mapping[str, str]) -> None:
    """Refuse to keep a revision that AWS Batch does not take any more."""
    gone = []
    for name, arn in kept.items():
        found = context.service.call_until_answered(
            Lane.DESCRIBE, partial(context.engine.describe_job_definitions, arn)
        )
        if not any(one.status == "ACTIVE" and one.arn == arn for one in found):
            gone.append(name)
    if gone:
        revisions = listed(sorted(name_of_arn(kept[name]) for name in gone))
        raise InactiveRevisions(
            f"run {context.run_id} has used {revisions} until now, which cannot be kept: AWS Batch has deregistered "
            f"{'it' if len(gone) == 1 else 'them'}. Nothing was submitted",
            active=listed(sorted(name_of_arn(newest[name]) for name in gone)),
        )


# Where the journal does not have them


def _pins_of_jobs(context: RunContext, names: set[str]) -> dict[str, str]:
    """Ask some of the newest jobs of each definition which revision they have."""
    definitions = _definitions_of(context)
    asked: dict[str, list[JobId]] = {name: [] for name in names}
    for page in _pages_of_jobs(context):
        for job, job_id in page:
            ids = asked.get(definitions.get(job, ""))
            if ids is not None and len(ids) < _JOBS_ASKED:
                ids.append(job_id)
        if all(asked.values()):
            break
    found = _revisions_of(context, [job_id for ids in asked.values() for job_id in ids])
    known = {name: [found[job_id] for job_id in ids if job_id in found] for name, ids in asked.items()}
    own = {name: [one for one in revisions if is_revision_of(one, name)] for name, revisions in known.items()}
    return {name: revisions[0] for name, revisions in own.items() if revisions}


def _pages_of_jobs(context: RunContext) -> Iterator[list[tuple[JobName, JobId]]]:
    """Yield the jobs of a run and their ids, newest first: those of the journal, or else those of the service."""
    records = context.journal.records(context.run_id).items()
    recorded = [(one.intended_at or 0.0, job, one.job_id) for job, one in records if one.job_id]
    if recorded:
        yield [(job, job_id) for _, job, job_id in sorted(recorded, reverse=True)]
    for queue in context.queues if context.adopts and not recorded else ():
        token: str | None = None
        while True:
            call = partial(context.engine.list_jobs, queue, f"{run_prefix(context.run_id)}*", token)
            page = context.service.call_until_answered(Lane.LIST, call)
            parsed = ((parsed_job_name(one.name), one.job_id) for one in page.jobs)
            yield [(name[1], job_id) for name, job_id in parsed if name and name[0] == context.run_id]
            token = page.token
            if token is None:
                break


def _revisions_of(context: RunContext, ids: Sequence[JobId]) -> dict[JobId, str]:
    found: dict[JobId, str] = {}
    for start in range(0, len(ids), DESCRIBE_JOBS):
        call = partial(context.engine.describe_jobs, ids[start : start + DESCRIBE_JOBS])
        for one in context.service.call_until_answered(Lane.DESCRIBE, call):
            definition = str(one.reply.get("jobDefinition", ""))
            if has_revision(definition):
                found[one.job_id] = definition
    return found
