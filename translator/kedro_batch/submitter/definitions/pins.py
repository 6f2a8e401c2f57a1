"""Choose the revision of every job definition that a plan names, once for a whole run.

A run keeps the revisions that it began with: the journal has them, or else its jobs do. ``resume`` asks which ones to
take, where newer ones are active.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, parsed_job_name, run_prefix
from kedro_batch.submitter.context import DefinitionChoice, RunContext, RunMode
from kedro_batch.submitter.events import DefinitionPinned, PinnedAs
from kedro_batch.submitter.service.call_pool import Lane
from kedro_batch.submitter.service.limits import DESCRIBE_JOBS
from kedro_batch.text.wording import listed

_JOBS_ASKED = 5
"""How many jobs of a definition are asked for its revision: AWS Batch may have forgotten some."""


class NewerDefinitions(UsageError):  # noqa: N818  a question to the user, not a fault
    """Newer revisions of named definitions are active than the run began with: the user has to choose."""


def pins_before(context: RunContext) -> Mapping[str, str]:
    """Return the revisions that a run has used until now, by how its plan names a definition, as far as is known.

    Raises:
        ServiceError: The service refused, or did not answer.
    """
    if context.options.mode is RunMode.START:
        return {}
    recorded = context.journal.definitions(context.run_id)
    unknown = {name for name in _definitions_of(context).values() if _moves(context, name)} - recorded.keys()
    return {**_pins_of_jobs(context, unknown), **recorded} if unknown else recorded


def pin_named(
    context: RunContext, newest: Mapping[str, str], before: Mapping[str, str]
) -> tuple[DefinitionPinned, ...]:
    """Choose the revision of each named definition that may have several.

    Args:
        context: The run.
        newest: The newest active revision, by how the plan names a definition; the name itself if nobody may look.
        before: The revisions that the run has used until now.

    Raises:
        NewerDefinitions: A run is resumed, and newer ones are active.
        UsageError: A revision that the run has to keep is not active any more.
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
        if options.mode is RunMode.RESUME and options.definitions is not DefinitionChoice.SAME:
            began = "; ".join(f"{short(arn)}, and {short(newest[name])} is active now" for name, arn in changed.items())
            raise NewerDefinitions(f"run {context.run_id} began with {began}. Nothing was submitted")
    return tuple(_pinned(name, arn, before.get(name), options.definitions) for name, arn in sorted(moving.items()))


def _pinned(name: str, newest: str, before: str | None, choice: DefinitionChoice | None) -> DefinitionPinned:
    if before is None or before == newest:
        return DefinitionPinned(definition=name, revision=newest, how=PinnedAs.NEWEST)
    if choice is DefinitionChoice.NEW:
        return DefinitionPinned(definition=name, revision=newest, how=PinnedAs.NEWEST, before=before)
    newer = newest if newest != name else None
    return DefinitionPinned(definition=name, revision=before, how=PinnedAs.KEPT, newer=newer)


def short(arn: str) -> str:
    """Return name and revision of an ARN."""
    return arn.rpartition("/")[2]


def _moves(context: RunContext, name: str) -> bool:
    """True if a name does not say which revision it means."""
    return name in context.plan.job_definitions or ":" not in short(name)


def _definitions_of(context: RunContext) -> Mapping[str, str]:
    return {job.name: job.settings.job_definition for job in context.plan.jobs}


def _check_active(context: RunContext, kept: Mapping[str, str], newest: Mapping[str, str]) -> None:
    """Refuse to keep a revision that AWS Batch does not take any more."""
    gone = []
    for name, arn in kept.items():
        found = context.service.call(Lane.DESCRIBE, partial(context.engine.describe_job_definitions, arn))
        if not any(one.status == "ACTIVE" and one.arn == arn for one in found):
            gone.append(name)
    if gone:
        revisions, active = listed([short(kept[name]) for name in gone]), listed([short(newest[name]) for name in gone])
        raise UsageError(
            f"run {context.run_id} began with {revisions}, which is not active any more. Nothing was submitted. To go "
            f"on with {active}: kedro-batch resume {context.run_id} --new-definitions"
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
    return {name: revisions[0] for name, revisions in known.items() if revisions}


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
            page = context.service.call(Lane.LIST, call)
            parsed = ((parsed_job_name(one.name), one.job_id) for one in page.jobs)
            yield [(name[1], job_id) for name, job_id in parsed if name and name[0] == context.run_id]
            token = page.token
            if token is None:
                break


def _revisions_of(context: RunContext, ids: Sequence[JobId]) -> dict[JobId, str]:
    found: dict[JobId, str] = {}
    for start in range(0, len(ids), DESCRIBE_JOBS):
        call = partial(context.engine.describe_jobs, ids[start : start + DESCRIBE_JOBS])
        for one in context.service.call(Lane.DESCRIBE, call):
            definition = str(one.reply.get("jobDefinition", ""))
            if ":" in short(definition):
                found[one.job_id] = definition
    return found
