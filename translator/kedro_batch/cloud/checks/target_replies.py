"""What an account says of the targets of a plan: asked once, with as few calls as possible, by whoever asks.

``doctor`` and ``apply`` call services in different ways, so the way to call is handed over. What is not known stays
so, and nothing is judged of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from kedro_batch.cloud.replies import DefinitionDetail, EnvironmentDetail, QueueDetail
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.register_definition import register_request
from kedro_batch.text.arns import account_in_arn

_T = TypeVar("_T")
_REGION, _ACCOUNT = 3, 4
"""Places in an ARN: arn:aws:batch:region:account:..."""


class TargetSource(Protocol):
    """What knows queues, compute environments and job definitions."""

    def describe_job_queues(self, names: Sequence[str]) -> list[QueueDetail]:
        """Describe the queues of these names or ARNs; unknown ones are left out."""

    def describe_compute_environments(self, names: Sequence[str]) -> list[EnvironmentDetail]:
        """Describe the compute environments of these names or ARNs; unknown ones are left out."""

    def describe_job_definitions(self, name: str) -> list[DefinitionDetail]:
        """Describe the active revisions of a definition, or the one revision that is named."""

    def list_job_queues(self) -> list[QueueDetail]:
        """Describe the queues that there are; of very many, the first."""

    def list_job_definitions(self) -> list[DefinitionDetail]:
        """Describe the active revisions of all job definitions; of very many, the first."""


class Asker(Protocol):
    """Makes one call of a source, and waits for its reply."""

    def __call__(self, call: Callable[[TargetSource], _T], /) -> _T:
        """Return the reply.

        Raises:
            ServiceError: It was refused or not answered.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReplies:
    """What is known of the targets of a plan.

    Attributes:
        queues: The queues that exist, by how the plan names them; None if that is not known.
        environments: The compute environments of these queues that exist, by ARN; None if that is not known.
        definitions: The revision that a run would use, by how the plan names the definition; None where none is active.
            What the plan declares has what would be registered. What is not known is left out.
        other_queues: The ARNs of the queues that there are, for a hint, where one does not exist.
        other_definitions: The ARNs of the definitions likewise.
        unknown: Why something is not known, by the name of a check.
        region: Where was asked.
        asked_account: The account that was asked, where it is known otherwise.
    """

    queues: Mapping[str, QueueDetail] | None
    environments: Mapping[str, EnvironmentDetail] | None
    definitions: Mapping[str, DefinitionDetail | None]
    other_queues: Sequence[str] = ()
    other_definitions: Sequence[str] = ()
    unknown: Mapping[str, ServiceError] = field(default_factory=dict)
    region: str = ""
    asked_account: str | None = None

    @property
    def account(self) -> str | None:
        """The account that replied, as far as it is known."""
        arns = [queue.arn for queue in (self.queues or {}).values()]
        arns += [one.arn for one in self.definitions.values() if one]
        every = (*arns, *self.other_queues, *self.other_definitions)
        return self.asked_account or next(filter(None, map(account_in_arn, every)), None)

    @property
    def where(self) -> str:
        """The account and the region, for messages."""
        return f"account {self.account}, {self.region}" if self.account else self.region or "this account"

    def environments_of(self, queue: str) -> list[EnvironmentDetail]:
        """Return the compute environments of a queue, in its order; none if they are not known."""
        known = self.environments or {}
        return [known[arn] for arn in environment_arns(self.queue(queue)) if arn in known]

    def queue(self, name: str) -> QueueDetail | None:
        """Return a queue, if it is known."""
        return (self.queues or {}).get(name)


def misplaced(named: str, replies: TargetReplies) -> str | None:
    """Return the region in an ARN, if it is another one than that which was asked."""
    parts = named.split(":")
    region = parts[_REGION] if named.startswith("arn:") and len(parts) > _ACCOUNT else None
    return region if region and replies.region and region != replies.region else None


def environment_arns(queue: QueueDetail | None) -> list[str]:
    """Return the compute environments that a queue names."""
    return [one["computeEnvironment"] for one in queue.reply.get("computeEnvironmentOrder", ())] if queue else []


def may_do_without(check: str, error: ServiceError) -> bool:
    """True if a run begins although something is not known: what may not be looked at, or is nothing to look at."""
    return error.fault is Fault.DENIED or (check == "compute_environments" and error.fault is Fault.REFUSED)


def ask_for_targets(
    plan: Plan, ask: Asker, *, region: str, account: str | None = None, whatever_fails: bool = False
) -> TargetReplies:
    """Ask for all that the targets of a plan are judged by.

    Args:
        plan: The plan.
        ask: Makes the calls.
        region: Where they are made.
        account: Where they are made, if that is known.
        whatever_fails: Go on to the next call also after one that a run cannot do without.

    Raises:
        ServiceError: A call failed that a run cannot do without.
    """
    unknown = _Unknown(raises=not whatever_fails)
    names = sorted({job.settings.job_queue for job in plan.jobs})
    queues = _queues(ask, names, unknown)
    definitions = dict(_definitions(plan, ask, unknown))
    missing_queue = queues is not None and len(queues) < len(names)
    missing_definition = None in definitions.values()
    return TargetReplies(
        queues=queues,
        environments=_environments(ask, queues or {}, unknown),
        definitions=definitions,
        other_queues=_arns(ask, lambda source: source.list_job_queues()) if missing_queue else (),
        other_definitions=_arns(ask, lambda source: source.list_job_definitions()) if missing_definition else (),
        unknown=unknown.errors,
        region=region,
        asked_account=account,
    )


def newest(name: str, found: Sequence[DefinitionDetail]) -> DefinitionDetail | None:
    """Return the newest active revision; where the plan names an ARN, only of this ARN."""
    active = [one for one in found if one.status == "ACTIVE"]
    if name.startswith("arn:"):
        active = [one for one in active if f"{one.arn}:".startswith(f"{name}:")]
    return max(active, key=lambda one: one.revision, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unknown:
    """Why something is not known, by the name of a check."""

    raises: bool
    errors: dict[str, ServiceError] = field(default_factory=dict)

    def add(self, check: str, error: ServiceError) -> None:
        if self.raises and not may_do_without(check, error):
            raise error
        self.errors[check] = error


def _queues(ask: Asker, names: Sequence[str], unknown: _Unknown) -> dict[str, QueueDetail] | None:
    try:
        found = ask(lambda source: source.describe_job_queues(names))
    except ServiceError as error:
        unknown.add("job_queue", error)
        return None
    return {name: queue for name in names for queue in found if name in (queue.name, queue.arn)}


def _environments(
    ask: Asker, queues: Mapping[str, QueueDetail], unknown: _Unknown
) -> dict[str, EnvironmentDetail] | None:
    arns = sorted({arn for queue in queues.values() for arn in environment_arns(queue)})
    if not arns:
        return {}
    try:
        found = ask(lambda source: source.describe_compute_environments(arns))
    except ServiceError as error:
        unknown.add("compute_environments", error)
        return None
    return {arn: one for arn in arns for one in found if arn in (one.name, one.arn)}


def _definitions(plan: Plan, ask: Asker, unknown: _Unknown) -> Iterator[tuple[str, DefinitionDetail | None]]:
    for name in sorted({job.settings.job_definition for job in plan.jobs}):
        if declared := plan.job_definitions.get(name):
            request = register_request(name, declared, tags=False)
            yield name, DefinitionDetail(arn="", revision=0, status="ACTIVE", reply=request)
        elif "job_definition" not in unknown.errors:
            try:
                yield name, newest(name, ask(partial(_describe_definition, name)))
            except ServiceError as error:
                unknown.add("job_definition", error)


def _describe_definition(name: str, source: TargetSource) -> list[DefinitionDetail]:
    return source.describe_job_definitions(name)


def _arns(ask: Asker, every: Callable[[TargetSource], Sequence[QueueDetail | DefinitionDetail]]) -> Sequence[str]:
    """Return the ARNs of all that there is; none if they cannot be had: they are only for a hint."""
    try:
        return [one.arn for one in ask(every)]
    except ServiceError:
        return ()
